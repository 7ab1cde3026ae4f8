import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Target } from "../target/target.ts";
import { lastingDoubts } from "./plan.ts";
import { type RestoreOptions, type RestoreResult, restore } from "./restore.ts";
import { RestoreImpossible } from "./trouble.ts";

export type VerifyOptions = Pick<RestoreOptions, "atMs" | "throughEpoch" | "orphan" | "onProgress" | "signal"> & {
  /** Where there is room for the database, for a while; the system's folder for temporary files unless told. */
  readonly folder?: string;
};

export type Verification = Pick<
  RestoreResult,
  "databaseId" | "point" | "objects" | "bytes" | "durationMs" | "warnings"
>;

/**
 * Proves that the database can be restored: does it, lets SQLite look through the result, indexes included, and removes
 * it again.
 * @throws RestoreImpossible with what was found and what to do, also where changes may have been lost from the end
 * @throws TargetError when the target does not answer
 */
export async function verify(
  target: Target,
  { folder = tmpdir(), ...options }: VerifyOptions = {},
): Promise<Verification> {
  const own = await mkdtemp(join(folder, "replica-verify-"));
  try {
    const restored = await restore(target, join(own, "restored.db"), { ...options, check: "full" });
    const { databaseId, point, objects, bytes, durationMs, warnings } = restored;
    const [doubt] = await lastingDoubts(target, restored, options);
    if (doubt !== undefined) throw new RestoreImpossible("damaged", doubt);
    return { databaseId, point, objects, bytes, durationMs, warnings };
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}
