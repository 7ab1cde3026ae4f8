import type { Transaction } from "../store/store.ts";
import type { CredentialDatabase } from "./authority.ts";

/** What has ended is kept for so long, so that a refusal can say that. */
const KEEP_EXPIRED_MS = 3_600_000;

/** Rows that are removed with each new one: more than one, so that they become fewer. */
const REMOVED_EACH_TIME = 20;

/** Removes some of the access tokens, sessions and used assertions that ended; to be called where one is added. */
export async function removeExpired(
  { credentials, issuerTrusts }: CredentialDatabase,
  transaction: Transaction,
  nowMs: number,
): Promise<void> {
  await credentials.removeExpired(transaction, nowMs - KEEP_EXPIRED_MS, REMOVED_EACH_TIME);
  await issuerTrusts.removeExpired(transaction, nowMs, REMOVED_EACH_TIME);
}
