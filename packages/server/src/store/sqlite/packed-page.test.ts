import assert from "node:assert/strict";
import { test } from "node:test";
import type { Connection } from "./connection.ts";
import { readPacked } from "./packed-page.ts";
import { sql } from "./sql.ts";

/** A connection on which every statement fails. */
function failing(errcode: number): Connection {
  return {
    get: () => {
      throw Object.assign(new Error("string or blob too big"), { errcode });
    },
  } as unknown as Connection;
}

test("bodies that are too long together are left to be read one by one; other failures are failures", () => {
  assert.equal(readPacked(failing(18), sql("SELECT 1")), undefined);
  assert.throws(() => readPacked(failing(10), sql("SELECT 1")), /too big/);
});
