/** The cases on users: product and floor, on data sets of any size. */
import { type Case, userCases } from "./cases.ts";
import { type Context, type DataSet, progress, startFloor, timedLoad, warmUp, withServerOnCopy } from "./context.ts";
import { type Measurement, measure, median } from "./measure.ts";
import type { Recording, ServerProcess } from "./server-process.ts";

type CaseResult = {
  name: string;
  goalMultiple: number;
  scales: boolean;
  /** One per run; the multiple refers to the floor measured right before and after the case. */
  runs: (Measurement & { floorMultiple: number })[];
};

type MemoryResult = {
  /** After the start, before any load. */
  idleBytes: number;
  /** After all cases. */
  loadedBytes: number;
  peakBytes: number | undefined;
};

export type UserSuiteResult = {
  userCount: number;
  recording: Recording;
  floor: Measurement[];
  cases: CaseResult[];
  memory: MemoryResult[];
};

export async function runUserSuite(
  context: Context,
  dataSet: DataSet,
  recording: Recording,
  isWanted: (candidate: Case) => boolean,
): Promise<UserSuiteResult> {
  const cases = userCases(dataSet.population, context.options.database).filter(isWanted);
  const results = cases.map(
    ({ name, goalMultiple, scales }): CaseResult => ({
      name,
      goalMultiple: goalMultiple[recording],
      scales,
      runs: [],
    }),
  );
  const floor: Measurement[] = [];
  const memory: MemoryResult[] = [];
  const runCount = cases.length === 0 ? 0 : context.options.runs;
  let nextIndex = 0;

  for (let run = 1; run <= runCount; run++) {
    progress(`run ${run} of ${runCount}, recording ${recording}`);
    const floorServer = await startFloor(context);
    const measureAll = async (server: ServerProcess): Promise<void> => {
      const idleBytes = await server.residentBytes();
      let floorBefore = await floorServer.measure();
      floor.push(floorBefore);
      for (const [at, candidate] of cases.entries()) {
        await candidate.verify(server.port, nextIndex++);
        const load = timedLoad(context, candidate);
        nextIndex = await warmUp(context, server, { ...load, firstIndex: nextIndex });
        const measurement = await measure(server, { ...load, firstIndex: nextIndex });
        nextIndex += measurement.requests;

        const floorAfter = await floorServer.measure();
        const floorMicroseconds = (floorBefore.cpuMicrosecondsPerRequest + floorAfter.cpuMicrosecondsPerRequest) / 2;
        const floorMultiple = measurement.cpuMicrosecondsPerRequest / floorMicroseconds;
        results[at]?.runs.push({ ...measurement, floorMultiple });
        floor.push(floorAfter);
        floorBefore = floorAfter;
        progress(`${candidate.name}: ${measurement.cpuMicrosecondsPerRequest.toFixed(1)} µs of CPU a request`);
      }
      memory.push({ idleBytes, loadedBytes: await server.residentBytes(), peakBytes: server.peakResidentBytes() });
    };
    await withServerOnCopy(context, dataSet, measureAll, recording);
    await floorServer.stop();
  }
  return { userCount: dataSet.population.userIds.length, recording, floor, cases: results, memory };
}

export function medianOf<Run>(runs: readonly Run[], figure: (run: Run) => number): number {
  return median(runs.map(figure));
}
