import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { GROUP_TYPE, type JsonObject, newReading, resourceModel } from "@scimtool/scim";
import { NO_ORIGIN } from "../../directory/context.ts";
import { serveEndpoint } from "../../endpoint/served-endpoint.ts";
import { answered, startRecorder } from "../testing/recorder.ts";
import { Actors } from "./actors.ts";
import type { Answered } from "./answered.ts";
import { exchangeOf, secretNamesByEndpoint } from "./exchange.ts";

async function made(t: TestContext, more: Partial<Answered>) {
  const { store } = await startRecorder(t);
  return exchangeOf(answered(7, 1, more), {
    actors: new Actors(),
    store,
    secretNamesOf: secretNamesByEndpoint([]),
    memory: undefined,
  });
}

const NOWHERE = { ...answered(1, 1).place, credential: undefined };

test("what is told of an exchange repeats no secret, wherever it came from", async (t) => {
  const expected = 'a token of the endpoint "token=pl4nted"';
  const failed = {
    check: "token",
    expected,
    received: "client_secret: password=pl4nted",
    remedy: "See token=pl4nted.",
  };
  const exchange = await made(t, {
    url: "/token/pl4nted?api_key=pl4nted",
    userAgent: "agent password=pl4nted",
    place: { ...NOWHERE, failed: { ...failed, check: "token" } },
    happened: { kind: "refused", error: { status: 401, message: "token=pl4nted" } },
    responseBody: '{"detail":"There is nothing at /token/pl4nted."}',
    responseBytes: 48,
  });
  assert.doesNotMatch(JSON.stringify({ ...exchange, body: Buffer.from(exchange.response.body).toString() }), /pl4nted/);
  assert.match(exchange.path, /^\/token\/\[secret, 7 characters/);
  assert.match(JSON.stringify(exchange.details), /a token of the endpoint/);
});

test("URLs and agents of any length are kept in part", async (t) => {
  const exchange = await made(t, { url: `/${"p".repeat(9_000)}?${"q".repeat(9_000)}`, userAgent: "u".repeat(9_000) });
  for (const text of [exchange.path, exchange.query, exchange.userAgent]) assert.equal(text.length, 8_001);
  assert.ok(exchange.path.endsWith("p…") && exchange.query.endsWith("q…") && exchange.userAgent.endsWith("u…"));
});

test("of a request that was turned away less is kept of them", async (t) => {
  const url = `/${"p".repeat(9_000)}?${"q".repeat(9_000)}`;
  const exchange = await made(t, { url, userAgent: "u".repeat(9_000), place: NOWHERE });
  for (const text of [exchange.path, exchange.query, exchange.userAgent]) assert.equal(text.length, 1_001);
  const size = JSON.stringify({ ...exchange, request: undefined, response: undefined }).length;
  assert.ok(size < 6_000, `${size} characters`);
});

test("of very many members that were written, an exchange is found by the first 200 resources", async (t) => {
  const model = resourceModel(GROUP_TYPE);
  const endpoint = serveEndpoint({ key: 1, revision: 1, name: "default", settings: {} });
  const members = Array.from(
    { length: 500 },
    (_, at): JsonObject => ({ value: `m${at}`, type: "User", display: `M ${at}` }),
  );
  const changes = [{ kind: "collection", path: "members", added: members, removed: [] }] as const;
  const stored = { id: "g1", key: 1, revision: 2, createdMs: 0, modifiedMs: 0, body: "{}", label: "G", groups: [] };
  const exchange = await made(t, {
    place: { ...NOWHERE, endpoint, basePath: "/scim/v2" },
    method: "PATCH",
    url: "/scim/v2/Groups/g1",
    status: 204,
    happened: {
      kind: "written",
      subject: {
        endpoint,
        model,
        locations: new Map(),
        reading: newReading("tolerant"),
        origin: NO_ORIGIN,
        timing: { queueMs: 0, databaseMs: 0 },
      },
      written: { action: "modify", stored, before: {}, after: { displayName: "G" }, changes },
      sent: undefined,
    },
  });
  assert.equal(exchange.resources.length, 200);
  assert.deepEqual(exchange.resources.slice(0, 2), [
    { type: "Group", id: "g1", label: "G" },
    { type: "User", id: "m0", label: "M 0" },
  ]);
  assert.deepEqual(
    exchange.sentences.map(({ kind, text }) => `${kind}: ${text}`),
    ["members.added: An unknown client added M 0 and 499 others to G"],
  );
});

test("a note about a secret does not repeat it", async (t) => {
  const model = resourceModel(GROUP_TYPE);
  const endpoint = serveEndpoint({ key: 1, revision: 1, name: "default", settings: {} });
  const stored = { id: "g1", key: 1, revision: 2, createdMs: 0, modifiedMs: 0, body: "{}", label: "G", groups: [] };
  const reading = newReading("tolerant");
  const detail = 'the text "pl4nted" was read as the boolean false';
  for (const where of ["x:password", "active"]) reading.notes.push({ code: "string-boolean", where, detail });
  const timing = { queueMs: 0, databaseMs: 0 };
  const { details } = await made(t, {
    place: { ...NOWHERE, endpoint, basePath: "/scim/v2" },
    ...{ method: "PATCH", url: "/scim/v2/Groups/g1", status: 204 },
    happened: {
      kind: "written",
      subject: { endpoint, model, locations: new Map(), reading, origin: NO_ORIGIN, timing },
      written: { action: "modify", stored, before: {}, after: { displayName: "G" }, changes: [] },
      sent: undefined,
    },
  });
  const [first, second] = details["notes"] as { readonly detail: string }[];
  assert.match(first?.detail ?? "", /^the text "\[secret, 7 characters, fingerprint [0-9a-f]{8}\]" was read/);
  assert.equal(second?.detail, detail);
});
