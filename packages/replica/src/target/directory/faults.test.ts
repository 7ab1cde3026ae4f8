import assert from "node:assert/strict";
import { test } from "node:test";
import { TargetError } from "../target.ts";
import { told } from "./faults.ts";

const failingWith = (code: string) =>
  told("log/1", async () => {
    throw Object.assign(new Error(`${code}: it failed, write`), { code, syscall: "write" });
  });

test("an error of the operating system becomes a fault, and a message that says what to do", async () => {
  const expected = [
    ["ENOSPC", "full", /no space left\. Free some/],
    ["EDQUOT", "full", /raise the quota/],
    ["EROFS", "read-only", /Mount it for writing/],
    ["EACCES", "denied", /Let the user that this process runs as read and write there/],
    ["EPERM", "denied", /Let the user/],
    ["ENOENT", "missing", /Mount it again, or make it/],
    ["ENOTDIR", "missing", /Name another folder/],
    ["EIO", "unreachable", /Look at its mount/],
    ["ESTALE", "unreachable", /Look at its mount/],
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

test("an error that is no operating system's stays as it is", async () => {
  const error = new TypeError("a mistake in the program");
  await assert.rejects(
    told("log/1", async () => {
      throw error;
    }),
    (thrown: unknown) => thrown === error,
  );
});
