import { type Dialect, vendorOf } from "./client.ts";
import type { SentRequest } from "./signs.ts";
import { SIGNS, type Sign, type Strength } from "./signs.ts";

/** Who sent something, and what speaks for it. */
export type Recognition = {
  readonly dialect: Dialect;
  /** The signs that were seen, the most telling ones of the dialect first. */
  readonly evidence: readonly Evidence[];
};

/** A sign that was seen; data that can be kept and merged with others. */
export type Evidence = Omit<Sign, "isIn">;

const WEIGHT: Readonly<Record<Strength, number>> = { name: 100, habit: 10, hint: 1 };

/** Tells by one request who sent it. It remembers nothing: see {@link mergeRecognitions}. */
export function recogniseDialect(request: SentRequest): Recognition {
  return judge(
    SIGNS.filter((sign) => sign.isIn(request)).map(({ dialect, strength, text }) => ({ dialect, strength, text })),
  );
}

/**
 * Puts together what several requests with one credential told. The most telling sign wins, however often others were
 * seen; of two that tell as much, the vendor with more of them.
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

/** A single hint names nobody: a wrong name misleads more than none. */
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

/** A vendor says its name; which of its ways of writing it is, lesser signs tell. */
function refine(dialect: Dialect, evidence: readonly Evidence[]): Dialect {
  if (dialect !== "okta") return dialect;
  const [variant] = evidence.filter((each) => each.dialect === "okta-catalogue" || each.dialect === "okta-wizard");
  return variant?.dialect ?? dialect;
}

function whose(dialect: Dialect): string {
  return vendorOf(dialect) ?? dialect;
}
