import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { directoryTarget } from "@scimtool/replica";
import { testFolder } from "../testing/application.ts";
import { writeEarlierDatabase } from "../testing/earlier-database.ts";
import { earlierCopies } from "./earlier-copies.ts";

test("the newest copy comes first; other files, and targets of this version, are ignored", async (t) => {
  const folder = testFolder();
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const place = (name: string) => join(folder, name);
  for (const name of ["scim.db", "scim-2025-11-02T08-00-00", "scim_20251201-080000.db"])
    writeEarlierDatabase(place(name));
  writeEarlierDatabase(place("other.db"));
  writeFileSync(place("scim.db-wal"), "SQLite format 3\0 ScimUser");
  writeFileSync(place("scim-2025-11-03T08-00-00"), "ScimUser, but not a database");
  const other = new DatabaseSync(place("scim-2025-11-04T08-00-00"));
  other.exec("CREATE TABLE resource (id)");
  other.close();
  const target = await directoryTarget(folder);
  assert.deepEqual(await earlierCopies(target), ["scim.db", "scim_20251201-080000.db", "scim-2025-11-02T08-00-00"]);
  mkdirSync(place("replica"));
  writeFileSync(place("replica/format.json"), "{}");
  assert.deepEqual(await earlierCopies(target), []);
});
