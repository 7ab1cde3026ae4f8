import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import pg from "pg";

const IMPORT = `import { startServer } from ${JSON.stringify(import.meta.resolve("./cluster.ts"))};`;

function run(program: string) {
  return spawnSync(process.execPath, ["--input-type=module", "--eval", `${IMPORT} ${program}`], { encoding: "utf8" });
}

test("a program that uses a test server keeps its exit code", () => {
  for (const code of [0, 3]) {
    const { status, stderr } = run(`process.exitCode = ${code};`);
    assert.deepEqual([status, stderr], [code, ""]);
  }
});

test("a program that ends early takes its test server with it", async () => {
  const { status, stdout } = run(`
    const { url } = await startServer({});
    process.stdout.write(url);
    process.exit(3);`);
  assert.equal(status, 3);
  const client = new pg.Client({ connectionString: stdout });
  await assert.rejects(client.connect());
});
