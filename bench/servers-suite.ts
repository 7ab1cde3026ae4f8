/** One server process and two on the same PostgreSQL database, with the same number of connections in total. */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { type Case, userCases } from "./cases.ts";
import { type Context, type DataSet, progress, timedLoad, warmUp, withCopy } from "./context.ts";
import { type Measurement, measure } from "./measure.ts";
import { startServer } from "./server-process.ts";

export const twoServersName = "two servers";

const compared = ["GET by id", "PATCH displayName", "POST user"];

type Both = Pick<Measurement, "requestsPerSecond" | "cpuMicrosecondsPerRequest">;
export type ServersComparison = { name: string; runs: { one: Both; two: Both }[] };

/** Alternates between one and two, so that changes of speed during the measurement favour neither. */
export async function runServersSuite(context: Context, dataSet: DataSet): Promise<ServersComparison[]> {
  const cases = userCases(dataSet.population, context.options.database).filter(({ name }) => compared.includes(name));
  const connections = Math.ceil(context.options.connections / 2);
  const halved: Context = { ...context, options: { ...context.options, connections } };
  return withCopy(context, dataSet, async ({ databaseUrl }) => {
    const start = () =>
      startServer({
        ...context,
        ...{ folder: mkdtempSync(join(context.temporaryFolder, "server-")), databaseUrl },
        ...{ withProbe: true, firstPath: "/Users?startIndex=1&count=1" },
      });
    const servers = [await start(), await start()] as const;
    // Each load has its own indexes: they never repeat.
    let nextIndex = 0;
    const indexes = () => {
      nextIndex += 1_000_000;
      return nextIndex;
    };
    const load = (each: Context, candidate: Case) => timedLoad(each, { ...candidate, firstIndex: indexes() });

    const results: ServersComparison[] = [];
    for (const candidate of cases) {
      await Promise.all(servers.map((server) => warmUp(halved, server, load(halved, candidate))));
      const runs: ServersComparison["runs"] = [];
      for (let run = 1; run <= context.options.runs; run++) {
        const one = await measure(servers[0], load(context, candidate));
        const two = sum(await Promise.all(servers.map((server) => measure(server, load(halved, candidate)))));
        runs.push({ one, two });
      }
      progress(`${twoServersName}: ${candidate.name}`);
      results.push({ name: candidate.name, runs });
    }
    await Promise.all(servers.map((server) => server.stop()));
    return results;
  });
}

function sum(measurements: readonly Measurement[]): Both {
  const requests = measurements.reduce((total, each) => total + each.requests, 0);
  const cpu = measurements.reduce((total, each) => total + each.requests * each.cpuMicrosecondsPerRequest, 0);
  return {
    requestsPerSecond: measurements.reduce((total, each) => total + each.requestsPerSecond, 0),
    cpuMicrosecondsPerRequest: cpu / requests,
  };
}
