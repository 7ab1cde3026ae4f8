import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Exchange } from "../exchange.ts";
import type { ExchangeLimits, HistoryEntry } from "../monitor.ts";
import type { Key } from "../store.ts";
import { finding, idsOf, inMonitorWorld, type MonitorWorld, message, type OpenMonitor } from "./monitor-world.ts";
import { insertUser, START_MS } from "./world.ts";

const HOUR_MS = 3_600_000;

/** More than any test here takes. */
const MAX_STEPS = 100;

/** Takes steps until nothing remains to be removed. @returns the number of removed exchanges */
async function retain(
  { store, monitor }: MonitorWorld,
  endpoint: Key | undefined,
  limits: ExchangeLimits,
  nowMs = START_MS,
): Promise<number> {
  let removed = 0;
  for (let [steps, isDone] = [0, false]; !isDone; steps++) {
    assert.ok(steps < MAX_STEPS);
    const step = await store.transaction((transaction) =>
      monitor.exchanges.retain(transaction, endpoint, limits, nowMs),
    );
    removed += step.removed;
    ({ isDone } = step);
  }
  return removed;
}

async function idsLeft({ store, monitor }: MonitorWorld): Promise<number[]> {
  const { exchanges, total } = await monitor.exchanges.search(store.committed, {}, { limit: 10_000 });
  assert.equal(exchanges.length, total);
  return idsOf(exchanges).toReversed();
}

export function upkeepConformance(open: OpenMonitor): void {
  describe("retention and statistics", () => {
    test(
      "the newest exchanges of each endpoint stay",
      inMonitorWorld(open, async (world) => {
        const { store, monitor, endpoint, otherEndpoint, exchange, record } = world;
        const others = [exchange({ endpoint: otherEndpoint }), exchange({ endpoint: undefined })];
        await record(...others);
        const all = Array.from({ length: 3_000 }, () => exchange());
        for (let at = 0; at < all.length; at += 300) await record(...all.slice(at, at + 300));
        assert.equal(await retain(world, endpoint, {}), 0);
        assert.equal(await retain(world, endpoint, { maxCount: 1_000 }), 2_000);
        assert.deepEqual(await idsLeft(world), [...idsOf(others), ...idsOf(all.slice(2_000))]);
        assert.equal(await monitor.exchanges.get(store.committed, all[0]?.id ?? 0), undefined);
        await retain(world, undefined, { maxCount: 0 });
        await retain(world, endpoint, { maxCount: 0 });
        assert.deepEqual(await idsLeft(world), idsOf(others.slice(0, 1)));
        const sizes = await monitor.sizes(store.committed);
        assert.deepEqual(
          sizes.map((size) => [size.endpoint, size.exchanges]),
          [[otherEndpoint, 1]],
        );
      }),
    );

    test(
      "exchanges that are too old or too many are removed with their words, the oldest first",
      inMonitorWorld(open, async (world) => {
        const { store, monitor, endpoint, exchange, record } = world;
        const all: Exchange[] = [];
        for (let at = 0; at < 8 * 3_600; at++) {
          const own = exchange({ sentences: [{ kind: "read", text: `Number${at} was read` }] });
          if (at % 60 === 0) all.push(own);
        }
        await record(...all.slice(0, 300));
        await record(...all.slice(300));
        // One exchange a minute.
        assert.equal(await retain(world, endpoint, { maxAgeMs: HOUR_MS }, START_MS + HOUR_MS), 0);
        assert.equal(await retain(world, endpoint, { maxAgeMs: HOUR_MS }, START_MS + 3 * HOUR_MS), 120);
        assert.deepEqual(await idsLeft(world), idsOf(all.slice(120)));
        const found = await monitor.exchanges.search(store.committed, { text: "number120 number7260" }, { limit: 9 });
        assert.equal(found.total, 0);
        const first = await monitor.exchanges.search(store.committed, { text: "number7200" }, { limit: 9 });
        assert.deepEqual(idsOf(first.exchanges), idsOf(all.slice(120, 121)));

        const [size] = await monitor.sizes(store.committed);
        assert.ok(size !== undefined && size.exchangeBytes > 1_000);
        assert.equal(await retain(world, endpoint, { maxBytes: size.exchangeBytes }), 0);
        assert.equal(await retain(world, endpoint, { maxBytes: size.exchangeBytes - 1 }), 1);
        assert.deepEqual(await idsLeft(world), idsOf(all.slice(121)));
      }),
    );

    for (const [what, limits] of [
      ["size", { maxBytes: 1_000_000 }],
      ["number", { maxCount: 300 }],
    ] as const) {
      test(
        `by their ${what}, a flood of rejected requests pushes out only its own`,
        inMonitorWorld(open, async (world) => {
          const { store, monitor, endpoint, exchange, record } = world;
          const kept: Exchange[] = [];
          for (let batch = 0; batch < 30; batch++) {
            const letIn = Array.from({ length: 10 }, () => exchange({ status: batch % 2 === 0 ? 200 : 404 }));
            const refused = Array.from({ length: 300 }, () => {
              const note = crypto.randomUUID().repeat(4);
              return exchange({ credential: undefined, status: 401, request: message(["X-Note", note], "") });
            });
            kept.push(...letIn);
            await record(...refused, ...letIn);
          }
          await retain(world, endpoint, limits);
          const { exchanges, total } = await monitor.exchanges.search(store.committed, {}, { limit: 10_000 });
          const others = exchanges.filter(({ credential }) => credential !== undefined);
          assert.deepEqual(idsOf(others).toReversed(), idsOf(kept));
          const rejected = total - others.length;
          assert.ok(rejected > 0 && rejected <= 1_500, `${rejected} are left`);
          const [size] = await monitor.sizes(store.committed);
          assert.ok("maxCount" in limits || (size?.exchangeBytes ?? 0) <= limits.maxBytes);
          assert.equal(size?.exchanges, total);
        }),
      );
    }

    test(
      "nothing remains of a removed endpoint, and everything of others",
      inMonitorWorld(open, async (world) => {
        const { store, monitor, endpoint, otherEndpoint, exchange, record } = world;
        const { id } = await insertUser(world, { userName: "anna" });
        const change: HistoryEntry = {
          ...{
            resource: { id, type: "User", label: "anna" },
            revision: 1,
            action: "create",
            atMs: START_MS,
            changes: [],
          },
          ...{ exchange: undefined, actor: { credential: undefined, dialect: "entra" }, concerns: [] },
        };
        for (const key of [endpoint, otherEndpoint]) {
          await record(exchange({ endpoint: key, method: "POST", status: 201 }));
          await record(exchange({ endpoint: key, credential: undefined, status: 401 }));
          await store.transaction((transaction) => monitor.history.append(transaction, key, change));
        }
        for (let [steps, isDone] = [0, false]; !isDone; steps++) {
          assert.ok(steps < MAX_STEPS);
          ({ isDone } = await store.transaction((transaction) => monitor.forget(transaction, endpoint)));
        }
        const sizes = await monitor.sizes(store.committed);
        assert.deepEqual(
          sizes.map((size) => [size.endpoint, size.exchanges, size.historyEntries]),
          [[otherEndpoint, 2, 1]],
        );
        const span = [START_MS, START_MS + HOUR_MS] as const;
        assert.deepEqual(await monitor.exchanges.population(store.committed, endpoint, ...span), []);
      }),
    );

    test(
      "late exchanges of a removed endpoint are not stored, and nothing is found of it",
      inMonitorWorld(open, async ({ store, monitor, endpoint, otherEndpoint, exchange, record }) => {
        await store.transaction((transaction) => store.endpoints.remove(transaction, otherEndpoint));
        await record(exchange({ endpoint: otherEndpoint }), exchange(), exchange({ endpoint: undefined }));
        const { exchanges } = await monitor.exchanges.search(store.committed, {}, { limit: 9 });
        assert.deepEqual(
          exchanges.map((one) => one.endpoint),
          [undefined, endpoint],
        );
      }),
    );

    test(
      "space is returned in steps, until none is left",
      inMonitorWorld(open, async ({ store, monitor }) => {
        for (let [steps, isDone] = [0, false]; !isDone; steps++) {
          assert.ok(steps < MAX_STEPS);
          ({ isDone } = await store.transaction((transaction) => monitor.giveBackSpace(transaction)));
        }
      }),
    );

    test(
      "statistics count requests, refusals, failures, probes, kinds and latencies by time spans",
      inMonitorWorld(open, async ({ store, monitor, endpoint, otherEndpoint, exchange, record }) => {
        const tested = [{ kind: "connection.tested", text: "" }];
        const two = [
          { kind: "user.changed", text: "" },
          { kind: "user.deactivated", text: "" },
        ];
        const exchanges = [
          exchange({ durationUs: 100 }),
          exchange({ durationUs: 200, isProbe: true, sentences: tested }),
          exchange({ durationUs: 90_000, status: 409, sentences: [] }),
          exchange({
            durationUs: 0,
            status: 503,
            sentences: two,
            findings: [finding("loss.cleared"), finding("mass.users")],
          }),
          exchange({ endpoint: otherEndpoint }),
        ];
        await record(...exchanges);
        const span = { endpoint, fromMs: START_MS, toMs: START_MS + 6_000 };
        const [first, second, third] = await monitor.exchanges.statistics(store.committed, span, 2_000);
        const counts = { requests: 2, probes: 0, refused: 0, failed: 0 };
        assert.deepEqual(
          { ...first, latencyUs: undefined },
          {
            ...counts,
            startMs: START_MS,
            probes: 1,
            latencyUs: undefined,
            kinds: new Map([
              ["search", 1],
              ["connection.tested", 1],
            ]),
            findings: new Map(),
          },
        );
        assert.deepEqual(
          { ...second, latencyUs: undefined },
          {
            ...counts,
            startMs: START_MS + 2_000,
            refused: 1,
            failed: 1,
            latencyUs: undefined,
            kinds: new Map([
              ["user.changed", 1],
              ["user.deactivated", 1],
            ]),
            findings: new Map([
              ["loss.cleared", 1],
              ["mass.users", 1],
            ]),
          },
        );
        assert.deepEqual(third, {
          ...{ startMs: START_MS + 4_000, requests: 0, probes: 0, refused: 0, failed: 0 },
          ...{ latencyUs: undefined, kinds: new Map(), findings: new Map() },
        });
        const latencies = [
          first?.latencyUs?.p50,
          first?.latencyUs?.p99,
          second?.latencyUs?.p50,
          second?.latencyUs?.p95,
        ];
        for (const [at, expected] of [100, 200, 0, 90_000].entries()) {
          const measured = latencies[at] ?? Number.NaN;
          assert.ok(Math.abs(measured - expected) <= 0.04 * expected + 0.5, `${measured} for ${expected}`);
        }
        const refusals = await monitor.exchanges.statistics(
          store.committed,
          { ...span, statuses: [[400, 499]] },
          6_000,
        );
        assert.deepEqual(
          refusals.map(({ requests }) => requests),
          [1],
        );
        await assert.rejects(monitor.exchanges.statistics(store.committed, span, 1), RangeError);
      }),
    );

    test(
      "the population is stored hour by hour, as it was after the last write",
      inMonitorWorld(open, async (world) => {
        const { store, monitor, endpoint, exchange, record } = world;
        const write = { method: "POST", status: 201 };
        const population = (hours = 9) =>
          monitor.exchanges.population(store.committed, endpoint, START_MS, START_MS + hours * HOUR_MS);
        await insertUser(world, { userName: "anna" });
        await record(exchange(), exchange({ method: "POST", status: 409 }));
        assert.deepEqual(await population(), []);
        await record(exchange(write));
        await insertUser(world, { userName: "berta" });
        await record(exchange(write), exchange());
        for (let second = 0; second < 3_600; second++) exchange();
        await insertUser(world, { userName: "carla" });
        await record(exchange(write));
        assert.deepEqual(await population(), [
          { hourMs: START_MS, type: "User", count: 2 },
          { hourMs: START_MS + HOUR_MS, type: "User", count: 3 },
        ]);
        assert.equal((await population(1)).length, 1);
        const [fromMs, toMs] = [START_MS + 5 * HOUR_MS, START_MS + 9 * HOUR_MS];
        const later = () => monitor.exchanges.population(store.committed, endpoint, fromMs, toMs);
        assert.deepEqual(await later(), [{ hourMs: fromMs, type: "User", count: 3 }]);
        await retain(world, endpoint, { maxAgeMs: HOUR_MS }, toMs);
        assert.deepEqual(await population(1), []);
        assert.deepEqual(await later(), [{ hourMs: fromMs, type: "User", count: 3 }]);
      }),
    );
  });
}
