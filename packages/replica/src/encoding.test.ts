import assert from "node:assert/strict";
import { hash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { sealed, sha256 } from "./encoding.ts";

const MIB = 1_024 * 1_024;

test("few and many bytes have the right hash", async () => {
  for (const length of [0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB + 7]) {
    const bytes = randomBytes(length);
    assert.ok((await sha256(bytes)).equals(hash("sha256", bytes, "buffer")), `${length} bytes`);
  }
});

test("pieces are joined in order, with their hash at the end", async () => {
  for (const lengths of [[], [0], [5, 0, 7], [MIB, 1], [300, 2 * MIB + 3, MIB - 1, 9]]) {
    const pieces = lengths.map((length) => randomBytes(length));
    const content = Buffer.concat(pieces);
    const expected = Buffer.concat([content, hash("sha256", content, "buffer")]);
    assert.ok((await sealed(pieces)).equals(expected), `pieces of ${lengths} bytes`);
  }
});

test("other work runs after each megabyte", async () => {
  const bytes = randomBytes(8 * MIB);
  for (const attempt of [() => sha256(bytes), () => sealed([bytes])]) {
    let turns = 0;
    let running = true;
    const count = () => {
      turns++;
      if (running) setImmediate(count);
    };
    setImmediate(count);
    await attempt();
    running = false;
    assert.ok(turns >= 7, `${turns} turns`);
  }
});
