import { setTimeout as delay } from "node:timers/promises";
import {
  type Connection,
  type Exchange,
  entraId,
  listOf,
  okta,
  type ScimClient,
  UnexpectedAnswer,
} from "@scimtool/check";
import { isObject, type JsonObject } from "@scimtool/scim";
import type { Tell } from "./demo-day.ts";

/** For all of it: whoever waits for the demo to end has the rest told instead. */
const CLEAN_UP_MS = 60_000;

/** For each answer: a server that hangs must not take all of that time. */
const ANSWER_TIMEOUT_MS = 10_000;

/** A server that is busy (429, 503) is asked so often, and waited for so long between. */
const MOST_TRIES = 4;
const SHORTEST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 10_000;

/** What was deleted may take a moment to be gone (202 Accepted): it is looked for so often, a second between. */
const MOST_LOOKS = 3;
const LOOK_INTERVAL_MS = 1_000;

/** A person or group that the demo has sent, whether or not it was told that the server has it. */
export type Sent = {
  readonly by: "Entra ID" | "Okta";
  readonly type: "Users" | "Groups";
  /** For people: `Joy Young`, `the group Sales (demo 1a2b3)`. */
  readonly name: string;
  /** `userName` or `displayName`; a group that was renamed has two. */
  readonly keys: readonly string[];
  /** Ids that the server has answered. */
  readonly ids: Set<string>;
  /** Without an answer the server may still be about to store it. */
  isAnswered: boolean;
};

const KEY_ATTRIBUTES = { Users: "userName", Groups: "displayName" } as const;

/**
 * Keeps the id that a creation was answered with, whatever else is wrong with the answer. That of a refusal is of
 * somebody who was there before.
 */
export function rememberAnswer(sent: readonly Sent[], exchange: Exchange): void {
  const { method, path, requestBody, responseBody, status } = exchange;
  if (method !== "POST" || !isObject(requestBody)) return;
  const found = sent.find((each) => path.startsWith(`/${each.type}`) && hasKey(each, requestBody));
  if (found === undefined) return;
  found.isAnswered = true;
  const id = isObject(responseBody) ? responseBody["id"] : undefined;
  if (status < 300 && typeof id === "string" && id !== "") found.ids.add(id);
}

/** Who is found under an id that a creation was answered with. */
export type Holder = "own" | "another" | "nobody" | "unknown";

/** Servers answer creations with wrong ids: what the demo does there must meet nobody else. @throws NoAnswer */
export async function holderOf(sent: Sent, id: string, client: Pick<ScimClient, "get">): Promise<Holder> {
  const { status, responseBody } = await client.get(pathOf(sent, id));
  if (status === 404) return "nobody";
  if (status !== 200 || !isObject(responseBody)) return "unknown";
  if (hasKey(sent, responseBody)) return "own";
  return typeof responseBody[KEY_ATTRIBUTES[sent.type]] === "string" ? "another" : "unknown";
}

function pathOf({ type }: Sent, id: string): string {
  return `/${type}/${encodeURIComponent(id)}`;
}

/**
 * Deletes what the demo has sent: in Entra ID's way for good, as after 30 days in the recycle bin; what is of Okta by
 * itself, for Okta deletes nobody. Nothing that goes wrong ends it.
 * @param interruption gives it up
 * @returns what is left on the server or may be, a line each
 */
export async function cleanUp(
  sent: readonly Sent[],
  connection: Connection,
  tell: Tell,
  interruption: AbortSignal,
): Promise<string[]> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error("there was no more time")), CLEAN_UP_MS);
  const signal = AbortSignal.any([interruption, late.signal]);
  const limited = { ...connection, signal, answerTimeoutMs: ANSWER_TIMEOUT_MS };
  const clients = { "Entra ID": entraId(limited).client, Okta: okta(limited, "catalogue").client };
  const left: string[] = [];
  const deleted: Deleted[] = [];
  // What has to be looked up comes last: the server has had time to store it.
  for (const each of [...sent].sort((one, other) => Number(one.ids.size === 0) - Number(other.ids.size === 0))) {
    const client = patient(clients[each.by], signal);
    const ids = await ownIds(each, client);
    if (ids.length === 0) ids.push(...(await lookUp(each, client, left)));
    if (ids.length === 0 && !each.isAnswered) {
      await delay(LOOK_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
      ids.push(...(await lookUp(each, client, [])));
    }
    for (const id of ids) {
      const path = pathOf(each, id);
      if (await remove(each, path, client, tell, left)) deleted.push({ name: each.name, path, client });
    }
  }
  left.push(...(await notGone(deleted, signal)));
  clearTimeout(timer);
  return left;
}

type Deleted = { readonly name: string; readonly path: string; readonly client: Patient };

/** Of the ids that the server has answered, those under which nobody else is. */
async function ownIds(each: Sent, client: Patient): Promise<string[]> {
  const ids: string[] = [];
  for (const id of each.ids) {
    const holder = await holderOf(each, id, client).catch(() => "unknown");
    if (holder === "own" || holder === "unknown") ids.push(id);
  }
  return ids;
}

/** No answer told the id: the server may have it all the same, and knows it by its name. */
async function lookUp(each: Sent, client: Patient, left: string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const key of each.keys) {
    try {
      const filter = `${KEY_ATTRIBUTES[each.type]} eq ${JSON.stringify(key)}`;
      const { resources } = listOf(await client.get(`/${each.type}`, { filter }));
      // A server that ignores the filter answers with others as well.
      for (const resource of resources) if (hasKey(each, resource)) ids.push(String(resource["id"]));
    } catch (error) {
      left.push(`${each.name} may be there as "${key}": ${(error as Error).message}`);
    }
  }
  return [...new Set(ids)];
}

/** @returns whether the server says that it is deleted, or is not there */
async function remove(each: Sent, path: string, client: Patient, tell: Tell, left: string[]): Promise<boolean> {
  try {
    const exchange = await deleteVersion(path, client);
    // RFC 7644 §3.6 asks for 204; 200 and 202 mean as much (RFC 9110 §9.3.5).
    const isGone = [200, 202, 204, 404].includes(exchange.status);
    if (!isGone) await tell("The demo", `could not delete ${each.name}`, exchange);
    else if (each.by === "Entra ID") await tell(each.by, `deleted ${each.name} for good`, exchange);
    else await tell("The demo", `deleted ${each.name}, for Okta deletes nobody`, exchange);
    if (isGone) return true;
    throw new UnexpectedAnswer(exchange, "204 (RFC 7644 §3.6)");
  } catch (error) {
    left.push(`${each.name}, ${path}: ${(error as Error).message}`);
    return false;
  }
}

/** Some servers want to be told which version is meant (428, RFC 6585 §3), which no identity provider does. */
async function deleteVersion(path: string, client: Patient): Promise<Exchange> {
  const exchange = await client.delete(path);
  if (exchange.status !== 428) return exchange;
  const { headers, responseBody } = await client.get(path);
  const meta = isObject(responseBody) ? responseBody["meta"] : undefined;
  const version = headers.get("etag") ?? (isObject(meta) ? meta["version"] : undefined);
  return typeof version === "string" ? client.delete(path, version) : exchange;
}

/** What was deleted is answered 404 from then on (RFC 7644 §3.6). */
async function notGone(deleted: readonly Deleted[], signal: AbortSignal): Promise<string[]> {
  let left: { readonly one: Deleted; readonly why: string }[] = deleted.map((one) => ({ one, why: "" }));
  for (let looks = 1; looks <= MOST_LOOKS && left.length > 0; looks++) {
    if (looks > 1) await delay(LOOK_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    const before = left;
    left = [];
    for (const { one } of before) {
      const why = await whyNotGone(one);
      if (why !== undefined) left.push({ one, why });
    }
  }
  return left.map(({ one: { name, path }, why }) => `${name}, ${path}: ${why}`);
}

async function whyNotGone({ client, path }: Deleted): Promise<string | undefined> {
  try {
    const exchange = await client.get(path);
    // 410 says the same of what was there once (RFC 9110 §15.5.11).
    if (exchange.status === 404 || exchange.status === 410) return undefined;
    return new UnexpectedAnswer(exchange, "404, as it was deleted (RFC 7644 §3.6),").message;
  } catch (error) {
    return (error as Error).message;
  }
}

type Patient = Pick<ScimClient, "get" | "delete">;

/** A client that comes again when the server is busy. */
function patient(client: ScimClient, signal: AbortSignal): Patient {
  async function insist(ask: () => Promise<Exchange>): Promise<Exchange> {
    for (let tries = 1; ; tries++) {
      const exchange = await ask();
      if ((exchange.status !== 429 && exchange.status !== 503) || tries === MOST_TRIES) return exchange;
      await delay(waitMs(exchange), undefined, { signal });
    }
  }
  return {
    get: (path, query) => insist(() => client.get(path, query)),
    delete: (path, ifMatch) => insist(() => client.delete(path, ifMatch)),
  };
}

/** `Retry-After` is a number of seconds or a date (RFC 9110 §10.2.3). */
function waitMs({ headers }: Exchange): number {
  const text = headers.get("retry-after") ?? "";
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now();
  return Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, Number.isNaN(ms) ? 0 : ms));
}

function hasKey({ type, keys }: Sent, resource: JsonObject): boolean {
  const key = resource[KEY_ATTRIBUTES[type]];
  return typeof key === "string" && keys.some((each) => each.toLowerCase() === key.toLowerCase());
}
