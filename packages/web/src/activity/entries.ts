import type { ExchangeSummary, FeedEntry } from "../api/types.ts";

/** The same while exchanges are added to the entry. */
export function entryKey({ id, outcomeKey, repeats }: FeedEntry): string {
  return String(repeats === undefined ? id : outcomeKey);
}

/** A successful read without a finding. Must agree with the server. */
function isRead({ status, findings, sentences }: ExchangeSummary): boolean {
  const kind = sentences[0]?.kind ?? "";
  return status < 400 && findings.length === 0 && /^(?:read\.|look-up\.|(?:search|discovery)$)/.test(kind);
}

export type Merged = {
  readonly entries: readonly FeedEntry[];
  /** Exchanges that are new. */
  readonly added: number;
  /** Entries of reads that had to go. */
  readonly readsLeftOut: number;
  /** Whether there was no entry for one of them: it may be the newest of many that are not loaded. */
  readonly isUnknown: boolean;
};

/**
 * Adds exchanges to the entries that they repeat, which become the newest.
 * @param entries the newest first
 * @param fresh the newest first; those that the entries contain already are passed over
 * @param maxReads entries of reads that are kept
 */
export function mergeRepeats(
  entries: readonly FeedEntry[],
  fresh: readonly ExchangeSummary[],
  maxReads = Number.POSITIVE_INFINITY,
): Merged {
  const known = new Map(entries.map((entry) => [entry.outcomeKey, entry]));
  const moved = new Map<number, FeedEntry>();
  let added = 0;
  let isUnknown = false;
  for (const exchange of fresh.toReversed()) {
    const { outcomeKey, at } = exchange;
    const before = moved.get(outcomeKey) ?? known.get(outcomeKey);
    if (before !== undefined && before.position >= exchange.position) continue;
    added++;
    isUnknown ||= before === undefined;
    const { count, first } = before?.repeats ?? { count: 0, first: at };
    moved.delete(outcomeKey);
    moved.set(outcomeKey, { ...exchange, repeats: { count: count + 1, first, last: at } });
  }
  const merged = [...[...moved.values()].reverse(), ...entries.filter(({ outcomeKey }) => !moved.has(outcomeKey))];
  if (maxReads === Number.POSITIVE_INFINITY) return { entries: merged, added, readsLeftOut: 0, isUnknown };
  let reads = 0;
  const kept = merged.filter((entry) => !isRead(entry) || ++reads <= maxReads);
  return { entries: kept, added, readsLeftOut: merged.length - kept.length, isUnknown };
}
