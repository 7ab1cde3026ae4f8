import type { JsonObject, Profile } from "@scimtool/scim";

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

/** For whoever never thinks of it: a full disk would be a worse surprise than an old request that is gone. */
const DEFAULT_RETENTION: EndpointRetention = {
  exchanges: { maxAgeDays: 30, maxCount: undefined, maxBytes: 1_024 * 1_024 * 1_024 },
  history: { maxAgeDays: 365 },
};

/** Completes settings that were set with the defaults of the rest. */
export function completeSettings(set: JsonObject): EndpointSettings {
  const given = set as Partial<Omit<EndpointSettings, "limits" | "retention">> & {
    readonly limits?: Partial<EndpointLimits>;
    readonly retention?: { readonly [Kept in keyof EndpointRetention]?: Partial<EndpointRetention[Kept]> };
  };
  const { profile = "tolerant" } = given;
  return {
    profile,
    // Identity providers match groups by name, and expect 409 for a second one.
    unique: ["Group:displayName"],
    recreate: "refuse",
    patchAnswer: "auto",
    requireEtag: false,
    danglingReferences: profile === "tolerant" ? "accept" : "refuse",
    schemas: [],
    resourceTypes: [],
    indexed: [],
    ...given,
    limits: { ...DEFAULT_LIMITS, ...given.limits },
    retention: {
      exchanges: { ...DEFAULT_RETENTION.exchanges, ...given.retention?.exchanges },
      history: { ...DEFAULT_RETENTION.history, ...given.retention?.history },
    },
  };
}
