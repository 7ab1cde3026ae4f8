import type { ChangeSet, JsonObject } from "@scimtool/scim";
import { type EndTurn, turnsOf } from "../../../event-loop.ts";
import type {
  DeletedPage,
  FoundHistory,
  HistoryAction,
  HistoryEntry,
  HistoryPage,
  HistoryStore,
  KeptHistoryEntry,
  TimelineEntry,
  TimelineRole,
} from "../../monitor.ts";
import type { Key, Transaction } from "../../store.ts";
import type { Dialect } from "../dialect.ts";
import { executorOf } from "../executor.ts";
import { MONITOR, type Read, read, scalarOf } from "../read.ts";
import { type Row, type Sql, sql } from "../sql.ts";

/** In the order of their numbers in `history_of`. */
const ROLES: readonly TimelineRole[] = ["self", "added", "removed", "concerned"];
const SELF = 0;

/** Members written as JSON before yielding. */
const MEMBERS_PER_PIECE = 1_000;

const COLUMNS =
  "history.key, history.type, history.id, label, revision, action, at_ms, exchange, credential, dialect, changes, concerns";

const NEWEST = Number.MAX_SAFE_INTEGER;

/** The parts of writing that differ between adapters. */
export type HistoryWriter = {
  /** Writes an entry, and which resources it concerns, and how: numbers of roles, by ID. @param entry returns its key */
  readonly insert: (
    transaction: Transaction,
    endpoint: Key,
    entry: Sql,
    roles: Iterable<readonly [id: string, role: number]>,
  ) => Promise<void>;
  readonly retain: HistoryStore["retain"];
};

export function historyStore(dialect: Dialect, writer: HistoryWriter): HistoryStore {
  return {
    append: async (transaction, endpoint, entry) => {
      const { resource, actor, concerns } = entry;
      const endTurn = turnsOf();
      const changes = await changesText(entry.changes, endTurn);
      const insert = sql(
        `INSERT INTO history (endpoint, type, id, label, revision, action, at_ms, exchange, credential, dialect, changes,
         concerns) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING key`,
        endpoint,
        resource.type,
        resource.id,
        resource.label,
        entry.revision,
        entry.action,
        entry.atMs,
        entry.exchange ?? null,
        actor.credential ?? null,
        actor.dialect,
        changes,
        concerns.length === 0 ? null : JSON.stringify(concerns),
      );
      const isOnlyItself = concerns.length === 0 && !entry.changes.some(({ kind }) => kind === "collection");
      const roles: Iterable<readonly [string, TimelineRole]> = isOnlyItself
        ? [[resource.id, "self"]]
        : rolesIn(resource.id, entry);
      await writer.insert(transaction, endpoint, insert, numbered(roles));
    },

    versions: (scope, endpoint, id, page) =>
      read(scope, MONITOR, function* () {
        const condition = `AND role = ${SELF}`;
        const total = yield* countOf(dialect, condition, endpoint, id);
        return pageOf(total, (yield* entriesOf(dialect, condition, endpoint, id, page)).map(keptEntry), page);
      }),

    versionsAfter: async (scope, endpoint, id, atMs) => {
      const rows = await read(scope, MONITOR, function* (): Read<Row[]> {
        return yield sql(
          `SELECT ${COLUMNS} FROM history_of JOIN history ON history.key = history
         WHERE ${dialect.inTime} AND history_of.endpoint = ? AND history_of.id = ? AND role = ${SELF} AND at_ms > ?
         ORDER BY history DESC`,
          endpoint,
          id,
          atMs,
        );
      });
      return rows.map(keptEntry);
    },

    timeline: (scope, endpoint, id, page) =>
      read(scope, MONITOR, function* () {
        const total = yield* countOf(dialect, "", endpoint, id);
        return pageOf(total, (yield* entriesOf(dialect, "", endpoint, id, page)).map(timelineEntry), page);
      }),

    deleted: (scope, endpoint, page) => read(scope, MONITOR, () => deleted(dialect, endpoint, page)),

    deletedNamed: async (scope, endpoint, { label, limit }) =>
      (
        await executorOf(scope).all(
          `SELECT ${COLUMNS} FROM history WHERE endpoint = ? AND label = ? AND action = 'delete' ORDER BY key DESC LIMIT ?`,
          endpoint,
          label,
          limit,
        )
      ).map(keptEntry),

    retain: writer.retain,
  };
}

function* numbered(roles: Iterable<readonly [string, TimelineRole]>): Generator<readonly [id: string, role: number]> {
  for (const [id, role] of roles) yield [id, ROLES.indexOf(role)];
}

function* deleted(dialect: Dialect, endpoint: number, page: DeletedPage): Read<FoundHistory<TimelineEntry>> {
  // Without restored resources, and without earlier deletions of resources that were deleted again.
  const condition = `${dialect.inTime} AND endpoint = ? AND action = 'delete' AND type = coalesce(?, type) AND NOT EXISTS (
    SELECT 1 FROM history_of later WHERE later.endpoint = history.endpoint AND later.id = history.id
      AND later.history > history.key AND later.role = ${SELF})`;
  const chosen = [endpoint, page.type ?? null] as const;
  const total = (yield* scalarOf(sql(`SELECT count(*) FROM history WHERE ${condition}`, ...chosen))) as number;
  const rows = yield sql(
    `SELECT ${COLUMNS}, ${SELF} FROM history WHERE ${condition} AND key < ? ORDER BY key DESC LIMIT ?`,
    ...chosen,
    page.before ?? NEWEST,
    page.limit + 1,
  );
  return pageOf(total, rows.map(timelineEntry), page);
}

function* countOf(dialect: Dialect, condition: string, endpoint: number, id: string): Read<number> {
  const text = `SELECT count(*) FROM history_of WHERE ${dialect.inTime} AND endpoint = ? AND id = ? ${condition}`;
  return (yield* scalarOf(sql(text, endpoint, id))) as number;
}

/** Entries of a resource that satisfy a condition, one more than the page has. */
function* entriesOf(
  dialect: Dialect,
  condition: string,
  endpoint: number,
  id: string,
  { before = NEWEST, limit }: HistoryPage,
): Read<Row[]> {
  return yield sql(
    `SELECT ${COLUMNS}, role FROM history_of JOIN history ON history.key = history
     WHERE ${dialect.inTime} AND history_of.endpoint = ? AND history_of.id = ? AND history < ? ${condition}
     ORDER BY history DESC LIMIT ?`,
    endpoint,
    id,
    before,
    limit + 1,
  );
}

/** As JSON. Yields between the members of a large group. */
async function changesText(changes: ChangeSet, endTurn: EndTurn): Promise<string> {
  const texts: string[] = [];
  for (const change of changes) {
    if (change.kind !== "collection") {
      texts.push(JSON.stringify(change));
      continue;
    }
    const head = JSON.stringify({ kind: change.kind, path: change.path }).slice(0, -1);
    texts.push(
      `${head},"added":${await listText(change.added, endTurn)},"removed":${await listText(change.removed, endTurn)}}`,
    );
  }
  return `[${texts.join()}]`;
}

async function listText(values: readonly JsonObject[], endTurn: EndTurn): Promise<string> {
  const texts: string[] = [];
  for (let at = 0; at < values.length; at += MEMBERS_PER_PIECE) {
    texts.push(JSON.stringify(values.slice(at, at + MEMBERS_PER_PIECE)).slice(1, -1));
    await endTurn();
  }
  return `[${texts.join()}]`;
}

/** Every resource of an entry by ID; one with two roles has the first. */
export function* rolesIn(
  own: string,
  { changes, concerns }: Pick<HistoryEntry, "changes" | "concerns">,
): Generator<readonly [id: string, role: TimelineRole]> {
  const seen = new Set<unknown>([own]);
  const isNew = (id: unknown): id is string => typeof id === "string" && seen.size < seen.add(id).size;
  yield [own, "self"];
  for (const change of changes) {
    if (change.kind !== "collection") continue;
    for (const { value } of change.added) if (isNew(value)) yield [value, "added"];
    for (const { value } of change.removed) if (isNew(value)) yield [value, "removed"];
  }
  for (const id of concerns) if (isNew(id)) yield [id, "concerned"];
}

function pageOf<Entry extends { readonly position: number }>(
  total: number,
  entries: Entry[],
  { limit }: HistoryPage,
): FoundHistory<Entry> {
  const last = entries[limit - 1];
  return entries.length <= limit || last === undefined
    ? { total, entries }
    : { total, entries: entries.slice(0, limit), next: last.position };
}

/** Reads {@link COLUMNS}. */
function keptEntry(row: Row): KeptHistoryEntry {
  return {
    ...head(row),
    changes: JSON.parse(row[10] as string) as ChangeSet,
    concerns: row[11] === null ? [] : (JSON.parse(row[11] as string) as string[]),
  };
}

/** Reads {@link COLUMNS} and the role after them. */
function timelineEntry(row: Row): TimelineEntry {
  const role = ROLES[row[12] as number] ?? "concerned";
  return { ...head(row), role, changes: role === "self" ? (JSON.parse(row[10] as string) as ChangeSet) : [] };
}

function head(row: Row): Omit<KeptHistoryEntry, "changes" | "concerns"> {
  return {
    position: row[0] as number,
    resource: { type: row[1] as string, id: row[2] as string, label: row[3] as string },
    revision: row[4] as number,
    action: row[5] as HistoryAction,
    atMs: row[6] as number,
    exchange: (row[7] as number | null) ?? undefined,
    actor: { credential: (row[8] as string | null) ?? undefined, dialect: row[9] as string },
  };
}
