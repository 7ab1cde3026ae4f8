import { type Reading, tolerate } from "../dialect/tolerance.ts";
import { describeType, isObject, type Json, type JsonObject } from "../json.ts";
import { badRequest } from "./error.ts";
import { member } from "./member.ts";

/**
 * The `Operations` of a PatchOp or a BulkRequest, one or more of them.
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
