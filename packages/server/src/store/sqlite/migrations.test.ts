import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, test } from "node:test";
import { type DatabasePlace, databasePlace } from "../../testing/database.ts";
import { exchangeMs } from "../exchange.ts";
import { MIGRATIONS, type Migration, migrate } from "./migrations.ts";
import { openSqliteStore } from "./store.ts";

function runAtEndpoint(work: (place: DatabasePlace) => void | Promise<void>): () => Promise<void> {
  return async () => {
    const place = databasePlace();
    try {
      await work(place);
    } finally {
      place.remove();
    }
  };
}

function execute(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

/** Asserts that opening the file fails with that message and changes no byte of it. */
function refusesUntouched({ file, folder }: DatabasePlace, message: RegExp): void {
  const before = readFileSync(file);
  const files = readdirSync(folder);
  assert.throws(() => openSqliteStore(file), message);
  assert.ok(readFileSync(file).equals(before), "the file was changed");
  assert.deepEqual(readdirSync(folder), files);
}

describe("opening a database", () => {
  test(
    "creates a missing file and fills an empty one",
    runAtEndpoint(async ({ file, folder }) => {
      const empty = join(folder, "empty.db");
      writeFileSync(empty, "");
      for (const path of [file, empty]) {
        const store = openSqliteStore(path);
        assert.deepEqual(await store.endpoints.list(store.committed), []);
        await store.close();
      }
    }),
  );

  test(
    "finds earlier data, and leaves no file beside the database when closed",
    runAtEndpoint(async ({ file, folder }) => {
      const first = openSqliteStore(file);
      await first.transaction((transaction) =>
        first.endpoints.insert(transaction, { name: "default", settings: { profile: "strict" } }, 0),
      );
      await first.close();
      assert.deepEqual(readdirSync(folder), ["scim.db"]);
      const second = openSqliteStore(file);
      assert.deepEqual(
        (await second.endpoints.list(second.committed)).map(({ name }) => name),
        ["default"],
      );
      await second.close();
    }),
  );

  test(
    "refuses a file that is not a database",
    runAtEndpoint((place) => {
      writeFileSync(place.file, "Dear diary, ".repeat(1_000));
      refusesUntouched(place, /not a database/);
    }),
  );

  test(
    "refuses a short file that is not a database",
    runAtEndpoint((place) => {
      writeFileSync(place.file, "no\n");
      refusesUntouched(place, /not a database/);
    }),
  );

  test(
    "refuses another program's database, with or without an application_id",
    runAtEndpoint((place) => {
      execute(place.file, "CREATE TABLE bookmark (url TEXT)");
      refusesUntouched(place, /belongs to another program/);
      execute(place.file, "PRAGMA user_version = 1");
      refusesUntouched(place, /belongs to another program/);
      execute(place.file, "PRAGMA application_id = 252006673");
      refusesUntouched(place, /belongs to another program/);
    }),
  );

  test(
    "refuses another program's empty database that has an application_id",
    runAtEndpoint((place) => {
      execute(place.file, "PRAGMA application_id = 252006673");
      refusesUntouched(place, /belongs to another program/);
    }),
  );

  test(
    "refuses a database of a newer version and names both versions",
    runAtEndpoint(async (place) => {
      await openSqliteStore(place.file).close();
      execute(place.file, "PRAGMA user_version = 99");
      refusesUntouched(place, /newer SCIMTool \(schema 99, this one knows \d+\)/);
    }),
  );

  test(
    "refuses a folder instead of the file",
    runAtEndpoint(({ file }) => {
      mkdirSync(file);
      assert.throws(() => openSqliteStore(file), /unable to open/);
    }),
  );

  test(
    "a failed migration leaves the file unchanged",
    runAtEndpoint((place) => {
      // Ours by its application_id, but with a table of the first migration.
      execute(place.file, "CREATE TABLE member (x); PRAGMA application_id = 1396918605");
      refusesUntouched(place, /already exists/);
    }),
  );
});

describe("migrating a database of the previous version", () => {
  /** A fictitious next version: one step of SQL, one of code. */
  const NEXT: readonly Migration[] = [
    ...MIGRATIONS,
    "ALTER TABLE endpoint ADD COLUMN note TEXT NOT NULL DEFAULT 'none'",
    (database) => {
      database.prepare("UPDATE endpoint SET note = ? WHERE name = ?").run("first", "default");
    },
  ];

  /** Runs `work` on a database of the current version with one endpoint. */
  function onCurrent(work: (database: DatabaseSync) => void): () => void {
    return () => {
      const database = new DatabaseSync(":memory:");
      migrate(database);
      database.exec("INSERT INTO endpoint (key, name, settings, created_ms) VALUES (7, 'default', '{}', 0)");
      work(database);
      database.close();
    };
  }

  const version = (database: DatabaseSync) => database.prepare("PRAGMA user_version").get()?.["user_version"];

  test(
    "runs only the missing steps and keeps the data",
    onCurrent((database) => {
      migrate(database, NEXT);
      assert.deepEqual({ ...database.prepare("SELECT key, note FROM endpoint").get() }, { key: 7, note: "first" });
      assert.equal(version(database), NEXT.length);
      migrate(database, NEXT);
      assert.equal(version(database), NEXT.length);
    }),
  );

  test(
    "the program of the previous version then refuses the database",
    onCurrent((database) => {
      migrate(database, NEXT);
      assert.throws(() => migrate(database), /newer SCIMTool/);
    }),
  );

  test(
    "undoes all steps when one of them fails",
    onCurrent((database) => {
      const failing: Migration[] = [
        ...NEXT,
        () => {
          throw new Error("no");
        },
      ];
      assert.throws(() => migrate(database, failing), /no/);
      assert.equal(version(database), MIGRATIONS.length);
      assert.throws(() => database.prepare("SELECT note FROM endpoint"), /no such column/);
    }),
  );

  test(
    "exchanges of a database without findings have none, and are counted",
    runAtEndpoint(async ({ file }) => {
      const database = new DatabaseSync(file);
      migrate(database, MIGRATIONS.slice(0, 1));
      database.exec(`INSERT INTO endpoint (key, name, settings, created_ms) VALUES (7, 'default', '{}', 0);
        INSERT INTO exchange (id, endpoint, is_rejected, method, path, query, status, duration_us, queue_us, database_us,
          durable_us, client_address, user_agent, request_id, dialect, severity, is_probe, kinds, sentences, resources,
          details, request_headers, request_body_bytes, response_headers, response_body_bytes)
        VALUES (4096, 7, 0, 'GET', '/Users', '', 200, 1, 1, 1, 1, '', '', 'r1', 'entra', 'info', 0, 'search', '["text"]',
          '[]', '{"evidence":["a sign"]}', '[]', 0, '[]', 0)`);
      database.close();
      const store = openSqliteStore(file);
      const { exchanges } = store.monitor;
      const [found] = (await exchanges.search(store.committed, {}, { limit: 10 })).exchanges;
      assert.deepEqual([found?.findings, found?.details], [[], { evidence: ["a sign"] }]);
      const span = { fromMs: exchangeMs(0), toMs: exchangeMs(8_192) };
      const [bucket] = await exchanges.statistics(store.committed, span, 10_000);
      assert.deepEqual([bucket?.requests, bucket?.findings.size], [1, 0]);
      await store.close();
    }),
  );
});
