import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type Exchange, exchangeIdAt, exchangeMs, SEVERITIES } from "../exchange.ts";
import type { ExchangeFilter } from "../monitor.ts";
import type { Key, Reference } from "../store.ts";
import { finding, inMonitorWorld, type MonitorWorld, message, type OpenMonitor } from "./monitor-world.ts";
import { START_MS } from "./world.ts";

const NAMES = ["Ada", "ada", "Ádám", "Lovelace", "Love", "l", "Ünal", "數學", "x-1", "ﬁne"];
const IDS = ["2819c223-7f76-453a-919d-413861904646", "2819C223-7f76-453a-919d-413861904647", "plain-id", "1"];
const KINDS = ["user.created", "user.changed", "group.created", "failure.uniqueness"];
const FINDINGS = ["loss.cleared", "loss.emptied", "mass.users"] as const;
const METHODS = ["GET", "POST", "PATCH"];
const STATUSES = [200, 201, 304, 400, 401, 409, 500];
const SPAN_MS = 10_000;
const STARTS = ["2819", "2819C223"];

/** A text of names and IDs, with separators. */
const text = fc
  .array(fc.tuple(fc.constantFrom(...NAMES, ...IDS), fc.constantFrom(" ", ", ", "/", '":"', "—", "_", "-")), {
    maxLength: 4,
  })
  .map((parts) => parts.flat().join(""));

const body = fc.oneof(
  text.map((content) => message([], content)),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => ({ headers: [], body: bytes, bodyBytes: bytes.length })),
);

/** The searchable parts of an exchange. {@link placed} interprets time and endpoint as numbers. */
const searchable = fc.record({
  id: fc.integer({ min: exchangeIdAt(START_MS), max: exchangeIdAt(START_MS + SPAN_MS) }),
  endpoint: fc.constantFrom(0, 1, 2),
  method: fc.constantFrom(...METHODS),
  path: text.map((rest) => `/Users/${rest}`),
  query: text.map((content) => (content.length % 2 === 0 ? encodeURIComponent(content) : content)),
  status: fc.constantFrom(...STATUSES),
  severity: fc.constantFrom(...SEVERITIES),
  isProbe: fc.boolean(),
  dialect: fc.constantFrom("entra", "okta"),
  credential: fc.constantFrom(undefined, "Entra ID", "Ádám's"),
  userAgent: text,
  requestId: fc.constantFrom("a", "b"),
  request: body,
  response: body,
  sentences: fc.array(fc.record({ kind: fc.constantFrom(...KINDS), text }), { maxLength: 2 }),
  findings: fc.subarray([...FINDINGS], { maxLength: 2 }).map((kinds) => kinds.map(finding)),
  resources: fc.array(
    fc.record({
      id: fc.constantFrom(...IDS),
      type: fc.constantFrom("User", "Group"),
      label: fc.constantFrom(...NAMES),
    }),
    { maxLength: 2 },
  ),
});

const some = <Value>(values: readonly Value[]) => fc.subarray([...values], { minLength: 1 });

const filter = fc.record(
  {
    endpoint: fc.constantFrom(1, 2),
    fromMs: fc.integer({ min: START_MS - 1, max: START_MS + SPAN_MS }),
    toMs: fc.integer({ min: START_MS, max: START_MS + SPAN_MS }),
    kinds: some([...KINDS, "user.*"]),
    findings: some([...FINDINGS, "loss.*", "*"]),
    severities: some(SEVERITIES),
    statuses: some(STATUSES).map((statuses) => statuses.map((status) => [status, status + 1] as const)),
    methods: some(METHODS),
    dialects: some(["entra", "okta", "other"]),
    credentials: some(["Entra ID", "Ádám's"]),
    resource: fc.constantFrom(...IDS, ...NAMES),
    path: fc
      .oneof(text, fc.constantFrom("", "*", ...STARTS.map((start) => `${start}*`)))
      .map((rest) => `/Users/${rest}`),
    requestId: fc.constantFrom("a", "c"),
    probes: fc.constantFrom("only" as const, "exclude" as const),
    text: fc.oneof(text, fc.constantFrom(...STARTS)),
  },
  { requiredKeys: [] },
);

/** Replaces the endpoint number of a generated exchange or filter by a key. */
function keyOf(endpoint: number, world: MonitorWorld): Key | undefined {
  return [undefined, world.endpoint, world.otherEndpoint][endpoint];
}

export function monitorSearchConformance(open: OpenMonitor): void {
  describe("searching exchanges", () => {
    test(
      "a search finds the same as checking each exchange, with any conditions, however they were recorded",
      inMonitorWorld(open, async (world) => {
        const { store, monitor, exchange, record } = world;
        const recorded: Exchange[] = [];
        await fc.assert(
          fc.asyncProperty(
            fc.array(searchable, { minLength: 1, maxLength: 300, size: "max" }),
            fc.array(filter, { minLength: 8, maxLength: 8 }),
            fc.integer({ min: 1, max: 12 }),
            async (made, filters, limit) => {
              const batch = made.map((own) => exchange({ ...own, endpoint: keyOf(own.endpoint, world) }));
              await record(...batch);
              recorded.push(...batch);
              for (const { endpoint, ...conditions } of filters) {
                const key = endpoint === undefined ? undefined : keyOf(endpoint, world);
                const sought: ExchangeFilter = { ...conditions, ...(key === undefined ? {} : { endpoint: key }) };
                const expected = recorded.filter((one) => isSought(one, sought)).toReversed();
                const found = await monitor.exchanges.search(store.committed, sought, { limit });
                const shown = { total: found.total, requests: found.exchanges.map(({ id }) => id) };
                assert.deepEqual(
                  shown,
                  { total: expected.length, requests: expected.slice(0, limit).map(({ id }) => id) },
                  JSON.stringify(sought),
                );
              }
            },
          ),
          { numRuns: 40, endOnFailure: true },
        );
        assert.ok(recorded.length > 3_300, "enough for sealed blocks");
      }),
    );
  });
}

/** The port's description of a filter, implemented in the simplest way. */
function isSought(exchange: Exchange, sought: ExchangeFilter): boolean {
  const { kinds, findings, statuses, fromMs, toMs, text: words } = sought;
  const atMs = exchangeMs(exchange.id);
  const isOf = (kind: string) => (own: { readonly kind: string }) =>
    kind.endsWith("*") ? own.kind.startsWith(kind.slice(0, -1)) : own.kind === kind;
  return (
    (sought.endpoint === undefined || exchange.endpoint === sought.endpoint) &&
    (fromMs === undefined || atMs >= fromMs) &&
    (toMs === undefined || atMs < toMs) &&
    (kinds === undefined || kinds.some((kind) => exchange.sentences.some(isOf(kind)))) &&
    (findings === undefined || findings.some((kind) => exchange.findings.some(isOf(kind)))) &&
    (sought.severities?.includes(exchange.severity) ?? true) &&
    (statuses === undefined || statuses.some(([least, most]) => exchange.status >= least && exchange.status <= most)) &&
    (sought.methods?.includes(exchange.method) ?? true) &&
    (sought.dialects?.includes(exchange.dialect) ?? true) &&
    (sought.credentials === undefined || sought.credentials.some((label) => label === exchange.credential)) &&
    (sought.resource === undefined || hasResource(exchange, sought.resource)) &&
    (sought.path === undefined || isAtPath(exchange, sought.path)) &&
    (sought.requestId === undefined || exchange.requestId === sought.requestId) &&
    (sought.probes === undefined || exchange.isProbe === (sought.probes === "only")) &&
    (words === undefined || hasWords(exchange, words))
  );
}

function hasResource(exchange: Exchange, sought: string): boolean {
  if (exchange.resources.some(({ id }) => id === sought)) return true;
  const isNamed = ({ label }: Reference) => lowerAscii(label).includes(lowerAscii(sought));
  return exchange.resources.some(isNamed) && hasWords(exchange, sought);
}

function isAtPath({ path }: Exchange, sought: string): boolean {
  return sought.endsWith("*") ? path.startsWith(sought.slice(0, -1)) : path === sought;
}

function lowerAscii(content: string): string {
  return content.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function hasWords(exchange: Exchange, sought: string): boolean {
  const { path, query, sentences, resources, userAgent, clientAddress, credential = "", request, response } = exchange;
  const searched = [path, decoded(query), userAgent, clientAddress, credential];
  for (const sentence of sentences) searched.push(sentence.text);
  for (const { id, type, label } of resources) searched.push(id, type, label);
  if (exchange.method !== "GET") searched.push(new TextDecoder().decode(request.body));
  if (exchange.status >= 400) searched.push(new TextDecoder().decode(response.body));
  const words = searched.flatMap(wordsOf).flatMap((word) => (word.includes("-") ? [word, word.slice(0, 8)] : [word]));
  const isThere = (one: string) => words.some((word) => (isPrefix(one, word) ? word.startsWith(one) : word === one));
  return wordsOf(sought).every(isThere);
}

function isPrefix(sought: string, word: string): boolean {
  return sought.length > 1 && !sought.includes("-") && !word.includes("-");
}

function wordsOf(content: string): string[] {
  const plain = content.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return (
    plain.match(/(?<![\p{L}\p{N}])[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\p{L}\p{N}])|[\p{L}\p{N}]+/gu) ?? []
  );
}

function decoded(query: string): string {
  try {
    return decodeURIComponent(query);
  } catch {
    return query;
  }
}
