import { setTimeout as sleep } from "node:timers/promises";
import type { Environment } from "./replicated.ts";

/** Azure restarts a container that does not listen within 240 s. */
const WAIT_MS = 200_000;
const PAUSE_MS = 5_000;

/**
 * Starts something that a managed identity must be permitted to do. A new role assignment takes minutes to work, so a
 * refusal at the first start is waited for.
 * @throws what the last attempt throws
 */
export async function whenPermitted<T>(
  start: () => Promise<T>,
  log: NonNullable<Environment["log"]>,
  { env = process.env, waitMs = WAIT_MS, pauseMs = PAUSE_MS } = {},
): Promise<T> {
  const endMs = performance.now() + waitMs;
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await start();
    } catch (error) {
      const { message, cause } = error as Error & { readonly cause?: { readonly fault?: unknown } };
      const isDenied = cause?.fault === "denied" && Boolean(env["AZURE_CLIENT_ID"]);
      if (!isDenied || performance.now() + pauseMs > endMs) throw error;
      if (isFirst) log("warn", `${message} Trying again for ${waitMs / 1_000} s, in case the role is new.`);
    }
    await sleep(pauseMs);
  }
}
