/** The three measurements: load, kill -9, and copies of a live file. */
import { copyFileSync, mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { userName } from "../people.ts";
import { type Arrangement, clientCount, copyIntervalMs, type Places, usersBefore } from "./arrangements.ts";
import { startWriter } from "./child.ts";
import { createRandom } from "./random.ts";
import { databaseName, namesIfIntact } from "./rows.ts";
import type { LoadResult } from "./service.ts";
import type { WriterTask } from "./writer.ts";

/** So that the first copy exists, and the kill happens anywhere between two copies. */
const leastSecondsToKill = (copyIntervalMs + 200) / 1000;
const mostSecondsToKill = leastSecondsToKill + copyIntervalMs / 1000;
const copyCount = 15;
const copyEveryMs = 250;
/** Maximum duration of the load if something else ends it. */
const mostSeconds = 60;

export type Bench = {
  readonly temporaryFolder: string;
  /** A database of {@link usersBefore} users, copied for each run. */
  readonly template: string;
  readonly seed: number;
  /** Prints a line of progress. */
  readonly progress: (line: string) => void;
};

export type Load = LoadResult & { readonly roundTrips: number };

export type Kill = {
  readonly acknowledged: number;
  readonly lost: number;
  /** Since the first acknowledged write that was lost. */
  readonly lostMs: number;
  /** Why nothing could be restored; everything is lost then. */
  readonly refusal: string | undefined;
};

export type Copies = {
  readonly made: number;
  readonly damaged: number;
  readonly leastBytes: number;
  readonly mostBytes: number;
  readonly medianMs: number;
};

/** @throws Error if the measured program does not start or finish */
export async function measureLoad(bench: Bench, arrangement: Arrangement, seconds: number): Promise<Load> {
  return inPlaces(bench, arrangement, async (places) => {
    const writer = startWriter(taskOf(bench, arrangement, places, { seconds }), { onNote: bench.progress });
    await writer.ready;
    const result = await writer.ended;
    if (result === undefined) throw new Error("It ended before it had measured anything.");
    return result;
  });
}

/** Kills the program at a random time, deletes its disk, restores from the target, and counts what is missing. */
export async function killOnce(bench: Bench, arrangement: Arrangement, run: number): Promise<Kill> {
  const secondsToKill =
    leastSecondsToKill + createRandom(bench.seed + run)() * (mostSecondsToKill - leastSecondsToKill);
  return inPlaces(bench, arrangement, async (places) => {
    const acknowledgedAtMs = new Map<number, number>();
    const writer = startWriter(
      taskOf({ ...bench, seed: bench.seed + run }, arrangement, places, { seconds: mostSeconds, reportsKeys: true }),
      { onNote: bench.progress, onKey: (user) => acknowledgedAtMs.set(user, performance.now()) },
    );
    await writer.ready;
    await wait(secondsToKill * 1000);
    const killedAtMs = performance.now();
    writer.kill();
    await writer.ended;

    rmSync(places.localFolder, { recursive: true });
    mkdirSync(places.localFolder);
    const { names, refusal } = await recover(arrangement, places);
    const lost = [...acknowledgedAtMs].filter(([user]) => !names.has(userName(user)));
    return {
      acknowledged: acknowledgedAtMs.size,
      lost: lost.length,
      lostMs: Math.max(0, ...lost.map(([, atMs]) => killedAtMs - atMs)),
      refusal,
    };
  });
}

/** Counts damaged copies of a file that SQLite writes to during the copy. */
export async function measureCopies(bench: Bench, arrangement: Arrangement): Promise<Copies> {
  return inPlaces(bench, arrangement, async (places) => {
    const sizes: number[] = [];
    const durationsMs: number[] = [];
    let damaged = 0;
    const copies = { count: copyCount, everyMs: copyEveryMs };
    const writer = startWriter(taskOf(bench, arrangement, places, { seconds: mostSeconds, copies }), {
      onCopy: (file, milliseconds) => {
        sizes.push(statSync(file).size);
        durationsMs.push(milliseconds);
        if (namesIfIntact(file) === undefined) damaged++;
        for (const suffix of ["", "-wal", "-shm"]) rmSync(file + suffix, { force: true });
        if (sizes.length === copyCount) writer.kill();
      },
    });
    await writer.ready;
    await writer.ended;
    const medianMs = durationsMs.toSorted((a, b) => a - b)[Math.floor(durationsMs.length / 2)] ?? 0;
    return { made: sizes.length, damaged, leastBytes: Math.min(...sizes), mostBytes: Math.max(...sizes), medianMs };
  });
}

type Recovered = { names: Set<string>; refusal: string | undefined };

async function recover({ kind }: Arrangement, { targetFolder, localFolder }: Places): Promise<Recovered> {
  const nothing = new Set<string>();
  try {
    const file = await recoverFile(kind, targetFolder, localFolder);
    if (file === undefined) return { names: nothing, refusal: "no copy" };
    const names = namesIfIntact(file);
    return names === undefined ? { names: nothing, refusal: "integrity_check failed" } : { names, refusal: undefined };
  } catch (error) {
    return { names: nothing, refusal: (error as Error).message };
  }
}

async function recoverFile(kind: Arrangement["kind"], targetFolder: string, localFolder: string) {
  switch (kind) {
    case "direct":
      return (await import("./direct.ts")).recoverDirect(targetFolder);
    case "copied":
      return (await import("./copied.ts")).recoverCopied(targetFolder, localFolder);
    case "replicated":
      return (await import("./replicated.ts")).recoverReplicated(targetFolder, localFolder);
  }
}

/** Gives a run new folders, with the database in the right one, and removes them. */
async function inPlaces<Result>(
  { temporaryFolder, template }: Bench,
  { kind }: Arrangement,
  run: (places: Places) => Promise<Result>,
): Promise<Result> {
  const places = { localFolder: join(temporaryFolder, "local"), targetFolder: join(temporaryFolder, "target") };
  try {
    mkdirSync(places.localFolder);
    mkdirSync(places.targetFolder);
    copyFileSync(template, join(kind === "direct" ? places.targetFolder : places.localFolder, databaseName));
    return await run(places);
  } finally {
    for (const folder of Object.values(places)) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function taskOf(
  { seed }: Bench,
  arrangement: Arrangement,
  places: Places,
  { seconds, reportsKeys = false, copies }: { seconds: number; reportsKeys?: boolean; copies?: WriterTask["copies"] },
): WriterTask {
  return { arrangement, places, clients: clientCount, seconds, firstUser: usersBefore, seed, reportsKeys, copies };
}
