import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { KnownPages, PageMemory } from "./page.ts";

const position = (key: number) => ({ key, value: null });

describe("the known pages of a query", () => {
  test("returns the last end that is not after an offset, in any order of insertion", () => {
    const pages = new KnownPages();
    assert.equal(pages.nearest(0), undefined);
    for (const offset of [300, 100, 200, 100]) pages.note(offset, position(offset));
    const found = [99, 100, 199, 200, 1_000].map((offset) => pages.nearest(offset)?.offset);
    assert.deepEqual(found, [undefined, 100, 100, 200, 300]);
    assert.deepEqual(pages.nearest(250)?.position, position(200));
  });

  test("keeps the last 16 ends", () => {
    const pages = new KnownPages();
    for (let offset = 100; offset <= 1_700; offset += 100) pages.note(offset, position(offset));
    assert.equal(pages.nearest(150), undefined);
    assert.equal(pages.nearest(250)?.offset, 200);
    assert.equal(pages.nearest(9_999)?.offset, 1_700);
  });

  test("keeps no long text", () => {
    const pages = new KnownPages();
    pages.note(5, { key: 1, value: "x".repeat(201) });
    assert.equal(pages.nearest(9), undefined);
  });
});

test("pages are remembered for the last 64 short queries until they are cleared", () => {
  const memory = new PageMemory();
  assert.equal(memory.of("q".repeat(2_001)), undefined);
  const known = memory.of("q");
  for (let other = 0; other < 63; other++) memory.of(`other ${other}`);
  assert.equal(memory.of("q"), known);
  for (let other = 0; other < 64; other++) memory.of(`more ${other}`);
  const renewed = memory.of("q");
  assert.notEqual(renewed, known);
  memory.clear();
  assert.notEqual(memory.of("q"), renewed);
});
