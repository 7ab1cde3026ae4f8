import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "@scimtool/scim";
import { completeSettings, settingsCheck } from "./settings.ts";

const GIB = 1_024 * 1_024 * 1_024;

describe("settings of retention", () => {
  test("have defaults, and can be set one by one", () => {
    const usual = { maxAgeDays: 30, maxCount: undefined, maxBytes: GIB };
    const history = { maxAgeDays: 365 };
    for (const [retention, expected] of [
      [undefined, { exchanges: usual, history }],
      [{}, { exchanges: usual, history }],
      [{ exchanges: { maxAgeDays: 7 } }, { exchanges: { ...usual, maxAgeDays: 7 }, history }],
      [{ exchanges: { maxCount: 5 } }, { exchanges: { ...usual, maxCount: 5 }, history }],
      [{ history: { maxAgeDays: 1 } }, { exchanges: usual, history: { maxAgeDays: 1 } }],
    ] as const) {
      const set: JsonObject = retention === undefined ? {} : { retention };
      assert.deepEqual(completeSettings(set).retention, expected);
    }
  });

  test("are whole numbers within bounds, and unknown ones are rejected", async () => {
    const check = await settingsCheck();
    const most = { maxAgeDays: 36_500, maxCount: 1_000_000_000, maxBytes: 1_024 * GIB };
    check({
      retention: { exchanges: { maxAgeDays: 1, maxCount: 0, maxBytes: 1_048_576 }, history: { maxAgeDays: 1 } },
    });
    check({ retention: { exchanges: most, history: { maxAgeDays: 36_500 } } });
    for (const [retention, detail] of [
      [{ exchanges: { maxAgeDays: 0 } }, /^retention\.exchanges\.maxAgeDays must be >= 1/],
      [{ exchanges: { maxAgeDays: 0.5 } }, /^retention\.exchanges\.maxAgeDays must be (?:integer|>= 1)/],
      [{ exchanges: { maxAgeDays: "30d" } }, /^retention\.exchanges\.maxAgeDays must be integer/],
      [{ exchanges: { maxCount: -1 } }, /^retention\.exchanges\.maxCount must be >= 0/],
      [{ exchanges: { maxBytes: 1_000 } }, /^retention\.exchanges\.maxBytes must be >= 1048576/],
      [{ history: { maxAgeDays: 36_501 } }, /^retention\.history\.maxAgeDays must be <= 36500/],
      [{ history: { maxCount: 1 } }, /^There is no setting "retention\.history\.maxCount"/],
      [{ exchange: {} }, /^There is no setting "retention\.exchange"/],
    ] as const) {
      assert.throws(() => check({ retention }), { status: 400, detail });
    }
  });
});
