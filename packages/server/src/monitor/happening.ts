import type { ChangeSet, Json, Note, Reason, ScimType } from "@scimtool/scim";
import type { Failed } from "../auth/decision.ts";
import type { Reference } from "../store/store.ts";
import type { Dialect } from "./dialect/client.ts";

/** What one exchange did, as the server hands it over when it has answered. Plain data, which can be kept as JSON. */
export type Happening = {
  /** When the request came, in milliseconds since 1970. */
  readonly atMs: number;
  readonly method: string;
  /** Below the endpoint's base URI, with its slash and without the query: `/Users/2819c223`. */
  readonly path: string;
  /** The URL's query as it came, without its question mark; empty where there was none. */
  readonly query: string;
  /** HTTP status of the answer. */
  readonly status: number;
  readonly userAgent: string | undefined;
  /** Name of the endpoint. */
  readonly endpoint: string;
  readonly actor: Actor;
  readonly outcome: Outcome;
};

/** Who sent the request. */
export type Actor = {
  /** What the credential is called here; undefined where the request was let in by none. */
  readonly label: string | undefined;
  readonly dialect: Dialect;
};

/** What became of a request. */
export type Outcome = Written | Read | Searched | Discovered | Bulk | TokenIssued | Administered | Refused;

/** What a write does; `recreate` is a POST that took a deactivated user up again, `restore` brought an earlier version back. */
export type WriteAction = "create" | "replace" | "modify" | "delete" | "recreate" | "restore";

/** A write that was carried out. */
export type Written = {
  readonly kind: "written";
  readonly action: WriteAction;
  /** With its name after the write; for `delete`, the name it had. */
  readonly resource: Reference;
  /** Its name before the write; undefined where it was not there: for `create`, and for `restore` after a deletion. */
  readonly labelBefore: string | undefined;
  /** `name.givenName` of a user that has one: what people call somebody by. */
  readonly givenName: string | undefined;
  /** What truly changed; empty for `delete`, and where the request repeated what was there. */
  readonly changes: ChangeSet;
  /** Attributes that the request set and that are never kept, such as `password`: their paths, not their values. */
  readonly notKept: readonly string[];
  /** What was tolerated of the request. */
  readonly notes: readonly Note[];
};

/** One resource was asked for by its id. */
export type Read = {
  readonly kind: "read";
  readonly type: string;
  readonly id: string;
  /** Its name; undefined where it was not found. */
  readonly label: string | undefined;
  readonly found: boolean;
  /** What had this id formerly, where it was not found. */
  readonly former: Former | undefined;
  /** What has this id, where it was looked for among resources of another type. */
  readonly elsewhere?: Reference | undefined;
};

/** A resource that is not there any more. */
export type Former = { readonly label: string; readonly deletedMs: number };

/** A query (RFC 7644 §3.4.2). */
export type Searched = {
  readonly kind: "searched";
  /** Name of the resource type; undefined for a query of all of them (§3.4.2.1). */
  readonly type: string | undefined;
  /** As it came, decoded. */
  readonly filter: string | undefined;
  /** Resources that match, `totalResults`. */
  readonly total: number;
  /** Resources in the answer, `itemsPerPage`. */
  readonly returned: number;
  readonly paging: Paging;
  /** The resource in the answer, where it is all that was found. */
  readonly only: Reference | undefined;
};

/** Which page was asked for: by index (RFC 7644 §3.4.2.4), or by cursor (RFC 9865). */
export type Paging =
  | { readonly kind: "index"; readonly startIndex: number; readonly count: number | undefined }
  | { readonly kind: "cursor"; readonly isFirst: boolean; readonly count: number | undefined };

/** What the service provider says of itself was asked for (RFC 7644 §4). */
export type Discovered = {
  readonly kind: "discovered";
  readonly what: "ServiceProviderConfig" | "ResourceTypes" | "Schemas";
  /** The resource type or schema that was asked for, where it was one. */
  readonly name: string | undefined;
};

/** A bulk request (RFC 7644 §3.7) that was taken, whatever became of its operations. */
export type Bulk = { readonly kind: "bulk"; readonly operations: readonly BulkPart[] };

/** One operation of a bulk request. */
export type BulkPart = {
  readonly method: string;
  /** Below the base URI. */
  readonly path: string;
  readonly status: number;
  readonly outcome: Written | Refused;
};

/** An access token was given (RFC 6749 §4.4). */
export type TokenIssued = {
  readonly kind: "token";
  readonly clientId: string;
  /** What the client's secret, or the trust in its issuer, is called here. */
  readonly label: string;
  /** Milliseconds since 1970. */
  readonly expiresMs: number;
};

/** An administrator changed what is served, or who is let in. */
export type Administered = {
  readonly kind: "administered";
  readonly verb: AdministrativeVerb;
  /** What it was done to, and what that is called here: before, where it was renamed. */
  readonly object: "endpoint" | "token" | "client secret" | "trust";
  readonly label: string;
  /** Name of the endpoint, after the change. */
  readonly endpoint: string;
  /** What is another now; of what was made, what it began with. */
  readonly changes: readonly SettingChange[];
  /** Resources that went with it. */
  readonly removed?: number;
};

export type AdministrativeVerb = "created" | "changed" | "renamed" | "replaced" | "emptied" | "deleted";

/** A setting's values, absent where it has its default. */
export type SettingChange = { readonly name: string; readonly before?: Json; readonly after?: Json };

/** A request that was not carried out. It changed nothing. */
export type Refused = {
  readonly kind: "refused";
  readonly status: number;
  readonly scimType: ScimType | undefined;
  /** As the client was told. For people: nothing may depend on its wording. */
  readonly detail: string;
  /** Why, for programs; undefined for the administration API and the token endpoint. */
  readonly reason: Reason | undefined;
  /** Which check of the credential failed; undefined where the request was let in. */
  readonly failed: Failed | undefined;
  readonly attempted: Attempt;
  /** With 409 uniqueness: what was taken, and by what. */
  readonly conflict: Conflict | undefined;
  /** With 404: what had the id formerly. */
  readonly former: Former | undefined;
  /** With 404: what has the id, and is of another type. */
  readonly elsewhere?: Reference | undefined;
};

/** What a refused request was to do, as far as could be told. */
export type Attempt = {
  readonly action: WriteAction | "read" | "search" | "discover" | "bulk" | "token" | "sign-in" | "other";
  /** Name of the resource type. */
  readonly type: string | undefined;
  readonly id: string | undefined;
  /** What the resource is called: here, or in the body where it is not here (its userName or displayName). */
  readonly name: string | undefined;
};

/** A value that another resource has. */
export type Conflict = {
  /** Path of the attribute. */
  readonly attribute: string;
  readonly value: string;
  /** Undefined where it was gone when it was looked for. */
  readonly holder: Holder | undefined;
};

/** Who has a value that another wants. */
export type Holder = Reference & {
  readonly createdMs: number;
  /** Whether its `active` is false. */
  readonly isDeactivated: boolean;
  /** Whether a create with its userName would take it up again if the endpoint's `recreate` were set so. */
  readonly isReactivatable: boolean;
};
