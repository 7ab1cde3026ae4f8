import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

test("a program that uses a test server keeps its exit code", () => {
  const program = `import ${JSON.stringify(import.meta.resolve("./cluster.ts"))}; process.exitCode = 3;`;
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
    encoding: "utf8",
  });
  assert.equal(status, 3, stderr);
});
