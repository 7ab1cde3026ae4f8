import type { ChangeSet, Json, Note, Reason, ScimType } from "@scimtool/scim";
import type { FailedCheck } from "../auth/decision.ts";
import type { WriteAction } from "../directory/context.ts";
import type { Reference } from "../store/store.ts";
import type { Dialect } from "./dialect/client.ts";

/** What one exchange did, as plain data. Sentences and diagnoses are made of it. */
export type ExchangeFacts = {
  /** When the request came, in milliseconds since 1970. */
  readonly atMs: number;
  readonly method: string;
  /** Below the endpoint's base URI, without the query: `/Users/2819c223`. */
  readonly path: string;
  /** The URL's query as sent, without its question mark; may be empty. */
  readonly query: string;
  /** HTTP status of the response. */
  readonly status: number;
  readonly userAgent: string | undefined;
  /** Name of the endpoint. */
  readonly endpoint: string;
  readonly actor: Actor;
  readonly outcome: Outcome;
};

/** Who sent the request. */
export type Actor = {
  /** Label of the credential; undefined if none was accepted. */
  readonly label: string | undefined;
  readonly dialect: Dialect;
};

/** The outcome of a request. */
export type Outcome = Written | Read | Searched | Discovered | Bulk | TokenIssued | Administered | Refused;

/** A write that succeeded. */
export type Written = {
  readonly kind: "written";
  readonly action: WriteAction;
  /** With its name after the write; for `delete`, the name it had. */
  readonly resource: Reference;
  /** Its name before the write; undefined for `create`, and for `restore` after a deletion. */
  readonly labelBefore: string | undefined;
  /** `name.givenName` of a user, if known. */
  readonly givenName: string | undefined;
  /** What changed; empty for `delete`, and if the request repeated the current values. */
  readonly changes: ChangeSet;
  /** Paths of attributes that the request set and that are never stored, such as `password`. */
  readonly notKept: readonly string[];
  /** Tolerances applied to the request. */
  readonly notes: readonly Note[];
};

/** A read of one resource by its ID. */
export type Read = {
  readonly kind: "read";
  readonly type: string;
  readonly id: string;
  /** Its name; undefined if it was not found. */
  readonly label: string | undefined;
  readonly found: boolean;
  /** The deleted resource that had this ID, if it was not found. */
  readonly former: Former | undefined;
  /** The resource of another type that has this ID. */
  readonly elsewhere?: Reference | undefined;
};

/** A deleted resource. */
export type Former = { readonly type: string; readonly label: string; readonly deletedMs: number };

/** A query (RFC 7644 §3.4.2). */
export type Searched = {
  readonly kind: "searched";
  /** Name of the resource type; undefined for a query over all types (§3.4.2.1). */
  readonly type: string | undefined;
  /** As sent, decoded. */
  readonly filter: string | undefined;
  /** Resources that match, `totalResults`. */
  readonly total: number;
  /** Resources in the answer, `itemsPerPage`. */
  readonly returned: number;
  readonly paging: Paging;
  /** The resource in the answer, if it is the only match. */
  readonly only: Reference | undefined;
};

/** The page that was requested: by index (RFC 7644 §3.4.2.4), or by cursor (RFC 9865). */
export type Paging =
  | { readonly kind: "index"; readonly startIndex: number; readonly count: number | undefined }
  | { readonly kind: "cursor"; readonly isFirst: boolean; readonly count: number | undefined };

/** A read of a discovery endpoint (RFC 7644 §4). */
export type Discovered = {
  readonly kind: "discovered";
  readonly what: "ServiceProviderConfig" | "ResourceTypes" | "Schemas";
  /** The resource type or schema, if one was requested by name. */
  readonly name: string | undefined;
};

/** A bulk request (RFC 7644 §3.7) that was processed, whether or not its operations succeeded. */
export type Bulk = { readonly kind: "bulk"; readonly operations: readonly BulkPart[] };

/** One operation of a bulk request. */
export type BulkPart = {
  readonly method: string;
  /** Below the base URI. */
  readonly path: string;
  readonly status: number;
  readonly outcome: Written | Refused;
};

/** An access token was issued (RFC 6749 §4.4). */
export type TokenIssued = {
  readonly kind: "token";
  readonly clientId: string;
  /** Label of the client's secret, or of the trust in its issuer. */
  readonly label: string;
  /** Milliseconds since 1970. */
  readonly expiresMs: number;
};

/** An administrator changed an endpoint or a credential, ended a session, or downloaded the database. */
export type Administered = {
  readonly kind: "administered";
  readonly verb: AdministrativeVerb;
  /** What was changed, with its label: the former one, if it was renamed. */
  readonly object: "endpoint" | "token" | "client secret" | "trust" | "session" | "database";
  readonly label: string;
  /** Name of the endpoint, after the change; empty for what belongs to none. */
  readonly endpoint: string;
  /** What changed; for something created, its settings. */
  readonly changes: readonly SettingChange[];
  /** Number of resources deleted with it. */
  readonly removed?: number;
};

export type AdministrativeVerb =
  | "created"
  | "changed"
  | "renamed"
  | "replaced"
  | "emptied"
  | "deleted"
  | "ended"
  | "downloaded";

/** A setting's values; absent for the default. */
export type SettingChange = { readonly name: string; readonly before?: Json; readonly after?: Json };

/** A rejected request. It changed nothing. */
export type Refused = {
  readonly kind: "refused";
  readonly status: number;
  readonly scimType: ScimType | undefined;
  /** The `detail` of the response. For people: no code may depend on its wording. */
  readonly detail: string;
  /** Why, for programs; undefined for the administration API and the token endpoint. */
  readonly reason: Reason | undefined;
  /** Which check of the credential failed; undefined if it was accepted. */
  readonly failed: FailedCheck | undefined;
  readonly attempted: Attempt;
  /** With 409 uniqueness: the value, and who has it. */
  readonly conflict: Conflict | undefined;
  /** With 404: the deleted resource that had the ID. */
  readonly former: Former | undefined;
  /** With 404: the resource of another type that has the ID. */
  readonly elsewhere?: Reference | undefined;
};

/** What a rejected request would have done, as far as known. */
export type Attempt = {
  readonly action: WriteAction | "read" | "search" | "discover" | "bulk" | "token" | "sign-in" | "other";
  /** Name of the resource type. */
  readonly type: string | undefined;
  readonly id: string | undefined;
  /** The resource's name: the stored one, or the userName or displayName in the body. */
  readonly name: string | undefined;
};

/** A value that another resource has. */
export type Conflict = {
  /** Path of the attribute. */
  readonly attribute: string;
  readonly value: string;
  /** Undefined if it was gone when it was looked up. */
  readonly holder: Holder | undefined;
};

/** The resource that has the value. */
export type Holder = Reference & {
  readonly createdMs: number;
  /** Whether its `active` is false. */
  readonly isDeactivated: boolean;
  /** Whether a create with its userName would reactivate it if the endpoint's `recreate` were "reactivate". */
  readonly isReactivatable: boolean;
  /** Its userName, as stored. */
  readonly held?: string | undefined;
};
