/** Fills a server with users and groups over HTTP, like an identity provider, and notes their IDs. */
import { createRequestBuilder } from "./client.ts";
import { generateLoad, type MakeRequest } from "./generator.ts";
import { scatter, userBody } from "./people.ts";
import { benchSecret, type ServerProcess } from "./server-process.ts";

const loadMaxSeconds = 3600;
const progressIntervalMs = 2000;

export const groupSchema = "urn:ietf:params:scim:schemas:core:2.0:Group";
export const patchSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/** IDs from the server, in the order of the users' numbers. */
export type Population = { userIds: string[]; smallGroupIds: string[]; largeGroupId?: string };

export type PopulationPlan = {
  users: number;
  connections: number;
  /** Size of the groups of which every user joins one. */
  usersPerGroup?: number;
  /** Number of further groups of ten members. */
  groupsOfTen?: number;
  /** Members of one group: the first users. */
  largeGroupMembers?: number;
};

const membersPerPatch = 100;
const membersPerLargePatch = 1000;
const build = createRequestBuilder(benchSecret);

export async function populate(server: ServerProcess, plan: PopulationPlan): Promise<Population> {
  const userIds = await create(server, plan, "users", plan.users, (index) => build("POST", "/Users", userBody(index)));
  const groupSize = plan.usersPerGroup ?? plan.users;
  const groups = plan.usersPerGroup === undefined ? 0 : Math.ceil(plan.users / groupSize);
  const groupIds = await create(server, plan, "groups", groups, (index) => createGroup(`Team ${index}`));
  const patchesPerGroup = Math.ceil(groupSize / membersPerPatch);
  await load(server, plan, "memberships", groups * patchesPerGroup, [200, 204], (index) => {
    const group = index % groups;
    const first = group * groupSize + Math.floor(index / groups) * membersPerPatch;
    const end = Math.min(first + membersPerPatch, (group + 1) * groupSize);
    return addMembers(groupIds[group] ?? "", userIds.slice(first, end));
  });

  // From the large group, so that the others can join a group of ten for the first time.
  const drawn = plan.largeGroupMembers ?? plan.users;
  const smallGroupIds = await create(server, plan, "groups of 10", plan.groupsOfTen ?? 0, (index) => {
    const first = scatter(index, drawn - 10);
    return createGroup(`Crew ${index}`, userIds.slice(first, first + 10));
  });
  if (plan.largeGroupMembers === undefined) return { userIds, smallGroupIds };

  const largeGroup = plan.largeGroupMembers;
  const [largeGroupId = ""] = await create(server, plan, "large group", 1, () => createGroup("All employees"));
  const largePatches = Math.ceil(largeGroup / membersPerLargePatch);
  await load(server, { ...plan, connections: 1 }, "its members", largePatches, [200, 204], (index) => {
    const first = index * membersPerLargePatch;
    return addMembers(largeGroupId, userIds.slice(first, Math.min(first + membersPerLargePatch, largeGroup)));
  });
  return { userIds, smallGroupIds, largeGroupId };
}

export function addMembers(groupId: string, userIds: readonly string[]): Buffer {
  return build("PATCH", `/Groups/${groupId}`, {
    schemas: [patchSchema],
    Operations: [{ op: "Add", path: "members", value: userIds.map((value) => ({ $ref: null, value })) }],
  });
}

function createGroup(displayName: string, userIds: readonly string[] = []): Buffer {
  const members = userIds.length === 0 ? {} : { members: userIds.map((value) => ({ value })) };
  return build("POST", "/Groups", { schemas: [groupSchema], displayName, ...members, meta: { resourceType: "Group" } });
}

/** Creates resources and returns their IDs in order. */
async function create(
  server: ServerProcess,
  plan: PopulationPlan,
  what: string,
  count: number,
  makeRequest: MakeRequest,
): Promise<string[]> {
  const ids = new Array<string>(count).fill("");
  await load(server, plan, what, count, [201], makeRequest, (index, body) => {
    const { id } = JSON.parse(body.toString("utf8")) as { id?: string };
    if (typeof id !== "string") throw new Error(`Created without an id: ${body.toString("utf8").slice(0, 500)}`);
    ids[index] = id;
  });
  return ids;
}

async function load(
  server: ServerProcess,
  plan: PopulationPlan,
  what: string,
  count: number,
  expectedStatuses: readonly number[],
  makeRequest: MakeRequest,
  onBody?: (index: number, body: Buffer) => void,
): Promise<void> {
  if (count === 0) return;
  const startedMs = performance.now();
  let done = 0;
  const timer = setInterval(() => report(what, done, count, startedMs), progressIntervalMs);
  try {
    await generateLoad({
      port: server.port,
      connections: Math.min(plan.connections, count),
      makeRequest,
      expectedStatuses,
      maxSeconds: loadMaxSeconds,
      maxRequests: count,
      onAnswer: (index, _status, body) => {
        done++;
        onBody?.(index, body);
      },
    });
  } finally {
    clearInterval(timer);
  }
  if (done < count) throw new Error(`Only ${done} of ${count} ${what} were loaded in ${loadMaxSeconds} s.`);
  report(what, done, count, startedMs);
}

function report(what: string, done: number, count: number, startedMs: number): void {
  const seconds = (performance.now() - startedMs) / 1000;
  const left = done === count ? "" : `, ${Math.round((seconds * (count - done)) / Math.max(done, 1))} s left`;
  process.stderr.write(
    `  loading ${what}: ${done.toLocaleString("en")} of ${count.toLocaleString("en")}, ` +
      `${Math.round(done / seconds).toLocaleString("en")}/s${left}\n`,
  );
}
