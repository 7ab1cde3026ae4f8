import type { Socket } from "node:net";
import { type Attack, type Seen, sleep, type Target } from "./target.ts";
import { answerOn, ask, longestStallMs, MAX_STALL_MS, open, requestText, residentMb } from "./wire.ts";

/** Limits of the server, short so that the attacks are. */
export const OVERLOAD_SETTINGS = {
  HEADERS_TIMEOUT: "1s",
  REQUEST_TIMEOUT: "2s",
  SEND_TIMEOUT: "4s",
  MAX_CONNECTIONS_PER_ADDRESS: "150",
  SEARCH_TIMEOUT: "3s",
} as const;

const MAX_RESIDENT_MB = 600;

/** Longer than the timeouts above, which Node checks every two seconds. */
const CUT_OFF_WITHIN_MS = 12_000;

/** Longer than exchanges wait until they are recorded, which others might notice too. */
const RECORDED_AFTER_MS = 200;

const USERS = 2_000;
const GROUPS = 20;

/** Users and groups that have all of them, so that there is something to search. */
export async function populate({ port, scimSecret }: Target): Promise<void> {
  const bulk = async (operations: readonly object[]): Promise<string[]> => {
    const body = { schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], Operations: operations };
    const answer = await ask(port, "POST", "/scim/v2/Bulk", { secret: scimSecret, body: JSON.stringify(body) });
    const { Operations } = JSON.parse(answer.body) as { Operations: readonly { location?: string }[] };
    return Operations.map(({ location = "" }) => location.slice(location.lastIndexOf("/") + 1));
  };
  const create = (path: string, data: object) => ({ method: "POST", path, bulkId: crypto.randomUUID(), data });
  const ids: string[] = [];
  for (let first = 0; first < USERS; first += 1_000) {
    const users = Array.from({ length: 1_000 }, (_, at) => create("/Users", { userName: `user${first + at}` }));
    ids.push(...(await bulk(users)));
  }
  const members = ids.map((value) => ({ value }));
  for (let at = 0; at < GROUPS; at++) await bulk([create("/Groups", { displayName: `Group ${at}`, members })]);
}

/** Many connections that send the same and never read, held open for a while. */
async function held(target: Target, connections: number, text: string, forMs: number): Promise<Seen> {
  const sockets: Socket[] = [];
  const stallMs = await longestStallMs(target, async () => {
    for (let at = 0; at < connections; at++) sockets.push(open(target.port, text));
    await sleep(forMs);
  });
  const megabytes = target.isRunning() ? await residentMb(target) : Number.POSITIVE_INFINITY;
  for (const socket of sockets) socket.destroy();
  if (!target.isRunning()) return { text: "the server ended", isHeld: false };
  return {
    text: `${Math.round(megabytes)} MB, others waited ${Math.round(stallMs)} ms`,
    isHeld: megabytes < MAX_RESIDENT_MB && stallMs < 4 * MAX_STALL_MS,
  };
}

/** What other programs on the machine do delays one attempt, and seldom all. */
const ATTEMPTS = 3;

/** One request, during which others must be answered. */
function blocking(name: string, path: string, body: string | undefined, statuses: readonly number[]): Attack {
  return {
    name,
    expected: `${statuses.join(" or ")}, others wait less than ${MAX_STALL_MS} ms`,
    play: async (target) => {
      let status = 0;
      const parts = { secret: target.scimSecret, ...(body !== undefined && { body }) };
      let leastMs = Number.POSITIVE_INFINITY;
      for (let attempt = 0; attempt < ATTEMPTS && leastMs >= MAX_STALL_MS; attempt++) {
        const stallMs = await longestStallMs(target, async () => {
          ({ status } = await ask(target.port, body === undefined ? "GET" : "POST", `/scim/v2${path}`, parts));
          await sleep(RECORDED_AFTER_MS);
        });
        leastMs = Math.min(leastMs, stallMs);
      }
      return {
        text: `${status}, others waited ${Math.round(leastMs)} ms`,
        isHeld: statuses.includes(status) && leastMs < MAX_STALL_MS,
      };
    },
  };
}

/** A connection that is to be closed, or its request answered 408. */
function cutOff(name: string, limit: string, text: (target: Target) => string): Attack {
  return {
    name,
    expected: `answered 408 or closed (${limit})`,
    play: async (target) => {
      const startMs = performance.now();
      const { status } = await answerOn(open(target.port, text(target)), CUT_OFF_WITHIN_MS);
      const tookMs = performance.now() - startMs;
      const isHeld = tookMs < CUT_OFF_WITHIN_MS && (status === 408 || status === 0);
      return { text: `${status === 0 ? "closed" : status} after ${(tookMs / 1_000).toFixed(1)} s`, isHeld };
    },
  };
}

function or(count: number, term: (at: number) => string): string {
  return Array.from({ length: count }, (_, at) => term(at)).join(" or ");
}

function search(filter: string): string {
  return JSON.stringify({ schemas: ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], filter, count: 1 });
}

function withSecretNames(count: number): string {
  const members = Array.from({ length: count }, (_, at) => `"password${at}":"${at}"`);
  return `{"userName":"secret names ${count}",${members.join(",")}}`;
}

const bounded = `below ${MAX_RESIDENT_MB} MB, others are served`;

export const OVERLOAD_ATTACKS: readonly Attack[] = [
  {
    name: "10 connections × 1,500 pipelined GET /api/openapi.json, never read",
    expected: bounded,
    play: (target) => held(target, 10, requestText("GET", "/api/openapi.json", {}).repeat(1_500), 2_000),
  },
  {
    name: "100 connections × 200 pipelined GET /Schemas with a token, never read",
    expected: bounded,
    play: (target) => {
      const get = requestText("GET", "/scim/v2/Schemas", { secret: target.scimSecret });
      return held(target, 100, get.repeat(200), 2_000);
    },
  },
  {
    name: "20 connections that ask for all groups with members and never read",
    expected: bounded,
    play: (target) =>
      held(target, 20, requestText("GET", "/scim/v2/Groups?count=100", { secret: target.scimSecret }), 3_000),
  },
  {
    name: "more connections than one address may have",
    expected: `${OVERLOAD_SETTINGS.MAX_CONNECTIONS_PER_ADDRESS} are open, the others closed`,
    play: async ({ port }) => {
      const most = Number(OVERLOAD_SETTINGS.MAX_CONNECTIONS_PER_ADDRESS);
      const sockets = Array.from({ length: most + 50 }, () => open(port, "").resume());
      await sleep(1_000);
      const opened = sockets.filter((socket) => !socket.closed).length;
      for (const socket of sockets) socket.destroy();
      await sleep(500);
      return { text: `${opened} are open`, isHeld: opened === most };
    },
  },
  cutOff(
    "headers that never end",
    `HEADERS_TIMEOUT=${OVERLOAD_SETTINGS.HEADERS_TIMEOUT}`,
    () => "GET / HTTP/1.1\r\nHo",
  ),
  cutOff("a body that never ends", `REQUEST_TIMEOUT=${OVERLOAD_SETTINGS.REQUEST_TIMEOUT}`, ({ scimSecret }) =>
    requestText("POST", "/scim/v2/Users", { secret: scimSecret, body: "{}" }).slice(0, -1),
  ),
  {
    name: "an answer that is never read",
    expected: `closed (SEND_TIMEOUT=${OVERLOAD_SETTINGS.SEND_TIMEOUT})`,
    play: async (target) => {
      const get = requestText("GET", "/scim/v2/Groups?count=100", { secret: target.scimSecret });
      const socket = open(target.port, get.repeat(20));
      const closedBefore = await closedForNotReading(target);
      for (let waitedMs = 0; waitedMs < CUT_OFF_WITHIN_MS; waitedMs += 250) {
        await sleep(250);
        if ((await closedForNotReading(target)) > closedBefore) {
          socket.destroy();
          return { text: `closed after ${(waitedMs / 1_000).toFixed(1)} s`, isHeld: true };
        }
      }
      socket.destroy();
      return { text: "still open", isHeld: false };
    },
  },
  blocking("8 MB of empty objects", "/Users/.search", `{"x":[${"{},".repeat(2_700_000)}{}]}`, [400]),
  blocking(
    "as many empty objects as a body may have",
    "/Users/.search",
    `{"x":[${"{},".repeat(124_000)}{}]}`,
    [200, 400],
  ),
  blocking("8 MB of brackets", "/Users/.search", "[".repeat(8_000_000), [400]),
  blocking("250 KB with names of secrets", "/Users", withSecretNames(9_000), [201, 400]),
  blocking("1 MB with names of secrets", "/Users", withSecretNames(36_000), [201, 400]),
  blocking("all groups with members", "/Groups?count=1000", undefined, [200]),
  blocking(
    "50 × members.display co",
    "/Groups/.search",
    search(or(50, (at) => `members.display co "zz${at}"`)),
    [200, 400],
  ),
  blocking(
    "20 × display co in groups[…]",
    "/Users/.search",
    search(`groups[${or(20, (at) => `display co "zz${at}"`)}]`),
    [200, 400],
  ),
  blocking("400 × displayName gt", "/Users/.search", search(or(400, (at) => `displayName gt "zz${at}"`)), [200, 400]),
];

async function closedForNotReading({ port, adminSecret }: Target): Promise<number> {
  const { body } = await ask(port, "GET", "/metrics", { secret: adminSecret });
  return Number(/^scimtool_connections_closed_total\{reason="not reading"\} (\d+)$/m.exec(body)?.[1]);
}
