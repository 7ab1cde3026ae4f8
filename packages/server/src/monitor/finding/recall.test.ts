import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { startApplication, TEST_ADMIN_SECRET, testFolder } from "../../testing/application.ts";
import { type AnyJson, type Client, clientOf } from "../../testing/client.ts";
import { GROUP_URN, USER_URN } from "../testing/exchange.ts";
import { recalledMemberRemovals } from "./recall.ts";
import type { Seen } from "./seen.ts";

const dataDir = testFolder();
after(() => rmSync(dataDir, { recursive: true }));

/** One run of the server on the same database. */
async function run(requests: (client: Client, findingOf: (kind: string) => Promise<AnyJson>) => Promise<void>) {
  const server = await startApplication({ dataDir });
  const admin = clientOf(server.origin, TEST_ADMIN_SECRET);
  const findingOf = async (kind: string) => {
    for (let tries = 0; tries < 250; tries++) {
      const { exchanges } = (await admin.get(`/api/exchanges?finding=${kind}`)).body;
      if (exchanges.length > 0) return exchanges[0].findings.find((each: AnyJson) => each.kind === kind);
      await setTimeout(20);
    }
    throw new Error(`no ${kind}`);
  };
  try {
    await requests(server.client, findingOf);
  } finally {
    admin.close();
    server.client.close();
    await server.application.close();
  }
}

const ids: string[] = [];
let group = "";
const title = (value: string) => [{ op: "replace", path: "title", value }];
const OKTA = { "user-agent": "Okta SCIM Client 1.0.0" };
const DEACTIVATE = [{ op: "replace", path: "active", value: false }];

function user(name: string) {
  return { schemas: [USER_URN], userName: `${name}@example.com`, displayName: name };
}

async function remove(client: Client, members: readonly string[]): Promise<void> {
  for (const value of members) {
    await client.patch(`/Groups/${group}`, [{ op: "remove", path: `members[value eq "${value}"]` }]);
  }
}

describe("after a restart, findings compare with requests before it", async () => {
  await run(async (client) => {
    for (let at = 0; at < 12; at++) ids.push((await client.post("/Users", user(`user${at}`))).body.id);
    const members = ids.map((value) => ({ value }));
    group = (await client.post("/Groups", { schemas: [GROUP_URN], displayName: "Finance", members })).body.id;
    for (const value of ["Lead", "Director", "Lead"]) await client.patch(`/Users/${ids[0]}`, title(value));
    await remove(client, ids.slice(0, 3));
    for (const id of ids.slice(1, 3)) await client.patch(`/Users/${id}`, DEACTIVATE);
    await client.delete(`/Users/${ids[3]}`);
    await client.patch(`/Users/${ids[11]}`, title("Clerk"));
    await client.patch(`/Users/${ids[10]}`, title("Clerk"));
    await client.patch(`/Users/${ids[10]}`, title("Chef"), OKTA);
  });

  test("an attribute that changes back and forth", () =>
    run(async (client, findingOf) => {
      await client.patch(`/Users/${ids[0]}`, title("Director"));
      assert.match((await findingOf("repetition.flip-flop")).sentence, /between Lead and Director/);
    }));

  test("a change that takes back the change of another client", () =>
    run(async (client, findingOf) => {
      await client.patch(`/Users/${ids[10]}`, title("Clerk"));
      assert.match((await findingOf("repetition.undone")).reason, /^Okta had changed it from Clerk to Chef/);
    }));

  test("a change that is sent again", () =>
    run(async (client, findingOf) => {
      await client.patch(`/Users/${ids[11]}`, title("Clerk"));
      assert.match((await findingOf("repetition.write")).reason, /was answered 200 on/);
    }));

  test("a creation that is sent again", () =>
    run(async (client, findingOf) => {
      await client.post("/Users", user("user11"));
      const { reason } = await findingOf("repetition.create");
      assert.match(reason, /The first one created user11 on/);
      assert.doesNotMatch(reason, /sent again/, "how often is not known");
    }));

  test("a group that loses its members", () =>
    run(async (client, findingOf) => {
      await remove(client, ids.slice(4, 6));
      const { sentence, reason, remedies } = await findingOf("mass.members");
      assert.match(sentence, /removed 6 of 12 members/);
      assert.match(reason, /user0, user1, user2, user3, user4 and user5/);
      assert.deepEqual(remedies[0].action.versions, [{ id: group, revision: 1 }]);
    }));

  test("users who are deactivated or deleted", () =>
    run(async (client, findingOf) => {
      for (const id of ids.slice(4, 6)) await client.patch(`/Users/${id}`, DEACTIVATE);
      const { reason, remedies } = await findingOf("mass.users");
      assert.match(reason, /user1, user2, user3, user4 and user5/);
      assert.equal(remedies[0].action.versions.length, 5);
    }));
});

test("a version that removed very many members is recalled, the oldest removal first", async () => {
  const removed = Array.from({ length: 200_000 }, (_, at) => ({ value: String(at), display: `user${at}` }));
  const entry = {
    action: "patch",
    resource: { type: "Group", id: "finance", label: "Finance" },
    revision: 2,
    atMs: 1_000,
    actor: { credential: "Okta" },
    exchange: 1,
    changes: [{ kind: "collection", path: "members", added: [], removed }],
  };
  const seen = {
    store: { monitor: { history: { versions: async () => ({ entries: [entry] }) } } },
    endpoint: { key: 1 },
    facts: { actor: { label: "Okta" } },
    answered: { id: 2 },
  } as unknown as Seen;
  const removals = await recalledMemberRemovals(seen, "finance", 0);
  assert.equal(removals.length, removed.length);
  assert.deepEqual([removals.at(0)?.who.id, removals.at(-1)?.who.id], ["0", "199999"]);
});
