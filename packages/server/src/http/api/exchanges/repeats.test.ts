import assert from "node:assert/strict";
import { after, test } from "node:test";
import { exchange } from "../../../monitor/export/testing/exchange.ts";
import type { Exchange } from "../../../store/exchange.ts";
import { exchangeIdAt } from "../../../store/exchange.ts";
import type { AnyJson } from "../../../testing/client.ts";
import { startWithRecorded } from "../../../testing/recorded.ts";

const REFUSALS = 5_000;
const READS = 50_000;

/** One hour before now. */
const START_MS = Date.now() - 3_600_000;

let made = 0;
const server = await startWithRecorded(function* (endpoints): Generator<Exchange> {
  const endpoint = endpoints.default;
  const next = (more: Partial<Exchange>): Exchange => {
    const { position: _, ...plain } = exchange({ ...more, endpoint });
    return { ...plain, id: exchangeIdAt(START_MS + 10 * made++), requestId: `req-${made}` };
  };
  const written = (text: string, kind = "user.changed") =>
    next({ method: "PATCH", sentences: [{ kind, text }], resources: [{ type: "User", id: text, label: text }] });
  yield written("Entra ID deactivated Alice Young", "user.deactivated");
  for (let at = 0; at < READS; at++) {
    const id = `user-${at % 3}`;
    yield next({
      path: `/Users/${id}`,
      sentences: [{ kind: at % 2 === 0 ? "read.found" : "look-up.found", text: `Entra ID read ${id}` }],
      resources: [{ type: "User", id, label: id }],
    });
    if (at % 10 === 0) {
      const text = "Entra ID could not create Bob: the userName is taken by Bob";
      yield next({ method: "POST", status: 409, severity: "error", sentences: [{ kind: "failure.create", text }] });
    }
  }
  yield written("Entra ID changed Carol's department to Sales");
});
const { admin } = server;
after(server.close);

async function search(query: string): Promise<AnyJson> {
  const { status, body, text } = await admin.get(`/api/exchanges?${query}`);
  assert.equal(status, 200, text);
  return body;
}

const shown = ({ sentences, repeats }: AnyJson) => [sentences[0].text, repeats.count];

test("among thousands of repeats, the first page shows what matters, each once with its number", async () => {
  const { total, exchanges, next } = await search("repeats=fold&limit=20");
  assert.deepEqual([total, next], [6, null]);
  assert.deepEqual(exchanges.map(shown), [
    ["Entra ID changed Carol's department to Sales", 1],
    ["Entra ID read user-1", 16_667],
    ["Entra ID read user-0", 16_667],
    ["Entra ID read user-2", 16_666],
    ["Entra ID could not create Bob: the userName is taken by Bob", REFUSALS],
    ["Entra ID deactivated Alice Young", 1],
  ]);
  const { repeats } = exchanges[4];
  assert.ok(repeats.first < repeats.last && repeats.last === exchanges[4].at);
});

test("the page needs only the newest entries of reads, and learns the number of the others", async () => {
  const all = await search("repeats=fold&reads=2&limit=20");
  assert.deepEqual([all.requests, all.readsLeftOut], [READS + REFUSALS + 2, 1]);
  assert.deepEqual(all.exchanges.map(({ sentences }: AnyJson) => sentences[0].kind).sort(), [
    ...["failure.create", "look-up.found", "read.found", "user.changed", "user.deactivated"],
  ]);
});

test("exchanges say with which others they are folded", async () => {
  const [refusal] = (await search("repeats=fold&status=4xx")).exchanges;
  const { exchanges } = await search("limit=500");
  const same = exchanges.filter(({ outcomeKey }: AnyJson) => outcomeKey === refusal.outcomeKey);
  assert.deepEqual([...new Set(same.map(({ status }: AnyJson) => status))], [409]);
});

test("entries are paged, and filtered like exchanges", async () => {
  const texts: string[] = [];
  for (let before = ""; ; ) {
    const { exchanges, next } = await search(`repeats=fold&limit=2${before}`);
    texts.push(...exchanges.map((each: AnyJson) => each.sentences[0].text));
    if (next === null) break;
    before = `&before=${next}`;
  }
  assert.equal(new Set(texts).size, 6);
  const { total, exchanges } = await search("repeats=fold&status=4xx");
  assert.deepEqual(
    [total, ...exchanges.map(shown)[0]],
    [1, "Entra ID could not create Bob: the userName is taken by Bob", REFUSALS],
  );
});

test("an entry can be opened", async () => {
  const [refusal] = (await search("repeats=fold&status=4xx")).exchanges;
  const { total, exchanges } = await search(`sameAs=${refusal.id}&limit=3`);
  assert.equal(total, REFUSALS);
  assert.deepEqual(
    new Set(exchanges.map(({ status, repeats }: AnyJson) => `${status} ${repeats}`)),
    new Set(["409 undefined"]),
  );
});

test("the clients of an endpoint are listed with requests, failures and a forecast", async () => {
  const { status, body, text } = await admin.get("/api/endpoints/default/clients");
  assert.equal(status, 200, text);
  const [client, ...more] = body.clients;
  assert.deepEqual(more, []);
  assert.deepEqual([client.credential, client.requests, client.failures], ["Entra ID", READS + REFUSALS + 2, REFUSALS]);
  assert.deepEqual(
    client.lastFailures.map(({ kind, count }: AnyJson) => [kind, count]),
    [["failure.create", REFUSALS]],
  );
  assert.deepEqual([client.cycle.requests, client.cycleBefore, client.periodMs], [READS + REFUSALS + 2, null, null]);
  assert.deepEqual([client.quarantine.outlook, client.cycleKind], ["none", "unknown"]);
});
