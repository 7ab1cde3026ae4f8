import type { Json } from "../json.ts";
import type { ScimError } from "../message/error.ts";

export type BulkMethod = "POST" | "PUT" | "PATCH" | "DELETE";

/** `/Users`, `/Users/{id}` or `/Users/bulkId:{bulkId}`, taken apart. */
export type BulkPath = {
  /** A resource type's endpoint with its slash, as it came: whether there is such a type is not known here. */
  readonly endpoint: string;
  /** The resource's id; or {@link bulkId}; or neither, in a POST. */
  readonly id?: string;
  /** What another operation of the request creates. */
  readonly bulkId?: string;
};

/** One operation of a BulkRequest (RFC 7644 §3.7), with what its method requires. */
export type BulkOperation = {
  readonly kind: "operation";
  /** Its place in the message, from 0; results stand in the same order. */
  readonly index: number;
  readonly method: BulkMethod;
  /** In every POST. */
  readonly bulkId?: string;
  readonly path: BulkPath;
  /** The entity tag that the resource must have, as in `If-Match`. */
  readonly version?: string;
  /** The body of the request that it stands for; not in a DELETE. */
  readonly data?: Json;
};

/** An operation that cannot be carried out, with what could be read of it for its result. */
export type BulkFault = {
  readonly kind: "fault";
  readonly index: number;
  readonly method?: string;
  readonly bulkId?: string;
  readonly path?: BulkPath;
  readonly error: ScimError;
};
