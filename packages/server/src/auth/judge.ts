import type { CredentialScope } from "../store/store.ts";
import type { Decision, Realm } from "./decision.ts";
import { type Entry, opens } from "./entry.ts";
import { expiredToken, missingScope, wrongRealm } from "./refusals.ts";
import { includesScope } from "./scope.ts";
import type { Uses } from "./uses.ts";

/** How often the use of a credential is noted in memory. */
const NOTE_EVERY_MS = 1_000;

/**
 * Decides by what a token opens, without making an object where the request is let in.
 * @param entries those with the token: mostly one
 * @returns undefined when it must be verified anew
 */
export function judge(
  entries: readonly Entry[],
  realm: Realm,
  scope: CredentialScope,
  nowMs: number,
  uses: Uses,
): Decision | undefined {
  let ended: Entry | undefined;
  for (const entry of entries) {
    const { credential } = entry.accepted;
    if (!opens(credential, realm)) continue;
    if (entry.expiresMs <= nowMs) {
      ended = entry;
      continue;
    }
    if (!includesScope(credential.scopes, scope)) return missingScope(credential, scope);
    if (nowMs - entry.notedMs >= NOTE_EVERY_MS) note(entry, nowMs, uses);
    return entry.accepted;
  }
  const entry = ended ?? entries[0];
  // A token of another issuer may be good for several endpoints.
  if (entry === undefined || entry.isRenewable) return undefined;
  const { credential } = entry.accepted;
  return ended === undefined ? wrongRealm(credential, realm) : expiredToken(credential, ended.expiresMs, nowMs);
}

function note(entry: Entry, nowMs: number, uses: Uses): void {
  entry.notedMs = nowMs;
  if (entry.usesOf !== undefined) uses.note(entry.usesOf, nowMs);
}
