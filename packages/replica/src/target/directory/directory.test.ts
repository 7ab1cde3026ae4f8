import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { targetConformance } from "../conformance.ts";
import { TargetError } from "../target.ts";
import { directoryTarget } from "./directory.ts";

targetConformance("directory", async () => {
  const folder = mkdtempSync(join(tmpdir(), "scimtool-target-"));
  return {
    target: directoryTarget(join(folder, "made-when-needed")),
    dispose: async () => rmSync(folder, { recursive: true, force: true }),
  };
});

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "scimtool-target-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("a folder that is a file is told as such, with the key", async (t) => {
  const file = join(newFolder(t), "file");
  writeFileSync(file, "");
  const target = directoryTarget(file);
  await assert.rejects(target.create("log/1", Buffer.from("x")), (error: unknown) => {
    assert.ok(error instanceof TargetError);
    assert.equal(error.fault, "unreachable");
    assert.match(error.message, /^log\/1: the folder did not answer as it should/);
    return true;
  });
});

test("a replacement leaves no unfinished file behind, and an unfinished one is in no list", async (t) => {
  const folder = newFolder(t);
  const target = directoryTarget(folder);
  await target.replace("scim.db", Buffer.from("1"));
  await target.replace("scim.db", Buffer.from("2"));
  assert.deepEqual(readdirSync(folder), ["scim.db"]);
  writeFileSync(join(folder, "scim.db.0000.part"), "cut off");
  assert.deepEqual(await target.list(""), ["scim.db"]);
});
