/** Requests to the target without any changes. */
import type { Bench } from "../bench.ts";
import { atMost, count, type Figures, percent } from "../report.ts";

const databaseBytes = 100e6;
const idleSeconds = 10;

export async function idle(bench: Bench): Promise<Figures> {
  bench.progress(`${idleSeconds} s without a commit`);
  const { reads, writes, cpuPoints } = await bench.inPlace(
    await bench.template(databaseBytes),
    ({ file, target, firstUser }) => bench.processes.run("idle", { file, target, firstUser, seconds: idleSeconds }),
  );
  const total = Object.values(writes).reduce((sum, each) => sum + each, 0);
  const kinds = Object.entries(writes).map(([kind, each]) => `${each} × ${kind}`);
  const found = kinds.length === 0 ? "" : ` Written: ${kinds.join(", ")}.`;
  return {
    rows: [{ name: `writes in ${idleSeconds} idle seconds`, with: count(total), ...atMost(total, 0, count) }],
    remarks: [
      `Idle: ${(reads / idleSeconds).toFixed(1)} reads/s of the target, ${percent(cpuPoints)} of a core.${found}`,
    ],
  };
}
