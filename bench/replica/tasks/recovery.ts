/** What a child does with a target that holds a database: fills it, restores from it, looks through it. */
import { copyFileSync, fsyncSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { planRestore, restore } from "@scimtool/replica";
import { scrub as scrubTarget } from "../../../packages/replica/src/scrub/scrub.ts";
import { openLoop } from "../load.ts";
import { peakMemory } from "../memory.ts";
import { Program } from "../program.ts";
import { createDatabase } from "../rows.ts";
import { type Stalls, watchEventLoop } from "../stalls.ts";
import { type TargetPlan, targetOf } from "../targets.ts";

/** @returns nothing: the file is there */
export async function create({ file, users }: { readonly file: string; readonly users: number }): Promise<void> {
  createDatabase(file, users);
}

export type FillTask = {
  readonly file: string;
  readonly target: TargetPlan;
  readonly firstUser: number;
  readonly users: number;
  readonly perSecond: number;
};

/** Gives the target a database and further writes, and ends as if killed: without a last base. @returns users in all */
export async function fill({ file, target, firstUser, users, perSecond }: FillTask): Promise<number> {
  const program = await Program.open(file, { target: await targetOf(target), durability: "async" });
  const { done } = await openLoop(program, { firstUser, perSecond, seconds: users / perSecond });
  await program.replica?.durable(true);
  return firstUser + done;
}

export type RestoreResult = {
  readonly milliseconds: number;
  readonly peakBytes: number;
  /** Of the restored file. */
  readonly bytes: number;
  readonly objects: number;
  readonly packs: number;
  readonly links: number;
  readonly stalls: Stalls;
};

export async function restoreOnce(task: {
  readonly file: string;
  readonly target: TargetPlan;
  /** How many there must be. */
  readonly users: number;
}): Promise<RestoreResult> {
  const target = await targetOf(task.target);
  const endWatch = watchEventLoop();
  const startMs = performance.now();
  const { point, objects } = await restore(target, task.file);
  const milliseconds = performance.now() - startMs;
  const stalls = endWatch();
  const peakBytes = peakMemory();
  const found = countUsers(task.file);
  if (found !== task.users) throw new Error(`${found} users were restored, not ${task.users}.`);
  const plan = await planRestore(target);
  const [packs, links] = [plan?.packs.length ?? 0, plan?.slots.length ?? 0];
  return { milliseconds, peakBytes, bytes: point.pageSize * point.databasePages, objects, packs, links, stalls };
}

/** What a restore cannot do without: as many bytes copied and made durable, and SQLite's look through them. */
export async function copyOnce({ from, to }: { readonly from: string; readonly to: string }): Promise<{
  readonly milliseconds: number;
  readonly peakBytes: number;
}> {
  const startMs = performance.now();
  copyFileSync(from, to);
  fsyncSync(openSync(to, "r+"));
  const database = new DatabaseSync(to, { readOnly: true });
  const verdict = database.prepare("PRAGMA quick_check").get() as { quick_check: string };
  if (verdict.quick_check !== "ok") throw new Error(verdict.quick_check);
  return { milliseconds: performance.now() - startMs, peakBytes: peakMemory() };
}

export async function scrub(plan: TargetPlan): Promise<{ readonly milliseconds: number; readonly stalls: Stalls }> {
  const target = await targetOf(plan);
  const endWatch = watchEventLoop();
  const { durationMs } = await scrubTarget(target);
  return { milliseconds: durationMs, stalls: endWatch() };
}

function countUsers(file: string): number {
  const database = new DatabaseSync(file);
  const { users } = database.prepare("SELECT count(*) AS users FROM resource").get() as { users: number };
  database.close();
  return users;
}
