import type { ExchangeQuery } from "../api/types.ts";

/** What Activity shows, as it stands in the address. A missing member selects everything. */
export type Filter = {
  /** Words to search for. */
  readonly q?: string;
  readonly show?: string;
  /** Kinds of sentences. */
  readonly kind?: string;
  /** Kinds of findings. */
  readonly finding?: string;
  readonly status?: string;
  readonly method?: string;
  readonly dialect?: string;
  readonly credential?: string;
  readonly endpoint?: string;
  /** ID of a resource. */
  readonly resource?: string;
  /** Below the base URL; `/Users/*` for everything that begins with `/Users/`. */
  readonly path?: string;
  readonly requestId?: string;
  /** ID of an exchange: each that is folded with it. */
  readonly sameAs?: string;
  /** How long back: `1h`. */
  readonly within?: string;
  /** Times in ISO 8601. */
  readonly from?: string;
  readonly to?: string;
};

/** With the exchange that is open. */
export type ActivitySearch = Filter & { readonly exchange?: string };

const NAMES: readonly (keyof ActivitySearch)[] = [
  "q",
  "show",
  "kind",
  "finding",
  "status",
  "method",
  "dialect",
  "credential",
  "endpoint",
  "resource",
  "path",
  "requestId",
  "sameAs",
  "within",
  "from",
  "to",
  "exchange",
];

export type Field = {
  /** As people type it: `status:409`. */
  readonly name: string;
  readonly member: keyof Filter;
  readonly label: string;
  readonly hint: string;
  readonly pattern?: RegExp;
  /** Whether several values may be separated by commas. */
  readonly isList?: boolean;
};

const TIME = /^(?:\d+[smhd]|\d{4}-\d\d-\d\d(?:T\S+)?)$/;
const TIME_HINT = "24h, 2026-08-01 or 2026-08-01T12:00:00Z";

/** Members that the query box knows; those that are set are shown as chips. */
export const FIELDS: readonly Field[] = [
  {
    name: "status",
    member: "status",
    label: "Status",
    hint: "404, 4xx or 400-499",
    pattern: /^[1-5](?:xx|\d\d(?:-[1-5]\d\d)?)$/i,
    isList: true,
  },
  { name: "method", member: "method", label: "Method", hint: "POST or PATCH", pattern: /^[a-z]+$/i, isList: true },
  { name: "client", member: "dialect", label: "Client", hint: '"Entra ID" or Okta', isList: true },
  { name: "credential", member: "credential", label: "Credential", hint: "the label of a token", isList: true },
  { name: "resource", member: "resource", label: "Resource", hint: "a name or an ID" },
  { name: "path", member: "path", label: "Path", hint: "/Users or /Users/*" },
  {
    name: "kind",
    member: "kind",
    label: "Kind",
    hint: "user.created or user.*",
    pattern: /^[a-z]+(?:[-.][a-z]+)*(?:\.\*)?$/,
    isList: true,
  },
  {
    name: "finding",
    member: "finding",
    label: "Finding",
    hint: "loss.cleared, loss.* or *",
    pattern: /^(?:\*|[a-z-]+\.(?:[a-z-]+|\*))$/,
    isList: true,
  },
  { name: "endpoint", member: "endpoint", label: "Endpoint", hint: "the name of an endpoint" },
  { name: "request", member: "requestId", label: "Request ID", hint: "a request ID" },
  { name: "same", member: "sameAs", label: "Repeats of", hint: "the ID of an exchange", pattern: /^\d+$/ },
  { name: "from", member: "from", label: "From", hint: TIME_HINT, pattern: TIME },
  { name: "to", member: "to", label: "Before", hint: TIME_HINT, pattern: TIME },
];

const WRITTEN = ["created", "recreated", "changed", "renamed", "activated", "deactivated", "reactivated", "deleted"];
const CHANGES = [
  ...["user", "group", "resource"].flatMap((type) => [...WRITTEN, "restored"].map((verb) => `${type}.${verb}`)),
  ...["members.*", "manager.*", "endpoint.*", "credential.*", "trust.*"],
].join(",");

/** Kinds of what clients ask for. */
export const READS = "look-up.*,search,read.*,discovery";

export const KINDS: readonly (readonly [value: string, label: string])[] = [
  ["", "All kinds"],
  ["user.*", "Users"],
  ["user.created,user.recreated", "Users created"],
  ["user.changed,user.renamed", "Users changed"],
  ["user.activated,user.deactivated,user.reactivated", "Users activated or deactivated"],
  ["user.deleted", "Users deleted"],
  ["group.*", "Groups"],
  ["members.*", "Members added or removed"],
  ["manager.*", "Managers"],
  [READS, "Searches and reads"],
  ["bulk", "Bulk requests"],
  ["token.*", "Access tokens"],
  ["endpoint.*,credential.*,trust.*,session.*,database.*", "Administration"],
  ["failure.authentication", "Authentication failures"],
  ["connection.tested", "Connection tests"],
];

export const SPANS: readonly (readonly [value: string, label: string])[] = [
  ["", "Any time"],
  ["15m", "Last 15 minutes"],
  ["1h", "Last hour"],
  ["24h", "Last 24 hours"],
  ["7d", "Last 7 days"],
  ["30d", "Last 30 days"],
];

export function readFilter(search: Record<string, unknown>): ActivitySearch {
  const found = NAMES.flatMap((name) => (typeof search[name] === "string" ? [[name, search[name]]] : []));
  return Object.fromEntries(found) as ActivitySearch;
}

/** Without what else may be in the address, such as a parameter that an older version had. */
export function filterOf(search: ActivitySearch): Filter {
  const { exchange: _, ...filter } = readFilter(search);
  return filter;
}

/** The same for filters that select the same. */
export function filterKey(filter: Filter): string {
  return JSON.stringify(NAMES.map((name) => (filter as ActivitySearch)[name] ?? ""));
}

/** Whether anything but the endpoint is selected. */
export function isFiltered({ endpoint: _, ...filter }: Filter): boolean {
  return Object.values(filter).some((value) => value !== undefined && value !== "");
}

export function withValue(filter: Filter, name: keyof Filter, value: string): Filter {
  const { [name]: _, ...rest } = filter;
  return value === "" ? rest : { ...rest, [name]: value };
}

/** Exchanges that repeat are one entry, unless somebody looks for one of them. */
export function foldsRepeats({ sameAs, requestId }: Filter): boolean {
  return sameAs === undefined && requestId === undefined;
}

/** Reads of many people would hide everything else, unless somebody narrows the list down. */
export function limitsReads({ endpoint: _, within: __, from: ___, to: ____, ...others }: Filter): boolean {
  return Object.keys(others).length === 0;
}

/** Connection tests are counted in one line, unless somebody looks for them. */
export function foldsTests({ kind, requestId, sameAs }: Filter): boolean {
  return kind !== "connection.tested" && requestId === undefined && sameAs === undefined;
}

/** Whether something that happens now could match. */
export function includesNow({ to }: Filter): boolean {
  return to === undefined || Date.parse(to) > Date.now();
}

/** The filter as the API takes it. */
export function apiQuery(filter: Filter): ExchangeQuery {
  const { q, show, kind, finding, status, method, dialect, credential, sameAs, within, from, ...others } = filter;
  const lists = {
    q,
    method,
    dialect,
    credential,
    kind: kind ?? (show === "changes" ? CHANGES : undefined),
    severity: show === "failures" ? "warning,error" : undefined,
    finding: finding ?? (show === "findings" ? "*" : undefined),
    status: status ?? (show === "failures" ? "4xx,5xx" : undefined),
  };
  return {
    ...others,
    ...Object.fromEntries(
      Object.entries(lists).flatMap(([name, value]) => (value === undefined ? [] : [[name, [value]]])),
    ),
    ...(sameAs !== undefined && { sameAs: Number(sameAs) }),
    ...((from ?? within) !== undefined && { from: from ?? within }),
  } as ExchangeQuery;
}

/** The same as the query of a URL. */
export function queryText(query: ExchangeQuery): URLSearchParams {
  const text = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const each of [value].flat()) if (each !== undefined) text.append(name, String(each));
  }
  return text;
}
