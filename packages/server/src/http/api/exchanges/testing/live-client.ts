import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { TEST_ADMIN_SECRET } from "../../../../testing/application.ts";
import type { AnyJson } from "../../../../testing/client.ts";

/** A missing event fails the test instead of blocking it. 40,000 events can take half a minute on a busy machine. */
const TIMEOUT_MS = 60_000;

type LiveEvent = { readonly id: number; readonly name: string; readonly data: AnyJson; readonly atMs: number };

/** A client of `/api/live` on its own connection, which reads events as a browser does. */
export type LiveClient = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The events received so far. */
  readonly events: readonly LiveEvent[];
  /** All text received so far. */
  readonly text: () => string;
  /** The last received ID, with or without an event; a reconnect continues there. */
  readonly lastId: () => number;
  /** Waits for this total number of events. */
  readonly until: (count: number) => Promise<void>;
  /** Waits until the received text matches. */
  readonly untilText: (pattern: RegExp) => Promise<void>;
  /** Stops and resumes reading. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** Waits until the server ends the stream. */
  readonly untilEnded: () => Promise<void>;
  /** Whether the stream ended properly, without being cut off. */
  readonly isWhole: () => boolean;
  readonly close: () => void;
};

export type Watched = {
  readonly secret?: string;
  /** Added to the default headers; undefined omits one. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Whether to keep the text too; not for large amounts. */
  readonly keepsText?: boolean;
};

/** @param query of the URL, without the question mark */
export async function watch(origin: string, query = "", options: Watched = {}): Promise<LiveClient> {
  const { secret = TEST_ADMIN_SECRET, headers = {}, keepsText = true } = options;
  const all = Object.entries({ authorization: `Bearer ${secret}`, ...headers });
  const given = Object.fromEntries(all.filter((header): header is [string, string] => header[1] !== undefined));
  const { sent, answer } = await answered(`${origin}/api/live?${query}`, given);
  const events: LiveEvent[] = [];
  const waiting = new Set<() => void>();
  let [text, rest, lastId] = ["", "", 0];
  let isEnded = false;
  const check = () => {
    for (const look of waiting) look();
  };
  answer.setEncoding("utf8");
  answer.on("data", (chunk: string) => {
    if (keepsText) text += chunk;
    const blocks = (rest + chunk).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const event = eventOf(block);
      lastId = event.id ?? lastId;
      if (event.data !== undefined) {
        events.push({ id: lastId, name: event.name, data: JSON.parse(event.data), atMs: performance.now() });
      }
    }
    check();
  });
  // The server may also cut it off.
  answer.on("error", () => undefined);
  answer.once("close", () => {
    isEnded = true;
    check();
  });
  const until = (what: string, isMet: () => boolean): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => reject(new Error(`${what} did not come; ${events.length} events did`)), TIMEOUT_MS);
    const look = () => isMet() && resolve();
    waiting.add(look);
    look();
    return promise.finally(() => {
      clearTimeout(timer);
      waiting.delete(look);
    });
  };
  return {
    status: answer.statusCode ?? 0,
    headers: answer.headers,
    events,
    text: () => text,
    lastId: () => lastId,
    until: (count) => until(`event ${count}`, () => events.length >= count),
    untilText: (pattern) => until(String(pattern), () => pattern.test(text)),
    pause: () => answer.pause(),
    resume: () => answer.resume(),
    isWhole: () => answer.complete,
    untilEnded: () => until("the end", () => isEnded),
    close: () => sent.destroy(),
  };
}

type Answered = { readonly sent: ClientRequest; readonly answer: IncomingMessage };

function answered(url: string, headers: Readonly<Record<string, string>>): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers, agent: false }, (answer) => resolve({ sent, answer }));
    sent.once("error", reject);
    sent.end();
  });
}

/** The fields of an event, or of a comment. */
function eventOf(block: string): { id: number | undefined; name: string; data: string | undefined } {
  const fields = new Map(block.split("\n").map((line) => line.split(/: ?(.*)/s, 2) as [string, string]));
  const id = fields.get("id");
  return { id: id === undefined ? undefined : Number(id), name: fields.get("event") ?? "", data: fields.get("data") };
}
