import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { startApplication, TEST_ADMIN_SECRET } from "../../testing/application.ts";
import { type Answer, type AnyJson, type Client, clientOf } from "../../testing/client.ts";
import { alice, finance } from "../testing/exchange.ts";
import { ENTRA } from "./entra.ts";
import { endpointOf, type GoldenRead, type GoldenWrite, type Manner } from "./golden.ts";
import { OTHERS } from "./others.ts";
import { READS } from "./reads.ts";
import { fillUp, type Ids, putThere, textWithIds, withIds } from "./world.ts";

// The golden requests over HTTP, with what is recorded of each, and what becomes history. Each has an endpoint of its
// own, so that none tells of another who sends it.

const LABEL = "provisioning";
const WRITES = [...ENTRA, ...OTHERS];

type Sent = { readonly endpoint: string; readonly ids: Ids; readonly answer: Answer; readonly body: AnyJson };
type Recorded = Sent & { readonly exchange: AnyJson };

const server = await startApplication();
const admin = clientOf(server.origin, TEST_ADMIN_SECRET);
after(async () => {
  admin.close();
  await server.close();
});

const sent: Sent[] = [];
for (const [index, golden] of WRITES.entries()) sent.push(await sendWrite(golden, `write-${index}`));
for (const [index, golden] of READS.entries()) sent.push(await sendRead(golden, `read-${index}`));
const recorded = await allRecorded(sent);

describe("of a golden write it is recorded what it did, and each version becomes history", () => {
  for (const [index, golden] of WRITES.entries()) {
    test(golden.sends, async () => {
      const { exchange, endpoint, ids, answer, body } = recorded[index] as Recorded;
      const id = golden.method === "POST" ? answer.body.id : ids.get(String(golden.on?.["id"]));
      const sentences = golden.sentences;
      assert.ok(answer.status < 300, answer.text);
      assert.deepEqual(
        [exchange.endpoint, exchange.method, exchange.status, exchange.credential, exchange.isProbe],
        [endpoint, golden.method, answer.status, LABEL, false],
      );
      assert.deepEqual([exchange.dialect, textsOf(exchange)], [golden.by, sentences]);
      assert.equal(exchange.resources[0].id, id);
      await assertKept(exchange, body, answer);
      await assertHistory({ endpoint, id, exchange, golden, isChange: !/changed nothing/.test(String(sentences)) });
    });
  }
});

describe("of a golden read it is recorded what it asked for and found", () => {
  for (const [index, golden] of READS.entries()) {
    test(golden.sentence, async () => {
      const { exchange, endpoint, ids, answer } = recorded[WRITES.length + index] as Recorded;
      const { outcome, by, path, query = "" } = golden;
      assert.deepEqual(
        [exchange.endpoint, exchange.method, exchange.path, exchange.query, exchange.status, exchange.credential],
        [endpoint, "GET", textWithIds(path, ids), textWithIds(query, ids), answer.status, LABEL],
      );
      assert.deepEqual([exchange.dialect, textsOf(exchange)], [by, [textWithIds(golden.sentence, ids)]]);
      assert.equal(exchange.isProbe, golden.sentence.endsWith("tested the connection"));
      if (outcome.kind === "searched") {
        assert.deepEqual([answer.body.totalResults, answer.body.itemsPerPage], [outcome.total, outcome.returned]);
        const { type, id = "", label } = outcome.only ?? {};
        assert.deepEqual(exchange.resources, type === undefined ? [] : [{ type, id: ids.get(id), label }]);
      }
    });
  }
});

async function assertKept(exchange: AnyJson, body: AnyJson, answer: Answer): Promise<void> {
  const { request, response } = (await admin.get(`/api/exchanges/${exchange.id}`)).body;
  assert.equal(response.body ?? "", answer.text);
  if (body === undefined) assert.equal(request.body, null);
  else if (!JSON.stringify(body).includes("pl4nted")) assert.equal(request.body, JSON.stringify(body));
  assert.doesNotMatch(JSON.stringify([exchange, request]), /pl4nted/);
}

async function assertHistory(expected: {
  readonly endpoint: string;
  readonly id: string;
  readonly exchange: AnyJson;
  readonly golden: GoldenWrite;
  readonly isChange: boolean;
}): Promise<void> {
  const { endpoint, id, exchange, golden, isChange } = expected;
  const { entries } = (await admin.get(`/api/endpoints/${endpoint}/history/${id}`)).body;
  const [entry] = entries.filter((each: AnyJson) => each.exchange === exchange.id);
  const before = golden.on === undefined ? 0 : 1;
  assert.equal(entries.length, isChange ? before + 1 : before);
  if (!isChange) return;
  assert.deepEqual([entry.actor.credential, entry.actor.dialect], [LABEL, golden.by]);
  assert.deepEqual(textsOf(entry), golden.sentences);
  const differences = entry.sentences
    .flatMap(({ attributes }: AnyJson) => attributes)
    .map(({ path, before, after }: AnyJson) => `${path}: ${before ?? "-"} → ${after ?? "-"}`);
  assert.deepEqual(differences, golden.differences);
}

function textsOf({ sentences }: AnyJson): string[] {
  return sentences.map(({ text }: AnyJson) => text);
}

async function sendWrite(golden: GoldenWrite, name: string): Promise<Sent> {
  const manual = await newEndpoint(name);
  const ids = await putThere(manual, ...(golden.on === undefined ? [] : [golden.on]));
  manual.close();
  const { method, on, body: shape } = golden;
  const body = shape && withIds(shape, ids);
  const path = on === undefined ? endpointOf(shape ?? {}) : `${endpointOf(on)}/${ids.get(String(on["id"]))}`;
  return { endpoint: name, ids, body, answer: await sendAs(golden, name, method, path, body) };
}

async function sendRead(golden: GoldenRead, name: string): Promise<Sent> {
  const manual = await newEndpoint(name);
  const ids = await putThere(manual, alice(), finance());
  const { query, path, outcome } = golden;
  if (outcome.kind === "searched" && outcome.filter === undefined) await fillUp(manual, outcome.total);
  manual.close();
  const manner = { ...golden, ...(query !== undefined && { query: textWithIds(query, ids) }) };
  return {
    endpoint: name,
    ids,
    body: undefined,
    answer: await sendAs(manner, name, "GET", textWithIds(path, ids), undefined),
  };
}

/** @returns writes to it as an administrator */
async function newEndpoint(name: string): Promise<Client> {
  const made = await admin.post("/api/endpoints", { name });
  assert.equal(made.status, 201, made.text);
  return clientOf(`${server.origin}/api/endpoints/${name}/scim/v2`, TEST_ADMIN_SECRET);
}

/** With a new token of the endpoint. */
async function sendAs({ query, userAgent }: Manner, name: string, method: string, path: string, body: AnyJson) {
  const made = await admin.post(`/api/endpoints/${name}/credentials`, { kind: "token", label: LABEL });
  assert.equal(made.status, 201, made.text);
  const client = clientOf(`${server.origin}/scim/endpoints/${name}/v2`, made.body.secret);
  const url = query === undefined ? path : `${path}?${query}`;
  const headers = userAgent === undefined ? {} : { "user-agent": userAgent };
  const answer = await client.send(method, url, { body, headers });
  client.close();
  return answer;
}

/** What was recorded of each, in the same order. */
async function allRecorded(sent: readonly Sent[]): Promise<Recorded[]> {
  const exchanges = new Map((await untilRecorded(sent.length)).map((each) => [each.endpoint, each]));
  return sent.map((each) => ({ ...each, exchange: exchanges.get(each.endpoint) }));
}

/** Exchanges are recorded behind the answers. */
async function untilRecorded(count: number): Promise<AnyJson[]> {
  for (let tries = 0; tries < 500; tries++) {
    const { total, exchanges } = (await admin.get(`/api/exchanges?credential=${LABEL}&limit=500`)).body;
    assert.ok(total <= count, `${total} exchanges instead of ${count}`);
    if (total === count) return exchanges;
    await setTimeout(20);
  }
  throw new Error(`there are not ${count} exchanges`);
}
