import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { TargetError } from "../errors.ts";
import { directoryTarget, withFaults } from "./directory.ts";
import { targetConformance } from "./testing/conformance.ts";

targetConformance("directory", async () => {
  const folder = mkdtempSync(join(tmpdir(), "scimtool-target-"));
  return {
    target: directoryTarget(join(folder, "made", "when-needed")),
    another: directoryTarget(join(folder, "made", "when-needed")),
    dispose: async () => rmSync(folder, { recursive: true, force: true }),
  };
});

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "scimtool-target-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("a folder that is a file is reported as such, with the key", async (t) => {
  const file = join(newFolder(t), "file");
  writeFileSync(file, "");
  const target = directoryTarget(file);
  await assert.rejects(target.create("log/1", Buffer.from("x")), (error: unknown) => {
    assert.ok(error instanceof TargetError);
    assert.equal(error.fault, "missing");
    assert.match(error.message, /^log\/1: the folder has a file where a folder should be\. Name another folder/);
    return true;
  });
});

test("a folder that cannot be created is reported as missing", { skip: process.platform !== "linux" }, async () => {
  const target = directoryTarget("/proc/x");
  await assert.rejects(target.create("log/1", Buffer.from("x")), { fault: "missing" });
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

test("incomplete content leaves no file behind", async (t) => {
  const folder = newFolder(t);
  const target = directoryTarget(folder);
  async function* failing() {
    yield Buffer.from("beginning");
    throw new Error("no more");
  }
  await assert.rejects(target.create("a", failing()), /no more/);
  await assert.rejects(target.replace("b", failing()), /no more/);
  assert.deepEqual(readdirSync(folder), []);
});

test("unfinished files of killed processes are removed once they are old", async (t) => {
  const folder = newFolder(t);
  const old = join(folder, `scim.db.${randomUUID()}.part`);
  const recent = join(folder, `scim.db.${randomUUID()}.part`);
  const others = join(folder, "download.part");
  for (const file of [old, recent, others]) writeFileSync(file, "cut off");
  for (const file of [old, others]) utimesSync(file, 0, 0);
  await directoryTarget(folder).replace("scim.db", Buffer.from("1"));
  assert.deepEqual(
    readdirSync(folder).toSorted(),
    ["download.part", "scim.db", recent.slice(folder.length + 1)].toSorted(),
  );
});

test("files and folders are accessible only to their owner", { skip: process.platform === "win32" }, async (t) => {
  const folder = newFolder(t);
  const target = directoryTarget(join(folder, "made"));
  await target.create("log/1", Buffer.from("x"));
  await target.replace("scim.db", Buffer.from("x"));
  const modeOf = (path: string) => statSync(join(folder, "made", path)).mode & 0o777;
  assert.deepEqual(["", "log", "log/1", "scim.db"].map(modeOf), [0o700, 0o700, 0o600, 0o600]);
});

const failingWith = (code: string) =>
  withFaults("log/1", async () => {
    throw Object.assign(new Error(`${code}: it failed, write`), { code, syscall: "write" });
  });

test("an error of the operating system becomes a fault, and a message that says what to do", async () => {
  const expected = [
    ["ENOSPC", "full", /no space left\. Free some/],
    ["EDQUOT", "full", /raise the quota/],
    ["EROFS", "read-only", /Mount it for writing/],
    ["EACCES", "denied", /Let the user that this process runs as read and write there/],
    ["EPERM", "denied", /Let the user/],
    ["ENOENT", "missing", /Mount it again, or create it/],
    ["ENOTDIR", "missing", /Name another folder/],
    ["EIO", "unreachable", /Check its mount/],
    ["ESTALE", "unreachable", /Check its mount/],
  ] as const;
  for (const [code, fault, message] of expected) {
    await assert.rejects(failingWith(code), (error: unknown) => {
      assert.ok(error instanceof TargetError);
      assert.equal(error.fault, fault);
      assert.match(error.message, message);
      assert.match(error.message, new RegExp(`^log/1: .*${code}`));
      return true;
    });
  }
});

test("other errors stay unchanged", async () => {
  const error = new TypeError("a mistake in the program");
  await assert.rejects(
    withFaults("log/1", async () => {
      throw error;
    }),
    (thrown: unknown) => thrown === error,
  );
});

test("a folder that disappears is reported missing, not created again", async (t) => {
  const folder = newFolder(t);
  const target = directoryTarget(folder);
  await target.create("replica/man/1", Buffer.from("one"));
  rmSync(join(folder, "replica"), { recursive: true });
  const isMissing = (error: unknown) => error instanceof TargetError && error.fault === "missing";
  await assert.rejects(target.create("replica/man/2", Buffer.from("two")), isMissing);
  await assert.rejects(target.replace("replica/man/2", Buffer.from("two")), isMissing);
  assert.equal(existsSync(join(folder, "replica")), false);
});
