import { exchangeIdAt, SEVERITIES } from "../../../exchange.ts";
import type { ExchangeFilter } from "../../../monitor.ts";
import { type BlockNames, type Columns, type NAMED, PROBE, SEVERITY } from "./columns.ts";
import { queryTerms, resourceTerm, type Term } from "./terms.ts";
import { textHash } from "./text-hash.ts";

/** A filter, made ready to go through blocks. */
export type Matcher = {
  /** What an exchange is found by in the index of words. */
  readonly terms: readonly Term[];
  /** Ids that are looked at: from, and before. */
  readonly fromId: number;
  readonly toId: number;
  /** Takes the marks off those exchanges of a block that do not match. Says nothing about `terms`. */
  readonly sift: (marks: Uint8Array, columns: () => Columns, names: () => BlockNames) => void;
  /** Whether every exchange between `fromId` and `toId` matches. */
  readonly takesAll: boolean;
};

type Sieve = (marks: Uint8Array, columns: Columns, names: () => BlockNames) => void;

const STATUSES = 1_000;

export function matcherOf(filter: ExchangeFilter): Matcher {
  const terms = queryTerms(filter.text ?? "");
  if (filter.resource !== undefined) terms.push(resourceTerm(filter.resource));
  const sieves = sievesOf(filter);
  return {
    terms,
    fromId: filter.fromMs === undefined ? 0 : exchangeIdAt(filter.fromMs),
    toId: filter.toMs === undefined ? Number.POSITIVE_INFINITY : exchangeIdAt(filter.toMs),
    sift: (marks, columns, names) => {
      for (const sieve of sieves) sieve(marks, columns(), names);
    },
    takesAll: terms.length === 0 && sieves.length === 0,
  };
}

/** Takes the marks off exchanges outside a span of ids. */
export function siftIds(marks: Uint8Array, ids: Float64Array, fromId: number, toId: number): void {
  for (let at = 0; at < marks.length; at++) {
    const id = ids[at] ?? 0;
    if (id < fromId || id >= toId) marks[at] = 0;
  }
}

export function countMarks(marks: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < marks.length; at++) count += marks[at] ?? 0;
  return count;
}

function sievesOf(filter: ExchangeFilter): Sieve[] {
  const { kinds, severities, statuses, methods, dialects, credentials, requestId, probes } = filter;
  const sieves: Sieve[] = [];
  if (severities !== undefined) {
    const allowed = allowedOf(SEVERITY + 1, (code) => severities.some((severity) => SEVERITIES[code] === severity));
    sieves.push((marks, { flags }) => keep(marks, flags, SEVERITY, allowed));
  }
  if (statuses !== undefined) {
    const allowed = allowedOf(STATUSES, (status) =>
      statuses.some(([least, most]) => status >= least && status <= most),
    );
    sieves.push((marks, columns) => keep(marks, columns.statuses, ALL, allowed));
  }
  if (methods !== undefined) sieves.push(byName("methods", (method) => methods.includes(method)));
  if (dialects !== undefined) sieves.push(byName("dialects", (dialect) => dialects.includes(dialect)));
  if (credentials !== undefined) sieves.push(byName("credentials", (label) => credentials.includes(label)));
  if (kinds !== undefined) sieves.push(byName("kinds", (own) => hasKind(own, kinds)));
  if (probes !== undefined) {
    const allowed = allowedOf(PROBE + 1, (flag) => (flag === PROBE) === (probes === "only"));
    sieves.push((marks, { flags }) => keep(marks, flags, PROBE, allowed));
  }
  if (requestId !== undefined) {
    const hash = textHash(requestId);
    sieves.push((marks, { requestIds }) => {
      for (let at = 0; at < marks.length; at++) if (requestIds[at] !== hash) marks[at] = 0;
    });
  }
  return sieves;
}

/** Looks at one of the columns that have codes of names. */
function byName(column: (typeof NAMED)[number], isAllowed: (name: string) => boolean): Sieve {
  return (marks, columns, names) => {
    const own = names()[column];
    keep(
      marks,
      columns[column],
      ALL,
      allowedOf(own.length, (code) => isAllowed(own[code] ?? "")),
    );
  };
}

/** @param kinds joined by spaces @param sought kinds, or beginnings of such with an asterisk */
function hasKind(kinds: string, sought: readonly string[]): boolean {
  return kinds
    .split(" ")
    .some((kind) => sought.some((one) => (one.endsWith("*") ? kind.startsWith(one.slice(0, -1)) : kind === one)));
}

const ALL = 0xffff;

/** One byte for each code: whether it is allowed. */
function allowedOf(codes: number, isAllowed: (code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: codes }, (_, code) => (isAllowed(code) ? 1 : 0));
}

function keep(marks: Uint8Array, codes: Uint16Array | Uint8Array, mask: number, allowed: Uint8Array): void {
  for (let at = 0; at < marks.length; at++) marks[at] = (marks[at] ?? 0) & (allowed[(codes[at] ?? 0) & mask] ?? 0);
}
