/** Memberships: groups of ten and one of a hundred thousand in the same directory. */
import { expect } from "./cases.ts";
import { askForJson, createRequestBuilder } from "./client.ts";
import { type Context, type DataSet, progress, timedLoad, warmUp, withServerOnCopy } from "./context.ts";
import { generateLoad, type MakeRequest } from "./generator.ts";
import { type Measurement, measure } from "./measure.ts";
import type { Options } from "./options.ts";
import { addMembers, type Population, type PopulationPlan } from "./population.ts";
import { benchSecret, type ServerProcess } from "./server-process.ts";

export const addMemberName = "PATCH add one member";
export const getWithoutMembersName = "GET group without members";

const largeGroupMembers = 100_000;
const smallGroups = 5000;

type Pair = { small: Measurement; large: Measurement };
export type GroupComparison = { name: string; goalRatio: number; runs: Pair[] };

export function groupPlan({ connections, joins }: Options): PopulationPlan {
  return { users: largeGroupMembers + joins, groupsOfTen: smallGroups, largeGroupMembers, connections };
}

export async function runGroupSuite(
  context: Context,
  dataSet: DataSet,
  isWanted: (name: string) => boolean,
): Promise<GroupComparison[]> {
  const adding: GroupComparison = { name: addMemberName, goalRatio: 1.5, runs: [] };
  // Without members, both must cost the same; the difference is measurement noise.
  const getting: GroupComparison = { name: getWithoutMembersName, goalRatio: 1.2, runs: [] };
  for (let run = 1; run <= context.options.runs; run++) {
    progress(`large group, run ${run} of ${context.options.runs}`);
    await withServerOnCopy(context, dataSet, async (server) => {
      if (isWanted(getting.name)) getting.runs.push(...(await compareGetting(context, server, dataSet.population)));
      if (isWanted(adding.name)) adding.runs.push(...(await compareAdding(context, server, dataSet.population)));
    });
  }
  return [adding, getting].filter(({ runs }) => runs.length > 0);
}

/** Spreads the adds over many groups of ten, so that they stay small, and adds the same users to the large one. */
async function compareAdding(context: Context, server: ServerProcess, population: Population): Promise<Pair[]> {
  const { joins, connections } = context.options;
  const warmUpJoins = Math.floor(joins / 6);
  const joining = population.userIds.slice(largeGroupMembers);
  const smallId = (index: number): string => population.smallGroupIds[index % smallGroups] ?? "";
  const largeId = population.largeGroupId ?? "";
  const toSmall: MakeRequest = (index) => addMembers(smallId(index), joining.slice(index, index + 1));
  const toLarge: MakeRequest = (index) => addMembers(largeId, joining.slice(index, index + 1));
  const load = { connections, expectedStatuses: [200, 204], maxSeconds: 600 };

  for (const makeRequest of [toSmall, toLarge]) {
    await generateLoad({ ...load, port: server.port, makeRequest, maxRequests: warmUpJoins });
  }
  const maxRequests = Math.floor((joins - warmUpJoins) / 2);
  const measureAdding = (makeRequest: MakeRequest, half: number): Promise<Measurement> =>
    measure(server, { ...load, makeRequest, firstIndex: warmUpJoins + half * maxRequests, maxRequests });
  const pairs = await measureInTurn(
    (half) => measureAdding(toSmall, half),
    (half) => measureAdding(toLarge, half),
  );
  const joined = warmUpJoins + 2 * maxRequests;
  expect("members of a small group", await countMembers(server, smallId(0)), 10 + Math.ceil(joined / smallGroups));
  expect("members of the large group", await countMembers(server, largeId), largeGroupMembers + joined);
  return pairs;
}

async function compareGetting(context: Context, server: ServerProcess, population: Population): Promise<Pair[]> {
  const build = createRequestBuilder(benchSecret);
  const get = (id: string): Buffer => build("GET", `/Groups/${id}?excludedAttributes=members`);
  const ofSmall: MakeRequest = (index) => get(population.smallGroupIds[index % smallGroups] ?? "");
  const ofLarge: MakeRequest = () => get(population.largeGroupId ?? "");

  for (const makeRequest of [ofSmall, ofLarge]) {
    const group = (await askForJson(server.port, makeRequest(0))) as { members?: unknown };
    expect("a group without its members", group.members, undefined);
    await warmUp(context, server, timedLoad(context, { makeRequest, expectedStatuses: [200] }));
  }
  const measureGetting = (makeRequest: MakeRequest): Promise<Measurement> =>
    measure(server, timedLoad(context, { makeRequest, expectedStatuses: [200] }));
  return measureInTurn(
    () => measureGetting(ofSmall),
    () => measureGetting(ofLarge),
  );
}

/** Small, large, large, small: changes of speed during the measurement favour neither. */
async function measureInTurn(
  measureSmall: (half: number) => Promise<Measurement>,
  measureLarge: (half: number) => Promise<Measurement>,
): Promise<Pair[]> {
  const firstSmall = await measureSmall(0);
  const firstLarge = await measureLarge(0);
  const secondLarge = await measureLarge(1);
  const secondSmall = await measureSmall(1);
  return [
    { small: firstSmall, large: firstLarge },
    { small: secondSmall, large: secondLarge },
  ];
}

async function countMembers(server: ServerProcess, groupId: string): Promise<number> {
  const request = createRequestBuilder(benchSecret)("GET", `/Groups/${groupId}?attributes=members`);
  const group = (await askForJson(server.port, request)) as { members?: unknown[] };
  return group.members?.length ?? 0;
}
