import type { Profile, ToleranceCode } from "../dialect/tolerance.ts";

/** A parameter of a query that has names of attributes (RFC 7644 §3.4.2.3, §3.4.2.5). */
export type NameParameter = "attributes" | "excludedAttributes" | "sortBy";

/** A text that has a grammar, as error details name it: `path` is that of a PATCH operation. */
export type ParsedText = "filter" | "path" | NameParameter;

/**
 * Why a request was rejected, for programs: diagnoses, remedies and tests switch on `code`, never on the wording of
 * `detail`. Plain JSON, because it is stored with the exchange. Values are names, counts and IDs: what a client wrote
 * into an attribute may be a secret and is left out, except in `valueTaken`.
 */
export type Reason =
  // The body and the URL, before SCIM looks at them.
  | { readonly code: "bodyEmpty" }
  | { readonly code: "bodyNotJson" }
  | { readonly code: "bodyNotUtf8" }
  /** `Content-Length` disagrees with the bytes that arrived. */
  | { readonly code: "bodyIncomplete" }
  /** `bytes` is undefined where the rest of the body was not read; `maxBytes` where several limits apply. */
  | { readonly code: "bodyTooLarge"; readonly bytes?: number; readonly maxBytes?: number }
  | {
      readonly code: "unsupportedMediaType";
      readonly header: "Content-Type" | "Content-Encoding";
      readonly value?: string;
    }
  /** A lone surrogate or NUL. */
  | { readonly code: "characterNotStorable" }
  /** A number with more digits than a double keeps; `path` is the last name before it, where that is known. */
  | { readonly code: "numberNotExact"; readonly path?: string }
  | { readonly code: "urlNotDecodable"; readonly part: "path" | "query" }
  /** The client appends its paths behind a query in the base URL. */
  | { readonly code: "baseUrlHasQuery"; readonly appended: string }
  | { readonly code: "severalHosts" }

  // Paths, endpoints and resources.
  | { readonly code: "unknownPath"; readonly path: string }
  /** The endpoint's setting `active`. */
  | { readonly code: "endpointDeactivated" }
  | { readonly code: "unknownEndpoint"; readonly endpoint: string }
  | { readonly code: "unknownResource"; readonly type: string; readonly id: string }
  | { readonly code: "unknownDefinition"; readonly what: "Schema" | "ResourceType"; readonly name: string }
  /** `/Me` with a token that is not bound to a user. */
  | { readonly code: "meNotBound" }
  | { readonly code: "methodNotAllowed"; readonly method: string; readonly allowed: readonly string[] }
  | { readonly code: "methodNotImplemented"; readonly method: string }
  | { readonly code: "discoveryFiltered" }
  /** The endpoint's settings switch it off. */
  | { readonly code: "featureOff"; readonly feature: "patch" | "bulk" | "sort" }
  | { readonly code: "filterOff" }

  // Messages, attributes and values.
  /** Only the tolerant profile accepts this; `tolerance` says what it is. */
  | {
      readonly code: "notInProfile";
      readonly profile: Profile;
      readonly tolerance: ToleranceCode | "operation-without-path";
      readonly path: string;
    }
  /** `path` is an attribute, a member of a message (`Operations[1].op`), or "body". */
  | { readonly code: "wrongType"; readonly path: string; readonly expected: string; readonly received: string }
  /** A value or message member that is required and missing. */
  | { readonly code: "missing"; readonly path: string }
  /** Removing a required attribute or extension. */
  | { readonly code: "required"; readonly path: string }
  | { readonly code: "readOnly"; readonly path: string }
  | { readonly code: "immutable"; readonly path: string }
  /** A name or bulkId that is sent twice. */
  | { readonly code: "duplicate"; readonly path: string }
  | { readonly code: "invalidAttributeName"; readonly name: string }
  /** `schema` is the resource type or the attribute that does not have it. */
  | { readonly code: "unknownAttribute"; readonly path: string; readonly schema: string }
  /** More of something than one request may contain. */
  | {
      readonly code: "limitExceeded";
      readonly limit: Limit;
      readonly max: number;
      readonly actual?: number;
      readonly path?: string;
    }
  /** A value that does not name a resource that exists; `types` may be referred to. */
  | {
      readonly code: "unknownReference";
      readonly path: string;
      readonly types: readonly string[];
      readonly ids: readonly string[];
    }
  /** Another resource has the value; `holder` is undefined if it was gone when it was looked up. */
  | {
      readonly code: "valueTaken";
      readonly attribute: string;
      readonly value: string;
      readonly holder: { readonly type: string; readonly id: string; readonly label: string } | undefined;
    }
  /** A schema or resource type of the endpoint's settings. */
  | { readonly code: "invalidDefinition" }
  /** The settings require more than an earlier version of the resource has. */
  | { readonly code: "versionOutdated" }

  // PATCH.
  /** A `remove` without a path. */
  | { readonly code: "pathRequired" }
  | { readonly code: "valueRequired"; readonly op: "add" | "replace" }
  /** The path selects no value that the operation could change. */
  | { readonly code: "noTarget"; readonly path: string }
  /** Brackets behind an attribute with a single value, or inside other brackets. */
  | { readonly code: "cannotSelect"; readonly path: string }

  // Filters and queries.
  /** `position` counts characters from 1. */
  | {
      readonly code: "syntaxError";
      readonly in: ParsedText;
      readonly position: number;
      readonly expected: string;
    }
  /** A secret, or a complex attribute without `value`. */
  | { readonly code: "notComparable"; readonly path: string }
  | { readonly code: "operatorNotApplicable"; readonly path: string; readonly operator: string }
  /** A search was ended after so long. `path`: in the values that a change selects. */
  | { readonly code: "searchTooLong"; readonly path?: string; readonly maxMs: number }
  /** A search was ended because it held so much memory. */
  | { readonly code: "searchTooLarge"; readonly maxBytes: number }
  | { readonly code: "invalidParameter"; readonly name: string }
  | { readonly code: "parametersConflict"; readonly names: readonly string[] }
  | { readonly code: "notSortable"; readonly path: string }
  | { readonly code: "invalidCursor" }
  | { readonly code: "cursorExpired"; readonly timeoutSeconds: number }

  // Versions (RFC 7644 §3.14).
  | { readonly code: "versionMismatch"; readonly current: string; readonly sent: string }
  /** `If-None-Match` forbids the change because the version exists. */
  | { readonly code: "versionExists"; readonly current: string; readonly sent: string }
  /** The endpoint's setting `requireEtag`. */
  | { readonly code: "versionRequired" }

  // Bulk.
  | { readonly code: "tooManyOperations"; readonly operations: number; readonly maxOperations: number }
  | { readonly code: "circleTooLarge"; readonly operations: number; readonly max: number }
  /** `failed`: its operation was tried; otherwise no operation creates it. */
  | { readonly code: "bulkIdUnresolved"; readonly bulkId: string; readonly failed: boolean }

  // Credentials. What was expected and received is in the decision.
  | { readonly code: "credentialRejected"; readonly check: CredentialCheck }

  // The server.
  | {
      readonly code: "rateLimited";
      readonly limit: "requestsPerSecond" | "concurrentRequests";
      readonly max: number;
    }
  | {
      readonly code: "unavailable";
      readonly cause:
        | "database"
        | "backup"
        | "settingsChanging"
        | "starting"
        | "stopping"
        | "viewers"
        | "memory"
        | "searches";
    }
  | { readonly code: "diskFull" }
  | { readonly code: "internalError" };

/** What a `limitExceeded` counts or measures. */
export type Limit =
  | "values"
  | "bodyValues"
  | "undefinedMembers"
  | "nesting"
  | "patchOperations"
  | "filterCharacters"
  | "filterNesting"
  | "filterConditions"
  | "names"
  | "bulkIdCharacters";

/** What was checked when a credential was rejected, from the outside to the inside. */
export type CredentialCheck =
  | "request"
  | "grant_type"
  | "header"
  | "token"
  | "rate"
  | "purpose"
  | "endpoint"
  | "expiry"
  | "scope"
  | "client_id"
  | "client_secret"
  | "algorithm"
  | "issuer"
  | "keys"
  | "key"
  | "signature"
  | "not_before"
  | "audience"
  | "tenant"
  | "subject"
  | "replay";
