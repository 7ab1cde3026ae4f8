/** Restoring the database from the target, and verifying that it can be restored. */
import { join } from "node:path";
import { type Bench, databaseName, median, type Place } from "../bench.ts";
import { atMost, count, type Figures, megabytes, milliseconds, type Row, seconds } from "../report.ts";

const goalObjects = 64;

type Size = { readonly name: string; readonly bytes: number; readonly goalMs: number };

const small: Size = { name: "100 MB", bytes: 100e6, goalMs: 1_500 };
const large: Size = { name: "1 GB", bytes: 1e9, goalMs: 15_000 };

/** Written after the first base, fast enough to be short and slow enough for packs. */
const furtherUsers = 4_000;
const perSecond = 800;

export async function restore(bench: Bench): Promise<Figures> {
  const sizes = bench.options.large ? [small, large] : [small];
  const all: Figures[] = [];
  for (const size of sizes) all.push(await restoreSize(bench, size));
  return { rows: all.flatMap(({ rows }) => rows), remarks: all.flatMap(({ remarks }) => remarks ?? []) };
}

async function restoreSize(bench: Bench, { name, bytes, goalMs }: Size): Promise<Figures> {
  const { file: from } = await bench.template(bytes);
  return inFilledPlace(bench, bytes, async ({ target, otherFolder }, users) => {
    const { processes, options, progress } = bench;
    progress(`restore of ${name}`);
    const restores = [];
    const copies = [];
    for (let run = 0; run < options.runs; run++) {
      restores.push(await processes.run("restoreOnce", { file: join(otherFolder, databaseName), target, users }));
      copies.push(await processes.run("copyOnce", { from, to: join(otherFolder, "copy.db") }));
    }
    const restoredMs = median(restores.map(({ milliseconds }) => milliseconds));
    const peak = median(restores.map(({ peakBytes }) => peakBytes));
    const objects = Math.max(...restores.map((each) => each.objects));
    const { packs = 0, links = 0, bytes: restoredBytes = 0 } = restores[0] ?? {};
    const stallMs = median(restores.map(({ stalls }) => stalls.maxMs));
    const rows: Row[] = [
      {
        name: `restore of ${name} (without: a copy)`,
        without: seconds(median(copies.map(({ milliseconds }) => milliseconds))),
        with: seconds(restoredMs),
        ...atMost(restoredMs, goalMs, seconds),
      },
      { name: "  objects read", with: count(objects), ...atMost(objects, goalObjects, count) },
      {
        name: "  peak memory",
        without: megabytes(median(copies.map(({ peakBytes }) => peakBytes))),
        with: megabytes(peak),
      },
    ];
    const remark = `Restored: ${megabytes(restoredBytes)} from a base, ${packs} packs and ${links} links of the log; longest stall ${milliseconds(stallMs)}.`;
    return { rows, remarks: [remark] };
  });
}

export async function scrub(bench: Bench): Promise<Figures> {
  return inFilledPlace(bench, small.bytes, async ({ target }) => {
    bench.progress("scrub");
    const { milliseconds: tookMs, stalls } = await bench.processes.run("scrub", target);
    return {
      rows: [
        { name: `scrub of ${small.name}`, with: seconds(tookMs) },
        { name: "  longest stall", with: milliseconds(stalls.maxMs) },
      ],
    };
  });
}

/** A place whose target has a database with further writes. @param run gets its number of users */
async function inFilledPlace<Result>(
  bench: Bench,
  bytes: number,
  run: (place: Place, users: number) => Promise<Result>,
): Promise<Result> {
  return bench.inPlace(await bench.template(bytes), async (place) => {
    const { file, target, firstUser } = place;
    bench.progress(`a target with ${Math.round(bytes / 1e6)} MB and ${furtherUsers} further writes`);
    const users = await bench.processes.run("fill", { file, target, firstUser, users: furtherUsers, perSecond });
    return run(place, users);
  });
}
