import type { Profile, ToleranceCode } from "../dialect/tolerance.ts";

/** A query parameter that contains attribute names (RFC 7644 §3.4.2.3, §3.4.2.5). */
export type NameParameter = "attributes" | "excludedAttributes" | "sortBy";

/** A text with a grammar, as error details name it. `path` is the path of a PATCH operation. */
export type ParsedText = "filter" | "path" | NameParameter;

/**
 * Why a request was rejected, for programs. Diagnoses, remedies and tests depend on `code`, never on the wording of
 * `detail`. Plain JSON, because it is stored with the exchange. Values are names, counts and IDs. Attribute values may
 * be secrets, so they are omitted, except in `valueTaken`.
 */
export type Reason =
  // The body and the URL, before SCIM.
  | { readonly code: "bodyEmpty" }
  | { readonly code: "bodyNotJson" }
  | { readonly code: "bodyNotUtf8" }
  /** The body is shorter or longer than `Content-Length`. */
  | { readonly code: "bodyIncomplete" }
  /** `bytes` is undefined if the rest of the body was not read; `maxBytes` if several limits apply. */
  | { readonly code: "bodyTooLarge"; readonly bytes?: number; readonly maxBytes?: number }
  | {
      readonly code: "unsupportedMediaType";
      readonly header: "Content-Type" | "Content-Encoding";
      readonly value?: string;
    }
  /** A lone surrogate or NUL. */
  | { readonly code: "characterNotStorable" }
  /** A number with more digits than a double can store; `path` is the last name before it, if known. */
  | { readonly code: "numberNotExact"; readonly path?: string }
  | { readonly code: "urlNotDecodable"; readonly part: "path" | "query" }
  /** The client appends its paths to a query in the base URL. */
  | { readonly code: "baseUrlHasQuery"; readonly appended: string }
  | { readonly code: "severalHosts" }
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
  /** A setting of the endpoint turns it off. */
  | { readonly code: "featureOff"; readonly feature: "patch" | "bulk" | "sort" }
  | { readonly code: "filterOff" }

  /** Only the tolerant profile accepts this deviation. */
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
  /** A name or bulkId that appears twice. */
  | { readonly code: "duplicate"; readonly path: string }
  | { readonly code: "invalidAttributeName"; readonly name: string }
  /** `schema` is the resource type or attribute without it. */
  | { readonly code: "unknownAttribute"; readonly path: string; readonly schema: string }
  /** A request that exceeds a limit. */
  | {
      readonly code: "limitExceeded";
      readonly limit: Limit;
      readonly max: number;
      readonly actual?: number;
      readonly path?: string;
    }
  /** A reference to a resource that does not exist; `types` are the allowed types. */
  | {
      readonly code: "unknownReference";
      readonly path: string;
      readonly types: readonly string[];
      readonly ids: readonly string[];
    }
  /** Another resource has the value; `holder` is undefined if that was deleted in the meantime. */
  | {
      readonly code: "valueTaken";
      readonly attribute: string;
      readonly value: string;
      readonly holder: { readonly type: string; readonly id: string; readonly label: string } | undefined;
    }
  /** A schema or resource type of the endpoint's settings. */
  | { readonly code: "invalidDefinition" }
  /** The settings require attributes that an earlier version of the resource lacks. */
  | { readonly code: "versionOutdated" }

  /** A `remove` without a path. */
  | { readonly code: "pathRequired" }
  | { readonly code: "valueRequired"; readonly op: "add" | "replace" }
  /** The path selects no value to change. */
  | { readonly code: "noTarget"; readonly path: string }
  /** Brackets after a singular attribute, or inside other brackets. */
  | { readonly code: "cannotSelect"; readonly path: string }

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
  /** A search exceeded its time. `path`: the search among values that a change selects. */
  | { readonly code: "searchTooLong"; readonly path?: string; readonly maxMs: number }
  /** A search exceeded its memory. */
  | { readonly code: "searchTooLarge"; readonly maxBytes: number }
  | { readonly code: "invalidParameter"; readonly name: string }
  | { readonly code: "parametersConflict"; readonly names: readonly string[] }
  | { readonly code: "notSortable"; readonly path: string }
  | { readonly code: "invalidCursor" }
  | { readonly code: "cursorExpired"; readonly timeoutSeconds: number }
  | { readonly code: "versionMismatch"; readonly current: string; readonly sent: string }
  /** `If-None-Match` forbids the change because this version exists. */
  | { readonly code: "versionExists"; readonly current: string; readonly sent: string }
  /** The endpoint's setting `requireEtag`. */
  | { readonly code: "versionRequired" }
  | { readonly code: "tooManyOperations"; readonly operations: number; readonly maxOperations: number }
  | { readonly code: "circleTooLarge"; readonly operations: number; readonly max: number }
  /** `failed`: the operation was tried; otherwise no operation creates the resource. */
  | { readonly code: "bulkIdUnresolved"; readonly bulkId: string; readonly failed: boolean }

  // The decision has the expected and received values.
  | { readonly code: "credentialRejected"; readonly check: CredentialCheck }
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

/** What a `limitExceeded` counts. */
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
  | "bulkIdCharacters"
  /** Of an attribute with an index. */
  | "valueCharacters";

/** The checks of a credential, from the outside to the inside. */
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
