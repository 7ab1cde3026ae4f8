import {
  type BulkOperation,
  type BulkPath,
  dependenciesOf,
  failedDependency,
  type IdOf,
  newReading,
} from "@scimtool/scim";
import type { Transaction } from "../../store/store.ts";
import type { Directory, Subject } from "../directory.ts";
import { nothingServedAt, versionRequired } from "../refusals.ts";

/** What all operations of a bulk request share. */
export type BulkPlace = Omit<Subject, "model" | "reading">;

/**
 * Has a part of a bulk request done at the endpoint as it is by now, which others may change: then it is done anew.
 * @throws ScimError when the endpoint is gone
 */
export type InPlace = <T>(work: (place: BulkPlace) => Promise<T>) => Promise<T>;

/** What operations work with inside a transaction. */
export type Context = {
  readonly directory: Directory;
  readonly transaction: Transaction;
  readonly place: BulkPlace;
  /** Of what an earlier operation created. */
  readonly idOf: IdOf;
  /** Whether the operation that was to create something was tried, and failed. */
  readonly hasFailed: (bulkId: string) => boolean;
  /** Is told of each operation before anything of it is done. */
  readonly begin: (operation: BulkOperation) => void;
};

/**
 * Begins an operation.
 * @returns what it is about, with notes of its own
 * @throws ScimError 400 when what it refers to was not created, 404 when there is no such resource type, 428
 */
export function beginOperation(operation: BulkOperation, { place, begin, hasFailed }: Context): Subject {
  begin(operation);
  for (const bulkId of dependenciesOf(operation)) if (hasFailed(bulkId)) throw failedDependency(bulkId);
  const { endpoint } = place;
  const model = endpoint.modelAt.get(segmentOf(operation.path));
  if (model === undefined) throw nothingServedAt(operation.path.endpoint, endpoint.models);
  if (operation.method !== "POST" && operation.version === undefined && endpoint.settings.requireEtag) {
    throw versionRequired("send its version with the operation");
  }
  return { ...place, model, reading: newReading(endpoint.settings.profile) };
}

function segmentOf({ endpoint }: BulkPath): string {
  return endpoint.slice(1);
}
