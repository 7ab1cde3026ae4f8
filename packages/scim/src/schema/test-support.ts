import { type Note, newReading, type Profile, type ToleranceCode } from "../dialect/tolerance.ts";
import type { Json, JsonObject } from "../json.ts";
import { deepFreeze, GROUP, USER } from "../patch/test-support.ts";
import { type Attribute, attribute, type Schema } from "./attribute.ts";
import { type ResourceModel, resourceModel } from "./model.ts";
import { readResource } from "./resource.ts";

export const CORE = "urn:ietf:params:scim:schemas:core:2.0:User";
export const CORE_GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
export const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

export type Outcome = { resource: JsonObject; codes: ToleranceCode[]; notes: readonly Note[] };

/** Reads a frozen body and returns the tolerances used. */
export function read(body: Json, model: ResourceModel = USER, profile: Profile = "tolerant"): Outcome {
  const reading = newReading(profile);
  const resource = readResource(deepFreeze(body), model, reading);
  return { resource, codes: reading.notes.map((note) => note.code), notes: reading.notes };
}

/** Reads a user with these members beside a userName. */
export function readUser(members: JsonObject, profile: Profile = "tolerant"): Outcome {
  return read(user(members), USER, profile);
}

export function readGroup(members: JsonObject, profile: Profile = "tolerant"): Outcome {
  return read({ schemas: [CORE_GROUP], displayName: "Tour Guides", ...members }, GROUP, profile);
}

export function user(members: JsonObject = {}): JsonObject {
  return { schemas: [CORE], userName: "bjensen", ...members };
}

/** A resource type with a test schema and extensions. */
export function modelOf(
  attributes: readonly Attribute[],
  extensions: { readonly schema: Schema; readonly required: boolean }[] = [],
): ResourceModel {
  return resourceModel({
    name: "Thing",
    description: "Thing",
    endpoint: "/Things",
    schema: { id: "urn:example:thing:2.0:Thing", name: "Thing", description: "Thing", attributes },
    schemaExtensions: extensions,
  });
}

/** An attribute of every data type of RFC 7643 §2.3, singular and multi-valued. */
export const EVERY_TYPE = modelOf(
  (["string", "boolean", "decimal", "integer", "dateTime", "binary", "reference"] as const)
    .map((type) => (type === "reference" ? { type, referenceTypes: ["external"] } : { type }))
    .flatMap((kind) => [attribute(kind.type, "", kind), attribute(`${kind.type}s`, "", { ...kind, multiValued: true })])
    .concat([
      attribute("complex", "", {
        type: "complex",
        subAttributes: [
          attribute("value", ""),
          attribute("count", "", { type: "integer" }),
          attribute("labels", "", { multiValued: true }),
          attribute("issued", "", { mutability: "readOnly" }),
        ],
      }),
      attribute("plain", "", { type: "complex", subAttributes: [attribute("part", "")] }),
      attribute("complexes", "", {
        type: "complex",
        multiValued: true,
        subAttributes: [attribute("value", ""), attribute("primary", "", { type: "boolean" })],
      }),
    ]),
);

export function readThing(members: JsonObject, profile: Profile = "tolerant"): Outcome {
  return read({ schemas: [EVERY_TYPE.type.schema.id], ...members }, EVERY_TYPE, profile);
}
