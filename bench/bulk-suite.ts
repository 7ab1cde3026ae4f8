/** Compares a thousand creates in one Bulk request with a thousand requests, over one connection each. */
import { expect } from "./cases.ts";
import { askForJson, createRequestBuilder } from "./client.ts";
import { type Context, type DataSet, progress, withServerOnCopy } from "./context.ts";
import type { Load } from "./generator.ts";
import { type Measurement, measure } from "./measure.ts";
import { userBody } from "./people.ts";
import { benchSecret, type ServerProcess } from "./server-process.ts";

export const bulkName = "1,000 creates in one Bulk";

const usersPerRound = 1000;
/** Loading the users compiled single creates; this compiles Bulk too. */
const warmUpRounds = 10;
const bulkSchema = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const build = createRequestBuilder(benchSecret);

/** Both figures are users per second, not requests. */
type Pair = { oneByOne: Measurement; together: Measurement };
export type BulkComparison = { goalRatio: number; runs: Pair[] };

type BulkResponse = { Operations: { status: string }[] };

export async function runBulkSuite(context: Context, dataSet: DataSet): Promise<BulkComparison> {
  const comparison: BulkComparison = { goalRatio: 1 / 3, runs: [] };
  const { length: userCount } = dataSet.population.userIds;
  for (let run = 1; run <= context.options.runs; run++) {
    progress(`${bulkName}, run ${run} of ${context.options.runs}`);
    await withServerOnCopy(context, dataSet, async (server) => {
      let next = userCount;
      const round = (measureUsers: MeasureUsers): Promise<Measurement> => {
        const users = Array.from({ length: usersPerRound }, (_, index) => userBody(next + index));
        next += usersPerRound;
        return measureUsers(server, users);
      };
      for (let warmUp = 0; warmUp < warmUpRounds; warmUp++) {
        await round(createOneByOne);
        await round(createTogether);
      }
      // One by one, together, together, one by one: a server that is still getting faster favours neither.
      const first = { oneByOne: await round(createOneByOne), together: await round(createTogether) };
      const second = { together: await round(createTogether), oneByOne: await round(createOneByOne) };
      comparison.runs.push(first, second);
      const list = (await askForJson(server.port, build("GET", "/Users?count=0"))) as { totalResults: number };
      expect("users in the end", list.totalResults, next);
    });
  }
  return comparison;
}

type MeasureUsers = (server: ServerProcess, users: readonly unknown[]) => Promise<Measurement>;

const createOneByOne: MeasureUsers = (server, users) => {
  const requests = users.map((user) => build("POST", "/Users", user));
  return measure(server, { ...loadOf(requests), expectedStatuses: [201] });
};

const createTogether: MeasureUsers = async (server, users) => {
  const Operations = users.map((data, index) => ({ method: "POST", path: "/Users", bulkId: `${index}`, data }));
  const load = loadOf([build("POST", "/Bulk", { schemas: [bulkSchema], Operations })]);
  let created = 0;
  const { requestsPerSecond, cpuMicrosecondsPerRequest, ...rest } = await measure(server, {
    ...load,
    expectedStatuses: [200],
    onAnswer: (_index, _status, body) => {
      const response = JSON.parse(body.toString("utf8")) as BulkResponse;
      created = response.Operations.filter(({ status }) => status === "201").length;
    },
  });
  expect("users created together", created, users.length);
  return {
    ...rest,
    requestsPerSecond: requestsPerSecond * users.length,
    cpuMicrosecondsPerRequest: cpuMicrosecondsPerRequest / users.length,
  };
};

/** Requests made in advance, so that making them is not measured. */
function loadOf(requests: readonly Buffer[]): Omit<Load, "port" | "expectedStatuses"> {
  const makeRequest = (index: number): Buffer => requests[index] ?? Buffer.alloc(0);
  return { connections: 1, makeRequest, maxRequests: requests.length, maxSeconds: 600 };
}
