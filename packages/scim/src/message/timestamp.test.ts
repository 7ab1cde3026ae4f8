import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatDateTime, parseDateTime } from "../date-time.ts";

const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

test("instants are formatted correctly in any order of days, although the last day is cached", () => {
  const instants = fc.array(fc.integer({ min: 0, max: 5 * 86_400_000 }), { maxLength: 20 });
  fc.assert(
    fc.property(instants, (all) => {
      assert.deepEqual(
        all.map(formatDateTime),
        all.map((ms) => new Date(ms).toISOString()),
      );
    }),
  );
});

test("an instant is formatted like Date.toISOString, from 1970 to 9999 (RFC 7643 §2.3.5)", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: LAST_MS }), (ms) => {
      assert.equal(formatDateTime(ms), new Date(ms).toISOString());
    }),
    { numRuns: 20_000 },
  );
});

test("also at the edges of seconds, days and years", () => {
  const day = 86_400_000;
  const edges = [0, 999, 1_000, 59_999, 60_000, 3_599_999, 3_600_000, day - 1, day, Date.UTC(2024, 1, 29), LAST_MS];
  for (const edge of edges) {
    for (const ms of [edge - 1, edge, edge + 1]) {
      if (ms >= 0 && ms <= LAST_MS) assert.equal(formatDateTime(ms), new Date(ms).toISOString());
    }
  }
});

test("a formatted instant is parsed as the same instant", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: LAST_MS }), (ms) => assert.equal(parseDateTime(formatDateTime(ms)), ms)),
  );
});
