import { isObject, type JsonObject, type Profile, ScimError, SECRET_ATTRIBUTES } from "@scimtool/scim";
import type { ErrorObject } from "ajv";

/**
 * How an endpoint behaves. Each comment says what a client sees. The settings are independent of each other.
 * Only what differs from the defaults is stored, as JSON; see {@link completeSettings}.
 */
export type EndpointSettings = {
  /** Off: identity providers get 403; administrators can still work with the resources. */
  readonly active: boolean;
  /** How closely clients must follow the RFCs; see `dialect/` of packages/scim. */
  readonly profile: Profile;
  /**
   * Attributes that no two resources of a type may share, as `Type:path`; a second one gets 409. `User:userName`, and
   * what a schema declares unique, is always unique (RFC 7643 §4.1.1).
   */
  readonly unique: readonly string[];
  /** The answer to a POST with the userName of a deactivated user: 409, or 201 with that user, active again. */
  readonly recreate: "refuse" | "reactivate";
  /** The answer to a PATCH (RFC 7644 §3.5.2); `auto` is 200 with the resource, and 204 for groups. */
  readonly patchAnswer: "auto" | "200" | "204";
  /** Whether PUT, PATCH and DELETE without If-Match get 428 (RFC 6585 §3). */
  readonly requireEtag: boolean;
  /** A member or manager with an unknown ID is stored as sent, or the request gets 400. */
  readonly danglingReferences: "accept" | "refuse";
  /**
   * Names of attributes whose values are neither stored nor recorded, even without a schema. Letter case, `-` and `_`
   * are ignored.
   */
  readonly secretAttributes: readonly string[];
  readonly features: EndpointFeatures;
  readonly discovery: EndpointDiscovery;
  readonly limits: EndpointLimits;
  readonly findings: EndpointFindings;
  /** How long records are kept. The oldest are deleted first. */
  readonly retention: EndpointRetention;
  /** Schemas beyond those of RFC 7643 (§7). */
  readonly schemas: readonly JsonObject[];
  /** Resource types beyond User and Group (RFC 7643 §6); one named User or Group adds extensions to that. */
  readonly resourceTypes: readonly JsonObject[];
  /** Attributes to index, as `Type:path`: a filter on them reads an index instead of every resource. */
  readonly indexed: readonly string[];
};

/** The features that the endpoint supports, as `/ServiceProviderConfig` reports them (RFC 7643 §5). */
export type EndpointFeatures = {
  /** Off: PATCH gets 501. */
  readonly patch: boolean;
  /** Off: `/Bulk` gets 501. */
  readonly bulk: boolean;
  /** `eq`: only comparisons with eq, alone or joined by `and`; others get 400 invalidFilter. */
  readonly filter: "all" | "eq";
  /** Off: `sortBy` gets 501. */
  readonly sort: boolean;
  /** Off: no ETag and no `meta.version`; If-Match is ignored. */
  readonly etag: boolean;
  /** Off: users only. */
  readonly groups: boolean;
};

type EndpointDiscovery = {
  /** Whether discovery needs no token (RFC 7643 §5). */
  readonly open: boolean;
  /** Whether `/ServiceProviderConfig` has `pagination` (RFC 9865 §4), because some clients reject unknown members. */
  readonly pagination: boolean;
};

export type EndpointLimits = {
  /** More get 429 with Retry-After; undefined: no limit. */
  readonly requestsPerSecond: number | undefined;
  /** More requests at the same time get 429; undefined: no limit. */
  readonly concurrentRequests: number | undefined;
  /** A larger body gets 413. */
  readonly maxBodyBytes: number;
  /** Maximum resources on a page; `filter.maxResults` of ServiceProviderConfig. */
  readonly maxPageSize: number;
  /** A Bulk request with more operations gets 413; `bulk.maxOperations`. */
  readonly maxBulkOperations: number;
  /** An older cursor gets 400 expiredCursor; `pagination.cursorTimeout`. */
  readonly cursorTimeoutSeconds: number;
};

/** Thresholds of the findings about mass changes, rates and searches. */
type EndpointFindings = {
  /** The share of a group or of all users, in percent, that one client removes or deactivates. */
  readonly massPercent: number;
  /** Fewer people than this are never a mass change. */
  readonly massMinimum: number;
  /** Removals within this time are added up. */
  readonly massMinutes: number;
  /** Resources that a filter without an index examines. */
  readonly searchedResources: number;
  /** Share of a limit that the request rate reaches. */
  readonly ratePercent: number;
};

export type EndpointRetention = {
  /** Requests and responses. The limit that is reached first applies. */
  readonly exchanges: {
    readonly maxAgeDays: number;
    /** A few more remain until enough can be deleted together; undefined: no limit. */
    readonly maxCount: number | undefined;
    /** As stored: compressed, with their search words. */
    readonly maxBytes: number;
  };
  /** Versions of resources, including deleted ones. */
  readonly history: { readonly maxAgeDays: number };
};

/**
 * The largest request body that an endpoint can allow. Replacing a group of 100,000 members takes 6 MB; anything larger
 * is an accident or an attack.
 */
export const MAX_BODY_BYTES = 8 * 1_024 * 1_024;

const DEFAULT_LIMITS: EndpointLimits = {
  requestsPerSecond: undefined,
  concurrentRequests: undefined,
  maxBodyBytes: MAX_BODY_BYTES,
  maxPageSize: 1_000,
  maxBulkOperations: 1_000,
  cursorTimeoutSeconds: 3_600,
};

const DEFAULT_FEATURES: EndpointFeatures = {
  patch: true,
  bulk: true,
  filter: "all",
  sort: true,
  etag: true,
  groups: true,
};

const DEFAULT_DISCOVERY: EndpointDiscovery = { open: false, pagination: true };

const DEFAULT_FINDINGS: EndpointFindings = {
  massPercent: 20,
  massMinimum: 5,
  massMinutes: 10,
  searchedResources: 5_000,
  ratePercent: 80,
};

/** A full disk would be worse than a deleted old request. */
const DEFAULT_RETENTION: EndpointRetention = {
  exchanges: { maxAgeDays: 30, maxCount: undefined, maxBytes: 1_024 * 1_024 * 1_024 },
  history: { maxAgeDays: 365 },
};

/** Completes settings with the defaults of those that are not set. */
export function completeSettings(set: JsonObject): EndpointSettings {
  const given = set as Partial<
    Omit<EndpointSettings, "features" | "discovery" | "limits" | "findings" | "retention">
  > & {
    readonly features?: Partial<EndpointFeatures>;
    readonly discovery?: Partial<EndpointDiscovery>;
    readonly limits?: Partial<EndpointLimits>;
    readonly findings?: Partial<EndpointFindings>;
    readonly retention?: { readonly [Kept in keyof EndpointRetention]?: Partial<EndpointRetention[Kept]> };
  };
  const { profile = "tolerant" } = given;
  const features = { ...DEFAULT_FEATURES, ...given.features };
  return {
    active: true,
    profile,
    // Identity providers match groups by name, and expect 409 for a second one.
    unique: features.groups ? ["Group:displayName"] : [],
    recreate: "refuse",
    patchAnswer: "auto",
    requireEtag: false,
    danglingReferences: profile === "tolerant" ? "accept" : "refuse",
    secretAttributes: SECRET_ATTRIBUTES,
    schemas: [],
    resourceTypes: [],
    indexed: [],
    ...given,
    features,
    discovery: { ...DEFAULT_DISCOVERY, ...given.discovery },
    limits: { ...DEFAULT_LIMITS, ...given.limits },
    findings: { ...DEFAULT_FINDINGS, ...given.findings },
    retention: {
      exchanges: { ...DEFAULT_RETENTION.exchanges, ...given.retention?.exchanges },
      history: { ...DEFAULT_RETENTION.history, ...given.retention?.history },
    },
  };
}

const TYPE_AND_PATH = {
  type: "array",
  maxItems: 100,
  items: { type: "string", pattern: "^[A-Za-z][A-Za-z0-9_-]*:.+$", maxLength: 300 },
} as const;

/** At most a hundred years. */
const DAYS = { type: "integer", minimum: 1, maximum: 36_500 } as const;

/** JSON Schema of the settings, to validate requests and to describe the API. */
export const SETTINGS_SCHEMA = {
  type: "object",
  additionalProperties: false,
  properties: {
    profile: {
      type: "string",
      default: "tolerant",
      enum: ["tolerant", "strict", "interop"],
      description:
        "How closely clients must follow the RFCs: tolerant accepts what identity providers send beyond them, strict rejects it, interop follows the draft of an interoperability profile.",
    },
    unique: {
      ...TYPE_AND_PATH,
      description:
        "Attributes that no two resources of a type may share, as Type:path. A second one gets 409. Default: Group:displayName. User:userName is always unique.",
    },
    recreate: {
      type: "string",
      default: "refuse",
      enum: ["refuse", "reactivate"],
      description:
        "The answer to a POST with the userName of a deactivated user: 409, or 201 with that user, active again.",
    },
    patchAnswer: {
      type: "string",
      default: "auto",
      enum: ["auto", "200", "204"],
      description: "The answer to a PATCH; auto is 200 with the resource, and 204 for groups.",
    },
    requireEtag: {
      type: "boolean",
      default: false,
      description: "Whether PUT, PATCH and DELETE without If-Match get 428.",
    },
    danglingReferences: {
      type: "string",
      enum: ["accept", "refuse"],
      description:
        "A member or manager with an unknown ID is stored as sent (accept), or the request gets 400 (refuse). Default: accept in the tolerant profile, otherwise refuse.",
    },
    active: {
      type: "boolean",
      default: true,
      description: "false: requests of identity providers get 403. Administrators can still work with the resources.",
    },
    secretAttributes: {
      type: "array",
      default: SECRET_ATTRIBUTES,
      maxItems: 200,
      items: { type: "string", pattern: "^[A-Za-z][A-Za-z0-9_-]*$", maxLength: 100 },
      description:
        'Names of attributes whose values are not stored and not recorded, although no schema defines them. Letter case, "-" and "_" do not matter.',
    },
    features: {
      type: "object",
      additionalProperties: false,
      description: "The features that the endpoint supports, as /ServiceProviderConfig reports them. Default: all.",
      properties: {
        patch: { type: "boolean", default: DEFAULT_FEATURES.patch, description: "false: PATCH gets 501." },
        bulk: { type: "boolean", default: DEFAULT_FEATURES.bulk, description: "false: /Bulk gets 501." },
        filter: {
          type: "string",
          default: DEFAULT_FEATURES.filter,
          enum: ["all", "eq"],
          description: "eq: filters other than eq, alone or joined by and, get 400.",
        },
        sort: { type: "boolean", default: DEFAULT_FEATURES.sort, description: "false: sortBy gets 501." },
        etag: {
          type: "boolean",
          default: DEFAULT_FEATURES.etag,
          description: "false: no ETag and no meta.version; If-Match is ignored.",
        },
        groups: { type: "boolean", default: DEFAULT_FEATURES.groups, description: "false: users only." },
      },
    },
    discovery: {
      type: "object",
      additionalProperties: false,
      properties: {
        open: {
          type: "boolean",
          default: DEFAULT_DISCOVERY.open,
          description: "Whether discovery needs no token.",
        },
        pagination: {
          type: "boolean",
          default: DEFAULT_DISCOVERY.pagination,
          description: "Whether /ServiceProviderConfig has pagination (RFC 9865).",
        },
      },
    },
    limits: {
      type: "object",
      additionalProperties: false,
      properties: {
        requestsPerSecond: {
          type: "number",
          minimum: 0.1,
          maximum: 1_000_000,
          description: "More get 429. Default: no limit.",
        },
        concurrentRequests: {
          type: "integer",
          minimum: 1,
          maximum: 100_000,
          description: "More at the same time get 429. Default: no limit.",
        },
        maxBodyBytes: {
          type: "integer",
          minimum: 1_024,
          maximum: MAX_BODY_BYTES,
          default: DEFAULT_LIMITS.maxBodyBytes,
          description: "A larger one gets 413.",
        },
        maxPageSize: {
          type: "integer",
          minimum: 1,
          maximum: 10_000,
          default: DEFAULT_LIMITS.maxPageSize,
          description: "Most resources on a page.",
        },
        maxBulkOperations: {
          type: "integer",
          minimum: 1,
          maximum: 10_000,
          default: DEFAULT_LIMITS.maxBulkOperations,
          description: "A Bulk request with more operations gets 413.",
        },
        cursorTimeoutSeconds: {
          type: "integer",
          minimum: 1,
          maximum: 86_400,
          default: DEFAULT_LIMITS.cursorTimeoutSeconds,
          description: "An older cursor gets 400.",
        },
      },
    },
    findings: {
      type: "object",
      additionalProperties: false,
      description: "Thresholds above which a request that succeeds gets a warning.",
      properties: {
        massPercent: {
          type: "integer",
          minimum: 1,
          maximum: 100,
          default: DEFAULT_FINDINGS.massPercent,
          description: "Share of a group or of all users that one client removes or deactivates.",
        },
        massMinimum: {
          type: "integer",
          minimum: 1,
          maximum: 1_000,
          default: DEFAULT_FINDINGS.massMinimum,
          description: "Fewer people than this are never a mass change.",
        },
        massMinutes: {
          type: "integer",
          minimum: 1,
          maximum: 1_440,
          default: DEFAULT_FINDINGS.massMinutes,
          description: "Removals within this time are added up.",
        },
        searchedResources: {
          type: "integer",
          minimum: 1,
          maximum: 1_000_000_000,
          default: DEFAULT_FINDINGS.searchedResources,
          description: "Resources that a filter without an index examines.",
        },
        ratePercent: {
          type: "integer",
          minimum: 1,
          maximum: 100,
          default: DEFAULT_FINDINGS.ratePercent,
          description: "Share of a limit that the request rate reaches.",
        },
      },
    },
    retention: {
      type: "object",
      additionalProperties: false,
      description: "How long records are kept. The oldest are deleted first.",
      properties: {
        exchanges: {
          type: "object",
          additionalProperties: false,
          description: "Requests and responses. The limit that is reached first applies.",
          properties: {
            maxAgeDays: {
              ...DAYS,
              default: DEFAULT_RETENTION.exchanges.maxAgeDays,
              description: "Days, plus an hour.",
            },
            maxCount: {
              type: "integer",
              minimum: 0,
              maximum: 1_000_000_000,
              description: "Number of the newest to keep, and up to a thousand more. Default: no limit.",
            },
            maxBytes: {
              type: "integer",
              minimum: 1_048_576,
              maximum: 1_099_511_627_776,
              default: DEFAULT_RETENTION.exchanges.maxBytes,
              description: "Compressed, with their search words.",
            },
          },
        },
        history: {
          type: "object",
          additionalProperties: false,
          description: "Versions of resources, including deleted ones.",
          properties: { maxAgeDays: { ...DAYS, default: DEFAULT_RETENTION.history.maxAgeDays, description: "Days." } },
        },
      },
    },
    schemas: {
      type: "array",
      maxItems: 100,
      items: { type: "object", additionalProperties: true },
      description: "Schemas in the form of RFC 7643 §7.",
    },
    resourceTypes: {
      type: "array",
      maxItems: 100,
      items: { type: "object", additionalProperties: true },
      description:
        "Resource types in the form of RFC 7643 §6; one named User or Group adds its extensions to that type.",
    },
    indexed: { ...TYPE_AND_PATH, description: "Attributes to index, as Type:path." },
  },
} as const;

type Validate = ((settings: unknown) => boolean) & { errors?: ErrorObject[] | null };

let known: Promise<Validate> | undefined;

/**
 * Prepares the validation of settings. Call it before a transaction, in which only the store may be awaited.
 * @returns a function that throws ScimError 400 for the first invalid setting
 */
export async function settingsCheck(): Promise<(settings: JsonObject) => void> {
  known ??= compile();
  const validate = await known;
  return (settings) => {
    if (validate(settings)) return;
    const [error] = validate.errors ?? [];
    throw new ScimError(400, error === undefined ? "These are not settings." : describe(error));
  };
}

/** Loaded with the first change of settings, which most starts never see. */
async function compile(): Promise<Validate> {
  const { Ajv } = (await import("ajv")).default;
  return new Ajv({ strict: true }).compile(SETTINGS_SCHEMA);
}

function describe({ instancePath, message = "is not valid", keyword, params }: ErrorObject): string {
  const path = instancePath.slice(1).replaceAll("/", ".");
  if (keyword === "additionalProperties") {
    const within: string = path === "" ? "" : `${path}.`;
    return `There is no setting "${within}${String(params["additionalProperty"]).slice(0, 100)}". There are: ${namesIn(path).join(", ")}.`;
  }
  const allowed = keyword === "enum" ? `: ${(params["allowedValues"] as unknown[]).join(", ")}` : "";
  return `${path === "" ? "settings" : path} ${message}${allowed}.`;
}

/** @param path of a setting with settings below it; empty for the top level */
function namesIn(path: string): string[] {
  let properties: unknown = SETTINGS_SCHEMA.properties;
  for (const name of path === "" ? [] : path.split(".")) {
    const schema = isObject(properties) ? properties[name] : undefined;
    properties = isObject(schema) ? schema["properties"] : undefined;
  }
  return isObject(properties) ? Object.keys(properties) : [];
}
