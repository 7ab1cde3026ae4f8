import { type Finding, SEVERITIES } from "../../store/exchange.ts";
import type { Refused } from "../exchange-facts.ts";
import { MAX_RESOURCES } from "./finding.ts";
import { findIdentities } from "./identity.ts";
import { findIgnoredId, findWrongId } from "./ids.ts";
import { FINDINGS, type FindingKind } from "./kinds.ts";
import { findGrowingLists } from "./lists.ts";
import { findLosses, findLostMembers } from "./loss.ts";
import { findMassChanges } from "./mass.ts";
import { findNames, findRefusedName } from "./names.ts";
import { findPath, findWrongType } from "./paths.ts";
import { findIgnoredParameters, findSkippedPages, findUnknownColumns } from "./query.ts";
import { findOwnGroups, findReferences, findRefusedReferences } from "./references.ts";
import { findRepeatedCreate, findRepetitions, findSharedToken } from "./repetition.ts";
import { findCosts, findLimits, findRate, findStopped, findTypes, findUnreadableBody } from "./request.ts";
import type { Done, Found, Seen } from "./seen.ts";
import { findSpelledSearch, findSpelling } from "./spelling.ts";
import { findSuspectValues } from "./values.ts";

/** Findings of one exchange: the most harmful are told. */
const MAX_FINDINGS = 20;

const ORDER = new Map(Object.keys(FINDINGS).map((kind, at) => [kind, at]));

/** What an administrator must know about a request, the most harmful first. At once for most reads. */
export function findingsOf(seen: Seen): readonly Finding[] | Promise<readonly Finding[]> {
  const { outcome } = seen.facts;
  const found: (Found | Promise<Found>)[] = [findRate(seen), findSharedToken(seen)];
  if (outcome.kind === "searched") {
    found.push(findCosts(seen, outcome), findSkippedPages(seen, outcome), findIgnoredParameters(seen, outcome));
    found.push(findSpelledSearch(seen, outcome), findUnknownColumns(seen));
  }
  if (seen.facts.status === 404) found.push(findWrongId(seen, outcome));
  if (outcome.kind === "refused") found.push(...findInRefusal(seen, outcome));
  if (outcome.kind === "written" || outcome.kind === "bulk") found.push(findLimits(seen), findTypes(seen));
  if (outcome.kind === "bulk") found.push(findStopped(seen, outcome));
  const done = doneBy(seen);
  if (done.length > 0) return Promise.all([...found, findInWrites(seen, done)]).then(sorted);
  return found.some((each) => each instanceof Promise) ? Promise.all(found).then(sorted) : sorted(found as Found[]);
}

/** One after the other, because the later ones compare with the earlier. */
async function findInWrites(seen: Seen, all: readonly Done[]): Promise<readonly Finding[]> {
  const found: Found[] = [];
  for (const done of all) {
    const mass = await findMassChanges(seen, done);
    const isGroupReported = mass.some(({ kind }) => kind === "mass.members");
    found.push(mass, isGroupReported ? undefined : await findLostMembers(seen, done), findLosses(seen, done));
    found.push(findWrongType(seen, done) ?? findNames(seen, done));
    found.push(await findRepetitions(seen, done), findSuspectValues(seen, done), findGrowingLists(seen, done));
    found.push(findIgnoredId(seen, done), await findOwnGroups(seen, done));
    found.push(await findIdentities(seen, done), await findReferences(seen, done));
  }
  return lastOfMassChanges(flat(found));
}

function findInRefusal(seen: Seen, refused: Refused): (Found | Promise<Found>)[] {
  const wrongType = refused.status === 400 ? findWrongType(seen) : undefined;
  return [
    findPath(seen, refused),
    wrongType ?? findSpelling(seen, refused) ?? findRefusedName(seen, refused),
    findUnreadableBody(seen, refused),
    findLimits(seen),
    findRefusedReferences(seen, refused),
    findRepeatedCreate(seen, refused),
  ];
}

/** Findings about something else than the reason of a refusal. */
const BESIDES: ReadonlySet<string> = new Set<FindingKind>(["cost.rate", "limit.near", "repetition.shared-token"]);

/** The kind of the finding that says why a request was refused; undefined if only the diagnosis does. */
export function explanationIn(findings: readonly Finding[]): string | undefined {
  return findings.find(({ kind }) => !BESIDES.has(kind))?.kind;
}

function doneBy({ answered: { happened }, facts: { outcome } }: Seen): Done[] {
  if (happened.kind === "written" && outcome.kind === "written") return [{ ...happened, fact: outcome }];
  if (happened.kind !== "bulk" || outcome.kind !== "bulk") return [];
  return outcome.operations.flatMap(({ outcome: fact }, at) => {
    const result = happened.answers[at]?.outcome;
    return fact.kind === "written" && result?.kind === "done" ? [{ ...result, fact }] : [];
  });
}

function flat(found: readonly Found[]): Finding[] {
  return found.flatMap((each) => each ?? []);
}

function sorted(found: readonly Found[]): readonly Finding[] {
  const all = flat(found);
  if (all.length < 2) return all;
  const order = ({ kind }: Finding) => ORDER.get(kind as FindingKind) ?? 0;
  const rank = ({ severity }: Finding) => SEVERITIES.indexOf(severity);
  return all.sort((one, other) => rank(other) - rank(one) || order(one) - order(other)).slice(0, MAX_FINDINGS);
}

/** Operations of a bulk request add to one mass change, and the last finding has all names, unless there are too many. */
function lastOfMassChanges(all: readonly Finding[]): Finding[] {
  const keyOf = ({ kind, sentence }: Finding) => `${kind} ${sentence.replaceAll(/\d+/g, "")}`;
  const last = new Map(all.map((each) => [keyOf(each), each]));
  const isFull = ({ resources }: Finding) => resources.length >= MAX_RESOURCES;
  return all.filter((each) => !each.kind.startsWith("mass.") || last.get(keyOf(each)) === each || isFull(each));
}
