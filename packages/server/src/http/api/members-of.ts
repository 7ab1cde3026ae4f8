import { isObject, type Json, type JsonObject, ScimError } from "@scimtool/scim";

/**
 * The members of a request's body.
 * @param known those it may have
 * @throws ScimError 400 when it is no object, or has another member: mostly a name that was mistyped
 */
export function membersOf(body: unknown, known: readonly string[]): JsonObject {
  if (!isObject(body as Json | undefined)) throw new ScimError(400, `Send a JSON object with ${known.join(", ")}.`);
  const object = body as JsonObject;
  const other = Object.keys(object).find((name) => !known.includes(name));
  if (other === undefined) return object;
  throw new ScimError(400, `"${other.slice(0, 100)}" is not known here. The members are: ${known.join(", ")}.`);
}

/** As {@link membersOf}, where a body may be left out. */
export function optionalMembersOf(body: unknown, known: readonly string[]): JsonObject {
  return body === undefined ? {} : membersOf(body, known);
}

/** The value of a member that must be a string. @throws ScimError 400 */
export function textOf(member: string, value: Json | undefined): string {
  if (typeof value === "string") return value;
  throw new ScimError(400, `"${member}" must be a string.`);
}
