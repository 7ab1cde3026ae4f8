/** The stored data: users as a SCIM server stores them, in one table with four indexes. */
import { randomUUID } from "node:crypto";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { userBody, userName } from "../people.ts";

const schema = `
  CREATE TABLE resource (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    user_name TEXT NOT NULL,
    external_id TEXT,
    modified_ms INTEGER NOT NULL,
    body TEXT NOT NULL
  );
  CREATE UNIQUE INDEX resource_by_id ON resource (id);
  CREATE UNIQUE INDEX resource_by_user_name ON resource (user_name);
  CREATE INDEX resource_by_external_id ON resource (external_id);
  CREATE INDEX resource_by_modified ON resource (modified_ms)`;

const insertSql = "INSERT INTO resource (id, user_name, external_id, modified_ms, body) VALUES (?, ?, ?, ?, ?)";

/** Row and index entries of one user, to derive the number of users for a given size. */
const bytesPerUser = 1_530;

export type Row = [id: string, userName: string, externalId: string, modifiedMs: number, body: string];

/** User number `index`, about 900 bytes. */
export function rowOf(index: number): Row {
  const id = randomUUID();
  const user = userBody(index) as { externalId: string };
  return [id, userName(index), user.externalId, Date.now(), JSON.stringify({ id, ...user })];
}

export function usersIn(bytes: number): number {
  return Math.ceil(bytes / bytesPerUser);
}

/** A database of users 0 to `users` − 1, with a rollback journal. */
export function createDatabase(file: string, users: number): void {
  const database = new DatabaseSync(file);
  database.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; ${schema}; BEGIN`);
  const insert = database.prepare(insertSql);
  for (let index = 0; index < users; index++) insert.run(...rowOf(index));
  database.exec("COMMIT; PRAGMA journal_mode = DELETE");
  database.close();
}

/** Opens it as a program on local disk does. */
export function openWal(file: string, checkpoints: "by-sqlite" | "by-replica"): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: 5_000 });
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  if (checkpoints === "by-replica") database.exec("PRAGMA wal_autocheckpoint = 0");
  return database;
}

export function prepareInsert(database: DatabaseSync): StatementSync {
  return database.prepare(insertSql);
}
