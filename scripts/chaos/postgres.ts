import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Random, randomOf } from "../../packages/replica/src/chaos/random.ts";
import { connect, serverAt } from "../../packages/server/src/store/postgres/server.ts";
import { type StartedServer, startServer } from "../../packages/server/src/store/postgres/testing/cluster.ts";
import { type DatabaseProxy, startProxy } from "../../packages/server/src/store/postgres/testing/proxy.ts";
import { type Entry, type Found, violationsOf } from "./ledger.ts";
import { type Replica, startReplica } from "./replica.ts";
import { makeGroup, readAll, type Workload, write } from "./workload.ts";

export type Plan = {
  readonly seed: number;
  readonly seconds: number;
  /** A protection to remove. */
  readonly weakness: "asynchronous commits" | "unanswered counts as acknowledged" | undefined;
};

export type Outcome = { readonly counts: Readonly<Record<string, number>>; readonly violations: readonly string[] };

const CLIENTS = 8;

/** Between two disturbances. */
const PAUSE_MS = [300, 1_200] as const;

/** How long the database does not answer a server, which notices it after 5 to 7 seconds. */
const HANG_MS = [1_000, 10_000] as const;

/** With these, commits stay in the memory of the server for seconds. */
const ASYNCHRONOUS = { synchronous_commit: "off", wal_writer_delay: "10s", wal_writer_flush_after: "1GB" };

type Disturbance =
  | "kill a server"
  | "kill the database"
  | "stop the database"
  | "cut connections"
  | "cut a commit"
  | "hang";
const DISTURBANCES: readonly Disturbance[] = [
  "kill a server",
  "kill the database",
  "stop the database",
  "cut connections",
  "cut connections",
  "cut a commit",
  "cut a commit",
  "hang",
];

/** Two servers, each with its own proxy to one database. Everything is stopped at the end. */
export async function runOnPostgres({ seed, seconds, weakness }: Plan): Promise<Outcome> {
  const random = randomOf(seed);
  const folder = mkdtempSync(join(tmpdir(), "scimtool-chaos-"));
  const database = await startServer(weakness === "asynchronous commits" ? ASYNCHRONOUS : {});
  const proxies: DatabaseProxy[] = [];
  const replicas: Replica[] = [];
  try {
    for (const name of ["one", "two"]) {
      const proxy = await startProxy(database.url);
      proxies.push(proxy);
      replicas.push(await startReplica(join(folder, name), proxy.url));
    }
    const ledger: Entry[] = [];
    const workload: Workload = { random, replicas, ledger, problems: [], isOver: false, group: "" };
    workload.group = await makeGroup(replicas);
    // What is lost must be what clients wrote, not the tables.
    if (weakness === "asynchronous commits") await checkpoint(database.url);
    const clients = Array.from({ length: CLIENTS }, (_, client) => write(workload, client));
    const kinds = weakness === "unanswered counts as acknowledged" ? (["kill a server"] as const) : DISTURBANCES;
    const counts = await disturb(random, seconds, kinds, { database, proxies, replicas });
    // The last word: what the clients were told a moment ago must survive this, too.
    if (weakness === "asynchronous commits") await crash(database, "SIGKILL");
    workload.isOver = true;
    await Promise.all(clients);
    for (const replica of replicas) await replica.isReady();
    const found: Found = await readAll(workload);
    const judged = weakness === "unanswered counts as acknowledged" ? ledger.map(trusting) : ledger;
    const patches = ledger.flatMap((entry) => entry.patches);
    const endings = ledger.flatMap(({ creation, patches, membership }) => [creation, ...patches, membership ?? []]);
    return {
      counts: {
        ...counts,
        users: ledger.length,
        patches: patches.length,
        acknowledged: endings.filter((ending) => ending === "acknowledged").length,
        refused: endings.filter((ending) => ending === "refused").length,
        unanswered: endings.filter((ending) => ending === "unknown").length,
      },
      violations: [...workload.problems, ...violationsOf(judged, found)],
    };
  } finally {
    for (const replica of replicas) await replica.stop();
    for (const proxy of proxies) await proxy.close();
    await database.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A client that takes silence for success. */
function trusting(entry: Entry): Entry {
  const trust = (ending: Entry["creation"]) => (ending === "unknown" ? "acknowledged" : ending);
  const { creation, membership } = entry;
  return {
    ...entry,
    creation: trust(creation),
    patches: entry.patches.map(trust),
    membership: membership && trust(membership),
  };
}

type Stage = {
  readonly database: StartedServer;
  readonly proxies: readonly DatabaseProxy[];
  readonly replicas: readonly Replica[];
};

/** @returns how often each happened */
async function disturb(
  random: Random,
  seconds: number,
  kinds: readonly Disturbance[],
  stage: Stage,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = { kills: 0, crashes: 0, cuts: 0, hangs: 0 };
  const count = (name: string) => {
    counts[name] = (counts[name] ?? 0) + 1;
  };
  // Each kind once before chance decides.
  const first = [...new Set(kinds)];
  for (const endMs = performance.now() + seconds * 1_000; performance.now() < endMs; ) {
    await sleep(random.between(...PAUSE_MS));
    const replica = random.pick(stage.replicas);
    const proxy = random.pick(stage.proxies);
    switch (first.shift() ?? random.pick(kinds)) {
      case "kill a server":
        count("kills");
        await replica.kill();
        break;
      case "kill the database":
        count("crashes");
        await crash(stage.database, "SIGKILL");
        break;
      case "stop the database":
        count("crashes");
        await crash(stage.database, "SIGQUIT");
        break;
      case "cut connections":
        count("cuts");
        proxy.cutAll();
        break;
      case "cut a commit":
        count("cuts");
        proxy.cutAt("COMMIT", random.chance(0.5));
        break;
      case "hang":
        count("hangs");
        proxy.freezeAt("COMMIT", random.chance(0.5));
        await sleep(random.between(...HANG_MS));
        proxy.thaw();
    }
  }
  return counts;
}

async function checkpoint(url: string): Promise<void> {
  const client = await connect(serverAt(url), {});
  await client.query("CHECKPOINT");
  await client.end();
}

/** SIGQUIT is PostgreSQL's immediate shutdown: like a crash, without waiting for anything. */
async function crash(database: StartedServer, signal: "SIGKILL" | "SIGQUIT"): Promise<void> {
  await database.crash(signal);
  await database.start();
}
