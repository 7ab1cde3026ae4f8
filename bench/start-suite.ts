/** From spawning the process to its first authenticated response. */
import { type Context, type DataSet, withCopy } from "./context.ts";
import { startServer } from "./server-process.ts";

const starts = 5;

/** Milliseconds of each start of `entry` on the data set, with files in the page cache. */
export async function measureStarts(context: Context, dataSet: DataSet, entry: string): Promise<number[]> {
  return withCopy(context, dataSet, async (place) => {
    const firstPath = `/Users/${dataSet.population.userIds[0]}`;
    const startsMs: number[] = [];
    for (let start = 0; start < starts; start++) {
      const server = await startServer({ ...context, entry, ...place, withProbe: false, firstPath });
      startsMs.push(server.startMs);
      await server.stop();
    }
    return startsMs;
  });
}
