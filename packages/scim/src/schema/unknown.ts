import { type Reading, tolerate } from "../dialect/tolerance.ts";
import { isAttributeName, isUrn } from "../filter/lex.ts";
import { isObject, type Json, type JsonObject, setOwn } from "../json.ts";
import { badRequest } from "../message/error.ts";

/** Depth to which the value of an undefined attribute is kept; defined attributes are three levels deep at most. */
const MAX_UNKNOWN_DEPTH = 16;

/** Whether a member's name is a schema URI: then the member is an extension. */
export function isSchemaName(name: string): boolean {
  return name.includes(":") && isUrn(name);
}

/**
 * Keeps an attribute that no schema defines, as it came, with a note; the strict profile refuses it.
 * Null and what is empty means "unassigned" here as well (RFC 7643 §2.5).
 * @param path where it stands, for the note
 * @throws ScimError 400 invalidSyntax when its name is not an attribute name, or in the strict profile
 */
export function keepUnknown(into: JsonObject, name: string, value: Json, path: string, reading: Reading): void {
  if (!isAttributeName(name) && !isSchemaName(name)) {
    throw badRequest(
      "invalidSyntax",
      `${JSON.stringify(name.slice(0, 80))} is not an attribute name: a letter, then letters, digits, "-" and "_" (RFC 7643 §2.1).`,
    );
  }
  const kept = withoutNulls(value, path, 0);
  const done = kept === undefined ? "left out, as it has no value" : "kept as it came";
  tolerate(reading, "unknown-attribute", path, "an attribute that no schema defines", done);
  if (kept !== undefined) setOwn(into, name, kept);
}

function withoutNulls(value: Json, path: string, depth: number): Json | undefined {
  if (depth > MAX_UNKNOWN_DEPTH)
    throw badRequest("invalidValue", `${path.slice(0, 200)} is nested deeper than ${MAX_UNKNOWN_DEPTH} levels.`);
  if (value === null) return undefined;
  if (Array.isArray(value)) {
    const elements = value
      .map((element) => withoutNulls(element, path, depth + 1))
      .filter((element) => element !== undefined);
    return elements.length === 0 ? undefined : elements;
  }
  if (!isObject(value)) return value;
  const object: JsonObject = {};
  for (const name of Object.keys(value)) {
    const kept = withoutNulls(value[name] as Json, path, depth + 1);
    if (kept !== undefined) setOwn(object, name, kept);
  }
  return Object.keys(object).length === 0 ? undefined : object;
}
