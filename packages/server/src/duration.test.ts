import assert from "node:assert/strict";
import { test } from "node:test";
import { formatDuration, parseDuration } from "./duration.ts";

test("a duration is a number of seconds, or has a unit", () => {
  const read = (text: string) => parseDuration(text);
  assert.deepEqual(["0", "300", "300s", "5m", "1h", "7d"].map(read), [0, 300e3, 300e3, 300e3, 3.6e6, 604.8e6]);
  for (const text of ["", " 5", "5 m", "-5", "1.5h", "5x", "m", "5M", "1e3", "1234567890"]) {
    assert.equal(read(text), undefined, text);
  }
});

test("a duration is printed with two units at most", () => {
  const cases: [number, string][] = [
    [0, "0 ms"],
    [999.4, "999 ms"],
    [1_240, "1.2 s"],
    [59_949, "59.9 s"],
    [59_960, "1 min"],
    [200_000, "3 min 20 s"],
    [3_599_600, "1 h"],
    [7_500_000, "2 h 5 min"],
    [86_400_000, "1 d"],
    [100 * 3_600_000, "4 d 4 h"],
  ];
  for (const [ms, text] of cases) assert.equal(formatDuration(ms), text);
});
