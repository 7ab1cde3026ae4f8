import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { confirmName } from "./terminal.ts";

/** Answers the question, and returns the output. */
async function typing(line: string | undefined, isTTY = true, signal = new AbortController().signal): Promise<string> {
  const input = Object.assign(new PassThrough(), { isTTY });
  const output = new PassThrough();
  if (line !== undefined) input.write(`${line}\n`);
  await confirmName("hr", undefined, "All goes.", signal, { input, output });
  output.end();
  return text(output);
}

test("on a terminal the name must be typed", async () => {
  assert.match(await typing(" hr "), /^All goes\.\nType its name to continue: /);
  await assert.rejects(typing("yes"), /"yes" is not "hr"\. Nothing was removed/);
  await assert.rejects(typing("HR"), /is not "hr"/);
});

test("without a terminal the option is required", async () => {
  await assert.rejects(typing("hr", false), /^CommandError: All goes\. To continue, add --confirm hr$/);
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

describe("on a terminal in raw mode", () => {
  async function pressing(key: string, controller = new AbortController()): Promise<void> {
    const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
    const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
    input.write(key);
    await confirmName("hr", undefined, "All goes.", controller.signal, { input, output });
  }

  test("Ctrl-C interrupts", { timeout: 5_000 }, async (t) => {
    const controller = new AbortController();
    const interrupt = () => controller.abort();
    process.on("SIGINT", interrupt);
    t.after(() => process.off("SIGINT", interrupt));
    await assert.rejects(pressing("\x03", controller), { name: "AbortError" });
    assert.equal(controller.signal.aborted, true);
  });

  test("Ctrl-D removes nothing", { timeout: 5_000 }, async () => {
    await assert.rejects(pressing("\x04"), /^CommandError: "" is not "hr"\. Nothing was removed/);
  });
});
