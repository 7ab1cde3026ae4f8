import type { Json } from "@scimtool/scim";
import type { Finding } from "../../store/exchange.ts";
import type { Reference } from "../../store/store.ts";
import { attributeName, listedUpTo } from "../words/names.ts";
import { labelText, valueText } from "../words/values.ts";
import { finding, MAX_RESOURCES } from "./finding.ts";
import type { Values } from "./finding-text.ts";
import { identityOf, isDerived, lossOfMembers, memberOf, membersOf, versionBefore } from "./loss.ts";
import type { Removal, Removals } from "./memory.ts";
import { recalledMemberRemovals, recalledUserRemovals } from "./recall.ts";
import { ALL } from "./request.ts";
import type { Done, Seen } from "./seen.ts";

const MINUTE_MS = 60_000;

/** Removals of one client that one finding lists. The next finding lists the next ones, so all can be restored. */
const MAX_LISTED = MAX_RESOURCES;

/** Attributes of one write that are compared with earlier writes. */
const MAX_ATTRIBUTES = 20;

/** One request, or one client within minutes, that takes away or changes a large share of a group or of all users. */
export async function findMassChanges(seen: Seen, done: Done): Promise<readonly Finding[]> {
  const { fact, written } = done;
  const found: (Finding | undefined)[] = [];
  const { atMs } = seen.facts;
  const members = written.changes.find((change) => change.kind === "collection");
  if (members?.kind === "collection" && fact.action !== "delete" && members.removed.length > 0) {
    const version = versionBefore(done);
    const removed = members.removed.map((json) => ({ atMs, who: memberOf(json), version, isGone: true }));
    const known = await remember(seen, fact.resource.id, removed, (_, sinceMs) =>
      recalledMemberRemovals(seen, fact.resource.id, sinceMs),
    );
    if (isEnough(seen, known)) {
      const now = await membersOf(seen, done);
      const before = now - members.added.length + countOf(known);
      const values = lossOfMembers(done, now);
      found.push(report(seen, "mass.members", known, before, { group: fact.resource, values }));
    }
  }
  if (fact.resource.type === "User" && isLost(done)) {
    const isGone = fact.action === "delete";
    const removed = [{ atMs, who: fact.resource, version: versionBefore(done), isGone }];
    const known = await remember(seen, "users", removed, recalledUserRemovals);
    if (isEnough(seen, known)) found.push(report(seen, "mass.users", known, await usersBefore(seen, done, known)));
  }
  if (fact.resource.type === "User" && (fact.action === "modify" || fact.action === "replace"))
    found.push(...(await massOfValues(seen, done)));
  return found.filter((each) => each !== undefined);
}

/** The same attribute, of many users: as after a change of a mapping. A first value does no harm. */
async function massOfValues(seen: Seen, done: Done): Promise<(Finding | undefined)[]> {
  const found: (Finding | undefined)[] = [];
  for (const change of done.written.changes.slice(0, MAX_ATTRIBUTES)) {
    const { path } = change;
    if (change.kind !== "attribute" || change.before === undefined || path === "active" || isDerived(path)) continue;
    if (isSameValues(change.before, change.after)) continue;
    const after = change.after === undefined ? undefined : JSON.stringify(change.after).slice(0, MAX_CHARACTERS);
    const { resource, labelBefore } = done.fact;
    const who = { ...resource, label: labelBefore ?? resource.label };
    const changed = { atMs: seen.facts.atMs, who, version: versionBefore(done), isGone: false };
    const what = `${after === undefined ? "cleared" : "changed"} ${path}`;
    const known = await remember(seen, what, [after === undefined ? changed : { ...changed, after }], nothing);
    if (!isEnough(seen, known)) continue;
    const afters = new Set(known.list.map((each) => each.after));
    const isSame = change.after !== undefined && afters.size === 1;
    const values = {
      name: attributeName(path),
      path,
      ...(isSame ? { value: valueText(change.after, path) } : {}),
      ...(change.after === undefined || isSame ? {} : { several: "" }),
    };
    const kind = change.after === undefined ? "mass.cleared" : "mass.changed";
    found.push(report(seen, kind, known, await usersBefore(seen, done, known), { values }));
  }
  return found;
}

/** Whether values only got or lost a label, a type or the mark of the primary one. */
function isSameValues(before: Json, after: Json | undefined): boolean {
  if (!Array.isArray(before) || !Array.isArray(after)) return false;
  const texts = new Set(before.map(identityOf));
  return before.length === after.length && after.every((value) => texts.has(identityOf(value)));
}

/** Changes of an attribute before a start are not looked for: no index finds them. */
async function nothing(): Promise<readonly Removal[]> {
  return [];
}

/** What is remembered of a value, to see whether others got the same. */
const MAX_CHARACTERS = 200;

/** Deleted, or deactivated after it was active. */
function isLost({ fact, written }: Done): boolean {
  if (fact.action === "delete") return written.before?.["active"] !== false;
  return (
    written.changes.some(
      (change) => change.path === "active" && change.kind === "attribute" && change.after === false,
    ) && fact.action !== "create"
  );
}

/** Users now, and those that this client deleted just before. */
async function usersBefore(
  { store }: Seen,
  { subject: { endpoint, model } }: Done,
  { list }: Removals,
): Promise<number> {
  const all = { ...ALL, locations: new Map() };
  const { total } = await store.resources.search(store.committed, endpoint.key, model, all);
  return total + list.filter(({ isGone }) => isGone).length;
}

/** Whether a finding already says that a client changes an attribute of many users. */
export function isMassChanged({ memory, client }: Seen, path: string): boolean {
  return (memory.removals.get(`${client} changed ${path}`)?.reported ?? 0) > 0;
}

/** @param recall finds earlier ones if the memory has none */
async function remember(
  seen: Seen,
  what: string,
  removed: readonly Removal[],
  recall: (seen: Seen, sinceMs: number) => Promise<readonly Removal[]>,
): Promise<Removals> {
  const { memory, client, endpoint, facts } = seen;
  const key = `${client} ${what}`;
  const sinceMs = facts.atMs - windowMs(endpoint);
  const earlier = memory.removals.get(key) ?? withCounts(await recall(seen, sinceMs));
  const list = earlier.list.filter(({ atMs }) => atMs >= sinceMs);
  const ids = new Set(list.map(({ who }) => who.id));
  const added = removed.filter(({ who }) => !ids.has(who.id));
  const counts = new Map([...earlier.counts].filter(([minute]) => (minute + 1) * MINUTE_MS > sinceMs));
  const minute = Math.floor(facts.atMs / MINUTE_MS);
  counts.set(minute, (counts.get(minute) ?? 0) + added.length);
  const isFirst = added.length === countOf({ counts });
  const known = {
    list: [...list, ...added].slice(0, MAX_LISTED),
    first: isFirst ? added[0] : earlier.first,
    counts,
    reported: isFirst ? 0 : earlier.reported,
  };
  memory.removals.set(key, known);
  return known;
}

function withCounts(list: readonly Removal[]): Removals {
  const counts = new Map<number, number>();
  for (const { atMs } of list) {
    const minute = Math.floor(atMs / MINUTE_MS);
    counts.set(minute, (counts.get(minute) ?? 0) + 1);
  }
  return { list: list.slice(0, MAX_LISTED), first: list[0], counts, reported: 0 };
}

function countOf({ counts }: Pick<Removals, "counts">): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

function windowMs(endpoint: Seen["endpoint"]): number {
  return (endpoint?.settings.findings.massMinutes ?? 0) * MINUTE_MS;
}

/** Each of the first removals is reported. Later ones wait, because every report lists all names. */
const REPORT_GROWTH = 1.1;

function isEnough({ endpoint }: Seen, known: Removals): boolean {
  const count = countOf(known);
  const isMore = count > REPORT_GROWTH * known.reported || known.list.length === MAX_LISTED;
  return isMore && count >= (endpoint?.settings.findings.massMinimum ?? 1);
}

function report(
  seen: Seen,
  kind: "mass.members" | "mass.users" | "mass.cleared" | "mass.changed",
  known: Removals,
  before: number,
  { group, values: own = {} }: { readonly group?: Reference; readonly values?: Values } = {},
): Finding | undefined {
  const { massPercent: limit = 0, massMinutes: minutes = 0 } = seen.endpoint?.settings.findings ?? {};
  const { list, first } = known;
  const isContinued = known.reported >= MAX_LISTED;
  // Who was changed again after being listed is counted twice.
  const count = Math.min(countOf(known), before);
  const share = Math.floor((100 * count) / before);
  if (share < limit) return undefined;
  known.reported = count;
  if (list.length === MAX_LISTED) known.list = [];
  const people = list.map(({ who }) => who);
  const isOneRequest = list.every(({ atMs }) => atMs === seen.facts.atMs);
  const values = {
    ...own,
    count,
    before,
    share,
    limit,
    resource: group && labelText(group.label),
    within: isOneRequest ? "" : ` within ${minutes} minutes`,
    lost: listedUpTo(
      50,
      people.map(({ label }) => labelText(label)),
      isContinued ? list.length : count,
    ),
    ...(isContinued ? { continued: "" } : { whole: "" }),
  };
  const versions =
    group === undefined ? list.map(({ version }) => version) : first === undefined ? [] : [first.version];
  return finding(kind, seen.facts.actor, values, {
    resources: group === undefined ? people : [group, ...people],
    versions,
  });
}
