import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Cluster, startCluster } from "./store/postgres/testing/cluster.ts";
import { startApplication, TEST_ADMIN_SECRET, TEST_SECRET } from "./testing/application.ts";

let cluster: Cluster;
before(async () => {
  cluster = await startCluster();
});
after(() => cluster.stop());

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + 5_000;
  while (!(await holds())) {
    assert.ok(performance.now() < endMs, "it does not become true");
    await sleep(20);
  }
}

test("two instances on one PostgreSQL database serve the same resources and settings", async () => {
  const postgresUrl = await cluster.createDatabase();
  const one = await startApplication({ postgresUrl });
  const other = await startApplication({ postgresUrl });
  const admin = one.connect(TEST_ADMIN_SECRET, "/api");
  try {
    const users: string[] = [];
    for (let index = 0; index < 20; index++) {
      const made = await one.client.post("/Users", { schemas: [USER], userName: `user-${index}`, active: true });
      assert.equal(made.status, 201, made.text);
      users.push(made.body.id);
    }
    const taken = await other.client.post("/Users", { schemas: [USER], userName: "USER-3" });
    assert.equal(taken.status, 409, taken.text);
    assert.equal((await other.client.get(`/Users/${users[7]}`)).body.userName, "user-7");
    const found = await other.client.get(
      '/Users?filter=userName sw "user-1"&sortBy=userName&count=3'.replaceAll(" ", "%20"),
    );
    assert.equal(found.body.totalResults, 11, found.text);

    const group = await one.client.post("/Groups", { schemas: [GROUP], displayName: "Guides" });
    await Promise.all(
      users.map(async (value, index) => {
        const { client } = index % 2 === 0 ? one : other;
        const answer = await client.patch(`/Groups/${group.body.id}`, [
          { op: "add", path: "members", value: [{ value }] },
        ]);
        assert.ok(answer.status < 300, answer.text);
      }),
    );
    assert.equal((await one.client.get(`/Groups/${group.body.id}`)).body.members.length, 20);
    assert.equal((await other.client.delete(`/Users/${users[0]}`)).status, 204);
    assert.equal((await one.client.get(`/Groups/${group.body.id}`)).body.members.length, 19);

    const search = await admin.get("/exchanges?limit=5");
    assert.equal(search.status, 200, search.text);
    const credential = await admin.post("/endpoints/default/credentials", { kind: "token", label: "second" });
    assert.equal(credential.status, 201, credential.text);
    const second = other.connect(credential.body.secret, "/scim/v2");
    assert.equal((await second.get("/Users?count=0")).status, 200);
    assert.ok((await admin.delete(`/endpoints/default/credentials/${credential.body.key}`)).status < 300);
    await eventually(async () => (await second.get("/Users?count=0")).status === 401);
    assert.equal((await other.connect(TEST_SECRET, "/scim/v2").get("/Users?count=0")).status, 200);
  } finally {
    await Promise.all([one.close(), other.close()]);
    await cluster.dropDatabase(postgresUrl);
  }
});
