import assert from "node:assert/strict";
import type { Answer, AnyJson, Client } from "./client.ts";
import type { RawAnswer } from "./raw.ts";

const ERROR = "urn:ietf:params:scim:api:messages:2.0:Error";
const SCIM_JSON = /^application\/scim\+json(?:; charset=utf-8)?$/;

/** Asserts the status of an answer in any form. @returns the body */
export function done(answer: Answer, status = 200): AnyJson {
  assert.equal(answer.status, status, answer.text);
  return answer.body;
}

/** Asserts problem details (RFC 9457). @param detail pattern for the detail */
export function isProblem(answer: Answer, status: number, detail: RegExp): void {
  assert.equal(answer.status, status, answer.text);
  assert.match(answer.headers["content-type"] ?? "none", /^application\/problem\+json/);
  assert.match(answer.body.detail, detail);
}

/** Asserts the status and SCIM's media type (RFC 7644 §8.1). @returns the body */
export function succeeded(answer: Answer, status: number): AnyJson {
  assert.equal(answer.status, status, answer.text);
  assert.match(answer.headers["content-type"] ?? "none", SCIM_JSON);
  return answer.body;
}

/**
 * Asserts that a response is exactly a SCIM Error (RFC 7644 §3.12).
 * @param scimType undefined if the RFC defines none
 * @param detail pattern for the detail
 */
export function refused(answer: Answer, status: number, scimType: string | undefined, detail: RegExp): void {
  assert.equal(answer.status, status, answer.text);
  assert.match(answer.headers["content-type"] ?? "none", SCIM_JSON);
  assertErrorBody(answer.body, status, scimType, detail);
}

/** Like {@link refused}, for a raw response. */
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

/** Runs requests that must fail, and asserts that the server still works and that users and groups have not changed. */
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
