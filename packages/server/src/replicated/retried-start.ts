import { setTimeout as sleep } from "node:timers/promises";
import { TargetError } from "@scimtool/replica/errors";
import type { Environment } from "./replicated.ts";

/** Azure restarts a container that does not listen within 240 s. */
const WAIT_MS = 200_000;

const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 10_000;

/**
 * Starts something that needs the backup target, and retries while the target is full or does not respond. With a
 * managed identity, it also retries after a missing permission, because a new role assignment takes minutes to work.
 * @throws the error of an attempt that waiting does not help, or of the last one
 */
export async function retriedStart<T>(
  start: () => Promise<T>,
  { log, whileWaiting }: Pick<Environment, "log" | "whileWaiting">,
  { env = process.env, waitMs = WAIT_MS, pauseMs = FIRST_PAUSE_MS } = {},
): Promise<T> {
  const endMs = performance.now() + waitMs;
  let endWaiting: (() => Promise<void>) | undefined;
  try {
    for (let pause = pauseMs; ; pause = Math.min(pause * 2, MAX_PAUSE_MS)) {
      try {
        return await start();
      } catch (error) {
        if (!mayPass(error, env)) throw error;
        const { message } = error as Error;
        if (performance.now() + pause > endMs) {
          throw new Error(`${message} Retried for ${waitMs / 1_000} s. Fix this, then start again.`, { cause: error });
        }
        if (endWaiting === undefined) log?.("warn", `${message} Retrying for ${waitMs / 1_000} s.`);
        endWaiting ??= (await whileWaiting?.()) ?? (async () => undefined);
      }
      await sleep(pause);
    }
  } finally {
    await endWaiting?.();
  }
}

function mayPass(error: unknown, env: NodeJS.ProcessEnv): boolean {
  const targetError = error instanceof TargetError ? error : (error as Error).cause;
  if (!(targetError instanceof TargetError)) return false;
  const { fault } = targetError;
  return fault === "full" || fault === "unreachable" || (fault === "denied" && Boolean(env["AZURE_CLIENT_ID"]));
}
