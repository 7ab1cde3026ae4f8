import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { watch } from "./http/api/exchanges/testing/live-client.ts";
import { cookieOf, FROM_OUR_PAGE, signInAt } from "./http/api/session/test-support.ts";
import { type Cluster, startCluster } from "./store/postgres/testing/cluster.ts";
import {
  type RunningApplication,
  startApplication,
  TEST_ADMIN_SECRET,
  TEST_SECRET,
  testFolder,
} from "./testing/application.ts";
import { type Client, clientOf } from "./testing/client.ts";

let cluster: Cluster;
let postgresUrl: string;
let replicas: readonly RunningApplication[];
const clients: Client[] = [];

before(async () => {
  cluster = await startCluster();
  postgresUrl = await cluster.createDatabase();
  // All at the same time, with an empty database.
  replicas = await Promise.all([1, 2, 3].map(() => startApplication({ postgresUrl })));
});
after(async () => {
  for (const client of clients) client.close();
  await Promise.all((replicas ?? []).map(({ close }) => close()));
  await cluster.stop();
});

function replica(index: number): RunningApplication {
  const running = replicas[index];
  assert.ok(running);
  return running;
}

function at(index: number, path = "/scim/v2", secret: string | undefined = TEST_SECRET): Client {
  const client = clientOf(replica(index).origin + path, secret);
  clients.push(client);
  return client;
}

const administrator = (index: number) => at(index, "/api", TEST_ADMIN_SECRET);

async function eventually(holds: () => Promise<boolean>, withinMs = 5_000): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!(await holds())) {
    assert.ok(performance.now() < endMs, "it does not become true");
    await sleep(20);
  }
}

async function query(statement: string, ...values: unknown[]) {
  const client = new pg.Client({ connectionString: postgresUrl });
  await client.connect();
  try {
    return (await client.query(statement, values)).rows;
  } finally {
    await client.end();
  }
}

describe("three replicas on one PostgreSQL database", () => {
  test("tell a browser at one of them what happens at another", async () => {
    const live = await watch(replica(0).origin, "kind=user.created");
    await live.untilText(/id: \d+/);
    const sentMs = performance.now();
    assert.equal((await at(1).post("/Users", { userName: "live" })).status, 201);
    await live.until(1);
    // Faster than by its own check, every second.
    assert.ok((live.events[0]?.atMs ?? Number.NaN) - sentMs < 900);
    live.close();
  });

  test("give every exchange an ID of its own", async () => {
    const sent = [0, 1, 2].map((index) => at(index));
    await Promise.all(Array.from({ length: 300 }, (_, index) => sent[index % 3]?.get(`/Users/unknown-${index}`)));
    await eventually(async () => (await query("SELECT count(*)::int FROM exchange"))[0].count >= 300);
    assert.deepEqual(await query("SELECT id FROM exchange GROUP BY id HAVING count(*) > 1"), []);
  });

  test("know a session that another one has just started, and forget it when it is ended elsewhere", async () => {
    const anybody = replicas.map(({ origin }) => clientOf(origin, undefined));
    clients.push(...anybody);
    for (let round = 0; round < 5; round++) {
      const started = await signInAt(anybody[0] as Client, TEST_ADMIN_SECRET);
      const headers = { cookie: cookieOf(started), ...FROM_OUR_PAGE };
      const answers = await Promise.all(anybody.map((client) => client.get("/api/session", headers)));
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200, 200],
      );
      assert.equal((await (anybody[1] as Client).delete("/api/session", headers)).status, 204);
      for (const client of anybody) {
        await eventually(async () => (await client.get("/api/session", headers)).status === 401);
      }
    }
  });

  test("continue a list by the cursor of another one", async () => {
    for (let index = 0; index < 12; index++) await at(index % 3).post("/Users", { userName: `cursor-${index}` });
    const seen: string[] = [];
    for (let [cursor, page] = ["", 0] as [string | undefined, number]; cursor !== undefined; page++) {
      const filter = encodeURIComponent('userName sw "cursor-"');
      const answer = await at(page % 3).get(`/Users?filter=${filter}&sortBy=userName&count=5&cursor=${cursor}`);
      assert.equal(answer.status, 200, answer.text);
      seen.push(...answer.body.Resources.map((user: { userName: string }) => user.userName));
      cursor = answer.body.nextCursor;
    }
    assert.equal(seen.length, 12);
    assert.deepEqual(seen, seen.toSorted());
  });

  test("count requests together", async () => {
    const made = await administrator(0).post("/endpoints", {
      name: "limited",
      settings: { limits: { requestsPerSecond: 5 } },
    });
    assert.equal(made.status, 201, made.text);
    const { secret } = (await administrator(0).post("/endpoints/limited/credentials", { kind: "token", label: "one" }))
      .body;
    const [one, other] = [0, 1].map((index) => at(index, "/scim/endpoints/limited/v2", secret)) as [Client, Client];
    await eventually(async () => (await other.get("/Users?count=0")).status === 200);
    const counts = [0, 0];
    const beganMs = performance.now();
    while (performance.now() - beganMs < 3_000) {
      const statuses = await Promise.all(
        [one, other].map(async (client) => (await client.get("/Users?count=0")).status),
      );
      for (const [index, status] of statuses.entries()) if (status === 200) counts[index] = (counts[index] ?? 0) + 1;
      await sleep(20);
    }
    const accepted = (counts[0] ?? 0) + (counts[1] ?? 0);
    // Bursts of 5 at each, and 5 per second in total.
    assert.ok(accepted <= 2 * 5 + 3 * 5 + 3, `accepted: ${counts}`);
  });

  for (const isCut of [false, true]) {
    const when = isCut ? "also while their connections for news are lost" : "at once";
    test(`take over revoked tokens and changed settings ${when}`, async () => {
      const admin = administrator(0);
      const made = await admin.post("/endpoints", { name: `changed-${isCut}` });
      assert.equal(made.status, 201, made.text);
      const path = `/endpoints/changed-${isCut}`;
      const [revoked, kept] = await Promise.all(
        ["revoked", "kept"].map(async (label) => {
          return (await admin.post(`${path}/credentials`, { kind: "token", label })).body;
        }),
      );
      const statuses = (secret: string) =>
        Promise.all([0, 1, 2].map(async (index) => (await at(index, `/scim${path}/v2`, secret).get("/Users")).status));
      const become = (secret: string, status: number) =>
        eventually(async () => (await statuses(secret)).every((each) => each === status));
      for (const { secret } of [revoked, kept]) await become(secret, 200);
      if (isCut) {
        await query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'scimtool listener'",
        );
      }
      assert.ok((await admin.delete(`${path}/credentials/${revoked.key}`)).status < 300);
      await become(revoked.secret, 401);
      const changed = await administrator(1).send("PATCH", path, { body: { settings: { active: false } } });
      assert.equal(changed.status, 200, changed.text);
      await become(kept.secret, 403);
    });
  }

  test("finish a start on a folder without secrets: those of the database stay valid", async () => {
    const dataDir = testFolder();
    const late = await startApplication({ postgresUrl, dataDir, scimSharedSecret: undefined, adminSecret: undefined });
    try {
      assert.equal((await late.client.get("/Users?count=0")).status, 200);
    } finally {
      await late.close();
    }
  });

  // Last, because the administrators of these tests use the same address.
  test("count wrong secrets together", async () => {
    const wrong = [0, 1, 2].map((index) => at(index, "/api", "a wrong secret"));
    for (let count = 0; count < 10; count++) assert.equal((await wrong[count % 2]?.get("/endpoints"))?.status, 401);
    await eventually(async () => (await (wrong[2] as Client).get("/endpoints")).status === 429);
  });
});
