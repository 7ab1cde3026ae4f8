import { parseDateTime, ScimError } from "@scimtool/scim";
import { includesScope, SCOPES } from "../../auth/credentials.ts";
import { parseDuration } from "../../duration.ts";
import { type CredentialScope, type Endpoint, LabelConflict, type Transaction } from "../../store/store.ts";
import type { Served } from "../serving.ts";
import { described, list, nullable, oneOf, ruled, TEXT } from "./schema.ts";

// What credentials and trusts have in common.

export const LABEL = described("A display name: 1 to 100 characters without line breaks.", TEXT);

export const SCOPES_SCHEMA = described(
  "`read` allows GET and searches, `write` everything. Default: everything.",
  ruled('must be ["read"], or ["read", "write"] for everything', {
    ...list(oneOf("read", "write")),
    minItems: 1,
  }),
);

export const USER = described("ID of the User that `/Me` stands for.", nullable(TEXT));

export const WANTED_USER = described("ID or userName of the User that `/Me` stands for.", nullable(TEXT));

const MAX_LABEL_CHARACTERS = 100;

/** The latest time that RFC 3339 can express: 9999-12-31T23:59:59.999Z. */
const MAX_TIME_MS = 253_402_300_799_999;

/** @throws ScimError 400 */
export function labelOf(text: string): string {
  const label = text.trim();
  if (label !== "" && label.length <= MAX_LABEL_CHARACTERS && !/\p{Cc}/u.test(label)) return label;
  throw new ScimError(400, `"label" must have 1 to ${MAX_LABEL_CHARACTERS} characters and no line breaks.`);
}

/** `write` includes `read`. */
export function scopesOf(scopes: readonly CredentialScope[] = SCOPES): readonly CredentialScope[] {
  return SCOPES.filter((scope) => includesScope(scopes, scope));
}

/**
 * @param text a time, or how long from now; null and undefined: never
 * @returns milliseconds since 1970
 * @throws ScimError 400
 */
export function expiryOf(text: string | null | undefined, nowMs: number): number | undefined {
  if (text === undefined || text === null) return undefined;
  const lengthMs = parseDuration(text);
  // A day begins at midnight.
  const timeMs = lengthMs === undefined ? parseDateTime(text.replace(/^\S{10}$/, "$&T00:00:00Z")) : nowMs + lengthMs;
  if (timeMs === undefined || timeMs > MAX_TIME_MS) {
    throw new ScimError(400, '"expires" must be a time such as 2027-01-31T00:00:00Z, or how long from now: 12h, 90d.');
  }
  if (timeMs <= nowMs)
    throw new ScimError(400, `"expires" is in the past: it is now ${new Date(nowMs).toISOString()}.`);
  return timeMs;
}

/** How long a replaced secret stays valid, in milliseconds. @throws ScimError 400 */
export function graceOf(text: string, nowMs: number): number {
  const lengthMs = parseDuration(text);
  if (lengthMs !== undefined && nowMs + lengthMs <= MAX_TIME_MS) return lengthMs;
  throw new ScimError(400, '"grace" must be a length of time: 0s, 12h, 7d.');
}

/**
 * ID of the User that `/Me` stands for.
 * @param text an ID or userName; null and undefined: none
 * @throws ScimError 400 if the endpoint has no such User
 */
export async function userOf(
  { directory: { store }, endpoints }: Served,
  { key, name }: Endpoint,
  text: string | null | undefined,
): Promise<string | undefined> {
  if (text === undefined || text === null) return undefined;
  const byId = (await store.resources.references(store.committed, key, [text])).get(text);
  if (byId?.type === "User") return byId.id;
  const model = endpoints.get(name)?.modelAt.get("Users");
  const byName = model && (await store.resources.holderOf(store.committed, key, model, "userName", text));
  if (byName !== undefined) return byName.id;
  throw new ScimError(
    400,
    `The endpoint "${name}" has no User "${text.slice(0, 100)}". Give the id or userName of one.`,
  );
}

/**
 * Runs a transaction that changes credentials or trusts, and applies the change to authentication.
 * @throws ScimError 409 for a label that is taken; what `work` throws
 */
export async function changeAccess<T>(
  { directory: { store }, authenticator }: Served,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  try {
    const done = await store.transaction(work);
    await authenticator.refresh();
    return done;
  } catch (error) {
    if (!(error instanceof LabelConflict)) throw error;
    throw new ScimError(409, `${error.message} Choose another label, or remove the credential that has it.`);
  }
}
