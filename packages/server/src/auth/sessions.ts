import type { Credential } from "../store/store.ts";
import type { Authenticator, OpenAccess } from "./authenticator.ts";
import { removeExpired } from "./credential-cache.ts";
import { hashSecret, newSecret } from "./credentials.ts";
import type { Authentication, Refused } from "./decision.ts";

/** How long a session lasts, used or not. */
export const SESSION_MS = 12 * 3_600_000;

export type SignedIn = {
  readonly accepted: true;
  /** The secret of the session, which is shown only now. */
  readonly secret: string;
  readonly session: Credential & { readonly expiresMs: number };
};

/**
 * Starts a session with a secret of administration.
 * @param authenticator with or without an open database
 * @param open opens the database after the secret was checked
 * @throws what `open` and the store throw
 */
export async function signIn(
  secret: string,
  authenticator: Authenticator,
  open: () => Promise<OpenAccess>,
  nowMs: number,
): Promise<SignedIn | Refused> {
  const first = await decide(authenticator, secret, nowMs);
  if (!first.accepted) return first;
  const opened = await open();
  // The credentials known before may be out of date, and their keys come from the database.
  const decision = opened.authenticator === authenticator ? first : await decide(opened.authenticator, secret, nowMs);
  return decision.accepted ? begin(opened, decision.credential, nowMs) : decision;
}

function decide(authenticator: Authenticator, secret: string, nowMs: number) {
  return authenticator.authenticate(`Bearer ${secret}`, "administration", "read", nowMs);
}

async function begin({ authenticator, database }: OpenAccess, by: Authentication, nowMs: number): Promise<SignedIn> {
  const { purpose, endpoint, label, scopes, key, expiresMs = Number.POSITIVE_INFINITY } = by;
  const secret = newSecret("session");
  const added = {
    purpose,
    endpoint,
    kind: "session",
    label,
    clientId: undefined,
    secretHash: hashSecret(secret),
    scopes,
    user: undefined,
    origin: { kind: "token", key },
    expiresMs: Math.min(nowMs + SESSION_MS, expiresMs),
  } as const;
  const session = await database.transaction(async (transaction) => {
    await removeExpired(database, transaction, nowMs);
    return database.credentials.insert(transaction, added, nowMs);
  });
  await authenticator.refresh();
  return { accepted: true, secret, session: { ...session, expiresMs: added.expiresMs } };
}

/** Ends a session at once. @throws what the store throws */
export async function signOut({ authenticator, database }: OpenAccess, secret: string): Promise<void> {
  const session = authenticator.sessionOf(secret);
  if (session === undefined) return;
  await database.transaction((transaction) => database.credentials.remove(transaction, session.key));
  await authenticator.refresh();
}
