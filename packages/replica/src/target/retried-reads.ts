import { setTimeout as sleep } from "node:timers/promises";
import { type Target, TargetError, type TargetFault } from "./target.ts";

/** Before each further attempt at a read; once they are used up, it has failed. */
const PAUSES_MS = [50, 150, 450];

/** No attempt begins later than so long after the first: then storage is away, not flaky. */
const RETRIED_WITHIN_MS = 2_000;

/** Reading needs no room: who is told that there is none has met a service that is busy. */
const PASSING: readonly TargetFault[] = ["unreachable", "full"];

/**
 * The same target, whose reads are tried again where storage refused them quickly: to become the writer takes dozens of
 * them, hundreds behind a long log, and one that fails would cost the whole attempt. A permission that is not there is
 * not waited for, unless it was there for an earlier read: it flickers while a token is renewed, or a role reaches one
 * server after the other. Writing is left alone; whoever writes settles what became of it.
 */
export function withRetriedReads(target: Target): Target {
  let isLetIn = false;

  const mayPass = (error: unknown): boolean => {
    if (!(error instanceof TargetError)) return false;
    return PASSING.includes(error.fault) || (error.fault === "denied" && isLetIn);
  };

  const retried = async <T>(attempt: () => Promise<T>): Promise<T> => {
    const lastMs = performance.now() + RETRIED_WITHIN_MS;
    for (const pauseMs of PAUSES_MS) {
      try {
        const result = await attempt();
        isLetIn = true;
        return result;
      } catch (error) {
        if (!mayPass(error) || performance.now() + pauseMs > lastMs) throw error;
      }
      await sleep(pauseMs);
    }
    return attempt();
  };

  return {
    ...target,
    read: (key, range) => retried(() => target.read(key, range)),
    list: (prefix) => retried(() => target.list(prefix)),
  };
}
