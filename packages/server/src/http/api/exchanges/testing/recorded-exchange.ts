import type { AnyJson, Client } from "../../../../testing/client.ts";

/** Exchanges are recorded after the responses. */
const INTERVAL_MS = 20;
const TRIES = 250;

/** The latest exchange that a query finds; waits for it. */
export async function recordedExchange(admin: Client, query: string): Promise<AnyJson> {
  for (let tries = 0; tries < TRIES; tries++) {
    const { body } = await admin.get(`/api/exchanges?limit=1&${query}`);
    if (body.total > 0) return body.exchanges[0];
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  }
  throw new Error(`nothing was recorded with ${query}`);
}
