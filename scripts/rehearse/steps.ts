import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { MIGRATIONS } from "../../packages/server/src/store/sqlite/migrations.ts";
import { schemaCopyName } from "../../packages/server/src/store/sqlite/schema-copy.ts";
import type { Program } from "../../packages/server/src/testing/program.ts";
import { Revisions, SECRET, type Version } from "./revisions.ts";
import { lostOf, newerThan, type Tally, type Told, usersOf, Writers } from "./writers.ts";

/** The copy that the next version makes at the target before it changes the schema. */
const COPY = schemaCopyName("scim.db", MIGRATIONS.length);

const CLIENTS = 4;

/** Points in time can be restored by the second. */
const BESIDE_MOMENT_MS = 1_100;

export type StepResult = Tally & {
  readonly step: string;
  /** Users with a missing acknowledged write. */
  readonly lost: readonly string[];
};

export type RehearsalOptions = {
  readonly folder: string;
  readonly images: string;
  /** Of the app, with its backup target. */
  readonly env: Readonly<Record<string, string>>;
  /** How long clients write before and after each event. */
  readonly loadMs: number;
};

/**
 * Goes through the life of a deployment while clients write. After each step, compares what was acknowledged with what
 * the server has.
 * @throws Error if a step does not work
 */
export async function* rehearse({ folder, images, env, loadMs }: RehearsalOptions): AsyncGenerator<StepResult> {
  const revisions = new Revisions(folder, images, env);
  const writers = new Writers(SECRET);
  const load = () => delay(loadMs);

  /** Runs an event while clients write, then compares. */
  async function during(step: string, event: () => Promise<Program>): Promise<StepResult> {
    writers.start(CLIENTS);
    const program = await event();
    await load();
    await writers.pause();
    const users = await usersOf(program, SECRET);
    const lost = lostOf(writers.told(), users);
    writers.forgetLosses(lost, users);
    return { step, ...writers.takeTally(), lost };
  }

  /** A new revision becomes ready, both get traffic for a while, then the old one is stopped. */
  async function handOver(from: Program, to: Program): Promise<Program> {
    writers.route(from, to);
    await load();
    writers.route(to);
    await revisions.stop(from);
    return to;
  }

  try {
    let current = await revisions.start("this", true);
    writers.route(current);
    yield await during("first start", async () => current);

    yield await during("crash, and the local disk is lost", async () => {
      await load();
      await revisions.crash(current);
      current = await revisions.start("this");
      writers.route(current);
      return current;
    });

    await revisions.stop(current);
    writers.route();
    yield await during("scale to zero, then a request wakes it", async () => {
      current = await revisions.start("this", true);
      writers.route(current);
      return current;
    });

    yield await during("another revision, both with traffic for a while", async () => {
      await load();
      current = await handOver(current, await revisions.start("this"));
      return current;
    });

    let beforeUpgrade = writers.told();
    yield await during("upgrade with a schema change", async () => {
      await load();
      const next = await revisions.start("next");
      beforeUpgrade = writers.told();
      current = await handOver(current, next);
      return current;
    });

    yield await during("rollback is refused, and nothing changes", async () => {
      await load();
      const { code, stderr } = await revisions.runStart("this");
      if (code !== 1 || !/written by a newer SCIMTool/.test(stderr) || !stderr.includes(COPY)) {
        throw new Error(`The earlier version was not refused with the reason: exit code ${code}\n${stderr}`);
      }
      return current;
    });

    yield await restoreMoment();
    yield await goBack(current, beforeUpgrade);
  } finally {
    writers.close();
    await revisions.killAll();
  }

  /** Everything from before the moment is restored, and nothing from after it. */
  async function restoreMoment(): Promise<StepResult> {
    writers.start(CLIENTS);
    await load();
    await writers.pause();
    const told = writers.told();
    await delay(BESIDE_MOMENT_MS);
    const moment = new Date().toISOString();
    await delay(BESIDE_MOMENT_MS);
    writers.start(CLIENTS);
    await load();
    await writers.pause();
    const file = join(folder, "moment.db");
    await command("next", "restore", "--at", moment, "--to", file);
    const restored = await revisions.startAlone("next", file);
    const users = await usersOf(restored, SECRET);
    await revisions.stop(restored);
    const newer = newerThan(told, users);
    if (newer.length > 0) throw new Error(`Restored ${moment}, but it has later changes of ${newer.join(", ")}`);
    return { step: "restore to a point in time", ...writers.takeTally(), lost: lostOf(told, users) };
  }

  async function goBack(next: Program, told: ReadonlyMap<string, Told>): Promise<StepResult> {
    await revisions.stop(next);
    const file = join(folder, "before.db");
    await command("this", "restore", "--copy", COPY, "--to", file);
    writers.goBackTo(told);
    writers.route();
    return during("go back over the schema change with the copy", async () => {
      const back = await revisions.start("this", true, ["--database-url", `file:${file}`, "--init"]);
      writers.route(back);
      return back;
    });
  }

  async function command(version: Version, ...args: string[]): Promise<void> {
    const { code, stderr } = await revisions.run(version, ...args);
    if (code !== 0) throw new Error(`scimtool ${args.join(" ")}: exit code ${code}\n${stderr}`);
  }
}
