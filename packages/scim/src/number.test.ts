import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isKeptExactly } from "./number.ts";

test("a number is stored exactly if its double prints the same number", () => {
  const kept = [
    "0",
    "-0",
    "0.0",
    "1",
    "9007199254740991",
    "9007199254740992",
    "-9007199254740992",
    "1000000000000000000000",
    "1e300",
    `1${"0".repeat(300)}`,
    "3.141592653589793",
    "0.1000000000000000000000",
    "1234567890.1234567",
    "12345678.5e3",
    "0.00000000000000000000001",
  ];
  for (const text of kept) assert.equal(isKeptExactly(text), true, text);
  const lost = [
    "9007199254740993",
    "1234567890123456789",
    "-1234567890123456789",
    "0.12345678901234567890",
    "1234567890123456789e-3",
    "1.00000000000000000001",
    `1${"0".repeat(400)}`,
  ];
  for (const text of lost) assert.equal(isKeptExactly(text), false, text);
});

test("every double is stored as written", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => isKeptExactly(JSON.stringify(number))),
  );
});

test("a number of a million digits is checked in linear time", () => {
  const startedMs = performance.now();
  for (const text of [`0.${"0".repeat(1_000_000)}1`, `1${"0".repeat(1_000_000)}1`, `1.${"10".repeat(500_000)}`]) {
    assert.equal(isKeptExactly(text), false);
  }
  assert.ok(performance.now() - startedMs < 1_000);
});
