import { setTimeout as sleep } from "node:timers/promises";
import { type Target, TargetError } from "./target.ts";

/** A read is tried so often in all. */
const ATTEMPTS = 3;

const PAUSE_MS = 100;

/** A read that failed after so long is not tried again: storage is away, not flaky. */
const MAX_ATTEMPT_MS = 2_000;

/**
 * The same target, whose reads are tried again where storage failed quickly: to become the writer takes dozens of them,
 * and one that fails would cost the whole attempt. Writing is left alone; whoever writes settles what became of it.
 */
export function withRetriedReads(target: Target): Target {
  return {
    ...target,
    read: (key, range) => retried(() => target.read(key, range)),
    list: (prefix) => retried(() => target.list(prefix)),
  };
}

async function retried<T>(attempt: () => Promise<T>): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    const startedMs = performance.now();
    try {
      return await attempt();
    } catch (error) {
      const isWorthIt = error instanceof TargetError && error.fault === "unreachable";
      const wasQuick = performance.now() - startedMs < MAX_ATTEMPT_MS;
      if (!isWorthIt || !wasQuick || attempts === ATTEMPTS) throw error;
    }
    await sleep(PAUSE_MS);
  }
}
