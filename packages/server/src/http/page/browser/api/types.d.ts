// What `/api` answers, as far as the page shows it.

export type Severity = "info" | "notice" | "warning" | "error";

export type Reference = { readonly type: string; readonly id: string; readonly label: string };

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
export type JsonObject = { readonly [name: string]: Json };

/** One attribute's change: what truly changed. An absent side means "unassigned". */
export type Change =
  | { readonly kind: "attribute"; readonly path: string; readonly before?: Json; readonly after?: Json }
  | {
      readonly kind: "collection";
      readonly path: string;
      readonly added: readonly Json[];
      readonly removed: readonly Json[];
    };

export type NamedChange = {
  readonly path: string;
  readonly name?: string;
  readonly before?: string | null;
  readonly after?: string | null;
};

export type Sentence = { readonly kind: string; readonly text: string };

export type Diagnosis = {
  readonly sent: string;
  readonly rule: { readonly section?: string | null; readonly text: string };
  readonly why: string;
  readonly remedies: readonly Remedy[];
  readonly retry: { readonly will: "yes" | "no" | "unknown"; readonly text: string };
};

export type Remedy = {
  readonly where: "identity-provider" | "endpoint" | "server";
  readonly text: string;
  readonly setting?: string | null;
};

export type ExchangeDetails = {
  readonly evidence?: readonly string[];
  readonly notes?: readonly { readonly code: string; readonly [member: string]: Json }[];
  /** What administration changed. */
  readonly changes?: readonly NamedChange[];
  readonly authentication?: {
    readonly check: string;
    readonly expected: string;
    readonly received: string;
    readonly remedy: string;
  };
  readonly diagnosis?: Diagnosis;
  /** What is to be known of a body that is not kept as it was. */
  readonly requestNote?: string;
  readonly responseNote?: string;
};

export type ExchangeSummary = {
  readonly id: number;
  readonly position: number;
  readonly at: string;
  readonly endpoint: string | null;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly status: number;
  readonly durationUs: number;
  readonly split: { readonly queueUs: number; readonly databaseUs: number; readonly durableUs: number };
  readonly clientAddress: string;
  readonly userAgent: string;
  readonly requestId: string;
  readonly credential: string | null;
  readonly dialect: string;
  readonly dialectName: string;
  readonly severity: Severity;
  readonly isProbe: boolean;
  readonly sentences: readonly Sentence[];
  readonly resources: readonly Reference[];
  readonly details: ExchangeDetails;
};

export type Message = {
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | null;
  readonly bodyBase64: string | null;
  readonly bodyBytes: number;
  readonly isCut: boolean;
};

export type Exchange = ExchangeSummary & { readonly request: Message; readonly response: Message };

export type FoundExchanges = {
  readonly total: number;
  readonly exchanges: readonly ExchangeSummary[];
  readonly next: number | null;
};

export type Tests = {
  readonly endpoint: string;
  readonly credential: string | null;
  readonly dialect: string;
  readonly count: number;
  readonly since: string;
  readonly last: string;
  readonly text: string;
};

export type Replayed = {
  readonly status: number;
  readonly headers: unknown;
  readonly body: Json;
  readonly exchange: number | null;
};

export type HistoryEntry = {
  readonly key: string | number;
  readonly resource: Reference;
  readonly revision: number;
  readonly action: "create" | "replace" | "modify" | "recreate" | "delete" | "restore";
  readonly at: string;
  readonly exchange: number | null;
  readonly actor: {
    readonly credential: string | null;
    readonly dialect: string;
    readonly dialectName: string;
  };
  readonly changes: readonly Change[];
  readonly sentences: readonly (Sentence & { readonly attributes: readonly NamedChange[] })[];
  /** In a timeline only. */
  readonly role?: "own" | "added" | "removed" | "concerned";
};

export type FoundHistory = {
  readonly total: number;
  readonly entries: readonly HistoryEntry[];
  readonly next: number | null;
};

export type ResourceState = {
  readonly resource: JsonObject | null;
  readonly revision: number | null;
  readonly at: string | null;
  readonly isCurrent: boolean;
};

export type ScimResource = {
  readonly id: string;
  readonly meta?: { readonly version?: string; readonly created?: string; readonly lastModified?: string };
  readonly [attribute: string]: unknown;
};

export type ListResponse = {
  readonly totalResults: number;
  readonly startIndex?: number;
  readonly itemsPerPage?: number;
  readonly Resources?: readonly ScimResource[];
};

export type Endpoint = {
  readonly name: string;
  readonly baseUrl: string;
  readonly resources: Readonly<Record<string, number>>;
};

export type Session = { readonly role: "admin" | "viewer"; readonly expires: string | null };

export type Bucket = {
  readonly start: string;
  readonly requests: number;
  readonly probes: number;
  readonly refused: number;
  readonly failed: number;
  readonly latencyUs: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
  readonly kinds: Readonly<Record<string, number>>;
};

export type BackupStatus = {
  readonly backupCount: number;
  readonly lastBackupTime: string | null;
  readonly lastBackupSucceeded: boolean | null;
  readonly lastError: string | null;
  readonly mode: string;
  readonly target: string | null;
  readonly durability: { readonly configured: string; readonly inForce: string } | null;
  readonly role: "standby" | "primary" | "fenced";
  readonly lag: {
    readonly ms: number;
    readonly commits: number;
    readonly bytes: number;
    readonly exceedsLossWindow?: true;
  };
  readonly errors: number;
  readonly lastSnapshot: { readonly time: string; readonly bytes: number } | null;
  readonly lastScrub: { readonly time: string; readonly verdict: string } | null;
  readonly restorable: { readonly oldest: string; readonly newest: string } | null;
  readonly clock: { readonly isTrusted: boolean } | null;
};

export type Version = {
  readonly version: string;
  readonly newerVersion: string | null;
  readonly node: string;
  readonly sqlite: string;
  readonly uptimeMs: number;
};
