import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { PassThrough, Readable } from "node:stream";
import { test } from "node:test";
import { discardBody } from "./request-body.ts";

const as = (stream: Readable) => stream as IncomingMessage;

test("a body without end is read on for a bounded number of bytes only", async () => {
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

test("a body that does not go on is waited for no longer than 20 s", async (t) => {
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

test("one that ends, or whose client goes away, is waited for no more", async () => {
  await discardBody(as(Readable.from([Buffer.from("a"), Buffer.from("b")])));
  const broken = new PassThrough();
  const done = discardBody(as(broken));
  broken.destroy();
  await done;
});
