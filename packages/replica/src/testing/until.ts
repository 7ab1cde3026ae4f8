import { setTimeout as sleep } from "node:timers/promises";

/** Generous, because a busy machine is slow. */
export const PATIENCE_MS = 30_000;

/** For tests: resolves with the first value that is not undefined or false. */
export async function until<Value>(
  look: () => Value | undefined | false | Promise<Value | undefined | false>,
  what: string,
  withinMs = PATIENCE_MS,
): Promise<Value> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const value = await look();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`Within ${withinMs} ms there was not ${what}.`);
    await sleep(10);
  }
}
