import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { type Exchange, exchangeIds } from "../../../store/exchange.ts";
import { startApplication, TEST_SECRET, testFolder } from "../../../testing/application.ts";
import { done, isProblem } from "../../../testing/assert-answer.ts";
import type { AnyJson } from "../../../testing/client.ts";
import { user } from "../../../testing/scim-bodies.ts";
import { openTestStore } from "../../../testing/store.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Recent, because older exchanges are deleted. */
const DAY = dayOf(Date.now() - 3 * DAY_MS);
const NEXT_DAY = dayOf(Date.now() - 2 * DAY_MS);
const START_MS = Date.parse(`${DAY}T12:00:00Z`);

const MESSAGE = { headers: [], body: new Uint8Array(), bodyBytes: 0 };

const plain: Omit<Exchange, "id" | "endpoint"> = {
  method: "GET",
  path: "/Users",
  query: "",
  status: 200,
  durationUs: 2_000,
  split: { queueUs: 0, databaseUs: 0, durableUs: 0 },
  clientAddress: "192.0.2.1",
  userAgent: "",
  requestId: "1",
  request: MESSAGE,
  response: MESSAGE,
  credential: undefined,
  dialect: "entra",
  severity: "info",
  isProbe: false,
  sentences: [{ kind: "search", text: "Entra ID listed users" }],
  findings: [],
  resources: [],
  details: {},
};

const dataDir = testFolder();
await recordSome();
const server = await startApplication({ dataDir });
const { admin, client } = server;
const provisioner = server.connect(TEST_SECRET);
after(server.close);

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** Exchanges at 12:00:30, 12:01 (a test), 12:01:10 (refused), 12:04 (failed), and 13:00. */
async function recordSome(): Promise<void> {
  const store = await openTestStore(dataDir);
  const nextId = exchangeIds();
  await store.transaction(async (transaction) => {
    const { key } = await store.endpoints.insert(transaction, { name: "default", settings: {} }, 0);
    const other = await store.endpoints.insert(transaction, { name: "other", settings: {} }, 0);
    const at = (seconds: number, own: Partial<Exchange> = {}): Exchange => ({
      ...plain,
      endpoint: key,
      id: nextId(START_MS + 1_000 * seconds),
      ...own,
    });
    const some = [
      at(30, { durationUs: 1_000, sentences: [{ kind: "user.created", text: "Alice was created" }] }),
      at(60, { isProbe: true }),
      at(70, { status: 404, endpoint: other.key }),
      at(240, { status: 500 }),
      at(3_600),
    ];
    await store.monitor.exchanges.record(transaction, some);
  });
  await store.close();
}

async function bucketsOf(query: string): Promise<AnyJson[]> {
  return done(await admin.get(`/api/statistics?${query}`)).buckets;
}

const FIVE_MINUTES = `from=${DAY}T12:00:20Z&to=${DAY}T12:05:00Z&bucket=1m`;

describe("statistics", () => {
  test("have spans that begin at whole units", async () => {
    const buckets = await bucketsOf(FIVE_MINUTES);
    assert.deepEqual(
      buckets.map(({ start, requests, probes, refused, failed }) => [start, requests, probes, refused, failed]),
      [
        [`${DAY}T12:00:00.000Z`, 1, 0, 0, 0],
        [`${DAY}T12:01:00.000Z`, 2, 1, 1, 0],
        [`${DAY}T12:02:00.000Z`, 0, 0, 0, 0],
        [`${DAY}T12:03:00.000Z`, 0, 0, 0, 0],
        [`${DAY}T12:04:00.000Z`, 1, 0, 0, 1],
      ],
    );
    assert.deepEqual(buckets[0].kinds, { "user.created": 1 });
    assert.deepEqual(buckets[2].latencyUs, null);
    const { p50, p95, p99 } = buckets[0].latencyUs;
    for (const latency of [p50, p95, p99]) assert.ok(Math.abs(latency - 1_000) <= 40, String(latency));
    assert.ok(Number.isInteger(p50));
  });

  test("can begin at a whole hour or a whole day", async () => {
    const hours = await bucketsOf(`from=${DAY}T11:30:00Z&to=${DAY}T13:30:00Z&bucket=1h`);
    assert.deepEqual(
      hours.map(({ start, requests }) => [start, requests]),
      [
        [`${DAY}T11:00:00.000Z`, 0],
        [`${DAY}T12:00:00.000Z`, 4],
        [`${DAY}T13:00:00.000Z`, 1],
      ],
    );
    const days = await bucketsOf(`from=${DAY}T11:30:00Z&to=${DAY}T13:00:00Z&bucket=1d`);
    assert.deepEqual(
      days.map(({ start, requests }) => [start, requests]),
      [[`${DAY}T00:00:00.000Z`, 4]],
    );
    const fives = await bucketsOf(`from=${DAY}T12:00:00Z&to=${DAY}T12:10:00Z&bucket=5m`);
    assert.deepEqual(
      fives.map(({ requests }) => requests),
      [4, 0],
    );
  });

  test("can be filtered", async () => {
    const total = async (query: string) => {
      const buckets = await bucketsOf(`from=${DAY}&to=${NEXT_DAY}&${query}`);
      return buckets.reduce((sum, { requests }) => sum + requests, 0);
    };
    assert.equal(await total(""), 5);
    assert.equal(await total("endpoint=other"), 1);
    assert.equal(await total("endpoint=default"), 4);
    assert.equal(await total("status=4xx,5xx"), 2);
    assert.equal(await total("probes=exclude"), 4);
    assert.equal(await total("kind=user.*"), 1);
  });

  test("cover the last day by hours by default", async () => {
    const buckets = await bucketsOf("");
    assert.ok(buckets.length === 24 || buckets.length === 25, String(buckets.length));
    const [first, second] = buckets;
    assert.equal(Date.parse(second.start) - Date.parse(first.start), 60 * MINUTE_MS);
    const ageMs = Date.now() - Date.parse(first.start);
    assert.ok(ageMs >= 24 * 60 * MINUTE_MS && ageMs < 25 * 60 * MINUTE_MS + MINUTE_MS, String(ageMs));
  });

  test("have a limited number of spans", async () => {
    assert.equal((await bucketsOf(`from=${DAY}T00:00:00Z&to=${DAY}T16:40:00Z&bucket=1m`)).length, 1_000);
    const more = await admin.get(`/api/statistics?from=${DAY}T00:00:00Z&to=${DAY}T16:40:01Z&bucket=1m`);
    isProblem(more, 400, /1001 spans of time; 1000 are allowed.*"bucket"/);
    isProblem(await admin.get("/api/statistics?bucket=2h"), 400, /"bucket" must be 1m, 5m, 1h or 1d/);
    isProblem(await admin.get("/api/statistics?buckets=1h"), 400, /"buckets" is not known/);
    isProblem(await admin.get(`/api/statistics?from=${NEXT_DAY}&to=${DAY}`), 400, /"from" must be before "to"/);
    isProblem(await admin.get("/api/statistics?from=9999-01-01"), 400, /"from" must be before "to"/);
    isProblem(await admin.get("/api/statistics?endpoint=nowhere"), 400, /no endpoint "nowhere"/);
    isProblem(await provisioner.get("/api/statistics"), 403, /./);
  });
});

test("the population of an endpoint is listed by hours with writes", async () => {
  assert.equal((await client.post("/Users", user("counted"))).status, 201);
  const path = "/api/endpoints/default/population";
  let population: AnyJson[] = [];
  // It is counted with the exchange, which is recorded after its response.
  for (let tries = 0; tries < 100 && population.length === 0; tries++) {
    population = done(await admin.get(`${path}?from=2h`)).population;
    if (population.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { hour, ...counted } = population.at(-1);
  assert.deepEqual(counted, { type: "User", count: 1 });
  assert.match(hour, /T\d\d:00:00\.000Z$/);
  assert.ok(Date.now() - Date.parse(hour) < 61 * MINUTE_MS, hour);
  assert.deepEqual(done(await admin.get(`${path}?from=2026-01-01&to=2026-01-02`)).population, []);
  isProblem(await admin.get("/api/endpoints/nowhere/population"), 404, /no endpoint/);
  isProblem(await admin.get(`${path}?bucket=1h`), 400, /"bucket" is not known/);
  isProblem(await admin.get(`${path}?from=${NEXT_DAY}&to=${DAY}`), 400, /"from" must be before/);
  isProblem(await provisioner.get(path), 403, /./);
});

test("a newer version is shown, unless the check is off", async (t) => {
  const asked: unknown[] = [];
  t.mock.method(globalThis, "fetch", async (url: unknown) => {
    asked.push(url);
    return new Response('{"version":"9999.0.0"}');
  });
  done(await admin.get("/api/version"));
  assert.deepEqual(asked, []);
  const looking = await startApplication({ updateCheck: "on" });
  const other = looking.admin;
  t.after(looking.close);
  assert.deepEqual(asked, [], "nobody wants to know yet");
  for (const _ of [1, 2]) assert.equal(done(await other.get("/api/version")).newerVersion, "9999.0.0");
  assert.deepEqual(asked, ["https://registry.npmjs.org/scimtool/latest"]);
});

test("the version is shown to administrators", async () => {
  const { version, newerVersion, node, sqlite, postgres, recording, uptimeMs, ...more } = done(
    await admin.get("/api/version"),
  );
  assert.deepEqual(more, {});
  assert.ok((sqlite === null) !== (postgres === null), "the version of the store in use");
  assert.equal(newerVersion, null);
  assert.equal(node, process.versions.node);
  assert.equal(recording, true);
  for (const each of [version, sqlite ?? postgres]) assert.match(each, /^\d+\.\d+/);
  assert.ok(Number.isInteger(uptimeMs) && Math.abs(uptimeMs - process.uptime() * 1_000) < 5_000);
  isProblem(await provisioner.get("/api/version"), 403, /./);
  isProblem(await admin.get("/api/version?x=1"), 400, /"x" is not known here\. There are no parameters/);
});
