import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { runCommand } from "../testing/command.ts";
import { done } from "./testing/ended.ts";

/** Runs the program with a separate home folder. */
async function runWith(t: TestContext, prepare: (cache: string) => void = () => undefined) {
  const root = mkdtempSync(join(tmpdir(), "scimtool-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const [home, temporary] = [join(root, "home"), join(root, "tmp")];
  for (const folder of [home, temporary]) mkdirSync(folder);
  const cache = join(home, ".cache", "scimtool");
  prepare(cache);
  assert.match(done(await runCommand(["--version"], { HOME: home, TMPDIR: temporary })), /^\d+\.\d+\.\d+/);
  return { root, cache, temporary };
}

test("compiled code is stored in a folder that only its owner can open, and not in the shared temporary folder", async (t) => {
  const { cache, temporary } = await runWith(t);
  assert.deepEqual(readdirSync(temporary), []);
  assert.equal(statSync(cache).mode & 0o777, 0o700);
  assert.ok(readdirSync(cache, { recursive: true }).length > 1);
});

test("a folder that others can open is not used, and the program starts without a cache", async (t) => {
  const { cache, temporary } = await runWith(t, (folder) => {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o777);
  });
  assert.deepEqual([readdirSync(cache), readdirSync(temporary)], [[], []]);
});

test("a symbolic link to another folder is not followed", async (t) => {
  const { root } = await runWith(t, (folder) => {
    mkdirSync(join(folder, ".."), { recursive: true });
    mkdirSync(join(folder, "../../../shared"), { mode: 0o700 });
    symlinkSync(join(folder, "../../../shared"), folder);
  });
  assert.deepEqual(readdirSync(join(root, "shared")), []);
});
