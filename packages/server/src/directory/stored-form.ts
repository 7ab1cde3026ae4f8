import { isObject, type JsonObject, own, type ResourceModel } from "@scimtool/scim";

/** Parts a resource from the values of its collection attribute, which are kept as rows. */
export function takeCollection(resource: JsonObject, model: ResourceModel): { resource: JsonObject; ids: string[] } {
  if (model.collection === undefined) return { resource, ids: [] };
  const { [model.collection.name]: values, ...rest } = resource;
  const elements = Array.isArray(values) ? values.filter(isObject) : [];
  return { resource: rest, ids: elements.map((element) => String(own(element, "value"))) };
}

/** Without attributes that are never returned, such as `password`: they are accepted and kept nowhere. */
export function withoutSecrets(resource: JsonObject, model: ResourceModel): JsonObject {
  const secrets = Object.keys(resource).filter(
    (name) => model.attributes.get(name.toLowerCase())?.returned === "never",
  );
  if (secrets.length === 0) return resource;
  return Object.fromEntries(Object.entries(resource).filter(([name]) => !secrets.includes(name)));
}

/** What is kept of a resource: `schemas` and `id` first, so that its JSON text can be answered as it lies. */
export function storedForm(given: JsonObject, id: string, model: ResourceModel): JsonObject {
  const { schemas = [], ...attributes } = withoutSecrets(given, model);
  return { schemas, id, ...attributes };
}
