import type { ChangeSet } from "../../packages/scim/src/index.ts";
import { monitor } from "../../packages/server/src/store/sqlite/monitor/monitor.ts";
import { addMonitor } from "../../packages/server/src/store/sqlite/monitor/test-support.ts";
import { openSqliteStore, type SqliteStore } from "../../packages/server/src/store/sqlite/store.ts";
import { decimals, formatTable } from "../table.ts";
import { exchangeMaker, idOf, type Kind, nameOf } from "./exchanges.ts";

const kinds: readonly Kind[] = ["read", "lookUp", "modify", "create", "refused"];
const batches = [500, 50, 5];
const exchangesEach = 30_000;
const changesEach = 20_000;

/** CPU time of all threads for an exchange: encoded, compressed, indexed, inserted and committed. */
export async function recordingCosts(file: string): Promise<string> {
  await addMonitor(file);
  const store = openSqliteStore(file);
  await store.transaction((transaction) => store.endpoints.insert(transaction, { name: "default", settings: {} }, 0));
  const rows: string[][] = [];
  for (const kind of kinds) {
    const cells: string[] = [];
    for (const batch of batches) cells.push(decimals(await costOf(store, kind, batch), 1));
    rows.push([kind, ...cells]);
  }
  const header = ["µs of CPU an exchange, in batches of", ...batches.map(String)];
  const table = formatTable("Recording", header, rows);
  const { bytes, exchanges } = await bytesOf(store);
  const history = [
    `history of a PATCH: ${decimals(await historyCost(store, "modify"), 1)} µs in a transaction that writes anyway`,
    `history of a POST: ${decimals(await historyCost(store, "create"), 1)} µs`,
    `an exchange takes ${decimals(bytes / exchanges, 0)} bytes`,
  ];
  await store.close();
  return [table, ...history].join("\n");
}

async function costOf(store: SqliteStore, kind: Kind, batch: number): Promise<number> {
  const make = exchangeMaker(2, [1], kind);
  const all = Array.from({ length: exchangesEach }, (_, at) => make(at));
  const started = process.cpuUsage();
  for (let at = 0; at < all.length; at += batch) {
    const exchanges = all.slice(at, at + batch);
    await store.transaction((transaction) => monitor.exchanges.record(transaction, exchanges));
  }
  const { user, system } = process.cpuUsage(started);
  return (user + system) / all.length;
}

async function bytesOf(store: SqliteStore): Promise<{ bytes: number; exchanges: number }> {
  const [size] = await monitor.sizes(store.committed);
  return { bytes: size?.exchangeBytes ?? 0, exchanges: size?.exchanges ?? 1 };
}

/** Sixteen entries to a transaction, as under load. */
async function historyCost(store: SqliteStore, action: "create" | "modify"): Promise<number> {
  const make = exchangeMaker(3, [1], action);
  const entries = Array.from({ length: changesEach }, (_, at) => {
    const { id, resources, request } = make(at);
    const person = action === "create" ? 1_000_000 + at : Math.floor((at * 7919) % 100_000);
    const { given, family } = nameOf(person);
    const changes: ChangeSet =
      action === "create"
        ? Object.entries(JSON.parse(request.body.toString()) as Record<string, string>).map(([path, after]) => ({
            kind: "attribute",
            path,
            after,
          }))
        : [{ kind: "attribute", path: "title", before: "Engineer", after: "Manager" }];
    return {
      resource: { type: resources[0]?.type ?? "User", id: idOf(person), label: `${given} ${family}` },
      ...{ revision: 1, action, atMs: at, exchange: id, changes, concerns: [] },
      actor: { credential: "Provisioning token", dialect: "entra" },
    };
  });
  const started = process.cpuUsage();
  for (let at = 0; at < entries.length; at += 16) {
    await store.transaction(async (transaction) => {
      for (const entry of entries.slice(at, at + 16)) await monitor.history.append(transaction, 1, entry);
    });
  }
  const { user, system } = process.cpuUsage(started);
  return (user + system) / entries.length;
}
