import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { confirmName } from "./endpoint-confirm.ts";

/** Answers the question, and returns what was shown. */
async function typing(line: string | undefined, isTTY = true, signal = new AbortController().signal): Promise<string> {
  const input = Object.assign(new PassThrough(), { isTTY });
  const output = new PassThrough();
  if (line !== undefined) input.write(`${line}\n`);
  await confirmName("hr", undefined, "All goes.", signal, { input, output });
  output.end();
  return text(output);
}

test("on a terminal the name has to be typed", async () => {
  assert.match(await typing(" hr "), /^All goes\.\nType its name to go on: /);
  await assert.rejects(typing("yes"), /"yes" is not "hr"\. Nothing was removed/);
  await assert.rejects(typing("HR"), /is not "hr"/);
});

test("where nobody can be asked the option is needed", async () => {
  await assert.rejects(typing("hr", false), /^CommandRefused: All goes\. To go on, add --confirm hr$/);
  const nothing = { input: new PassThrough(), output: new PassThrough() };
  await confirmName("hr", "hr", "All goes.", new AbortController().signal, nothing);
  assert.equal(nothing.output.read(), null);
});

test("an interruption ends the question", { timeout: 5_000 }, async () => {
  const controller = new AbortController();
  const asked = typing(undefined, true, controller.signal);
  controller.abort();
  await assert.rejects(asked, { name: "AbortError" });
});
