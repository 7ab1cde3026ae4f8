import type { Finding } from "../../store/exchange.ts";
import type { Reference } from "../../store/store.ts";
import { labelText } from "../words/values.ts";
import type { Done, Seen } from "./find.ts";
import { finding, listedUpTo } from "./finding.ts";
import { memberOf, membersOf, versionBefore } from "./loss.ts";
import type { Removal, Removals } from "./memory.ts";
import { ALL } from "./request.ts";

const MINUTE_MS = 60_000;

/** Removals of one client that are remembered: beyond that, the share is known anyway. */
const MAX_REMEMBERED = 1_000;

/** One request, or one client within minutes, that takes away a large share of a group or of all users. */
export async function findMassChanges(seen: Seen, done: Done): Promise<readonly Finding[]> {
  const { fact, written } = done;
  const found: (Finding | undefined)[] = [];
  const { atMs } = seen.facts;
  const members = written.changes.find((change) => change.kind === "collection");
  if (members?.kind === "collection" && fact.action !== "delete" && members.removed.length > 0) {
    const version = versionBefore(done);
    const removed = members.removed.map((json) => ({ atMs, who: memberOf(json), version, isGone: true }));
    const known = remember(seen, fact.resource.id, removed);
    if (isEnough(seen, known)) {
      const left = await membersOf(seen, done);
      found.push(report(seen, "mass.members", known, left + known.list.length, fact.resource));
    }
  }
  if (fact.resource.type === "User" && isLost(done)) {
    const isGone = fact.action === "delete";
    const known = remember(seen, "users", [{ atMs, who: fact.resource, version: versionBefore(done), isGone }]);
    if (isEnough(seen, known))
      found.push(report(seen, "mass.users", known, await usersBefore(seen, done, known), undefined));
  }
  return found.filter((each) => each !== undefined);
}

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

function remember({ memory, client, endpoint, facts }: Seen, what: string, removed: readonly Removal[]): Removals {
  const key = `${client} ${what}`;
  const sinceMs = facts.atMs - windowMs(endpoint);
  const earlier = memory.removals.get(key) ?? { list: [], reported: 0 };
  const list = earlier.list.filter(({ atMs }) => atMs >= sinceMs);
  const known = {
    list: [...list, ...removed].slice(0, MAX_REMEMBERED),
    reported: list.length === 0 ? 0 : earlier.reported,
  };
  memory.removals.set(key, known);
  return known;
}

function windowMs(endpoint: Seen["endpoint"]): number {
  return (endpoint?.settings.findings.massMinutes ?? 0) * MINUTE_MS;
}

/** Each of the first removals is reported. Later ones wait, because every report lists all names. */
const REPORT_GROWTH = 1.1;

function isEnough({ endpoint }: Seen, { list, reported }: Removals): boolean {
  return list.length >= (endpoint?.settings.findings.massMinimum ?? 1) && list.length > REPORT_GROWTH * reported;
}

function report(
  seen: Seen,
  kind: "mass.members" | "mass.users",
  known: Removals,
  before: number,
  group: Reference | undefined,
): Finding | undefined {
  const { massPercent: limit = 0, massMinutes: minutes = 0 } = seen.endpoint?.settings.findings ?? {};
  const { list } = known;
  const share = Math.floor((100 * list.length) / before);
  if (share < limit) return undefined;
  known.reported = list.length;
  const people = list.map(({ who }) => who);
  const isOneRequest = list.every(({ atMs }) => atMs === seen.facts.atMs);
  const values = {
    count: list.length,
    before,
    share,
    limit,
    resource: group && labelText(group.label),
    within: isOneRequest ? "" : ` within ${minutes} minutes`,
    lost: listedUpTo(
      50,
      people.map(({ label }) => labelText(label)),
    ),
  };
  const versions =
    group === undefined ? list.map(({ version }) => version) : list.slice(0, 1).map(({ version }) => version);
  return finding(kind, seen.facts.actor, values, {
    resources: group === undefined ? people : [group, ...people],
    versions,
  });
}
