import assert from "node:assert/strict";
import { test } from "node:test";
import { Ajv } from "ajv";
import type { AnyJson } from "../../testing/client.ts";
import { placeholder } from "../redact/text.ts";
import { har } from "./har.ts";
import { exchange, message } from "./testing/exchange.ts";
import { HAR_SCHEMA } from "./testing/har-schema.ts";
import { SURROUNDINGS, written } from "./testing/written.ts";

const check = new Ajv({ allErrors: true, strict: false }).compile(HAR_SCHEMA);

/** The archive of some exchanges, which is one by the specification. */
function archive(...exchanges: Parameters<typeof exchange>[0][]): AnyJson {
  const parsed = JSON.parse(written(har(SURROUNDINGS), exchanges.map(exchange)));
  assert.ok(check(parsed), JSON.stringify(check.errors, null, 1));
  return parsed;
}

const PATCH = {
  method: "PATCH",
  path: "/Users/u1",
  query: "attributes=userName&x=a+b",
  durationUs: 12_345,
  split: { queueUs: 45, databaseUs: 2_000, durableUs: 9_000 },
  request: message(["Content-Type", "application/scim+json", "X-Empty", ""], '{"Operations":[]}'),
  response: message(
    ["content-type", "application/scim+json", "Location", "https://scim.example.com/scim/v2/Users/u1"],
    "{}",
  ),
  sentences: [
    { kind: "user.changed", text: "Alice's title changed" },
    { kind: "user.renamed", text: "Alice is called Bob now" },
  ],
  resources: [{ id: "u1", type: "User", label: "Bob" }],
};

test("an entry has everything that the format asks for", () => {
  const { log } = archive(PATCH);
  assert.deepEqual(log.creator, { name: "SCIMTool", version: "1.2.3" });
  const [entry] = log.entries;
  assert.equal(entry.startedDateTime, "2024-11-24T08:00:00.000Z");
  assert.deepEqual(entry.request, {
    method: "PATCH",
    url: "https://scim.example.com/scim/v2/Users/u1?attributes=userName&x=a+b",
    httpVersion: "HTTP/1.1",
    cookies: [],
    headers: [
      { name: "Content-Type", value: "application/scim+json" },
      { name: "X-Empty", value: "" },
    ],
    queryString: [
      { name: "attributes", value: "userName" },
      { name: "x", value: "a b" },
    ],
    postData: { mimeType: "application/scim+json", text: '{"Operations":[]}' },
    headersSize: -1,
    bodySize: 17,
  });
  assert.deepEqual(entry.response.content, { size: 2, mimeType: "application/scim+json", text: "{}" });
  assert.deepEqual([entry.response.status, entry.response.statusText], [200, "OK"]);
  assert.equal(entry.response.redirectURL, "https://scim.example.com/scim/v2/Users/u1");
  assert.equal(entry.comment, "Alice's title changed\nAlice is called Bob now");
  assert.deepEqual(entry._scimtool.resources, PATCH.resources);
});

test("the time is the sum of its parts", () => {
  for (const [durationUs, queueUs] of [
    [12_345, 45],
    [0, 0],
    [100, 300],
    [333_333, 111_111],
  ] as const) {
    const [{ time, timings }] = archive({ durationUs, split: { queueUs, databaseUs: 0, durableUs: 0 } }).log.entries;
    const parts = Object.values(timings).filter((part) => part !== -1) as number[];
    assert.equal(
      time,
      parts.reduce((sum, part) => sum + part, 0),
    );
    assert.ok(Math.abs(time - Math.max(durationUs, queueUs) / 1_000) < 1e-9);
  }
});

test("a request without a body has no posted data, and bytes that are no text are base64", () => {
  const [entry] = archive({ response: message([], Buffer.from([0xff, 0x00])) }).log.entries;
  assert.equal(entry.request.postData, undefined);
  assert.equal(entry.request.bodySize, 0);
  assert.deepEqual(entry.response.content, { size: 2, mimeType: "", text: "/wA=", encoding: "base64" });
});

test("what was cut and what was taken out is said", () => {
  const cut = message(["content-type", "application/json"], '{"userName":"an', 70_000);
  const secret = message(["content-type", "application/json"], JSON.stringify({ password: placeholder("hush") }), 19);
  const [first, second] = archive({ request: cut, response: secret }, { request: secret }).log.entries;
  assert.equal(first.request.postData.comment, "The body was cut when it was recorded.");
  assert.equal(first.request.bodySize, 70_000);
  assert.equal(first.response.content.comment, "Secrets in it were replaced.");
  assert.equal(second.request.postData.comment, "Secrets in it were replaced.");
  const [read] = archive({ response: message(["content-type", "application/scim+json"], "", 400) }).log.entries;
  assert.equal(read.response.content.comment, "The body was not recorded.");
});

test("none, one and many exchanges are one archive, with an entry on a line", () => {
  assert.deepEqual(archive().log.entries, []);
  const exchanges = Array.from({ length: 50 }, (_, at) => ({ path: `/Users/${at}\n"`, query: "%zz=%&\u2028" }));
  assert.equal(archive(...exchanges).log.entries.length, 50);
  assert.equal(written(har(SURROUNDINGS), exchanges.map(exchange)).split("\n").length, 50 + 3);
});
