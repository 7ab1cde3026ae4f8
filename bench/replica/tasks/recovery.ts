/** Tasks of a child with a database at a target: fill, restore, verify. */
import { copyFileSync, fsyncSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import { planRestore, restore } from "@scimtool/replica";
import { scrub as scrubTarget } from "../../../packages/replica/src/restore/scrub.ts";
import { openLoop } from "../load.ts";
import { peakMemory } from "../memory.ts";
import { Program } from "../program.ts";
import { createDatabase } from "../rows.ts";
import { type Stalls, watchEventLoop } from "../stalls.ts";
import { type TargetPlan, targetOf } from "../targets.ts";

/** @returns nothing: the result is the file */
export async function create({ file, users }: { readonly file: string; readonly users: number }): Promise<void> {
  createDatabase(file, users);
}

/** Minimum number of packs after the base. */
const fewestPacks = 1;
const fewestLinks = 4;

/** Until there are enough, it writes more, at a rate that makes no base due, and waits for due packs. */
const mostParts = 12;
const gentlePerSecond = 50;
const gentleSeconds = 1.2;
const settleMs = 700;

export type FillTask = {
  readonly file: string;
  readonly target: TargetPlan;
  readonly firstUser: number;
  readonly users: number;
  readonly perSecond: number;
};

/**
 * Gives the target a database and further writes, until there are packs and links of the log after the last base. Ends
 * as if killed: without a last base.
 * @returns number of users
 */
export async function fill({ file, target, firstUser, users, perSecond }: FillTask): Promise<number> {
  const opened = await targetOf(target);
  const program = await Program.open(file, { target: opened, durability: "async" });
  let user = firstUser + (await openLoop(program, { firstUser, perSecond, seconds: users / perSecond })).done;
  for (let part = 0; part < mostParts; part++) {
    await program.replica?.durable(true);
    await wait(settleMs);
    const { packs, slots } = (await planRestore(opened)) ?? { packs: [], slots: [] };
    if (packs.length >= fewestPacks && slots.length >= fewestLinks) break;
    const load = { firstUser: user, perSecond: gentlePerSecond, seconds: gentleSeconds };
    user += (await openLoop(program, load)).done;
  }
  await program.replica?.durable(true);
  return user;
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
  /** The expected number. */
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

/** The minimum of a restore: copying as many bytes durably, and SQLite's check. */
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
