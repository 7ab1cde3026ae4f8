import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Exchange, exchangeIdAt, exchangeIds, exchangeMs } from "../exchange.ts";
import type { ExchangeFilter } from "../monitor.ts";
import { idsOf, inMonitorWorld, type MonitorWorld, message, type OpenMonitor } from "./monitor-world.ts";
import { START_MS } from "./world.ts";

const UUID = "2819c223-7f76-453a-919d-413861904646";

/** Batches of all sizes, so that the store has each kind of block. */
async function recordInBatches(world: MonitorWorld, exchanges: readonly Exchange[], sizes: readonly number[]) {
  let at = 0;
  for (let batch = 0; at < exchanges.length; batch++) {
    const size = sizes[batch % sizes.length] ?? 1;
    await world.record(...exchanges.slice(at, at + size));
    at += size;
  }
}

export function exchangeConformance(open: OpenMonitor): void {
  describe("exchanges", () => {
    test("IDs of exchanges ascend, contain the time, and continue if the clock is set back", () => {
      const next = exchangeIds(exchangeIdAt(START_MS) - 1);
      const ids = [next(START_MS), next(START_MS), next(START_MS + 1), next(START_MS - 5_000)];
      assert.deepEqual(
        ids.map((id) => exchangeMs(id) - START_MS),
        [0, 0, 1, 1],
      );
      assert.equal(new Set(ids).size, 4);
      assert.deepEqual(
        ids.toSorted((a, b) => a - b),
        ids,
      );
      assert.ok(Number.isSafeInteger(exchangeIdAt(Date.UTC(2088, 0, 1))));
    });

    test(
      "repeated exchanges are one entry, and of successful reads only the newest entries are returned",
      inMonitorWorld(open, async ({ monitor, store, exchange, record }) => {
        const read = (id: string) => {
          const resources = [{ type: "User", id, label: id }];
          return exchange({ sentences: [{ kind: "read.found", text: id }], resources });
        };
        const refused = () => exchange({ status: 409, sentences: [{ kind: "failure.create", text: "Bob" }] });
        const test = exchange({ isProbe: true });
        await record(refused(), read("a"), read("b"), refused(), read("a"), read("c"), test);
        const folded = async (filter: ExchangeFilter, maxReads?: number) => {
          const page = { limit: 10, ...(maxReads !== undefined && { maxReads }) };
          const { exchanges, ...numbers } = await monitor.exchanges.folded(store.committed, filter, page);
          const shown = exchanges.map(({ exchange: { sentences }, count }) => [sentences[0]?.text, count]);
          return { ...numbers, shown };
        };
        assert.deepEqual(await folded({ probes: "exclude" }, 2), {
          total: 4,
          requests: 6,
          readsLeftOut: 1,
          shown: [
            ["c", 1],
            ["a", 2],
            ["Bob", 2],
          ],
        });
        assert.deepEqual((await folded({ probes: "only" })).shown, [["Entra ID searched for users", 1]]);
        assert.deepEqual((await folded({ statuses: [[400, 499]] })).shown, [["Bob", 2]]);
      }),
    );

    test(
      "an exchange is read as recorded, with any bytes in its bodies",
      inMonitorWorld(open, async ({ monitor, store, exchange, record }) => {
        const body = Uint8Array.from({ length: 700 }, (_, at) => (at * 31) % 256);
        const recorded = exchange({
          method: "POST",
          path: "/Bulk",
          query: "a=%20&b",
          status: 400,
          request: { headers: ["X-Empty", "", "X-Two", "a", "X-Two", "b"], body, bodyBytes: 1_000_000 },
          response: { headers: [], body: new Uint8Array(), bodyBytes: 0 },
          sentences: [
            { kind: "user.created", text: "Алиса was created" },
            { kind: "failure.bulk", text: "\ud800 half a pair" },
          ],
          resources: [{ id: UUID, type: "User", label: "Алиса" }],
          details: { evidence: ["user agent"], tolerances: [{ code: "operation-case" }], nothing: null },
        });
        const ofNone = exchange({ endpoint: undefined, credential: undefined, status: 401 });
        await record(exchange(), recorded, ofNone);
        assert.deepEqual(await monitor.exchanges.get(store.committed, recorded.id), { ...recorded, position: 2 });
        assert.equal((await monitor.exchanges.get(store.committed, ofNone.id))?.position, 3);
        const found = await monitor.exchanges.get(store.committed, ofNone.id);
        assert.equal(found?.endpoint, undefined);
        assert.equal(found?.credential, undefined);
        assert.equal(await monitor.exchanges.get(store.committed, recorded.id + 7), undefined);
      }),
    );

    test(
      "every exchange is stored once, in batches of any size, and paged, the newest first",
      inMonitorWorld(open, async (world) => {
        const { monitor, store, endpoint, otherEndpoint, exchange } = world;
        const all = Array.from({ length: 2_600 }, (_, at) =>
          exchange({ endpoint: at % 5 === 0 ? otherEndpoint : endpoint }),
        );
        await recordInBatches(world, all, [1, 2, 1, 400, 3, 1, 1, 50, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
        const paged: number[] = [];
        let before: number | undefined;
        do {
          const page = await monitor.exchanges.search(
            store.committed,
            {},
            { limit: 333, ...(before === undefined ? {} : { before }) },
          );
          assert.equal(page.total, 2_600);
          paged.push(...page.exchanges.map(({ id }) => id));
          before = page.next;
        } while (before !== undefined && paged.length <= 2_600);
        assert.deepEqual(
          paged.toSorted((a, b) => b - a),
          idsOf(all).toReversed(),
        );
        const own = await monitor.exchanges.search(store.committed, { endpoint: otherEndpoint }, { limit: 2 });
        assert.equal(own.total, 520);
        assert.deepEqual(
          idsOf(own.exchanges),
          idsOf(
            all
              .filter((one) => one.endpoint === otherEndpoint)
              .slice(-2)
              .toReversed(),
          ),
        );
        for (const { id, requestId } of all.filter((_, at) => at % 37 === 0)) {
          assert.equal((await monitor.exchanges.get(store.committed, id))?.requestId, requestId);
        }
      }),
    );

    test(
      "a page has the newest exchanges of all endpoints, however they are distributed",
      inMonitorWorld(open, async ({ monitor, store, endpoint, otherEndpoint, exchange, record }) => {
        for (const own of [endpoint, otherEndpoint, otherEndpoint, otherEndpoint, endpoint]) {
          await record(exchange({ endpoint: own }));
        }
        await record(...Array.from({ length: 3 }, () => exchange({ endpoint: otherEndpoint })), exchange());
        for (let limit = 1; limit <= 9; limit++) {
          const { exchanges } = await monitor.exchanges.search(store.committed, {}, { limit });
          assert.deepEqual(
            exchanges.map(({ position }) => position),
            Array.from({ length: limit }, (_, at) => 9 - at),
          );
        }
      }),
    );

    test(
      "rejected requests are in order among others",
      inMonitorWorld(open, async ({ monitor, store, endpoint, otherEndpoint, exchange, record }) => {
        const turnedAway = { credential: undefined, status: 401 };
        const all = Array.from({ length: 1_200 }, (_, at) =>
          exchange({
            endpoint: [endpoint, otherEndpoint, undefined][at % 7],
            ...(at % 3 === 1 ? turnedAway : {}),
            sentences: [{ kind: "read", text: `Number${at}` }],
          }),
        );
        for (const [from, to] of [
          [0, 1_100],
          [1_100, 1_105],
          [1_105, 1_200],
        ]) {
          await record(...all.slice(from, to));
        }
        const own = all.filter((one) => one.endpoint === endpoint);
        for (const [filter, expected] of [
          [{}, all],
          [{ endpoint }, own],
          [{ statuses: [[401, 401]] as const }, all.filter(({ status }) => status === 401)],
        ] as const) {
          const { exchanges, total } = await monitor.exchanges.search(store.committed, filter, { limit: 2_000 });
          assert.deepEqual([total, idsOf(exchanges).toReversed()], [expected.length, idsOf(expected)]);
          const since = await monitor.exchanges.readSince(store.committed, filter, 0, 2_000);
          assert.deepEqual(idsOf(since), idsOf(expected));
        }
        const words = await monitor.exchanges.search(store.committed, { text: "number1102" }, { limit: 9 });
        assert.deepEqual(idsOf(words.exchanges), idsOf(all.slice(1_102, 1_103)));
        const found = await monitor.exchanges.get(store.committed, all[1_099]?.id ?? 0);
        assert.deepEqual(found, { ...all[1_099], position: 1_100 });
      }),
    );

    test(
      "a page without counting begins at the given position, and its total is its own length",
      inMonitorWorld(open, async ({ monitor, store, exchange, record }) => {
        for (let batch = 0; batch < 4; batch++) await record(...Array.from({ length: 300 }, () => exchange()));
        const page = await monitor.exchanges.search(store.committed, {}, { limit: 10, counted: false, before: 1_000 });
        assert.deepEqual(
          page.exchanges.map(({ position }) => position),
          [999, 998, 997, 996, 995, 994, 993, 992, 991, 990],
        );
        assert.deepEqual([page.total, page.next], [10, 990]);
      }),
    );

    test(
      "a live view continues where it was interrupted, without gaps, even in the middle of a block",
      inMonitorWorld(open, async (world) => {
        const { monitor, store, endpoint, otherEndpoint, exchange } = world;
        assert.equal(await monitor.exchanges.lastPosition(store.committed), 0);
        const all = Array.from({ length: 900 }, (_, at) =>
          exchange({ endpoint: at % 3 === 0 ? otherEndpoint : endpoint }),
        );
        await recordInBatches(world, all, [7, 300, 1]);
        assert.equal(await monitor.exchanges.lastPosition(store.committed), 900);
        const seen: number[] = [];
        for (let position = 0; seen.length <= 900; ) {
          const some = await monitor.exchanges.since(store.committed, {}, position, 64);
          if (some.length === 0) break;
          seen.push(...some.map((one) => one.position));
          position = seen.at(-1) ?? 0;
        }
        assert.deepEqual(
          seen,
          Array.from({ length: 900 }, (_, at) => at + 1),
        );
      }),
    );

    test(
      "recorded exchanges are read in order, page by page, of any endpoints, with bodies or without",
      inMonitorWorld(open, async (world) => {
        const { monitor, store, endpoint, otherEndpoint, exchange } = world;
        const further = await store.transaction((transaction) =>
          Promise.all(["a", "b", "c"].map((name) => store.endpoints.insert(transaction, { name, settings: {} }, 0))),
        );
        const endpoints = [endpoint, otherEndpoint, undefined, ...further.map(({ key }) => key)];
        const all = Array.from({ length: 600 }, (_, at) =>
          exchange({
            // Runs of different lengths, and endpoints that start late.
            endpoint: endpoints[(at < 300 ? at ** 2 : Math.floor(at / 7)) % endpoints.length],
            request: message([], String(at)),
            method: at % 5 === 0 ? "POST" : "GET",
          }),
        );
        await recordInBatches(world, all, [13, 260, 1, 40]);
        for (const filter of [{}, { methods: ["POST"] }]) {
          for (const limit of [9, 64, 1_000]) {
            const read: number[] = [];
            for (let position = 0; ; ) {
              const some = await monitor.exchanges.readSince(store.committed, filter, position, limit);
              const summaries = await monitor.exchanges.since(store.committed, filter, position, limit);
              assert.deepEqual(
                some.map(({ request: _, response: __, ...summary }) => summary),
                summaries,
              );
              if (some.length === 0) break;
              assert.ok(some.length <= limit);
              read.push(...some.map((one) => one.position));
              position = read.at(-1) ?? 0;
            }
            assert.equal(read.length, "methods" in filter ? 120 : 600);
            assert.deepEqual(
              read,
              read.toSorted((a, b) => a - b),
            );
            assert.equal(new Set(read).size, read.length);
          }
        }
        const [first] = await monitor.exchanges.readSince(store.committed, {}, 300, 1);
        assert.deepEqual(first, await monitor.exchanges.get(store.committed, first?.id ?? 0));
      }),
    );

    test(
      "exchanges are found by words, prefixes, IDs and conditions",
      inMonitorWorld(open, async ({ monitor, store, exchange, record }) => {
        const named = {
          created: exchange({
            method: "POST",
            status: 201,
            sentences: [{ kind: "user.created", text: "José Young was created" }],
            resources: [{ id: UUID, type: "User", label: "José Young" }],
            request: message([], '{"userName":"jose@example.com","title":"Engineer"}'),
            response: message([], '{"secretary":"nobody"}'),
          }),
          refused: exchange({
            method: "PATCH",
            path: `/Users/${UUID}`,
            status: 409,
            severity: "error",
            dialect: "okta",
            credential: "Okta",
            sentences: [{ kind: "failure.uniqueness", text: "Changing Dave failed" }],
            response: message([], '{"detail":"the userName is taken"}'),
          }),
          read: exchange({ query: "filter=userName%20eq%20%22dave%22", requestId: "one-request" }),
          probe: exchange({ isProbe: true, sentences: [{ kind: "connection.tested", text: "It was tested" }] }),
        };
        const names = new Map(Object.entries(named).map(([name, { id }]) => [id, name]));
        const find = async (filter: Parameters<typeof monitor.exchanges.search>[1]) =>
          idsOf((await monitor.exchanges.search(store.committed, filter, { limit: 9 })).exchanges)
            .toReversed()
            .map((id) => names.get(id));
        await record(...Object.values(named));
        const check = async () => {
          assert.deepEqual(await find({ text: "JOSE you" }), ["created"]);
          assert.deepEqual(await find({ text: "engin" }), ["created"]);
          assert.deepEqual(await find({ text: "jose@example.com" }), ["created"]);
          assert.deepEqual(await find({ text: "nobody" }), []);
          assert.deepEqual(await find({ text: "taken" }), ["refused"]);
          assert.deepEqual(await find({ text: "dave" }), ["refused", "read"]);
          assert.deepEqual(await find({ text: "e" }), []);
          assert.deepEqual(await find({ text: UUID.toUpperCase() }), ["created", "refused"]);
          assert.deepEqual(await find({ resource: UUID }), ["created"]);
          assert.deepEqual(await find({ resource: UUID.replace("2819", "2820") }), []);
          assert.deepEqual(await find({ resource: UUID.slice(0, 8) }), []);
          assert.deepEqual(await find({ text: UUID.slice(0, 8) }), ["created", "refused"]);
          assert.deepEqual(await find({ text: UUID.slice(0, 3) }), ["created", "refused"]);
          assert.deepEqual(await find({ text: UUID.slice(0, 20) }), []);
          assert.deepEqual(await find({ kinds: ["failure.*", "connection.tested"] }), ["refused", "probe"]);
          assert.deepEqual(await find({ severities: ["error"] }), ["refused"]);
          assert.deepEqual(
            await find({
              statuses: [
                [201, 299],
                [409, 409],
              ],
            }),
            ["created", "refused"],
          );
          assert.deepEqual(await find({ methods: ["POST"], dialects: ["entra"] }), ["created"]);
          assert.deepEqual(await find({ credentials: ["Okta"] }), ["refused"]);
          assert.deepEqual(await find({ requestId: "one-request" }), ["read"]);
          assert.deepEqual(await find({ probes: "only" }), ["probe"]);
          assert.deepEqual(await find({ probes: "exclude", methods: ["GET"] }), ["read"]);
          assert.deepEqual(await find({ fromMs: START_MS + 1_000, toMs: START_MS + 3_000 }), ["refused", "read"]);
        };
        await check();
        // Now there are enough other exchanges for their index.
        const others = { sentences: [], dialect: "other", credential: "other", method: "PUT", status: 304 } as const;
        await record(
          ...Array.from({ length: 1_100 }, () => exchange({ ...others, isProbe: false, severity: "notice" })),
        );
        const [checked] = await monitor.exchanges.since(store.committed, { text: "engineer" }, 0, 1);
        assert.equal(checked?.id, named.created.id);
        await check();
      }),
    );
  });
}
