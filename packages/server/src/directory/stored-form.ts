import {
  badRequest,
  isObject,
  type Json,
  type JsonObject,
  own,
  type ResourceModel,
  withoutNeverReturned,
} from "@scimtool/scim";

/**
 * Parts a resource from the values of its collection attribute, which are kept as rows.
 * @throws ScimError 400 invalidValue for a value that names no resource
 */
export function takeCollection(resource: JsonObject, model: ResourceModel): { resource: JsonObject; ids: string[] } {
  const { collection } = model;
  if (collection === undefined) return { resource, ids: [] };
  const { [collection.name]: values, ...rest } = resource;
  return { resource: rest, ids: Array.isArray(values) ? values.map((value) => idIn(value, collection.path)) : [] };
}

function idIn(value: Json, path: string): string {
  const id = isObject(value) ? own(value, "value") : undefined;
  if (typeof id === "string" && id !== "") return id;
  throw badRequest(
    "invalidValue",
    { code: "missing", path: `${path}.value` },
    `every value of ${path} needs a "value": the id of a resource.`,
  );
}

/** What is kept of a resource: `schemas` and `id` first, so that its JSON text can be answered as it lies. */
export function storedForm(given: JsonObject, id: string, model: ResourceModel): JsonObject {
  const { schemas = [], ...attributes } = withoutNeverReturned(given, model);
  return { schemas, id, ...attributes };
}
