import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { hasCode } from "../errors.ts";
import { temporaryFolder } from "../testing/folder.ts";
import { lockLocally } from "./lock.ts";

const LOCK = new URL("./lock.ts", import.meta.url).href;

const isTaken = (error: unknown) =>
  hasCode(error, "start-failed") && /Another process is using .*test\.db/.test(error.message);

test("a file can be locked once until it is released, also within one process", (t) => {
  const file = join(temporaryFolder(t), "test.db");
  const unlock = lockLocally(file);
  assert.throws(() => lockLocally(file), isTaken);
  const another = lockLocally(`${file}2`);
  another();
  unlock();
  lockLocally(file)();
});

test("a file that another process has locked is refused until that process is gone", async (t) => {
  const file = join(temporaryFolder(t), "test.db");
  const script = `import { lockLocally } from ${JSON.stringify(LOCK)}; lockLocally(process.argv[1]); gc(); console.log("locked"); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--expose-gc", "--input-type=module", "-e", script, file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  assert.throws(() => lockLocally(file), isTaken);
  child.kill("SIGKILL");
  await once(child, "exit");
  lockLocally(file)();
});

test("a missing or inaccessible folder is named with what to do", (t) => {
  const folder = temporaryFolder(t);
  const refused = (error: unknown) => hasCode(error, "start-failed") && error.message.includes(folder);
  assert.throws(() => lockLocally(join(folder, "none", "test.db")), refused);
  mkdirSync(join(folder, "test.db-lock"));
  assert.throws(() => lockLocally(join(folder, "test.db")), refused);
});

test("the lock of a killed process does not hold", (t) => {
  const file = join(temporaryFolder(t), "test.db");
  const script = `import { lockLocally } from ${JSON.stringify(LOCK)}; lockLocally(process.argv[1]); process.kill(process.pid, "SIGKILL");`;
  assert.throws(() => execFileSync(process.execPath, ["--input-type=module", "-e", script, file], { stdio: "ignore" }));
  lockLocally(file)();
});
