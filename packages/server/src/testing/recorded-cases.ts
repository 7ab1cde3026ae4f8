import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { RunningApplication } from "./application.ts";
import type { Answer, AnyJson, Client, Sent } from "./client.ts";
import { recordedExchanges, toldOf } from "./recorded-exchanges.ts";

/** A request, and its record: a headline, see {@link headlineOf}, and each sentence. */
export type Case = {
  readonly name: string;
  readonly method: string;
  /** Path on the server. */
  readonly url: string;
  /** The bearer token. */
  readonly secret?: string;
  readonly sent?: Sent;
  readonly recorded: readonly [headline: string, ...told: string[]];
};

/** Creates test data as an administrator. */
export type EndpointAdmin = {
  /** @throws AssertionError if the server rejects it */
  readonly make: (path: string, body: object) => Promise<AnyJson>;
  /** Creates a token of an endpoint. */
  readonly tokenOf: (endpoint: string, label: string, more?: object) => Promise<string>;
};

export function endpointAdminOf({ admin }: RunningApplication): EndpointAdmin {
  const make = async (path: string, body: object) => {
    const answer = await admin.post(path, body);
    assert.equal(answer.status, 201, answer.text);
    return answer.body;
  };
  const tokenOf = async (endpoint: string, label: string, more: object = {}) =>
    (await make(`/api/endpoints/${endpoint}/credentials`, { kind: "token", label, ...more })).secret;
  return { make, tokenOf };
}

/** The User-Agent identifies the request. */
const agentOf = (index: number): string => `case/${index}`;

/**
 * Sends each request, and makes a test of each: it is recorded once, as expected, with its response and without
 * secrets.
 * @param before number of exchanges recorded before
 */
export async function testRecorded(
  server: RunningApplication,
  cases: readonly Case[],
  secrets: readonly string[],
  before: number,
): Promise<void> {
  const anyone = server.connect(undefined);
  const answers: Answer[] = [];
  for (const [index, { method, url, secret, sent = {} }] of cases.entries()) {
    const authorization = secret === undefined ? {} : { authorization: `Bearer ${secret}` };
    const headers = { ...authorization, "user-agent": agentOf(index), ...sent.headers };
    answers.push(await anyone.send(method, url, { ...sent, headers }));
  }
  const exchanges = await recordedExchanges(server.admin, "", before + cases.length);
  describe("it is recorded once, and without secrets, what became of", () => {
    for (const [index, each] of cases.entries()) {
      const own = exchanges.filter(({ userAgent }) => userAgent === agentOf(index));
      test(each.name, () => assertRecorded(server.admin, each, answers[index] as Answer, own, secrets));
    }
  });
}

async function assertRecorded(
  admin: Client,
  { recorded: [headline, ...told] }: Case,
  { status, text }: Answer,
  [exchange, ...more]: readonly AnyJson[],
  secrets: readonly string[],
): Promise<void> {
  assert.equal(more.length, 0);
  assert.deepEqual([headlineOf(exchange), ...toldOf(exchange).map(timeless)], [headline, ...told]);
  assert.deepEqual([exchange.status, exchange.clientAddress], [status, "127.0.0.1"]);
  const { authentication, diagnosis } = exchange.details;
  assert.equal(authentication?.check, /^authentication\.(.*)$/.exec(diagnosis?.code)?.[1]);
  const { request, response } = (await admin.get(`/api/exchanges/${exchange.id}`)).body;
  const kept = JSON.stringify([exchange, request, response]);
  for (const secret of secrets) assert.ok(!kept.includes(secret), kept);
  // The history contains the response to a read.
  if (text.includes("access_token") || exchange.details.revision !== undefined) return;
  assert.deepEqual([response.body ?? "", response.bodyBytes], [text, Buffer.byteLength(text)]);
}

/** Endpoint, request and status, credential, dialect, severity, diagnosis, and names of the resources. */
function headlineOf(exchange: AnyJson): string {
  const { endpoint, method, path, query, status, credential, dialect, severity, details, resources } = exchange;
  const url = query === "" ? path : `${path}?${query}`;
  const about = resources.map(({ label, id }: AnyJson) => label || id).join(", ");
  const request = `${endpoint ?? "-"} ${method} ${url} ${status}`;
  const parts = [request, credential ?? "nobody", dialect, severity, details.diagnosis?.code ?? "-"];
  return [...parts, ...(about === "" ? [] : [`about ${about}`])].join(", ");
}

function timeless(text: string): string {
  return text.replace(/(?:\d+ [A-Z][a-z]+(?: \d{4})?, )?\d\d:\d\d UTC/, "00:00 UTC");
}
