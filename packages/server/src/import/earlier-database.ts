import { DatabaseSync } from "node:sqlite";
import { isObject, type Json, type JsonObject } from "@scimtool/scim";
import { isEarlierDatabase } from "../store/sqlite/migrations.ts";

// The database of SCIMTool 0.7 and 0.8, which other code wrote (SQLite through Prisma).

/** A value to set with a path: `emails[type eq "work"].value`. */
type PathValue = { readonly path: string; readonly value: Json };

export type EarlierResource = {
  readonly id: string;
  readonly name: string;
  readonly createdMs: number;
  readonly body: JsonObject;
  /** Attributes that PATCH requests left under their path. */
  readonly values: readonly PathValue[];
};

export type EarlierMembership = { readonly groupId: string; readonly memberId: string };

export type EarlierExchange = {
  readonly atMs: number;
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly durationMs: number;
  readonly requestHeaders: Json;
  readonly requestBody: string;
  readonly responseHeaders: Json;
  readonly responseBody: string;
  readonly error: string;
};

type Row = Record<string, unknown>;

/** A database of SCIMTool 0.7 or 0.8, open for reading. */
export class EarlierDatabase {
  readonly #database: DatabaseSync;

  /** @throws Error if the file is not such a database, or damaged */
  constructor(file: string) {
    this.#database = new DatabaseSync(file, { readOnly: true });
    try {
      const [row] = this.#database.prepare("PRAGMA integrity_check(1)").all() as { integrity_check: string }[];
      if (row?.integrity_check !== "ok") throw new Error(row?.integrity_check.replaceAll("\n", " "));
      if (!isEarlierDatabase(this.#database)) throw new Error("it is not a database of SCIMTool 0.7 or 0.8");
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  count(table: "ScimUser" | "ScimGroup" | "GroupMember" | "RequestLog"): number {
    if (!this.#has(table)) return 0;
    return Number(this.#database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.["count"]);
  }

  *users(): Generator<EarlierResource> {
    for (const row of this.#rows("SELECT * FROM ScimUser ORDER BY rowid")) {
      const userName = text(row["userName"]);
      const known = { userName, active: isTrue(row["active"]), ...given("externalId", row["externalId"]) };
      yield { ...resourceOf(row, known), name: userName };
    }
  }

  *groups(): Generator<EarlierResource> {
    for (const row of this.#rows("SELECT * FROM ScimGroup ORDER BY rowid")) {
      const displayName = text(row["displayName"]);
      // Members are rows of another table.
      yield { ...resourceOf(row, { displayName, members: [] }), name: displayName };
    }
  }

  *memberships(): Generator<EarlierMembership> {
    const sql = `SELECT g.scimId AS groupId, coalesce(u.scimId, m.value) AS memberId
      FROM GroupMember m JOIN ScimGroup g ON g.id = m.groupId LEFT JOIN ScimUser u ON u.id = m.userId ORDER BY g.rowid, m.rowid`;
    for (const { groupId, memberId } of this.#rows(sql)) yield { groupId: text(groupId), memberId: text(memberId) };
  }

  /** The newest first. @param beforeMs only those before this time */
  *exchanges(beforeMs: number): Generator<EarlierExchange> {
    if (!this.#has("RequestLog")) return;
    // Times are integers, or text in old rows.
    const time = "CASE WHEN typeof(createdAt) = 'text' THEN unixepoch(createdAt, 'subsec') * 1000 ELSE createdAt END";
    const sql = `SELECT *, CAST(${time} AS INTEGER) AS atMs FROM RequestLog WHERE atMs < ${beforeMs} ORDER BY atMs DESC, rowid DESC`;
    for (const row of this.#rows(sql)) {
      yield {
        atMs: Number(row["atMs"]),
        method: text(row["method"]),
        url: text(row["url"]),
        status: Number(row["status"] ?? 0),
        durationMs: Number(row["durationMs"] ?? 0),
        requestHeaders: jsonIn(row["requestHeaders"]),
        requestBody: text(row["requestBody"]),
        responseHeaders: jsonIn(row["responseHeaders"]),
        responseBody: text(row["responseBody"]),
        error: text(row["errorMessage"]),
      };
    }
  }

  close(): void {
    this.#database.close();
  }

  #has(table: string): boolean {
    return this.#database.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").get(table) !== undefined;
  }

  #rows(sql: string): Iterable<Row> {
    return this.#database.prepare(sql).iterate() as Iterable<Row>;
  }
}

/** Attributes that the server sets itself. */
const SERVER_ATTRIBUTES = new Set(["id", "meta", "schemas", "groups"]);

/** @param known attributes that have columns, which are newer than the payload */
function resourceOf(row: Row, known: JsonObject): Omit<EarlierResource, "name"> {
  const payload = jsonIn(row["rawPayload"]);
  const taken = new Set(Object.keys(known).map((name) => name.toLowerCase()));
  const body: JsonObject = {};
  const values: PathValue[] = [];
  for (const [name, value] of Object.entries(isObject(payload) ? payload : {})) {
    if (SERVER_ATTRIBUTES.has(name.toLowerCase()) || taken.has(name.toLowerCase())) continue;
    if (isPath(name)) values.push({ path: name, value });
    else body[name] = value;
  }
  return { id: text(row["scimId"]), createdMs: timeOf(row["createdAt"]), body: { ...body, ...known }, values };
}

/** `name.givenName`, `emails[type eq "work"].value`, or `urn:…:User:department`; not the URN of an extension alone. */
function isPath(name: string): boolean {
  return name.startsWith("urn:") ? /:\d+\.\d+:\w+[:.[]/i.test(name) : /[.[]/.test(name);
}

function given(name: string, value: unknown): JsonObject {
  return typeof value === "string" && value !== "" ? { [name]: value } : {};
}

function isTrue(value: unknown): boolean {
  return value !== 0 && value !== 0n && value !== "false";
}

function timeOf(value: unknown): number {
  const ms = typeof value === "string" ? Date.parse(withZone(value.replace(" ", "T"))) : Number(value);
  return Number.isFinite(ms) && ms > 0 ? ms : Date.now();
}

/** SQLite's own times are UTC without a zone. */
function withZone(time: string): string {
  return /(?:Z|[+-]\d\d:?\d\d)$/.test(time) ? time : `${time}Z`;
}

function jsonIn(value: unknown): Json {
  try {
    return JSON.parse(text(value)) as Json;
  } catch {
    return null;
  }
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
