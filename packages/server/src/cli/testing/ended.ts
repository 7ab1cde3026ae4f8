import assert from "node:assert/strict";
import type { Ended } from "../../testing/command.ts";

/** Asserts exit code 0 and nothing on standard error. @returns the output */
export function done({ code, stdout, stderr }: Ended): string {
  assert.deepEqual([code, stderr], [0, ""], stdout);
  return stdout;
}

/** Asserts exit code 1, one line on standard error with the reason, and nothing else. */
export function failed({ code, stdout, stderr }: Ended, message: RegExp): void {
  assert.deepEqual([code, stdout], [1, ""], stderr);
  assert.match(stderr, message);
  assert.equal(stderr.trim().split("\n").length, 1, stderr);
}
