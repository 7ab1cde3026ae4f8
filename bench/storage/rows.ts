/** The stored data: users as a SCIM server stores them, with the same statement and tables everywhere. */
import { randomUUID } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { userBody, userName } from "../people.ts";

export const databaseName = "scim.db";

const schema = `
  CREATE TABLE user (id TEXT PRIMARY KEY, user_name TEXT NOT NULL, external_id TEXT, body TEXT NOT NULL);
  CREATE INDEX user_by_name ON user (user_name);
  CREATE INDEX user_by_external_id ON user (external_id)`;

export const insertSql = "INSERT INTO user (id, user_name, external_id, body) VALUES (?, ?, ?, ?)";

export type Row = [id: string, userName: string, externalId: string, body: string];

/** User number `index`, about 900 bytes. */
export function rowOf(index: number): Row {
  const id = randomUUID();
  const user = userBody(index) as { externalId: string };
  return [id, userName(index), user.externalId, JSON.stringify({ id, ...user })];
}

/** A database of users 0 to `users` − 1, with a rollback journal, on a fast disk. */
export function createDatabase(file: string, users: number): void {
  const database = new DatabaseSync(file);
  database.exec(`PRAGMA synchronous = OFF; ${schema}; BEGIN`);
  const insert = database.prepare(insertSql);
  for (let index = 0; index < users; index++) insert.run(...rowOf(index));
  database.exec("COMMIT");
  database.close();
}

/** Opens it as a program on local disk does. */
export function openWal(file: string, checkpoints: "by-sqlite" | "by-replica"): DatabaseSync {
  const database = new DatabaseSync(file);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  if (checkpoints === "by-replica") database.exec("PRAGMA wal_autocheckpoint = 0");
  return database;
}

/** The user names in a database; undefined if it is damaged or missing. */
export function namesIfIntact(file: string): Set<string> | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file);
    const verdicts = database.prepare("PRAGMA integrity_check(1)").all() as { integrity_check: string }[];
    if (verdicts[0]?.integrity_check !== "ok") return undefined;
    const rows = database.prepare("SELECT user_name FROM user NOT INDEXED").all() as { user_name: string }[];
    return new Set(rows.map((row) => row.user_name));
  } catch {
    return undefined;
  } finally {
    database?.close();
  }
}
