import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { zstdDecompressSync } from "node:zlib";
import { compressed } from "./compress.ts";

/** Some parts of 4 KiB of which half is noise, so that what comes out has many pieces. */
function partsOf(count: number): Buffer[] {
  return Array.from({ length: count }, () => Buffer.concat([randomBytes(2_048), Buffer.alloc(2_048)]));
}

test("frames made at the same time are whole while they are used, and do not share what is let go of", async () => {
  const sizes = [1, 17, 40, 64, 90, 130, 200, 333, 500];
  const compressAll = async () => {
    for (const size of sizes) {
      const parts = partsOf(size);
      const frame = await compressed(parts, async (pieces) => {
        // Others have their turn, and may let go of theirs.
        await turn();
        return Buffer.concat(pieces);
      });
      assert.ok(zstdDecompressSync(frame).equals(Buffer.concat(parts)), `${size} parts`);
    }
  };
  await Promise.all(Array.from({ length: 4 }, compressAll));
});

test("what was used is given back, but for what the next frame is still written to", async () => {
  const kept: Buffer[] = [];
  for (let round = 0; round < 5; round++) await compressed(partsOf(200), async (pieces) => void kept.push(...pieces));
  const left = new Set(kept.filter(({ length }) => length > 0).map(({ buffer }) => buffer));
  assert.ok(kept.length > 10 && left.size <= 1, `${left.size} of ${kept.length} pieces are left`);
});
