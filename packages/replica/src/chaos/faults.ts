import type { DecideFaults, FaultyOperation, InjectedFault } from "../target/testing/faulty.ts";
import type { Random } from "./random.ts";

export type Weather = "fair" | "rough" | "stormy";

/** The share of operations with each fault in rough weather. */
const SHARES = {
  delay: 0.01,
  late: 0.005,
  refused: 0.008,
  errorAfter: 0.01,
  torn: 0.008,
  doneLater: 0.008,
  duplicate: 0.01,
};
const STALE_LISTS = 0.3;

const MAX_DELAY_MS = 3_000;

/** Outages in stormy weather: the time between them, and their length. */
const SPELL_MS = { gap: [500, 4_000], length: [300, 5_000] } as const;

const WRITES: readonly FaultyOperation["op"][] = ["create", "replace", "slot"];

/**
 * Decides what goes wrong.
 * @param count told of each fault
 */
export function weatherOf(weather: Weather, random: Random, count: (kind: string) => void): DecideFaults {
  if (weather === "fair") return () => undefined;
  const spell = weather === "stormy" ? spells(random) : () => undefined;
  return (operation) => {
    const fault = spell(operation) ?? single(operation, random);
    if (fault !== undefined) count(fault.kind);
    return fault;
  };
}

function single({ op }: FaultyOperation, random: Random): InjectedFault | undefined {
  if (op === "list")
    return random.chance(STALE_LISTS) ? { kind: "stale-list", ms: random.between(50, 3_000) } : undefined;
  const isWrite = WRITES.includes(op);
  let share = random.next();
  const falls = (width: number) => {
    share -= width;
    return share < 0;
  };
  if (falls(SHARES.delay)) return { kind: "delay", ms: delay(random) };
  if (falls(SHARES.late)) return { kind: "late-answer", ms: delay(random) };
  if (falls(SHARES.refused)) return { kind: "refused", fault: random.pick(["unreachable", "full", "denied"]) };
  if (!isWrite) return undefined;
  if (falls(SHARES.errorAfter)) return { kind: "error-after", fault: "unreachable" };
  // A replacement is whole or not there.
  if (falls(SHARES.torn)) return op === "replace" ? undefined : { kind: "torn", bytes: random.between(0, 5_000) };
  if (falls(SHARES.doneLater)) return { kind: "done-later", ms: random.between(10, 2_000) };
  if (falls(SHARES.duplicate)) return { kind: "duplicate" };
  return undefined;
}

/** Mostly short. */
function delay(random: Random): number {
  return Math.round(MAX_DELAY_MS * random.next() ** 3);
}

/** Times in which the target is unreachable or full. */
function spells(random: Random): (operation: FaultyOperation) => InjectedFault | undefined {
  let current: { readonly kind: "away" | "full"; readonly fromMs: number; readonly untilMs: number } | undefined;
  const following = (afterMs: number) => {
    const fromMs = afterMs + random.between(...SPELL_MS.gap);
    return {
      kind: random.pick(["away", "full"] as const),
      fromMs,
      untilMs: fromMs + random.between(...SPELL_MS.length),
    };
  };
  return ({ op }) => {
    const nowMs = performance.now();
    current ??= following(nowMs);
    if (nowMs > current.untilMs) current = following(nowMs);
    if (nowMs < current.fromMs) return undefined;
    if (current.kind === "away") return { kind: "refused", fault: "unreachable" };
    return WRITES.includes(op) ? { kind: "refused", fault: "full" } : undefined;
  };
}
