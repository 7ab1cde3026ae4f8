import assert from "node:assert/strict";
import { test } from "node:test";
import { table } from "./table.ts";

test("columns are as wide as their widest cell, and those that are empty are left out", () => {
  const rows = [
    ["1", "a longer one", "", "x"],
    ["20", "", "", ""],
  ];
  assert.equal(table(["Key", "Label", "User", "End"], rows), "Key   Label          End\n1     a longer one   x\n20");
});
