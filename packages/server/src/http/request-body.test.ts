import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { PassThrough, Readable } from "node:stream";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { discardBody, parseJsonBody } from "./request-body.ts";

const as = (stream: Readable) => stream as IncomingMessage;

test("an endless body is read only up to a limit", async () => {
  let bytes = 0;
  const chunk = Buffer.alloc(1_024 * 1_024);
  const endless = new Readable({
    read() {
      bytes += chunk.length;
      this.push(chunk);
    },
  });
  await discardBody(as(endless));
  assert.ok(bytes < 70 * 1_024 * 1_024, `${bytes}`);
  assert.equal(endless.isPaused(), true);
});

test("a stalled body is awaited for at most 20 s", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const silent = new PassThrough();
  let isDone = false;
  const done = discardBody(as(silent)).then(() => {
    isDone = true;
  });
  t.mock.timers.tick(19_999);
  await Promise.resolve();
  assert.equal(isDone, false);
  t.mock.timers.tick(1);
  await done;
});

test("a body that ends, or whose client disconnects, is no longer awaited", async () => {
  await discardBody(as(Readable.from([Buffer.from("a"), Buffer.from("b")])));
  const broken = new PassThrough();
  const done = discardBody(as(broken));
  broken.destroy();
  await done;
});

/** The longest time for which other work was blocked. */
async function longestStallMs(work: () => Promise<unknown>): Promise<number> {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  await delay(20);
  delays.reset();
  await work().catch(() => undefined);
  await delay(20);
  delays.disable();
  return delays.max / 1e6;
}

describe("a body of 8 MB", () => {
  const LENGTH = 8_000_000;
  const bodies: Readonly<Record<string, readonly [text: string, outcome: RegExp]>> = {
    "of empty objects": [`{"x":[${"{},".repeat(LENGTH / 3)}{}]}`, /more than 250000 values/],
    "of members": [
      `{"members":[${Array.from({ length: 120_000 }, (_, at) => `{"value":"${at}${"x".repeat(48)}"}`).join(",")}]}`,
      /^read$/,
    ],
    "of one text": [`{"x":"${":".repeat(LENGTH)}"}`, /^read$/],
    "of escapes": [`{"x":"${"\\u0061".repeat(LENGTH / 6)}"}`, /^read$/],
    "of brackets": ["[".repeat(LENGTH), /nested deeper than 40 levels/],
  };
  for (const [what, [text, expected]] of Object.entries(bodies)) {
    test(`${what} is read or rejected without blocking others for long`, async () => {
      const bytes = Buffer.from(text);
      const outcome = await parseJsonBody(bytes).then(
        () => "read",
        ({ message }: Error) => message,
      );
      assert.match(outcome, expected);
      const stalls = [];
      for (let attempt = 0; attempt < 5; attempt++) stalls.push(await longestStallMs(() => parseJsonBody(bytes)));
      assert.ok(Math.min(...stalls) < 100, String(stalls));
    });
  }
});
