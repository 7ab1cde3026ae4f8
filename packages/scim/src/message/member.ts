import { type Reading, tolerate } from "../dialect/tolerance.ts";
import { describeType, isObject, type Json, type JsonObject } from "../json.ts";
import { repeated } from "../schema/value.ts";
import { badRequest } from "./error.ts";

/**
 * A member of a message. Names ignore letter case (RFC 7643 §2.1), so `operations` is `Operations`.
 * @throws ScimError 400 invalidSyntax if the message has the member twice
 */
export function member(object: JsonObject, name: string): Json | undefined {
  const lower = name.toLowerCase();
  const [key, second] = Object.keys(object).filter((candidate) => candidate.toLowerCase() === lower);
  if (second !== undefined) throw repeated(name);
  return key === undefined ? undefined : object[key];
}

/** Whether `schemas` of a message contains this URN (RFC 7644 §3.1); URNs ignore letter case. */
export function namesMessage(body: JsonObject, urn: string): boolean {
  const schemas = member(body, "schemas");
  const wanted = urn.toLowerCase();
  return Array.isArray(schemas) && schemas.some((each) => typeof each === "string" && each.toLowerCase() === wanted);
}

/**
 * The `Operations` of a PatchOp or a BulkRequest, at least one.
 * @throws ScimError 400 invalidSyntax
 */
export function operationsOf(body: JsonObject, reading: Reading): readonly Json[] {
  const operations = member(body, "Operations");
  if (isObject(operations)) {
    tolerate(reading, "operations-shape", "Operations", "an object", "read as an array of one operation");
    return [operations];
  }
  if (Array.isArray(operations) && operations.length > 0) return operations;
  const received = Array.isArray(operations) ? "an empty array" : describeType(operations);
  throw badRequest(
    "invalidSyntax",
    { code: "wrongType", path: "Operations", expected: "an array of one or more operations", received },
    `Operations must be an array of one or more operations, but ${received} was sent (RFC 7644 §3.5.2, §3.7).`,
  );
}
