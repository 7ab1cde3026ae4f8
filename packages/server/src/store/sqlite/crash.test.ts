import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type DatabasePlace, databasePlace } from "../../testing/database.ts";
import { GROUP, USER } from "../conformance/world.ts";
import { openSqliteStore } from "./store.ts";

const WRITER = fileURLToPath(new URL("../../testing/write-until-killed.ts", import.meta.url));

const ROUNDS = 5;

/** The writer is killed at a random moment within this time after its first acknowledgement. */
const MAX_WRITING_MS = 1_000;

/** Runs the writer on the file and kills it. @returns the IDs that it printed */
async function writeAndKill({ file, folder }: DatabasePlace, prefix: string): Promise<string[]> {
  // Into a file, because a full pipe refuses a synchronous write.
  const printed = join(folder, `${prefix}.txt`);
  const output = openSync(printed, "w");
  const writer = spawn(process.execPath, [WRITER, file, prefix], { stdio: ["ignore", output, "inherit"] });
  closeSync(output);
  const exited = once(writer, "exit");
  while (statSync(printed).size === 0 && writer.exitCode === null) await setTimeout(5);
  await setTimeout(Math.random() * MAX_WRITING_MS);
  assert.equal(writer.exitCode, null, "the writer ended by itself");
  writer.kill("SIGKILL");
  assert.deepEqual(await exited, [null, "SIGKILL"]);
  // After the last newline, there is nothing or half a line.
  return readFileSync(printed, "utf8").split("\n").slice(0, -1);
}

async function assertIntact(file: string, acknowledged: readonly string[]): Promise<void> {
  const store = openSqliteStore(file);
  const [endpoint] = await store.endpoints.list(store.committed);
  assert.ok(endpoint);
  for (const id of acknowledged) {
    const user = await store.resources.get(store.committed, endpoint.key, USER, id, { groups: false, members: false });
    const group = await store.resources.get(store.committed, endpoint.key, GROUP, id, {
      groups: false,
      members: false,
    });
    assert.ok(user ?? group, `${id} was acknowledged and is lost`);
    if (group !== undefined) {
      const members = await store.members.list(store.committed, endpoint.key, group.key);
      assert.equal(members.length, 10, `${id} is there in part`);
    }
  }
  await store.close();

  const database = new DatabaseSync(file, { readOnly: true });
  const all = (sql: string) =>
    database
      .prepare(sql)
      .all()
      .map((row) => Object.values(row));
  assert.deepEqual(all("PRAGMA integrity_check"), [["ok"]]);
  assert.deepEqual(all("PRAGMA foreign_key_check"), []);
  assert.deepEqual(
    all("SELECT type, count FROM population ORDER BY type"),
    all("SELECT type, count(*) FROM resource GROUP BY type ORDER BY type"),
  );
  const users = all("SELECT count(*) FROM resource WHERE type = 'User'");
  assert.deepEqual(all("SELECT count(*) FROM indexed_value"), users);
  const strays = "SELECT * FROM member WHERE member NOT IN (SELECT key FROM resource)";
  assert.deepEqual(all(strays), []);
  database.close();
}

test("acknowledged writes survive kill -9 in the middle of writing, and the database is intact", async () => {
  const place = databasePlace();
  try {
    const acknowledged: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const ids = await writeAndKill(place, `round${round}`);
      assert.ok(ids.length > 0);
      acknowledged.push(...ids);
      await assertIntact(place.file, acknowledged);
    }
  } finally {
    place.remove();
  }
});
