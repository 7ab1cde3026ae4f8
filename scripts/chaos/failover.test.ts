import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { randomOf } from "../../packages/replica/src/chaos/random.ts";
import { connect, serverAt } from "../../packages/server/src/store/postgres/server.ts";
import { startProxy } from "../../packages/server/src/store/postgres/testing/proxy.ts";
import { type Entry, violationsOf } from "./ledger.ts";
import { type Replica, startReplica } from "./replica.ts";
import { installedPostgres, startPair } from "./standby.ts";
import { makeGroup, readAll, type Workload, write } from "./workload.ts";

const programs = installedPostgres();
const skip = programs === undefined && "no PostgreSQL server with pg_basebackup is installed";

const CLIENTS = 8;
const WRITING_MS = 2_000;

/** The longest time from the promotion to the first acknowledged change, on a busy machine. */
const RESUME_MS = 10_000;

test("a promoted standby: servers continue without a restart, and nothing acknowledged is lost", {
  skip,
}, async (t) => {
  const databases = await startPair(programs ?? "");
  const folder = mkdtempSync(join(tmpdir(), "scimtool-failover-servers-"));
  const proxy = await startProxy(databases.primary);
  const replicas: Replica[] = [];
  t.after(async () => {
    await Promise.all(replicas.map((replica) => replica.stop()));
    await proxy.close();
    await databases.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  for (const name of ["one", "two"]) replicas.push(await startReplica(join(folder, name), proxy.url));
  assert.deepEqual(await standbyStates(databases.primary), ["sync"]);

  const ledger: Entry[] = [];
  const workload: Workload = { random: randomOf(1), replicas, ledger, problems: [], isOver: false, group: "" };
  workload.group = await makeGroup(replicas);
  const clients = Array.from({ length: CLIENTS }, (_, client) => write(workload, client));
  await sleep(WRITING_MS);
  await databases.crashPrimary();
  await databases.promoteStandby();
  const before = acknowledgedIn(ledger);
  proxy.pointTo(databases.standby);
  const promotedMs = performance.now();
  while (acknowledgedIn(ledger) === before) {
    assert.ok(performance.now() - promotedMs < RESUME_MS, "no change is acknowledged after the promotion");
    await sleep(20);
  }
  t.diagnostic(`first change ${Math.round(performance.now() - promotedMs)} ms after the promotion`);
  await sleep(WRITING_MS);
  workload.isOver = true;
  await Promise.all(clients);

  assert.ok(before > 0);
  t.diagnostic(`${before} changes acknowledged before, ${acknowledgedIn(ledger) - before} after the promotion`);
  assert.deepEqual([...workload.problems, ...violationsOf(ledger, await readAll(workload))], []);
  assert.deepEqual(
    replicas.map((replica) => replica.starts()),
    [1, 1],
  );
});

function acknowledgedIn(ledger: readonly Entry[]): number {
  const endings = ledger.flatMap(({ creation, patches, membership }) => [creation, ...patches, membership]);
  return endings.filter((ending) => ending === "acknowledged").length;
}

async function standbyStates(url: string): Promise<string[]> {
  const client = await connect(serverAt(url), {});
  const { rows } = await client.query("SELECT sync_state FROM pg_stat_replication");
  await client.end();
  return rows.map((row) => row["sync_state"]);
}
