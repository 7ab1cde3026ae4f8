import { isObject, type JsonObject, type Profile, ScimError, SECRET_ATTRIBUTES } from "@scimtool/scim";
import type { ErrorObject } from "ajv";

/**
 * How an endpoint behaves. Each setting is told here by what a client will see, and is independent of the others.
 * Kept as JSON of what was set; see {@link completeSettings} for the rest.
 */
export type EndpointSettings = {
  /** How closely clients are held to the RFCs; see `dialect/` of the language. */
  readonly profile: Profile;
  /**
   * Attributes that no two resources of a type may share, as `Type:path`; a second one is answered 409. `User:userName`
   * always is one (RFC 7643 §4.1.1), and what a schema declares so.
   */
  readonly unique: readonly string[];
  /** What a POST with the userName of a deactivated user is answered: 409, or 201 with that user, active again. */
  readonly recreate: "refuse" | "reactivate";
  /** What a PATCH is answered (RFC 7644 §3.5.2); `auto` is 200 with the resource, and 204 for groups. */
  readonly patchAnswer: "auto" | "200" | "204";
  /** Whether PUT, PATCH and DELETE without If-Match are answered 428 (RFC 6585 §3). */
  readonly requireEtag: boolean;
  /** What happens to a member or manager that no resource is: it is kept as it came, or the request answered 400. */
  readonly danglingReferences: "accept" | "refuse";
  /**
   * Names of attributes whose values are not stored and not recorded, although no schema defines them. Letter case, `-`
   * and `_` do not matter.
   */
  readonly secretAttributes: readonly string[];
  readonly features: EndpointFeatures;
  readonly discovery: EndpointDiscovery;
  readonly limits: EndpointLimits;
  /** How long what happened is kept; it goes from the oldest on. */
  readonly retention: EndpointRetention;
  /** Schemas beyond those of RFC 7643 (§7). */
  readonly schemas: readonly JsonObject[];
  /** Resource types beyond User and Group (RFC 7643 §6); one named User or Group adds extensions to that. */
  readonly resourceTypes: readonly JsonObject[];
  /** Attributes that are often filtered by, as `Type:path`: such a filter reads an index instead of every resource. */
  readonly indexed: readonly string[];
};

/** What the endpoint offers. Anything else is refused, and `/ServiceProviderConfig` says so (RFC 7643 §5). */
export type EndpointFeatures = {
  /** Off: PATCH is answered 501. */
  readonly patch: boolean;
  /** Off: `/Bulk` is answered 501. */
  readonly bulk: boolean;
  /** `eq`: only comparisons with eq, alone or joined by `and`; others are answered 400 invalidFilter. */
  readonly filter: "all" | "eq";
  /** Off: `sortBy` is answered 501. */
  readonly sort: boolean;
  /** Off: no ETag and no `meta.version`; If-Match is ignored. */
  readonly etag: boolean;
  /** Off: users only. */
  readonly groups: boolean;
};

export type EndpointDiscovery = {
  /** Whether discovery needs no token (RFC 7643 §5). */
  readonly open: boolean;
  /** Whether `/ServiceProviderConfig` has `pagination` (RFC 9865 §4): some clients refuse members they do not know. */
  readonly pagination: boolean;
};

export type EndpointLimits = {
  /** Beyond it 429 with Retry-After; undefined is no limit. */
  readonly requestsPerSecond: number | undefined;
  /** Requests under way at once, beyond it 429; undefined is no limit. */
  readonly concurrentRequests: number | undefined;
  /** Beyond it 413. */
  readonly maxBodyBytes: number;
  /** Resources of a page, whatever a client asks for; `filter.maxResults` of ServiceProviderConfig. */
  readonly maxPageSize: number;
  /** Operations of a Bulk request, beyond it 413; `bulk.maxOperations`. */
  readonly maxBulkOperations: number;
  /** Age of a cursor, beyond it 400 expiredCursor; `pagination.cursorTimeout`. */
  readonly cursorTimeoutSeconds: number;
};

export type EndpointRetention = {
  /** Requests and their answers. Whichever of these is reached first counts. */
  readonly exchanges: {
    readonly maxAgeDays: number;
    /** Some more stay until there are enough of them to go together; undefined is no limit. */
    readonly maxCount: number | undefined;
    /** As they are kept: compressed, and with what they are searched by. */
    readonly maxBytes: number;
  };
  /** Versions of resources, also of those that were deleted. */
  readonly history: { readonly maxAgeDays: number };
};

/**
 * The largest request body that can be allowed. A group of 100,000 members, replaced whole, has 6 MB; what is larger is
 * an accident or an attack.
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

/** For whoever never thinks of it: a full disk would be a worse surprise than an old request that is gone. */
const DEFAULT_RETENTION: EndpointRetention = {
  exchanges: { maxAgeDays: 30, maxCount: undefined, maxBytes: 1_024 * 1_024 * 1_024 },
  history: { maxAgeDays: 365 },
};

/** Completes settings that were set with the defaults of the rest. */
export function completeSettings(set: JsonObject): EndpointSettings {
  const given = set as Partial<Omit<EndpointSettings, "features" | "discovery" | "limits" | "retention">> & {
    readonly features?: Partial<EndpointFeatures>;
    readonly discovery?: Partial<EndpointDiscovery>;
    readonly limits?: Partial<EndpointLimits>;
    readonly retention?: { readonly [Kept in keyof EndpointRetention]?: Partial<EndpointRetention[Kept]> };
  };
  const { profile = "tolerant" } = given;
  const features = { ...DEFAULT_FEATURES, ...given.features };
  return {
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

/** A hundred years are no limit. */
const DAYS = { type: "integer", minimum: 1, maximum: 36_500 } as const;

/** JSON Schema of what may be set, for checking a request and for the description of the API. */
export const SETTINGS_SCHEMA = {
  type: "object",
  additionalProperties: false,
  properties: {
    profile: {
      type: "string",
      enum: ["tolerant", "strict", "interop"],
      description:
        "How closely clients are held to the RFCs: tolerant understands what identity providers send beyond them, strict refuses it, interop follows the interoperability profile draft.",
    },
    unique: {
      ...TYPE_AND_PATH,
      description:
        "Attributes that no two resources of a type may share, as Type:path. A second one is answered 409. Default: Group:displayName. User:userName always is one.",
    },
    recreate: {
      type: "string",
      enum: ["refuse", "reactivate"],
      description:
        "What a POST with the userName of a deactivated user is answered: 409, or 201 with that user, active again.",
    },
    patchAnswer: {
      type: "string",
      enum: ["auto", "200", "204"],
      description: "What a PATCH is answered; auto is 200 with the resource, and 204 for groups.",
    },
    requireEtag: {
      type: "boolean",
      description: "Whether PUT, PATCH and DELETE without If-Match are answered 428.",
    },
    danglingReferences: {
      type: "string",
      enum: ["accept", "refuse"],
      description:
        "What happens to a member or manager that no resource is: kept as it came, or the request answered 400. Default: accept in the tolerant profile, else refuse.",
    },
    secretAttributes: {
      type: "array",
      maxItems: 200,
      items: { type: "string", pattern: "^[A-Za-z][A-Za-z0-9_-]*$", maxLength: 100 },
      description: `Names of attributes whose values are not stored and not recorded, although no schema defines them. Letter case, "-" and "_" do not matter. Default: ${SECRET_ATTRIBUTES.join(", ")}.`,
    },
    features: {
      type: "object",
      additionalProperties: false,
      description:
        "What the endpoint offers. Anything else is refused, and /ServiceProviderConfig says so. Default: all.",
      properties: {
        patch: { type: "boolean", description: "false: PATCH is answered 501." },
        bulk: { type: "boolean", description: "false: /Bulk is answered 501." },
        filter: {
          type: "string",
          enum: ["all", "eq"],
          description: "eq: filters other than eq, alone or joined by and, are answered 400.",
        },
        sort: { type: "boolean", description: "false: sortBy is answered 501." },
        etag: { type: "boolean", description: "false: no ETag and no meta.version; If-Match is ignored." },
        groups: { type: "boolean", description: "false: users only." },
      },
    },
    discovery: {
      type: "object",
      additionalProperties: false,
      properties: {
        open: { type: "boolean", description: "Whether discovery needs no token. Default: false." },
        pagination: {
          type: "boolean",
          description: "Whether /ServiceProviderConfig has pagination (RFC 9865). Default: true.",
        },
      },
    },
    limits: {
      type: "object",
      additionalProperties: false,
      properties: {
        requestsPerSecond: { type: "number", minimum: 0.1, maximum: 1_000_000, description: "Beyond it 429." },
        concurrentRequests: { type: "integer", minimum: 1, maximum: 100_000, description: "Beyond it 429." },
        maxBodyBytes: { type: "integer", minimum: 1_024, maximum: MAX_BODY_BYTES, description: "Beyond it 413." },
        maxPageSize: { type: "integer", minimum: 1, maximum: 10_000, description: "Resources of a page at most." },
        maxBulkOperations: { type: "integer", minimum: 1, maximum: 10_000, description: "Beyond it 413." },
        cursorTimeoutSeconds: { type: "integer", minimum: 1, maximum: 86_400, description: "Age of a cursor at most." },
      },
    },
    retention: {
      type: "object",
      additionalProperties: false,
      description: "How long what happened is kept; it goes from the oldest on.",
      properties: {
        exchanges: {
          type: "object",
          additionalProperties: false,
          description: "Requests and their answers. Whichever limit is reached first counts.",
          properties: {
            maxAgeDays: { ...DAYS, description: "Days, and an hour more. Default: 30." },
            maxCount: {
              type: "integer",
              minimum: 0,
              maximum: 1_000_000_000,
              description: "So many of the newest, and up to a thousand more. Default: no limit.",
            },
            maxBytes: {
              type: "integer",
              minimum: 1_048_576,
              maximum: 1_099_511_627_776,
              description: "Compressed, and with what they are searched by. Default: 1 GiB.",
            },
          },
        },
        history: {
          type: "object",
          additionalProperties: false,
          description: "Versions of resources, also of those that were deleted.",
          properties: { maxAgeDays: { ...DAYS, description: "Days. Default: 365." } },
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
      description: "Resource types in the form of RFC 7643 §6; one named User or Group adds extensions to that.",
    },
    indexed: { ...TYPE_AND_PATH, description: "Attributes to index, as Type:path." },
  },
} as const;

type Validate = ((settings: unknown) => boolean) & { errors?: ErrorObject[] | null };

let known: Promise<Validate> | undefined;

/**
 * The check of settings' form. Made first, as nothing but the store may be waited for in a transaction.
 * @returns throws ScimError 400 naming the first that has another form
 */
export async function settingsCheck(): Promise<(settings: JsonObject) => void> {
  known ??= compile();
  const validate = await known;
  return (settings) => {
    if (validate(settings)) return;
    const [error] = validate.errors ?? [];
    throw new ScimError(400, error === undefined ? "These are no settings." : describe(error));
  };
}

/** Loaded when somebody sets something, which most starts never see. */
async function compile(): Promise<Validate> {
  const { Ajv } = (await import("ajv")).default;
  return new Ajv({ strict: true }).compile(SETTINGS_SCHEMA);
}

function describe({ instancePath, message = "cannot be used", keyword, params }: ErrorObject): string {
  const path = instancePath.slice(1).replaceAll("/", ".");
  if (keyword === "additionalProperties") {
    const within: string = path === "" ? "" : `${path}.`;
    return `There is no setting "${within}${String(params["additionalProperty"]).slice(0, 100)}". There are: ${namesIn(path).join(", ")}.`;
  }
  const allowed = keyword === "enum" ? `: ${(params["allowedValues"] as unknown[]).join(", ")}` : "";
  return `${path === "" ? "settings" : path} ${message}${allowed}.`;
}

/** @param path of a setting that has others below it; empty for the topmost */
function namesIn(path: string): string[] {
  let properties: unknown = SETTINGS_SCHEMA.properties;
  for (const name of path === "" ? [] : path.split(".")) {
    const schema = isObject(properties) ? properties[name] : undefined;
    properties = isObject(schema) ? schema["properties"] : undefined;
  }
  return isObject(properties) ? Object.keys(properties) : [];
}
