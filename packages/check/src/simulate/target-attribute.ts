import { isObject, type Json, type JsonObject, own } from "@scimtool/scim";

/**
 * The target of a row in an attribute mapping: `name.givenName`, `emails[type eq "work"].value`,
 * `urn:…:enterprise:2.0:User:department`.
 */
export type TargetAttribute = {
  /** URN of an extension; core attributes have none. */
  readonly schema?: string;
  readonly attribute: string;
  /** Which value of a multi-valued attribute is meant. */
  readonly select?: { readonly type: string } | { readonly primary: true };
  readonly subAttribute?: string;
};

/** The target as administrators and Entra ID write it; booleans in filters are strings there. */
export function printTarget({ schema, attribute, select, subAttribute }: TargetAttribute): string {
  const filter = select === undefined ? "" : "type" in select ? `[type eq "${select.type}"]` : '[primary eq "True"]';
  return (
    (schema === undefined ? "" : `${schema}:`) +
    attribute +
    filter +
    (subAttribute === undefined ? "" : `.${subAttribute}`)
  );
}

/** Sets the target in a resource, and makes whatever it is part of; undefined unassigns it. */
export function assignTarget(resource: JsonObject, target: TargetAttribute, value: Json | undefined): void {
  const { schema, attribute, select, subAttribute } = target;
  const holder = schema === undefined ? resource : objectIn(resource, schema);
  if (subAttribute === undefined) assign(holder, attribute, value);
  else if (select === undefined) assign(objectIn(holder, attribute), subAttribute, value);
  else if (value !== undefined || Array.isArray(own(holder, attribute))) {
    assign(selected(holder, attribute, select), subAttribute, value);
  }
  if (schema !== undefined && Object.keys(holder).length === 0) delete resource[schema];
  if (isObject(holder[attribute]) && Object.keys(holder[attribute]).length === 0) delete holder[attribute];
}

function assign(object: JsonObject, name: string, value: Json | undefined): void {
  if (value === undefined) delete object[name];
  else object[name] = value;
}

function objectIn(object: JsonObject, name: string): JsonObject {
  const held = own(object, name);
  if (isObject(held)) return held;
  const made: JsonObject = {};
  object[name] = made;
  return made;
}

function selected(object: JsonObject, attribute: string, select: { readonly [name: string]: Json }): JsonObject {
  const held = own(object, attribute);
  const values = Array.isArray(held) ? held : [];
  const found = values
    .filter(isObject)
    .find((value) => Object.entries(select).every(([name, wanted]) => own(value, name) === wanted));
  if (found !== undefined) return found;
  const made: JsonObject = { ...select };
  object[attribute] = [...values, made];
  return made;
}
