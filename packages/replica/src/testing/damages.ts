import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type Obstacle, RestoreImpossible } from "../errors.ts";
import type { History, State } from "../restore/fixture.ts";
import { type RestoreOptions, type RestoreResult, restore } from "../restore/restore.ts";
import type { Target } from "../target/target.ts";

export const INSERT = "INSERT INTO t VALUES (abs(random()) % 100, hex(randomblob(300)))";

/** Long enough after the previous commit for separate parts of a pack. */
export const LATER_MS = 2_000;

export const impossible = (obstacle: Obstacle, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof RestoreImpossible, String(error));
  assert.equal(error.obstacle, obstacle, error.message);
  assert.match(error.message, message);
  return true;
};

export async function restoresTo(
  history: History,
  state: State | undefined,
  options: RestoreOptions & { readonly target?: Target } = {},
): Promise<RestoreResult> {
  const { target = history.target, ...rest } = options;
  const result = await restore(target, history.restored, { check: "none", ...rest });
  assert.equal(result.point.slot, state?.slot);
  assert.equal(result.point.hash, state?.hash);
  assert.ok(readFileSync(history.restored).equals(state?.database as Buffer));
  return result;
}

export const flip =
  (share: number) =>
  (bytes: Buffer): Buffer => {
    const damaged = Buffer.from(bytes);
    const at = Math.min(bytes.length - 1, Math.floor(share * bytes.length));
    damaged[at] = (damaged[at] as number) ^ 4;
    return damaged;
  };

export const DAMAGES: Readonly<Record<string, (bytes: Buffer) => Buffer | undefined>> = {
  removed: () => undefined,
  emptied: () => Buffer.alloc(0),
  "cut in half": (bytes) => bytes.subarray(0, bytes.length / 2),
  "cut by a byte": (bytes) => bytes.subarray(0, -1),
  longer: (bytes) => Buffer.concat([bytes, Buffer.alloc(1)]),
  "flipped at the beginning": flip(0),
  "flipped in the middle": flip(0.5),
  "flipped at the end": flip(1),
};
