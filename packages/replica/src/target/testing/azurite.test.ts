import assert from "node:assert/strict";
import { test } from "node:test";
import { startAzurite } from "./azurite.ts";

test("x", async () => {
  const t = performance.now();
  const a = await startAzurite();
  console.log(performance.now() - t, a.accountUrl);
  console.log((await fetch(a.accountUrl + "?comp=list")).status);
  await a.stop();
  assert.throws(() => process.kill(a.pid, 0));
});
