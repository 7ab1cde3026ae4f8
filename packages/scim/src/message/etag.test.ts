import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { entityTag, matchesEntityTag } from "./etag.ts";

const TAG = entityTag(7);

test("a tag is weak, with W/ in upper case (RFC 7643 §3.1, RFC 7644 §3.14)", () => {
  assert.equal(entityTag(1), 'W/"1"');
  assert.equal(TAG, 'W/"7"');
});

test("a header matches by weak comparison: weak or strong, in a list, as *, without quotes (RFC 7644 §3.14)", () => {
  const headers = [
    'W/"7"',
    '"7"',
    "*",
    " * ",
    ' W/"7" ',
    '"1", W/"7"',
    'W/"7","8"',
    '"1" ,"2",\t"7"',
    "7",
    "W/7",
    'w/"7"',
  ];
  for (const header of headers) assert.equal(matchesEntityTag(header, TAG), true, header);
});

test("a header with other tags only does not match", () => {
  for (const header of [
    "",
    " ",
    ",",
    '""',
    'W/"70"',
    '"17"',
    'W/"1", W/"2"',
    "W/",
    '"7',
    '7"',
    "W/W/7",
    '"*"',
    '" 7"',
  ]) {
    assert.equal(matchesEntityTag(header, TAG), false, header);
  }
});

test("a tag matches itself and no other", () => {
  const revision = fc.nat(1_000);
  fc.assert(
    fc.property(revision, fc.array(revision, { minLength: 1, maxLength: 5 }), (current, sent) => {
      const header = sent.map(entityTag).join(", ");
      assert.equal(matchesEntityTag(header, entityTag(current)), sent.includes(current));
    }),
  );
});

test("a long header is read in linear time", () => {
  const startedMs = performance.now();
  for (const header of [
    " ".repeat(1_000_000),
    '"'.repeat(1_000_000),
    ",".repeat(1_000_000),
    `"${" ".repeat(1_000_000)}x`,
  ]) {
    assert.equal(matchesEntityTag(header, TAG), false);
  }
  assert.ok(performance.now() - startedMs < 2_000);
});
