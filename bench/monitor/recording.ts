import type { ChangeSet } from "../../packages/scim/src/index.ts";
import type { Exchange } from "../../packages/server/src/store/exchange.ts";
import type { HistoryEntry } from "../../packages/server/src/store/monitor.ts";
import type { Store } from "../../packages/server/src/store/store.ts";
import { median } from "../measure.ts";
import { decimals, formatTable } from "../table.ts";
import { exchangeMaker, type Kind } from "./exchanges.ts";

const kinds: readonly Kind[] = ["read", "lookUp", "modify", "create", "refused"];
const batches = [128, 20];

/** Other programs compete for the processor's caches, so the best pass counts. */
const passes = 6;
const exchangesPerPass = 4_000;

/** Entries per commit, as under load. */
const entriesPerCommit = 16;

/** CPU time of all threads of this process per exchange: inserted, indexed and committed. */
export async function recordingCosts(store: Store): Promise<string> {
  await store.transaction((transaction) => store.endpoints.insert(transaction, { name: "default", settings: {} }, 0));
  const rows: string[][] = [];
  const record: Work = (some) => store.transaction((transaction) => store.monitor.exchanges.record(transaction, some));
  for (const kind of kinds) {
    const make = exchangeMaker(2, [1], kind);
    const made = Array.from({ length: exchangesPerPass }, (_, at) => make(at));
    const cells: string[] = [];
    for (const batch of batches) cells.push(...(await costOf(made, batch, record)));
    rows.push([kind, ...cells]);
  }
  const [size] = await store.monitor.sizes(store.committed);
  for (const action of ["modify", "create"] as const) {
    const cells = await costOf(historyEntries(action), entriesPerCommit, (some) =>
      store.transaction(async (transaction) => {
        for (const entry of some) await store.monitor.history.append(transaction, 1, entry);
      }),
    );
    rows.push([`history, ${action}`, ...cells]);
  }
  const header = ["µs of CPU each, best and median pass", ...batches.flatMap((batch) => [`by ${batch}`, "median"])];
  const bytes = (size?.exchangeBytes ?? 0) / (size?.exchanges ?? 1);
  return `${formatTable("Recording", header, rows)}\nan exchange takes ${decimals(bytes, 0)} bytes`;
}

type Work = (some: readonly Exchange[]) => Promise<void>;

async function costOf<Made>(made: readonly Made[], batch: number, work: (some: readonly Made[]) => Promise<void>) {
  const costs: number[] = [];
  for (let pass = 0; pass < passes; pass++) {
    const started = process.cpuUsage();
    for (let at = 0; at < made.length; at += batch) await work(made.slice(at, at + batch));
    const { user, system } = process.cpuUsage(started);
    costs.push((user + system) / made.length);
  }
  return [decimals(Math.min(...costs), 1), decimals(median(costs), 1)];
}

/** Changes of random users, or creations with ascending IDs. */
function historyEntries(action: "create" | "modify"): HistoryEntry[] {
  const make = exchangeMaker(3, [1], action);
  return Array.from({ length: exchangesPerPass }, (_, at) => {
    const { id, request, resources } = make(at);
    const body = JSON.parse(Buffer.from(request.body).toString()) as Record<string, string>;
    const newId = `019b0000-0000-7000-8000-${at.toString(16).padStart(12, "0")}`;
    const changes: ChangeSet =
      action === "create"
        ? Object.entries(body).map(([path, after]) => ({ kind: "attribute", path, after }))
        : [{ kind: "attribute", path: "title", before: "Engineer", after: "Manager" }];
    return {
      resource: { type: "User", id: action === "create" ? newId : (resources[0]?.id ?? ""), label: "Ada Lovelace" },
      ...{ revision: 1, action, atMs: at, exchange: id, changes, concerns: [] },
      actor: { credential: "Provisioning token", dialect: "entra" },
    };
  });
}
