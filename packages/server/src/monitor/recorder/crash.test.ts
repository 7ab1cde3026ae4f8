import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { openSqliteStore } from "../../store/sqlite/store.ts";
import type { Store } from "../../store/store.ts";
import { testFolder } from "../../testing/application.ts";
import { clientOf } from "../../testing/client.ts";
import { startProgram } from "../../testing/program.ts";
import { user } from "../../testing/scim-bodies.ts";
import { allSummaries } from "../testing/recorder.ts";

/** Clients that write at the same time. */
const CLIENTS = 8;

/** How long they write: longer than most flushes take. */
const LOAD_MS = 3_000;

/** What may be lost of the records: 100 ms, and what a busy machine adds. */
const MAX_LOST_MS = 1_000;

/** A version that was acknowledged. */
type Acknowledged = { readonly id: string; readonly revision: number; readonly atMs: number };

test("a server that is killed under load loses the last records only, and no history", async (t) => {
  const dataDir = testFolder();
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  const program = await startProgram({ dataDir });
  const acknowledged: Acknowledged[] = [];
  const writers = Array.from({ length: CLIENTS }, (_, writer) => write(program, writer, acknowledged));
  await setTimeout(LOAD_MS);
  const killedMs = performance.now();
  await program.kill();
  await Promise.all(writers);

  const store = openSqliteStore(join(dataDir, "scim.db"));
  t.after(() => store.close());
  const [endpoint] = await store.endpoints.list(store.committed);
  assert.ok(endpoint !== undefined && acknowledged.length > 100, `${acknowledged.length} writes`);
  const exchanges = new Map((await allSummaries(store)).map((each) => [each.id, each]));
  assert.ok(exchanges.size > 0);
  let recorded = 0;
  for (const { id, revision, atMs } of acknowledged) {
    const entry = await versionOf(store, endpoint.key, id, revision);
    assert.ok(entry?.exchange !== undefined, `no history of version ${revision} of ${id}`);
    const exchange = exchanges.get(entry.exchange);
    if (exchange === undefined) assert.ok(killedMs - atMs < MAX_LOST_MS, `${killedMs - atMs} ms before`);
    else assert.equal(exchange.resources[0]?.id, id);
    if (exchange !== undefined) recorded++;
  }
  assert.ok(recorded > acknowledged.length / 4, `${recorded} of ${acknowledged.length} are recorded`);
});

async function versionOf(store: Store, endpoint: number, id: string, revision: number) {
  const { entries } = await store.monitor.history.versions(store.committed, endpoint, id, { limit: 10 });
  return entries.find((entry) => entry.revision === revision);
}

/** Creates and changes users until the server is gone. */
async function write(
  { baseUrl, secret }: { readonly baseUrl: string; readonly secret: string },
  writer: number,
  acknowledged: Acknowledged[],
): Promise<void> {
  const client = clientOf(baseUrl, secret);
  try {
    for (let count = 0; ; count++) {
      const made = await client.post("/Users", user(`w${writer}-${count}`));
      assert.equal(made.status, 201, made.text);
      const { id } = made.body;
      acknowledged.push({ id, revision: 1, atMs: performance.now() });
      await client.patch(`/Users/${id}`, [{ op: "replace", path: "title", value: "Lead" }]);
      acknowledged.push({ id, revision: 2, atMs: performance.now() });
    }
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
  } finally {
    client.close();
  }
}
