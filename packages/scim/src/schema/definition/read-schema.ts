import { isUrn } from "../../filter/lex.ts";
import { describeType, isObject, type Json } from "../../json.ts";
import { badRequest, within } from "../../message/error.ts";
import type { Attribute, Schema } from "../attribute.ts";
import { faulty, listOf, show, textOf } from "./member-values.ts";
import { MAX_DESCRIPTION_CHARACTERS, MAX_NAME_CHARACTERS, readAttributes } from "./read-attribute.ts";

const MAX_URN_CHARACTERS = 255;

/** Attributes of one schema, sub-attributes counted. */
const MAX_ATTRIBUTES = 500;

/**
 * Reads a schema from the JSON that `/Schemas` shows (RFC 7643 §7), here or at another server: what is not said of an
 * attribute has the defaults of §2.2, `schemas`, `meta` and whatever else is there is passed over.
 * @throws ScimError 400 invalidValue whose detail begins with the path of the attribute at fault and says what is
 *   expected; invalidSyntax for what is no object
 */
export function readSchema(json: Json): Schema {
  if (!isObject(json)) {
    throw badRequest(
      "invalidSyntax",
      { code: "invalidDefinition" },
      `A schema is a JSON object, but ${describeType(json)} was sent (RFC 7643 §7).`,
    );
  }
  const id = readUrn(textOf(json, "id", MAX_URN_CHARACTERS));
  return within(id, () => {
    const list = listOf(json, "attributes");
    checkCount(list.length);
    const attributes = readAttributes(list, { path: id, kind: "schema" });
    checkCount(countOf(attributes));
    return {
      id,
      name: textOf(json, "name", MAX_NAME_CHARACTERS) ?? id.slice(id.lastIndexOf(":") + 1, MAX_NAME_CHARACTERS),
      description: textOf(json, "description", MAX_DESCRIPTION_CHARACTERS) ?? "",
      attributes,
    };
  });
}

/** RFC 8141 §2, without its `?` and `#`, which end the path of `/Schemas/{urn}`. */
const URN = /^urn:[a-z0-9][a-z0-9-]{0,31}:[^?#]*[^?#:]$/i;

function readUrn(id: string | undefined): string {
  if (id === undefined || id === "") throw faulty("id is required: the URN of the schema (RFC 7643 §7).");
  if (URN.test(id) && isUrn(id)) return id;
  throw faulty(`id must be a URN such as "urn:example:schemas:2.0:Badge", but it is ${show(id)} (RFC 7643 §7).`);
}

function countOf(attributes: readonly Attribute[]): number {
  return attributes.reduce((sum, { subAttributes = [] }) => sum + 1 + subAttributes.length, 0);
}

function checkCount(count: number): void {
  if (count <= MAX_ATTRIBUTES) return;
  throw faulty(`a schema may have ${MAX_ATTRIBUTES} attributes at most, sub-attributes counted, not ${count}.`);
}
