import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { newestManifest } from "../manifest/manifest.ts";
import { Host, restoredFrom, targetFolder } from "../testing/host.ts";
import { until } from "../testing/until.ts";

/** Rows that lie on many pages, of which one changes with every transaction. */
const TABLES = 40;

/** Writes without end: every transaction changes one page that all change, and one of many, until it is stopped. */
function writeSteadily(host: Host): { readonly stop: () => Promise<number> } {
  host.commit(
    "CREATE TABLE first (a); CREATE TABLE last (a); INSERT INTO first VALUES (0); INSERT INTO last VALUES (0)",
  );
  for (let table = 0; table < TABLES; table++) host.commit(`CREATE TABLE many${table} (a)`);
  let isStopped = false;
  let transactions = 0;
  const work = (async () => {
    while (!isStopped) {
      if (host.isPaused) {
        await setImmediate();
        continue;
      }
      const value = ++transactions;
      host.commit(
        `BEGIN; UPDATE first SET a = ${value}; INSERT INTO many${value % TABLES} VALUES (${value}); UPDATE last SET a = ${value}; COMMIT`,
      );
      await host.replica.durable();
    }
  })();
  const stop = async () => {
    isStopped = true;
    await work;
    return transactions;
  };
  return { stop };
}

/** The last transaction that a copy has, which must have all of them up to it. */
function lastTransaction(file: string): number {
  const database = new DatabaseSync(`file:${file}?immutable=1`);
  try {
    assert.deepEqual({ ...database.prepare("PRAGMA integrity_check").get() }, { integrity_check: "ok" });
    const { a: first } = database.prepare("SELECT a FROM first").get() as { a: number };
    const { a: last } = database.prepare("SELECT a FROM last").get() as { a: number };
    assert.equal(first, last);
    const values: number[] = [];
    for (let table = 0; table < TABLES; table++) {
      for (const { a } of database.prepare(`SELECT a FROM many${table}`).all()) values.push(a as number);
    }
    values.sort((left, right) => left - right);
    assert.deepEqual(
      values,
      Array.from({ length: last }, (_, at) => at + 1),
    );
    return last;
  } finally {
    database.close();
  }
}

describe("while the database is written to all the time", () => {
  test("each plain copy is one moment of it, and opens as it is", async (t) => {
    const { target, folder } = targetFolder(t);
    const host = await Host.primary(t, target);
    const writer = writeSteadily(host);
    const moments: number[] = [];
    for (let copy = 0; copy < 2; copy++) {
      await host.replica.backupNow();
      moments.push(lastTransaction(join(folder, "scim.db")));
    }
    const written = await writer.stop();
    assert.ok((moments[0] as number) < (moments.at(-1) as number) && (moments.at(-1) as number) <= written);
    assert.equal(host.replica.status().backupCount, 2);
    assert.equal(host.replica.status().lastError, null);
  });

  test("bases are made, and are the database at their link", async (t) => {
    const { target } = targetFolder(t);
    const host = await Host.primary(t, target);
    const writer = writeSteadily(host);
    host.commit("CREATE TABLE noise (a)");
    for (let row = 0; row < 25; row++) {
      host.commit("INSERT INTO noise VALUES (randomblob(200000))");
      await host.replica.durable();
    }
    const base = await until(async () => {
      const { manifest } = await newestManifest(target);
      return manifest !== undefined && manifest.bases.length > 1 && manifest.bases.at(-1);
    }, "a second base");
    await writer.stop();
    assert.ok(base.bytes > 4_000_000);
    assert.equal(host.replica.status().lastError, null);
    const { file, point } = await restoredFrom(t, target, { atMs: base.timeMs });
    assert.ok(point.slot >= base.slot);
    lastTransaction(file);
  });
});
