import { exchangeMs } from "../../store/exchange.ts";
import type { KeptHistoryEntry } from "../../store/monitor.ts";
import type { Reference } from "../../store/store.ts";
import { MAX_RESOURCES } from "./finding.ts";
import { memberOf } from "./loss.ts";
import type { EarlierWrite, Removal } from "./memory.ts";
import type { Seen } from "./seen.ts";

// Reads from the history and the exchange log what a process does not know because it started recently.

/** Exchanges that are read for the removals of a client before the start. */
const MAX_EXCHANGES = 200;

/** Versions that are looked through for one write, and that are read at once: each may have thousands of members. */
const MAX_VERSIONS = 20;

/** Versions of a group that are looked through for the removals of a client before the start. */
const MAX_GROUP_VERSIONS = 200;

/** Members that a client removed from a group since a moment, before this request; the oldest first. */
export async function recalledMemberRemovals(seen: Seen, group: string, sinceMs: number): Promise<Removal[]> {
  const { store, endpoint } = seen;
  if (endpoint === undefined) return [];
  let newestFirst: Removal[] = [];
  let before: number | undefined;
  for (let read = 0; read < MAX_GROUP_VERSIONS && newestFirst.length < MAX_RESOURCES; read += MAX_VERSIONS) {
    const page = { limit: MAX_VERSIONS, ...(before !== undefined && { before }) };
    const { entries, next } = await store.monitor.history.versions(store.committed, endpoint.key, group, page);
    const recent = entries.filter(({ atMs }) => atMs >= sinceMs);
    newestFirst = newestFirst.concat(recent.filter((entry) => isOwn(seen, entry)).flatMap(memberRemovalsIn));
    if (next === undefined || recent.length < entries.length) break;
    before = next;
  }
  return newestFirst.reverse();
}

function memberRemovalsIn({ action, resource, revision, atMs, changes }: KeptHistoryEntry): Removal[] {
  if (action === "delete") return [];
  const version = { id: resource.id, revision: revision - 1 };
  return changes.flatMap((change) =>
    change.kind === "attribute"
      ? []
      : change.removed.map((json) => ({ atMs, who: memberOf(json), version, isGone: true })).reverse(),
  );
}

/** Users that a client deactivated or deleted since a moment, before this request; the oldest first. */
export async function recalledUserRemovals(seen: Seen, sinceMs: number): Promise<Removal[]> {
  const { store, endpoint, facts } = seen;
  const { label } = facts.actor;
  if (endpoint === undefined || label === undefined) return [];
  const filter = {
    endpoint: endpoint.key,
    fromMs: sinceMs,
    toMs: facts.atMs,
    credentials: [label],
    kinds: ["user.deactivated", "user.deleted", "bulk"],
  };
  const page = { limit: MAX_EXCHANGES, counted: false };
  const { exchanges } = await store.monitor.exchanges.search(store.committed, filter, page);
  const users = new Map<string, Reference>();
  for (const { resources } of exchanges)
    for (const each of resources) if (each.type === "User") users.set(each.id, each);
  const removals: Removal[] = [];
  for (const who of users.values()) {
    const end = (await versionsOf(seen, who.id)).find(
      (entry) => entry.atMs >= sinceMs && isOwn(seen, entry) && isEnd(entry),
    );
    if (end === undefined) continue;
    const isGone = end.action === "delete";
    const version = { id: who.id, revision: isGone ? end.revision : end.revision - 1 };
    removals.push({ atMs: end.atMs, who: end.resource, version, isGone });
  }
  return removals.sort((one, other) => one.atMs - other.atMs);
}

/** Whether the client of a request wrote an entry before it. */
function isOwn({ facts, answered }: Seen, { actor, exchange }: KeptHistoryEntry): boolean {
  return actor.credential === facts.actor.label && exchange !== undefined && exchange < answered.id;
}

function isEnd({ action, changes }: KeptHistoryEntry): boolean {
  const active = changes.find(({ path }) => path === "active");
  const isAttribute = active?.kind === "attribute";
  return action === "delete"
    ? !(isAttribute && active.before === false)
    : action !== "create" && isAttribute && active.after === false;
}

/** The last versions of a resource, the newest first. */
export async function versionsOf({ store, endpoint }: Seen, id: string): Promise<KeptHistoryEntry[]> {
  if (endpoint === undefined) return [];
  const page = { limit: MAX_VERSIONS };
  return (await store.monitor.history.versions(store.committed, endpoint.key, id, page)).entries;
}

/** The request that created a resource, if the same client sent the same body. */
export async function recalledCreation(seen: Seen, id: string): Promise<EarlierWrite | undefined> {
  const creation = (await versionsOf(seen, id)).find((entry) => entry.action === "create" && isOwn(seen, entry));
  return creation?.exchange === undefined ? undefined : sameRequest(seen, creation.exchange);
}

/** The last write of the same client to the same path, if it had the same body. */
export async function recalledWrite(seen: Seen, id: string): Promise<EarlierWrite | undefined> {
  const { store, endpoint, facts } = seen;
  const { label } = facts.actor;
  if (endpoint === undefined || label === undefined) return undefined;
  const filter = {
    endpoint: endpoint.key,
    resource: id,
    path: facts.path,
    methods: [facts.method],
    credentials: [label],
    toMs: facts.atMs,
  };
  const page = { limit: 1, counted: false };
  const { exchanges } = await store.monitor.exchanges.search(store.committed, filter, page);
  const [last] = exchanges;
  return last === undefined ? undefined : sameRequest(seen, last.id);
}

/** Recorded bodies have no secrets, so a request with one is not found again. */
async function sameRequest({ store, answered }: Seen, exchange: number): Promise<EarlierWrite | undefined> {
  const earlier = await store.monitor.exchanges.get(store.committed, exchange);
  const body = answered.requestBody;
  if (earlier === undefined || body === undefined || !body.equals(earlier.request.body)) return undefined;
  return { digest: "", atMs: exchangeMs(earlier.id), status: earlier.status, repeats: undefined };
}
