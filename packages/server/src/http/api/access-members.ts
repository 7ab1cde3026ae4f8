import { type Json, parseDateTime, ScimError } from "@scimtool/scim";
import { includesScope, SCOPES } from "../../auth/scope.ts";
import { parseDuration } from "../../duration.ts";
import type { CredentialScope, Endpoint } from "../../store/store.ts";
import type { Served } from "../serving.ts";
import { textOf } from "./members-of.ts";

/** For people, in a list. */
const MAX_LABEL_CHARACTERS = 100;

/** The end of what RFC 3339 can write: 9999-12-31T23:59:59.999Z. */
const MAX_TIME_MS = 253_402_300_799_999;

/** Which credential or trust it is, for people. @throws ScimError 400 */
export function labelOf(value: Json | undefined): string {
  const label = textOf("label", value).trim();
  if (label !== "" && label.length <= MAX_LABEL_CHARACTERS && !/\p{Cc}/u.test(label)) return label;
  throw new ScimError(400, `"label" must have 1 to ${MAX_LABEL_CHARACTERS} characters and no line breaks.`);
}

/** What may be done, `read` beside `write` also where it was not said: all of it without a value. @throws ScimError 400 */
export function scopesOf(value: Json | undefined): readonly CredentialScope[] {
  if (value === undefined) return SCOPES;
  const isList = Array.isArray(value) && value.length > 0;
  if (!isList || !value.every((scope) => SCOPES.includes(scope as CredentialScope))) {
    throw new ScimError(400, '"scopes" must be ["read"], or ["read", "write"] for everything.');
  }
  return SCOPES.filter((scope) => includesScope(value as CredentialScope[], scope));
}

/**
 * From when on something is not valid any more: a time, or how long from now; null and nothing are never.
 * @returns milliseconds since 1970
 * @throws ScimError 400
 */
export function expiryOf(value: Json | undefined, nowMs: number): number | undefined {
  if (value === undefined || value === null) return undefined;
  const text = textOf("expires", value);
  const lengthMs = parseDuration(text);
  // A day alone begins at midnight.
  const timeMs = lengthMs === undefined ? parseDateTime(text.replace(/^\S{10}$/, "$&T00:00:00Z")) : nowMs + lengthMs;
  if (timeMs === undefined || timeMs > MAX_TIME_MS) {
    throw new ScimError(400, '"expires" must be a time such as 2027-01-31T00:00:00Z, or how long from now: 12h, 90d.');
  }
  if (timeMs <= nowMs) throw new ScimError(400, `"expires" is over: it is ${new Date(nowMs).toISOString()} now.`);
  return timeMs;
}

/** How long a secret that was replaced stays valid, in milliseconds. @throws ScimError 400 */
export function graceOf(value: Json | undefined, nowMs: number, usualMs: number): number {
  if (value === undefined) return usualMs;
  const lengthMs = parseDuration(textOf("grace", value));
  if (lengthMs !== undefined && nowMs + lengthMs <= MAX_TIME_MS) return lengthMs;
  throw new ScimError(400, '"grace" must be a length of time: 0s, 12h, 7d.');
}

/**
 * Id of the User that `/Me` stands for, given by id or userName; null and nothing are nobody.
 * @throws ScimError 400 when the endpoint has no such User
 */
export async function userOf(
  { directory: { store }, endpoints }: Served,
  { key, name }: Endpoint,
  value: Json | undefined,
): Promise<string | undefined> {
  if (value === undefined || value === null) return undefined;
  const text = textOf("user", value);
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

/** A moment as it is shown; null where there is none. */
export function shownTime(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
