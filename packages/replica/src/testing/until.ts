import { setTimeout as sleep } from "node:timers/promises";

/** Not a measure of anything: a machine that has much else to do is slow. */
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
