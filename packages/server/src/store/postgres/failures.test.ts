import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type RunningApplication, startApplication } from "../../testing/application.ts";
import type { Answer } from "../../testing/client.ts";
import { read } from "../sql/read.ts";
import { sql } from "../sql/sql.ts";
import { ReadTooLong, StoreUnavailable } from "../store.ts";
import { connectionOf, transactionOf } from "./connection.ts";
import { connect, serverAt } from "./server.ts";
import { openPostgresStore } from "./store.ts";
import { type Cluster, startCluster } from "./testing/cluster.ts";
import { type DatabaseProxy, startProxy } from "./testing/proxy.ts";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";

let cluster: Cluster;
let databaseUrl: string;
let proxy: DatabaseProxy;
/** One reaches the database through the proxy, the other directly. */
let cut: RunningApplication;
let direct: RunningApplication;

before(async () => {
  cluster = await startCluster();
  databaseUrl = await cluster.createDatabase();
  proxy = await startProxy(databaseUrl);
  direct = await startApplication({ postgresUrl: databaseUrl, recording: "off" });
  cut = await startApplication({ postgresUrl: proxy.url, recording: "off" });
});
after(async () => {
  await cut?.close();
  await direct?.close();
  await proxy?.close();
  await cluster.stop();
});

const create = ({ client }: RunningApplication, userName: string) =>
  client.post("/Users", { schemas: [USER], userName });

async function countOf(userName: string): Promise<number> {
  const filter = encodeURIComponent(`userName eq "${userName}"`);
  return (await direct.client.get(`/Users?filter=${filter}`)).body.totalResults;
}

function assertUnavailable(answer: Answer): void {
  assert.equal(answer.status, 503, answer.text);
  assert.match(String(answer.headers["retry-after"]), /^[1-9]/);
  assert.match(answer.body.detail, /changed nothing; send it again/);
}

describe("PostgreSQL failures", () => {
  for (const isPassedOn of [true, false]) {
    const when = isPassedOn ? "after the database got COMMIT" : "before the database gets COMMIT";
    test(`a connection cut ${when}: the creation is answered and done exactly once`, async () => {
      for (let round = 0; round < 10; round++) {
        const userName = `commit-${isPassedOn}-${round}`;
        const cuts = proxy.cuts();
        proxy.cutAt("COMMIT", isPassedOn);
        const answer = await create(cut, userName);
        assert.equal(proxy.cuts(), cuts + 1);
        assert.equal(answer.status, 201, answer.text);
        assert.equal(await countOf(userName), 1);
      }
    });
  }

  test("a connection lost between two statements: the transaction runs again, and the process stays", async () => {
    const store = await openPostgresStore(databaseUrl);
    let runs = 0;
    await store.transaction(async (transaction) => {
      const connection = transactionOf(transaction);
      if (runs++ === 0) {
        const [process] = (await connection.get("SELECT pg_backend_pid()")) ?? [];
        await connectionOf(store.committed).get("SELECT pg_terminate_backend(?::int)::text", process as number);
        await sleep(100);
      }
      await connection.get("SELECT 1");
    });
    assert.equal(runs, 2);
    await store.close();
  });

  test("a connection cut in the middle of a PATCH: the change is made exactly once", async () => {
    const { body } = await create(cut, "patched");
    for (let round = 1; round <= 5; round++) {
      const title = `cut-here-${round}`;
      const cuts = proxy.cuts();
      proxy.cutAt(title, round % 2 === 0);
      const answer = await cut.client.patch(`/Users/${body.id}`, [{ op: "replace", path: "title", value: title }]);
      assert.equal(proxy.cuts(), cuts + 1);
      assert.equal(answer.status, 200, answer.text);
      const now = await direct.client.get(`/Users/${body.id}`);
      assert.deepEqual([now.body.title, now.body.meta.version], [title, `W/"${round + 1}"`]);
    }
  });

  test("all connections cut: the next requests are answered as usual", async () => {
    const { body } = await create(cut, "survivor");
    for (let round = 0; round < 3; round++) {
      proxy.cutAll();
      const answers = await Promise.all(Array.from({ length: 20 }, () => cut.client.get(`/Users/${body.id}`)));
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    }
  });

  test("a database that is away: 503 with Retry-After, and nothing was changed", async () => {
    proxy.isDown = true;
    proxy.cutAll();
    const [written, found] = await Promise.all([create(cut, "away"), cut.client.get("/Users?count=1")]);
    proxy.isDown = false;
    for (const answer of [written, found]) assertUnavailable(answer);
    assert.equal(await countOf("away"), 0);
    assert.equal((await create(cut, "away")).status, 201);
  });

  test("a connection cut between two statements of a transaction: its work runs again", async () => {
    const store = await openPostgresStore(proxy.url, { connections: 1 });
    let runs = 0;
    await store.transaction(async (transaction) => {
      await store.endpoints.list(transaction);
      if (++runs > 1) return;
      proxy.cutAll();
      await sleep(50);
      await store.endpoints.list(transaction);
    });
    assert.equal(runs, 2);
    await store.close();
  });

  test("all connections in use: the database is said to be unavailable after 5 seconds", async () => {
    const store = await openPostgresStore(databaseUrl, { connections: 1 });
    const { promise, resolve } = Promise.withResolvers<void>();
    const long = store.transaction(() => promise);
    await assert.rejects(
      store.transaction(async () => undefined),
      StoreUnavailable,
    );
    resolve();
    await long;
    await store.transaction(async () => undefined);
    await store.close();
  });

  test("a user that another transaction has locked for 10 seconds: 503 with Retry-After, and the change can be sent again", async () => {
    const { body } = await create(direct, "locked");
    const change = () =>
      direct.client.patch(`/Users/${body.id}`, [{ op: "replace", path: "title", value: "Engineer" }]);
    const holder = await connect(serverAt(databaseUrl), {});
    await holder.query("BEGIN");
    await holder.query("SELECT FROM resource WHERE id = $1 FOR UPDATE", [body.id]);
    const beganMs = performance.now();
    const refused = await change();
    await holder.end();
    assertUnavailable(refused);
    assert.ok(performance.now() - beganMs < 20_000);
    assert.equal((await direct.client.get(`/Users/${body.id}`)).body.title, undefined);
    assert.equal((await change()).status, 200);
  });

  test("more changes than connections while a table is locked: 503 with Retry-After, and reads are answered", async () => {
    const { body } = await create(direct, "reader");
    const holder = await connect(serverAt(databaseUrl), {});
    await holder.query("BEGIN");
    await holder.query("LOCK TABLE resource IN SHARE MODE");
    const writing = Array.from({ length: 30 }, (_, index) => create(direct, `waiting-${index}`));
    assert.equal((await direct.client.get(`/Users/${body.id}`)).status, 200);
    const refused = await Promise.race(writing);
    await holder.end();
    assertUnavailable(refused);
    const statuses = (await Promise.all(writing)).map(({ status }) => status);
    assert.deepEqual(new Set(statuses), new Set([201, 503]));
  });

  test("a slow search ends, and leaves connections to others meanwhile", async () => {
    const store = await openPostgresStore(databaseUrl, { connections: 2, maxReadMs: 300 });
    const searches = Array.from({ length: 3 }, () =>
      read(store.committed, 1, function* () {
        yield sql("SELECT pg_sleep(60)");
      }),
    );
    const outcomes = Promise.allSettled(searches);
    const beganMs = performance.now();
    await store.endpoints.list(store.committed);
    assert.ok(performance.now() - beganMs < 250);
    for (const outcome of await outcomes) {
      assert.ok(outcome.status === "rejected" && outcome.reason instanceof ReadTooLong, JSON.stringify(outcome));
    }
    await store.close();
  });

  test("a restart of the database under load: what was answered 201 exists exactly once", async (t) => {
    if (cluster.restart === undefined) return t.skip("the server of DATABASE_URL_TEST is not restarted");
    const created: string[] = [];
    let isOver = false;
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let index = 0; !isOver; index++) {
        const userName = `restart-${writer}-${index}`;
        const answer = await create(writer % 2 === 0 ? cut : direct, userName);
        assert.ok(answer.status === 201 || answer.status === 503, answer.text);
        if (answer.status === 201) created.push(userName);
        else assert.ok((await countOf(userName)) <= 1);
      }
    });
    await sleep(500);
    const before = created.length;
    await cluster.restart();
    await sleep(1_500);
    isOver = true;
    await Promise.all(writers);
    assert.ok(created.length > before, "no creation after the restart");
    for (const userName of created) assert.equal(await countOf(userName), 1, userName);
  });
});
