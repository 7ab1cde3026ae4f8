/** Two instances with one target. Moments are from the system's monotonic clock, which they share. */
import { setTimeout as wait } from "node:timers/promises";
import { Program } from "../program.ts";
import { type TargetPlan, targetOf } from "../targets.ts";

const betweenWritesMs = 2;

export type Place = { readonly file: string; readonly target: TargetPlan; readonly firstUser: number };

/**
 * Serves until another instance takes over.
 * @param ready called when it serves
 * @returns when the last write was accepted
 */
export async function serve({ file, target, firstUser }: Place, ready: () => void): Promise<number> {
  const program = await Program.open(file, { target: await targetOf(target), durability: "semi-sync" });
  let isOver = false;
  void program.demoted.then(() => {
    isOver = true;
  });
  ready();
  let lastMs = nowMs();
  for (let user = firstUser; !isOver; user++) {
    const accepted = await write(program, user).catch(() => undefined);
    lastMs = accepted ?? lastMs;
    await wait(betweenWritesMs);
  }
  return lastMs;
}

/**
 * Stands by, then becomes the primary.
 * @param ready called when it stands by
 * @returns when the take-over began, and when the first write was accepted
 */
export async function takeOver(
  { file, target, firstUser, waitMs }: Place & { readonly waitMs: number },
  ready: () => void,
): Promise<{ readonly beganMs: number; readonly firstMs: number }> {
  const program = await Program.standBy(file, { target: await targetOf(target), durability: "semi-sync" });
  ready();
  await wait(waitMs);
  const beganMs = nowMs();
  await program.promote();
  const firstMs = await write(program, firstUser);
  if (firstMs === undefined) throw new Error("The newcomer does not accept writes.");
  return { beganMs, firstMs };
}

/** @returns when it was acknowledged; undefined if it was not accepted */
async function write(program: Program, user: number): Promise<number | undefined> {
  await program.paused;
  if (!program.accepts) return undefined;
  program.insert(user);
  await program.durable();
  return nowMs();
}

export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
