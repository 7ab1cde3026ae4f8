import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { slotKey } from "./target/target.ts";
import { Host, restoredFrom, targetFolder } from "./testing/host.ts";

test("an instance whose restore passed over a damaged slot becomes the primary, and gives the target a new base", async (t) => {
  const { target, folder } = targetFolder(t);
  const first = await Host.primary(t, target);
  for (const value of [1, 2, 3]) await first.write(value);
  // The clean stop makes a base, which contains the damaged slot.
  await first.close();
  writeFileSync(join(folder, slotKey("replica/log/", 5)), "damaged");
  const second = await Host.primary(t, target);
  await second.write(4);
  second.die(t);
  assert.deepEqual((await restoredFrom(t, target)).rows, [1, 2, 3, 4]);
});
