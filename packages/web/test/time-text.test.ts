import assert from "node:assert/strict";
import { test } from "node:test";
import { agoText, clockTimeText, exactText } from "../src/shared/time-text.ts";

const now = new Date(2026, 11, 3, 14, 5, 9, 123);
const before = (days: number, hours = 0, minutes = 0, seconds = 0) =>
  new Date(2026, 11, 3 - days, 14 - hours, 5 - minutes, 9 - seconds, 123);

test("times are relative while they are recent, and then say the day", () => {
  for (const [moment, text] of [
    [now, "just now"],
    [before(0, 0, 0, -5), "just now"],
    [before(0, 0, 0, 9), "just now"],
    [before(0, 0, 0, 12), "12 s ago"],
    [before(0, 0, 3), "3 min ago"],
    [before(0, 2), "2 h ago"],
    [before(0, 13), "01:05"],
    [before(1), "yesterday 14:05"],
    [before(10), "23 Nov 14:05"],
    [before(400), "29 Oct 2025"],
  ] as const) {
    assert.equal(agoText(moment, now.getTime()), text);
  }
});

test("exact times have the zone and no milliseconds", () => {
  assert.match(exactText(now), /^3 December 2026 at 14:05:09 \S+$/);
});

test("the time of day has the date if it was not today", () => {
  assert.equal(clockTimeText(now, now.getTime()), "14:05:09");
  assert.equal(clockTimeText(now, now.getTime(), true), "14:05:09.123");
  assert.equal(clockTimeText(before(1), now.getTime()), "2 Dec, 14:05");
});
