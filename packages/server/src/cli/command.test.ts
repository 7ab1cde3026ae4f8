import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";

/** Starts a statement that takes minutes on another thread, and ends the process. */
const PROGRAM = `
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { endAtOnce } from ${JSON.stringify(import.meta.resolve("./command.ts"))};
const worker = new Worker(\`
  import { DatabaseSync } from "node:sqlite";
  import { parentPort } from "node:worker_threads";
  parentPort.postMessage("running");
  new DatabaseSync(":memory:").exec(
    "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 1e10) SELECT sum(i) FROM n",
  );
\`, { eval: true });
await once(worker, "message");
setTimeout(endAtOnce, 100);
`;

test("the end of the process waits for no statement on another thread", async () => {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", PROGRAM], { stdio: "inherit" });
  const timer = setTimeout(() => child.kill("SIGTERM"), 20_000);
  const [, signal] = await once(child, "exit");
  clearTimeout(timer);
  assert.equal(signal, "SIGKILL");
});
