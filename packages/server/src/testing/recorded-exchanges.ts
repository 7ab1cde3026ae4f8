import { setTimeout } from "node:timers/promises";
import type { AnyJson, Client } from "./client.ts";

/** Exchanges are recorded after the responses. */
const INTERVAL_MS = 20;
const TRIES = 500;

/**
 * All exchanges that a query finds, the oldest first; waits for their number.
 * @param query of `/api/exchanges`
 * @param count 500 at most
 * @throws Error if there are fewer after some time, or more
 */
export async function recordedExchanges(admin: Client, query: string, count: number): Promise<AnyJson[]> {
  for (let tries = 0; tries < TRIES; tries++) {
    const { total, exchanges } = (await admin.get(`/api/exchanges?limit=500&${query}`)).body;
    if (total > count) throw new Error(`${total} exchanges were recorded instead of ${count}`);
    if (total === count) return exchanges.reverse();
    await setTimeout(INTERVAL_MS);
  }
  throw new Error(`fewer than ${count} exchanges were recorded with ${query}`);
}

/** The sentences of an exchange, each as `kind: text`. */
export function toldOf({ sentences }: AnyJson): string[] {
  return sentences.map(({ kind, text }: AnyJson) => `${kind}: ${text}`);
}
