import { type Dialect, vendorOf } from "./client.ts";
import type { SentRequest } from "./signs.ts";
import { SIGNS, type Sign, type Strength } from "./signs.ts";

/** Who sent something, and how we know. */
export type Recognition = {
  readonly dialect: Dialect;
  /** The signs that were seen, the strongest ones of the dialect first. */
  readonly evidence: readonly Evidence[];
};

/** A sign that was seen, as data that can be stored and merged. */
type Evidence = Omit<Sign, "isIn">;

const WEIGHT: Readonly<Record<Strength, number>> = { name: 100, habit: 10, hint: 1 };

/** Recognises the sender of one request. It remembers nothing: see {@link mergeRecognitions}. */
export function recogniseDialect(request: SentRequest): Recognition {
  return judge(
    SIGNS.filter((sign) => sign.isIn(request)).map(({ dialect, strength, text }) => ({ dialect, strength, text })),
  );
}

/**
 * Merges what several requests with one credential showed. The strongest sign wins, however often others were seen;
 * between equal ones, the vendor with more of them.
 */
export function mergeRecognitions(recognitions: readonly Recognition[]): Recognition {
  const seen = new Map(recognitions.flatMap(({ evidence }) => evidence).map((each) => [each.text, each]));
  return judge(SIGNS.flatMap(({ text }) => seen.get(text) ?? []));
}

/** @param evidence each sign once, in the order of {@link SIGNS} */
function judge(evidence: readonly Evidence[]): Recognition {
  const [strongest] = evidence.filter((each) => isTelling(each, evidence)).toSorted(byWeight(evidence));
  const { dialect = "unknown" } = strongest ?? evidence.find((each) => each.dialect === "rfc-clean") ?? {};
  const refined = refine(dialect, evidence);
  const isOwn = (each: Evidence) => whose(each.dialect) === whose(refined);
  const own = evidence.filter(isOwn).toSorted((left, right) => WEIGHT[right.strength] - WEIGHT[left.strength]);
  return { dialect: refined, evidence: [...own, ...evidence.filter((each) => !isOwn(each))] };
}

/** One hint is not enough: a wrong name misleads more than none. */
function isTelling({ dialect, strength }: Evidence, evidence: readonly Evidence[]): boolean {
  return strength !== "hint" || evidence.filter((each) => whose(each.dialect) === whose(dialect)).length > 1;
}

function byWeight(evidence: readonly Evidence[]): (left: Evidence, right: Evidence) => number {
  const sumOf = (vendor: string) =>
    evidence
      .filter(({ dialect }) => whose(dialect) === vendor)
      .reduce((sum, { strength }) => sum + WEIGHT[strength], 0);
  return (left, right) =>
    WEIGHT[right.strength] - WEIGHT[left.strength] || sumOf(whose(right.dialect)) - sumOf(whose(left.dialect));
}

/** A name identifies the vendor; weaker signs identify the dialect. */
function refine(dialect: Dialect, evidence: readonly Evidence[]): Dialect {
  if (dialect !== "okta") return dialect;
  const [variant] = evidence.filter((each) => each.dialect === "okta-catalogue" || each.dialect === "okta-wizard");
  return variant?.dialect ?? dialect;
}

function whose(dialect: Dialect): string {
  return vendorOf(dialect) ?? dialect;
}
