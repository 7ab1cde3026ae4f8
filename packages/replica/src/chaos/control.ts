import { setTimeout as sleep } from "node:timers/promises";
import { check } from "./checker.ts";
import type { Weakness } from "./reports.ts";
import { clean, type Plan, play } from "./run.ts";

/** The most runs without a protection until something is lost. */
const ATTEMPTS: Readonly<Record<Weakness, number>> = { "no-wait": 4, "timer-only": 16, "no-claim": 4, "no-fence": 4 };

const PLANS: Readonly<Record<Weakness, Pick<Plan, "kind" | "durability">>> = {
  "no-wait": { kind: "kill", durability: "semi-sync" },
  "timer-only": { kind: "stutter", durability: "semi-sync" },
  "no-claim": { kind: "freeze", durability: "sync" },
  "no-fence": { kind: "freeze", durability: "semi-sync" },
};

/** The result of runs without a protection. */
export type Control = { readonly lost: number; readonly acknowledged: number; readonly runs: number };

/** Plays with a protection removed until something is lost. */
export async function control(weakness: Weakness, seed: number, seconds: number): Promise<Control> {
  let lost = 0;
  let acknowledged = 0;
  for (let runs = 1; ; runs++) {
    const plan: Plan = { seed: seed + runs, target: "folder", weather: "fair", seconds, weakness, ...PLANS[weakness] };
    const scene = await play(plan, undefined);
    const findings = await check(scene);
    await clean(scene, undefined);
    lost += findings.lost + findings.twoWriters;
    acknowledged += findings.acknowledged;
    if (lost > 0 || runs === ATTEMPTS[weakness]) return { lost, acknowledged, runs };
    await sleep(0);
  }
}

/**
 * Shows that each protection is needed, and that the harness notices when it is missing.
 * @returns the protections whose absence went unnoticed
 */
export async function controls(seed: number, tell: (line: string) => void): Promise<string[]> {
  const unnoticed: string[] = [];
  for (const weakness of Object.keys(PLANS) as Weakness[]) {
    const { lost, acknowledged, runs } = await control(weakness, seed, 6);
    tell(`control ${weakness}: ${lost} of ${acknowledged} acknowledged operations lost or doubled in ${runs} runs`);
    if (lost === 0) unnoticed.push(`without protection (${weakness}) nothing was lost: the harness is blind`);
  }
  return unnoticed;
}
