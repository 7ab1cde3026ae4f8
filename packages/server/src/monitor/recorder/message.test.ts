import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { secretNames } from "../redact/secret-names.ts";
import { answered } from "../testing/recorder.ts";
import { keptRequest, keptResponse } from "./message.ts";

const NAMES = secretNames();
const KIBIBYTE = 1_024;

/** As a list is answered. */
function listOf(count: number, more: object = {}): string {
  const resource = { schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], userName: "x".repeat(100), ...more };
  return JSON.stringify({ totalResults: count, Resources: Array.from({ length: count }, () => resource) });
}

function response(text: string, part = text.length) {
  const responseBody = Buffer.from(text).subarray(0, part);
  return keptResponse(answered(1, 1, { status: 200, responseBody, responseBytes: text.length }), NAMES, false);
}

describe("of a long answer", () => {
  test("the beginning is kept, up to the end of a resource, and it is told how much is not", () => {
    const text = listOf(1_000);
    const { message, note } = response(text, 64 * KIBIBYTE);
    const kept = Buffer.from(message.body).toString();
    assert.ok(text.startsWith(kept) && kept.length > 63 * KIBIBYTE, `${kept.length} bytes`);
    assert.equal(JSON.parse(`${kept}]}`).Resources.at(-1).userName.length, 100);
    assert.equal(message.bodyBytes, text.length);
    assert.equal(note, `The last ${text.length - kept.length} of ${text.length} bytes are not stored.`);
  });

  test("nothing is kept of a resource of which what is cut off may say that it has a secret", () => {
    const schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
    const x = "x".repeat(40 * KIBIBYTE);
    const secret = { schemas, value: "pl4nted", x, type: "password" };
    const { message } = response(JSON.stringify({ Resources: [{ schemas, x }, secret] }), 64 * KIBIBYTE);
    const kept = Buffer.from(message.body).toString();
    assert.deepEqual(JSON.parse(`${kept}]}`), { Resources: [{ schemas, x }] });
    // Of a single one that is longer there is nothing.
    assert.equal(response(JSON.stringify({ ...secret, y: x }), 64 * KIBIBYTE).message.body.length, 0);
  });
});

test("of a long request the beginning is kept, after it has been looked through to its end", () => {
  const body = (value: string) => JSON.stringify({ value, x: "x".repeat(70 * KIBIBYTE), path: "password" });
  const { message, note = "" } = keptRequest(answered(1, 1, { requestBody: Buffer.from(body("pl4nted")) }), NAMES);
  const kept = Buffer.from(message.body).toString();
  assert.ok(kept.length === 64 * KIBIBYTE && kept.startsWith('{"value":"[secret, 7 characters'), kept.slice(0, 60));
  assert.match(note, /^Secrets were removed\. The JSON was rewritten\. The last \d+ of \d+ bytes are not stored\.$/);
  assert.equal(message.bodyBytes, body("pl4nted").length);
});

test("a refusal is not kept where it may repeat a secret of the path", () => {
  const text = JSON.stringify({ detail: "There is nothing at /token/pl4nted." });
  const more = { responseBody: text, responseBytes: text.length, responseHeaders: { "content-type": "a/b" } };
  const { message, note } = keptResponse(answered(1, 1, more), NAMES, true);
  assert.deepEqual(
    [message.headers, message.body.length, message.bodyBytes, note],
    [["content-type", "a/b"], 0, text.length, "It may repeat the path."],
  );
  assert.equal(keptResponse(answered(1, 1, { ...more, status: 200 }), NAMES, true).message.body.length, text.length);
  assert.equal(keptResponse(answered(1, 1, more), NAMES, false).message.body.length, text.length);
});

test("headers are those of the request at hand, however alike the last one's were", () => {
  const headersOf = (...requestHeaders: string[]) =>
    keptRequest(answered(1, 1, { requestHeaders }), NAMES).message.headers;
  assert.deepEqual(headersOf("A", "1", "B", "2"), ["A", "1", "B", "2"]);
  assert.deepEqual(headersOf("A", "1", "B", "3"), ["A", "1", "B", "3"]);
  assert.deepEqual(headersOf("A", "1"), ["A", "1"]);
  assert.match(headersOf("Authorization", "Bearer pl4nted-1")[1] ?? "", /^Bearer \[secret, 9 characters/);
  assert.match(headersOf("Authorization", "Bearer pl4nted-12")[1] ?? "", /^Bearer \[secret, 10 characters/);
});

describe("of a request that was turned away", () => {
  const place = { ...answered(1, 1).place, credential: undefined };
  const many = Array.from({ length: 100 }, (_, at) => [`X-${at}`, "x".repeat(2_000)]).flat();

  test("few headers are kept, each in part, but those that tell who it was", () => {
    const requestHeaders = [...many, "User-Agent", "curl", "Authorization", `Bearer ${"t".repeat(500)}`];
    const { message, note } = keptRequest(answered(1, 1, { place, status: 401, requestHeaders }), NAMES);
    const names = message.headers.filter((_, at) => at % 2 === 0);
    assert.deepEqual(names, [...Array.from({ length: 16 }, (_, at) => `X-${at}`), "User-Agent", "Authorization"]);
    assert.equal(message.headers[1], `${"x".repeat(300)}… [1700 characters more]`);
    assert.match(message.headers.at(-1) ?? "", /^Bearer \[secret, 500 characters/);
    assert.equal(note, "84 more headers are not kept.");
    const all = keptRequest(answered(1, 1, { status: 404, requestHeaders }), NAMES);
    assert.deepEqual([all.message.headers.length, all.note], [200, undefined]);
  });

  test("2 KiB of each body are kept", () => {
    const body = Buffer.alloc(9_000, "x");
    const more = { place, status: 401, requestBody: body, responseBody: body, responseBytes: body.length };
    const sent = keptRequest(answered(1, 1, more), NAMES);
    const answer = keptResponse(answered(1, 1, more), NAMES, false);
    for (const { message, note } of [sent, answer]) {
      assert.deepEqual([message.body.length, message.bodyBytes], [2_048, 9_000]);
      assert.equal(note, "The last 6952 of 9000 bytes are not stored.");
    }
  });
});
