import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type RunningApplication,
  startApplication,
  TEST_ADMIN_SECRET,
  TEST_SECRET,
} from "../../testing/application.ts";
import { clientOf } from "../../testing/client.ts";
import { connect, serverAt } from "./server.ts";
import { type Cluster, startCluster } from "./testing/cluster.ts";
import { type DatabaseProxy, startProxy } from "./testing/proxy.ts";

/** The longest times that docs/postgres.md promises, and a busy machine's extra. */
const ANSWER_MS = 15_000;
const COMMIT_ANSWER_MS = 35_000;
const EXTRA_MS = 5_000;

/** Connections of a replica: for writes, for reads, and for notifications. */
const MAX_CONNECTIONS = 21;

let cluster: Cluster;
before(async () => {
  cluster = await startCluster();
});
after(() => cluster.stop());

/** An application that reaches its database through a proxy. */
type Scene = {
  readonly running: RunningApplication;
  readonly proxy: DatabaseProxy;
  readonly logged: readonly string[];
  readonly create: (userName: string) => Promise<Answered>;
  readonly read: (id: string) => Promise<Answered>;
  /** By what the database contains. */
  readonly countOf: (userName: string) => Promise<number>;
  readonly readiness: () => Promise<string>;
  readonly warnings: () => Promise<readonly string[]>;
};

async function withScene(play: (scene: Scene) => Promise<void>): Promise<void> {
  const url = await cluster.createDatabase();
  const proxy = await startProxy(url);
  const logged: string[] = [];
  const running = await startApplication({ postgresUrl: proxy.url }, { log: (_level, line) => logged.push(line) });
  const admin = clientOf(running.origin, TEST_ADMIN_SECRET);
  try {
    await play({
      running,
      proxy,
      logged,
      create: (userName) => send(running.origin, "/scim/v2/Users", { userName }),
      read: (id) => send(running.origin, `/scim/v2/Users/${id}`),
      countOf: async (userName) => {
        const client = await connect(serverAt(url), {});
        const { rows } = await client.query("SELECT count(*)::int FROM resource WHERE body LIKE $1", [
          `%"${userName}"%`,
        ]);
        await client.end();
        return rows[0].count;
      },
      readiness: async () => {
        const answer = await fetch(`${running.origin}/readyz`);
        return `${answer.status} ${(await answer.text()).trim()}`;
      },
      warnings: async () => (await admin.get("/api/backup/status")).body.databaseServer.warnings,
    });
  } finally {
    proxy.thaw();
    admin.close();
    await running.close();
    await proxy.close();
    await cluster.dropDatabase(url);
  }
}

async function eventually(holds: () => Promise<boolean>, withinMs: number): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!(await holds())) {
    assert.ok(performance.now() < endMs, "it does not become true");
    await sleep(100);
  }
}

/** @param body undefined for a GET */
async function send(origin: string, path: string, body?: unknown) {
  const beganMs = performance.now();
  const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const headers = { authorization: `Bearer ${TEST_SECRET}`, "content-type": "application/scim+json" };
  const response = await fetch(origin + path, { ...init, headers });
  const text = await response.text();
  const retryAfter = response.headers.get("retry-after");
  return { status: response.status, text, body: JSON.parse(text), retryAfter, ms: performance.now() - beganMs };
}

type Answered = Awaited<ReturnType<typeof send>>;

function assertRefused({ status, body, text, retryAfter, ms }: Answered): void {
  assert.equal(status, 503, text);
  assert.match(retryAfter ?? "", /^[1-9]/);
  assert.match(body.detail, /changed nothing; send it again/);
  assert.ok(ms < ANSWER_MS + EXTRA_MS, `it took ${ms} ms`);
}

describe("a database that hangs without closing connections", { concurrency: true }, () => {
  test("requests get 503 with Retry-After; later ones are served again, and no connection is left", async () => {
    await withScene(async ({ running, proxy, logged, create, read, countOf, readiness, warnings }) => {
      const { body } = await create("before");
      assert.equal(await readiness(), "200 ready");
      proxy.freeze(true);
      const requests = Array.from({ length: 30 }, (_, index) =>
        index % 2 === 0 ? create(`new-${index}`) : read(body.id),
      );
      await eventually(async () => (await readiness()) === "503 no database", ANSWER_MS + EXTRA_MS);
      assert.equal((await fetch(`${running.origin}/healthz`)).status, 200);
      assert.match((await warnings())[0] ?? "", /127\.0\.0\.1.*Requests may get 503/);
      for (const answer of await Promise.all(requests)) assertRefused(answer);
      for (const answer of await Promise.all([create("later"), read(body.id)])) assertRefused(answer);
      proxy.thaw();
      await eventually(async () => (await readiness()) === "200 ready", ANSWER_MS);
      assert.equal((await create("later")).status, 201);
      assert.equal((await read(body.id)).status, 200);
      for (const userName of ["new-0", "new-28"]) assert.equal(await countOf(userName), 0);
      assert.equal(await countOf("later"), 1);
      assert.deepEqual(await warnings(), []);
      assert.deepEqual(
        logged.map((line) => /^127\.0\.0\.1 does not answer\. |^The database answers again/.test(line)),
        [true, true],
        logged.join("\n"),
      );
      assert.ok(proxy.connections() <= MAX_CONNECTIONS, `${proxy.connections()} connections`);
    });
  });

  for (const isPassedOn of [true, false]) {
    const when = isPassedOn ? "after it got COMMIT" : "before it gets COMMIT";
    test(`${when}: the creation is answered when the database answers again, and done exactly once`, async () => {
      await withScene(async ({ proxy, create, countOf, readiness }) => {
        await create("before");
        proxy.freezeAt("COMMIT", isPassedOn);
        const creating = create("committed");
        await eventually(async () => (await readiness()) === "503 no database", ANSWER_MS + EXTRA_MS);
        proxy.thaw();
        const { status, text, ms } = await creating;
        assert.equal(status, 201, text);
        assert.ok(ms < COMMIT_ANSWER_MS, `it took ${ms} ms`);
        assert.equal(await countOf("committed"), 1);
      });
    });
  }

  test("during COMMIT, for long: 503 that says to look, and it is never done twice", async () => {
    await withScene(async ({ proxy, create, countOf }) => {
      await create("before");
      proxy.freezeAt("COMMIT", false);
      const { status, body, text, retryAfter, ms } = await create("unknown");
      assert.equal(status, 503, text);
      assert.match(retryAfter ?? "", /^[1-9]/);
      assert.match(body.detail, /may have been carried out: look before you send it again/);
      assert.ok(ms < COMMIT_ANSWER_MS + EXTRA_MS, `it took ${ms} ms`);
      proxy.thaw();
      await eventually(async () => [201, 409].includes((await create("unknown")).status), ANSWER_MS);
      assert.equal(await countOf("unknown"), 1);
    });
  });

  test("replaced by another one at the same address: requests are served again, without the old connections", async () => {
    await withScene(async ({ proxy, create, read, countOf, readiness }) => {
      const { body } = await create("before");
      proxy.freeze(false);
      const requests = Array.from({ length: 10 }, (_, index) => create(`moving-${index}`));
      for (const [index, { status, ms }] of (await Promise.all(requests)).entries()) {
        assert.ok(status === 201 || status === 503, `${status}`);
        assert.ok(ms < ANSWER_MS + EXTRA_MS, `it took ${ms} ms`);
        assert.equal(await countOf(`moving-${index}`), status === 201 ? 1 : 0);
      }
      await eventually(async () => (await create(`moved-${performance.now()}`)).status === 201, ANSWER_MS);
      assert.equal((await read(body.id)).status, 200);
      await eventually(async () => (await readiness()) === "200 ready", ANSWER_MS);
    });
  });
});
