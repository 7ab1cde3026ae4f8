import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { startAzurite } from "../target/testing/azurite.ts";
import { check } from "./checker.ts";
import { control } from "./control.ts";
import { clean, type Plan, play } from "./run.ts";

// A short version of `npm run chaos`.

const SECONDS = 1;
const TIMEOUT_MS = 120_000;

const ON_FOLDER: readonly Omit<Plan, "target" | "seconds">[] = [
  { seed: 12, kind: "freeze", durability: "sync", weather: "fair" },
  { seed: 15, kind: "stutter", durability: "semi-sync", weather: "fair" },
  { seed: 13, kind: "overlap", durability: "semi-sync", weather: "fair" },
  { seed: 14, kind: "resume", durability: "async", weather: "fair" },
];

const ON_BLOBS: typeof ON_FOLDER = [{ seed: 22, kind: "kill", durability: "semi-sync", weather: "fair" }];

describe("an acknowledged change", { concurrency: true }, () => {
  for (const plan of ON_FOLDER) {
    test(`survives, in a folder (${plan.kind}, ${plan.durability})`, { timeout: TIMEOUT_MS }, () =>
      expectAllThere({ ...plan, target: "folder", seconds: SECONDS }),
    );
  }

  for (const plan of ON_BLOBS) {
    test(`survives, in a container (${plan.kind}, ${plan.durability})`, { timeout: TIMEOUT_MS }, () =>
      expectAllThere({ ...plan, target: "blob", seconds: SECONDS }),
    );
  }

  test("is lost if nobody waits until it is durable", { timeout: TIMEOUT_MS }, async () => {
    const { lost } = await control("no-wait", 1, SECONDS);
    assert.ok(lost > 0, "nothing was lost");
  });
});

async function expectAllThere(plan: Plan): Promise<void> {
  const azurite = plan.target === "blob" ? await startAzurite() : undefined;
  try {
    const scene = await play(plan, azurite);
    const { violations, acknowledged } = await check(scene);
    await clean(scene, azurite);
    assert.deepEqual(violations, []);
    assert.ok(acknowledged > 0, "nothing was written");
  } finally {
    await azurite?.stop();
  }
}
