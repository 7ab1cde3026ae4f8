/** Hand-over between instances: the time in which nobody accepts writes. */
import { join } from "node:path";
import { type Bench, databaseName, median } from "../bench.ts";
import { atMost, type Figures, seconds } from "../report.ts";
import { nowMs } from "../tasks/hand-over.ts";

const databaseBytes = 100e6;
const goalMs = 5_000;

/** How long the first instance serves beside the newcomer. */
const besideMs = 1_000;

export async function handOver(bench: Bench): Promise<Figures> {
  const gapsMs: number[] = [];
  const tookMs: number[] = [];
  for (let run = 1; run <= bench.options.runs; run++) {
    bench.progress(`hand-over ${run} of ${bench.options.runs}`);
    const { gapMs, fromAskingMs } = await once(bench, false);
    gapsMs.push(gapMs);
    tookMs.push(fromAskingMs);
  }
  bench.progress("take-over from an instance that was killed");
  const killed = await once(bench, true);
  const longest = Math.max(...gapsMs);
  return {
    rows: [
      { name: "hand-over: no writes accepted for", with: seconds(median(gapsMs)), ...atMost(longest, goalMs, seconds) },
      { name: "  from asking to the first write", with: seconds(median(tookMs)) },
      { name: "first one killed: from asking to the first write", with: seconds(killed.fromAskingMs) },
    ],
    remarks: ["Hand-over: measured is the longest of the runs."],
  };
}

async function once(bench: Bench, kills: boolean): Promise<{ gapMs: number; fromAskingMs: number }> {
  return bench.inPlace(await bench.template(databaseBytes), async ({ file, target, otherFolder, firstUser }) => {
    const first = bench.processes.start("serve", { file, target, firstUser });
    try {
      await first.ready;
      const second = bench.processes.start("takeOver", {
        ...{ file: join(otherFolder, databaseName), target, firstUser: firstUser + 1_000_000 },
        waitMs: kills ? 0 : besideMs,
      });
      await second.ready;
      const killedMs = nowMs();
      if (kills) first.kill();
      const { beganMs, firstMs } = await second.result;
      const lastMs = kills ? killedMs : await first.result;
      return { gapMs: firstMs - lastMs, fromAskingMs: firstMs - beganMs };
    } finally {
      first.kill();
    }
  });
}
