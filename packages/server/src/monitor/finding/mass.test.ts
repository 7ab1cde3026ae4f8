import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { BULK_REQUEST_SCHEMA, PATCH_SCHEMA } from "@scimtool/scim";
import { startApplication, TEST_ADMIN_SECRET } from "../../testing/application.ts";
import { type AnyJson, clientOf } from "../../testing/client.ts";
import { GROUP_URN, USER_URN } from "../testing/exchange.ts";

const server = await startApplication();
const { client } = server;
const admin = clientOf(server.origin, TEST_ADMIN_SECRET);
after(async () => {
  client.close();
  admin.close();
  await server.close();
});

const USERS = 1_200;

async function bulk(operations: readonly object[]): Promise<AnyJson[]> {
  const answered: AnyJson[] = [];
  for (let at = 0; at < operations.length; at += 400) {
    const Operations = operations.slice(at, at + 400);
    answered.push(...(await client.post("/Bulk", { schemas: [BULK_REQUEST_SCHEMA], Operations })).body.Operations);
  }
  return answered;
}

const created = await bulk(
  Array.from({ length: USERS }, (_, at) => ({
    method: "POST",
    path: "/Users",
    bulkId: `u${at}`,
    data: { schemas: [USER_URN], userName: `user${at}`, displayName: `User ${at}` },
  })),
);
const ids: string[] = created.map(({ location }) => location.split("/").at(-1));

/** The findings of a kind, the oldest first, as soon as the last one counts so many. */
async function findingsOf(kind: string, last: RegExp): Promise<AnyJson[]> {
  for (let tries = 0; tries < 500; tries++) {
    const { exchanges } = (await admin.get(`/api/exchanges?finding=${kind}&limit=500`)).body;
    const found = exchanges
      .reverse()
      .flatMap(({ findings }: AnyJson) => findings)
      .filter((each: AnyJson) => each.kind === kind);
    if (last.test(found.at(-1)?.sentence)) return found;
    await setTimeout(20);
  }
  throw new Error(`no ${kind} with ${last}`);
}

test("a group that one request empties is restored with one version, and its members are counted", async () => {
  const members = ids.map((value) => ({ value }));
  const { body: group } = await client.post("/Groups", { schemas: [GROUP_URN], displayName: "Everybody", members });
  await client.put(`/Groups/${group.id}`, { schemas: [GROUP_URN], displayName: "Everybody", members: [] });
  const [found] = await findingsOf("mass.members", /removed 1,200 of 1,200 members from Everybody/);
  assert.match(found.reason, /User 0, User 1, .* and 1,150 more/);
  assert.equal(found.resources.length, 1_000);
  assert.deepEqual(found.remedies[0].action.versions, [{ id: group.id, revision: 1 }]);
});

for (const [shows, sent, count, reason] of [
  ["empties", [], "5,000", /named nobody/],
  ["replaces", idsFrom(5_000), "5,000", /everybody it does not name/],
  ["keeps one of", idsFrom(0).slice(0, 1), "4,999", /everybody it does not name/],
] as const) {
  test(`a PUT that ${shows} 5,000 members has one warning, with their number`, async () => {
    const group = (ids: readonly string[]) => {
      return { schemas: [GROUP_URN], displayName: shows, members: ids.map((value) => ({ value })) };
    };
    const { body } = await client.post("/Groups", group(idsFrom(0)));
    const { headers } = await client.put(`/Groups/${body.id}`, group(sent));
    const found = await findingsOfRequest(headers["x-request-id"]);
    const losses = found.filter(({ kind }) => !kind.startsWith("reference."));
    assert.deepEqual(
      losses.map(({ sentence }) => sentence),
      [`"shared secret" removed ${count} of 5,000 members from ${shows}`],
    );
    assert.match(losses[0].reason, reason);
    assert.match(losses[0].reason, /m\d+, m\d+, .* and 4,9\d\d more/);
  });
}

function idsFrom(first: number): string[] {
  return Array.from({ length: 5_000 }, (_, at) => `m${first + at}`);
}

async function findingsOfRequest(id: unknown): Promise<AnyJson[]> {
  for (let tries = 0; tries < 500; tries++) {
    const { exchanges } = (await admin.get(`/api/exchanges?requestId=${id}`)).body;
    if (exchanges.length > 0) return exchanges[0].findings;
    await setTimeout(20);
  }
  throw new Error(`no exchange ${id}`);
}

test("the findings of a mass change name and restore everybody, also more than one finding can list", async () => {
  const data = { schemas: [PATCH_SCHEMA], Operations: [{ op: "replace", path: "active", value: false }] };
  await bulk(ids.map((id) => ({ method: "PATCH", path: `/Users/${id}`, data })));
  const found = await findingsOf("mass.users", /1,1\d\d of 1,200|1,200 of 1,200/);
  const restored = new Set(found.flatMap(({ remedies }) => remedies[0].action.versions.map(({ id }: AnyJson) => id)));
  assert.ok(restored.size >= 1_100, `${restored.size} of ${USERS}`);
  assert.match(found.at(-1)?.reason, /since the last such warning: User 1000/);
  assert.match(found.at(-1)?.remedies[0].text, /in each earlier warning/);
});

test("after a warning of a mass change of userNames, single renames are not reported", async () => {
  for (const [at, id] of ids.slice(0, 260).entries()) {
    await client.patch(`/Users/${id}`, [{ op: "replace", path: "userName", value: `other${at}` }]);
  }
  await findingsOf("mass.changed", /240 of 1,200 users/);
  const single = await findingsOf("identity.renamed", /to other238$/);
  assert.equal(single.length, 239);
});
