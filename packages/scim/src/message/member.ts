import type { Json, JsonObject } from "../json.ts";
import { repeated } from "../schema/value.ts";

/**
 * A member of a message. Names ignore letter case (RFC 7643 §2.1): `Operations` comes as `operations` too.
 * @throws ScimError 400 invalidSyntax when the message has two such members
 */
export function member(object: JsonObject, name: string): Json | undefined {
  const lower = name.toLowerCase();
  const [key, second] = Object.keys(object).filter((candidate) => candidate.toLowerCase() === lower);
  if (second !== undefined) throw repeated(name);
  return key === undefined ? undefined : object[key];
}

/** Whether the `schemas` of a message name this one (RFC 7644 §3.1); URNs ignore letter case. */
export function namesMessage(body: JsonObject, urn: string): boolean {
  const schemas = member(body, "schemas");
  const wanted = urn.toLowerCase();
  return Array.isArray(schemas) && schemas.some((each) => typeof each === "string" && each.toLowerCase() === wanted);
}
