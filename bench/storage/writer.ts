/** The measured program as a separate process, so that it can be killed and delays block nothing else. */

import { writeSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { WriteGate } from "../command.ts";
import { type Arrangement, leastDelayMs, mostDelayMs, type Places } from "./arrangements.ts";
import { databaseName } from "./rows.ts";
import { type LoadResult, runClients, type Store } from "./service.ts";
import { slowDown } from "./slow-share.ts";

/** The first parameter of the process, as JSON. */
export type WriterTask = {
  readonly arrangement: Arrangement;
  readonly places: Places;
  readonly clients: number;
  readonly seconds: number;
  readonly firstUser: number;
  readonly seed: number;
  /** Whether to report every acknowledged write. */
  readonly reportsKeys: boolean;
  /** Copies of the live file to make under load, with different names, besides those of the arrangement. */
  readonly copies: { readonly count: number; readonly everyMs: number } | undefined;
};

/** Written directly, because `process.stdout` buffers: a kill must not lose a report. */
const standardOutput = 1;

/** A line of standard output, as JSON; keys are bare numbers, because there are so many. */
export type WriterEvent =
  | { readonly event: "ready" }
  /** A remark for readers. */
  | { readonly event: "note"; readonly text: string }
  | { readonly event: "copied"; readonly file: string; readonly milliseconds: number }
  | ({ readonly event: "result"; readonly roundTrips: number } & LoadResult);

async function openStore({ arrangement, places, seed }: WriterTask, gate: WriteGate): Promise<Store> {
  // Loaded on demand: each arrangement must work even if another one's packages are missing.
  switch (arrangement.kind) {
    case "direct":
      return (await import("./direct.ts")).openDirect(places);
    case "copied":
      return (await import("./copied.ts")).openCopied(places);
    case "replicated":
      return (await import("./replicated.ts")).openReplicated(places, arrangement, { gate, seed, note });
  }
}

async function copyUnderLoad(places: Places, { count, everyMs }: { count: number; everyMs: number }): Promise<void> {
  for (let copy = 0; copy < count; copy++) {
    await wait(everyMs);
    const file = join(places.targetFolder, `copy-${copy}.db`);
    const startMs = performance.now();
    await copyFile(join(places.localFolder, databaseName), file);
    say({ event: "copied", file, milliseconds: performance.now() - startMs });
  }
}

function note(text: string): void {
  say({ event: "note", text });
}

function say(event: WriterEvent): void {
  writeSync(standardOutput, `${JSON.stringify(event)}\n`);
}

const task = JSON.parse(process.argv[2] ?? "") as WriterTask;
const gate = new WriteGate();
const { arrangement, places, seed } = task;
const share =
  arrangement.target === "objects" || arrangement.target === "disk"
    ? undefined
    : slowDown({
        folder: places.targetFolder,
        leastMs: leastDelayMs,
        mostMs: mostDelayMs,
        seed,
        cachesData: arrangement.target === "share, data cached",
      });
const store = await openStore(task, gate);
say({ event: "ready" });
const roundTripsBefore = share?.roundTrips() ?? 0;
const [result] = await Promise.all([
  runClients(store, gate, {
    clients: task.clients,
    seconds: task.seconds,
    writesPerSecond: arrangement.writesPerSecond,
    firstUser: task.firstUser,
    acknowledged: (user) => {
      if (task.reportsKeys) writeSync(standardOutput, `${user}\n`);
    },
  }),
  task.copies === undefined ? undefined : copyUnderLoad(places, task.copies),
]);
say({ event: "result", roundTrips: (share?.roundTrips() ?? 0) - roundTripsBefore, ...result });
await store.close();
process.exit(0);
