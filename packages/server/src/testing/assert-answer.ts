import assert from "node:assert/strict";
import type { Answer, AnyJson, Client } from "./client.ts";
import type { RawAnswer } from "./raw.ts";

const ERROR = "urn:ietf:params:scim:api:messages:2.0:Error";
const SCIM_JSON = /^application\/scim\+json(?:; charset=utf-8)?$/;

/** Asserts that an answer has this status and is SCIM's media type (RFC 7644 §8.1), and returns its body. */
export function succeeded(answer: Answer, status: number): AnyJson {
  assert.equal(answer.status, status, answer.text);
  assert.match(answer.headers["content-type"] ?? "none", SCIM_JSON);
  return answer.body;
}

/**
 * Asserts that an answer is a SCIM Error (RFC 7644 §3.12) and nothing else.
 * @param scimType undefined where the RFC has none
 * @param detail what the detail must say
 */
export function refused(answer: Answer, status: number, scimType: string | undefined, detail: RegExp): void {
  assert.equal(answer.status, status, answer.text);
  assert.match(answer.headers["content-type"] ?? "none", SCIM_JSON);
  assertErrorBody(answer.body, status, scimType, detail);
}

/** As {@link refused}, for an answer that no HTTP client has read. */
export function refusedRaw(answer: RawAnswer, status: number, scimType: string | undefined, detail: RegExp): void {
  assert.equal(answer.status, status, answer.text);
  assert.match(answer.text, /^content-type: application\/scim\+json/im);
  assertErrorBody(JSON.parse(answer.body), status, scimType, detail);
}

function assertErrorBody(body: AnyJson, status: number, scimType: string | undefined, detail: RegExp): void {
  assert.deepEqual(
    { ...body, detail: undefined },
    { schemas: [ERROR], status: String(status), detail: undefined, ...(scimType && { scimType }) },
  );
  assert.match(body.detail, detail);
  assert.ok(body.detail.length <= 1_000, `a detail of ${body.detail.length} characters`);
}

/**
 * Runs requests that are to be refused and asserts that the server lives on and that nothing of them was written:
 * users and groups are the same before and after.
 */
export async function changingNothing(client: Client, requests: () => Promise<void>): Promise<void> {
  const before = await everything(client);
  await requests();
  assert.deepEqual(await everything(client), before);
}

async function everything(client: Client): Promise<AnyJson> {
  const users = await client.get("/Users?count=1000");
  const groups = await client.get("/Groups?count=1000");
  return [succeeded(users, 200), succeeded(groups, 200)];
}
