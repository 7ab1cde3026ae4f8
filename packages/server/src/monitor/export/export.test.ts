import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { ExchangeFilter } from "../../store/monitor.ts";
import { openSqliteStore } from "../../store/sqlite/store.ts";
import { databasePlace } from "../../testing/database.ts";
import { csv } from "./csv.ts";
import type { Format, Source } from "./export.ts";
import { exportText, ndjson } from "./export.ts";
import { har } from "./har.ts";
import { message, newExchange } from "./testing/exchange.ts";
import { SURROUNDINGS } from "./testing/written.ts";

/** So that no page ends where they do. */
const COUNT = 6_150;
const FORMATS = [ndjson, csv, har].map((make) => make(SURROUNDINGS));

const place = databasePlace();
const store = openSqliteStore(place.file);
const { exchanges } = store.monitor;
const source: Source = { exchanges, scope: store.committed };
const endpoints = await store.transaction((transaction) =>
  Promise.all(["default", "okta"].map((name) => store.endpoints.insert(transaction, { name, settings: {} }, 0))),
);
after(async () => {
  await store.close();
  place.remove();
});

let recorded = 0;
const record = async (count: number) => {
  const some = Array.from({ length: count }, () => {
    const at = recorded++;
    const body = message(["content-type", "application/scim+json"], JSON.stringify({ at, filler: "x".repeat(2_000) }));
    const kind = at % 10 === 0 ? "user.created" : "search";
    const sentences = [{ kind, text: `Sentence ${at}` }];
    return newExchange(at, { endpoint: endpoints[at % 2]?.key, request: body, response: body, sentences });
  });
  await store.transaction((transaction) => exchanges.record(transaction, some));
};
for (let at = 0; at < COUNT; at += 500) await record(Math.min(500, COUNT - at));

async function textOf(format: Format, filter: ExchangeFilter = {}, from = source): Promise<string> {
  let text = "";
  for await (const chunk of exportText(from, filter, format)) text += chunk;
  return text;
}

test("all that match are written, the oldest first, with their bodies", async () => {
  const lines = (await textOf(ndjson(SURROUNDINGS))).split("\n");
  assert.equal(lines.pop(), "");
  assert.equal(lines.length, COUNT);
  const read = lines.map((line) => JSON.parse(line));
  assert.deepEqual(
    read.map(({ position }) => position),
    Array.from({ length: COUNT }, (_, at) => at + 1),
  );
  assert.equal(new Set(read.map(({ request }) => JSON.parse(request.body).at)).size, COUNT);
  const created = await textOf(csv(SURROUNDINGS), { kinds: ["user.created"] });
  assert.equal(created.split("\r\n").length, COUNT / 10 + 2);
  assert.equal(
    JSON.parse(await textOf(har(SURROUNDINGS), { endpoint: endpoints[0]?.key ?? 0 })).log.entries.length,
    COUNT / 2,
  );
});

test("where nothing matches, it is whole all the same", async () => {
  const nothing = { requestId: "nobody" };
  assert.equal(await textOf(ndjson(SURROUNDINGS), nothing), "");
  assert.match(await textOf(csv(SURROUNDINGS), nothing), /^\uFEFFexchange,at,[^\n]*\r\n$/);
  assert.deepEqual(JSON.parse(await textOf(har(SURROUNDINGS), nothing)).log.entries, []);
});

test("nothing is read ahead of who reads it", async () => {
  for (const format of FORMATS) {
    let read = 0;
    const counted =
      <Found extends readonly unknown[], Given extends readonly unknown[]>(
        reading: (...given: Given) => Promise<Found>,
      ) =>
      async (...given: Given): Promise<Found> => {
        const found = await reading(...given);
        read += found.length;
        return found;
      };
    const { since, readSince } = exchanges;
    const counting = { ...source, exchanges: { ...exchanges, since: counted(since), readSince: counted(readSince) } };
    const chunks = exportText(counting, {}, format);
    const { value } = await chunks.next();
    const written = String(value).split("\n").length;
    assert.ok(read > 0 && read <= written + 100, `${format.extension}: ${read} were read, ${written} written`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(read <= written + 100);
    await chunks.return(undefined);
  }
});

test("chunks are of about one size, however much there is", async () => {
  for (const format of FORMATS) {
    for await (const chunk of exportText(source, {}, format)) {
      assert.ok(chunk.length < 100 * 1_024, `${format.extension}: ${chunk.length}`);
    }
  }
});

test("others have their turn: it holds the event loop for a small part of its time at once", async (t) => {
  const nothing = ndjson(SURROUNDINGS);
  const filters: readonly [Format, ExchangeFilter][] = [
    ...FORMATS.map((format): [Format, ExchangeFilter] => [format, {}]),
    [nothing, { text: "nobody is called so" }],
  ];
  for (const [format, filter] of filters) {
    const held: number[] = [];
    let isOver = false;
    const startMs = cpuMs();
    let before = startMs;
    // In the time of this thread: the machine may do something else meanwhile.
    const look = () => {
      const now = cpuMs();
      held.push(now - before);
      before = now;
      if (!isOver) setImmediate(look);
    };
    setImmediate(look);
    const chunks = exportText(source, filter, format);
    for (let isDone: boolean | undefined = false; isDone !== true; ) ({ done: isDone } = await chunks.next());
    isOver = true;
    held.sort((a, b) => b - a);
    t.diagnostic(`${format.extension}: ${held.slice(0, 3).map((ms) => ms.toFixed(1))} ms, ${held.length} turns`);
    const wholeMs = cpuMs() - startMs;
    const turnMs = wholeMs / (held.length + 1);
    // On a usual machine less than a third of that.
    assert.ok(turnMs < 60, `${format.extension}: ${held.length} turns of ${turnMs} ms`);
    // In parts, for machines differ. The garbage collector may have had one of them.
    assert.ok((held[2] ?? 0) <= wholeMs / 4, `${format.extension}: ${held.slice(0, 5)} of ${wholeMs} ms`);
  }
});

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

test("what is recorded meanwhile does not keep it from ending, and what is removed does not harm it", async () => {
  const before = recorded;
  const chunks = exportText(source, {}, ndjson(SURROUNDINGS));
  let text = String((await chunks.next()).value);
  await record(500);
  let removed = 0;
  for await (const chunk of chunks) {
    text += chunk;
    if (removed > 0) continue;
    for (let isDone = false; !isDone && removed === 0; ) {
      ({ removed, isDone } = await store.transaction((transaction) =>
        exchanges.retain(transaction, endpoints[0]?.key, { maxCount: 0 }, Date.UTC(2024, 10, 25)),
      ));
    }
  }
  assert.ok(removed > 0);
  const positions = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).position as number);
  assert.equal(positions.at(-1), before);
  assert.ok(positions.length < before && positions.length > before - removed - 1);
  assert.deepEqual(
    positions,
    positions.toSorted((a, b) => a - b),
  );
});
