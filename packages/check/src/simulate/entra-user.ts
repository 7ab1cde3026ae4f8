import { isObject, type Json, type JsonObject, own } from "@scimtool/scim";

export const ENTERPRISE_URN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/** Some administrators' mappings lack a colon, and Entra ID sends what they typed. */
export const MALFORMED_ENTERPRISE_URN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0User";

/** A customer's own extension. Entra ID does not list it in `schemas`. */
const CUSTOM_URN = "urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User";

/** A user of an Entra ID tenant, by the names Microsoft Graph has for the properties. */
export type EntraUser = {
  /** Graph's `id`. */
  readonly objectId: string;
  readonly userPrincipalName: string;
  readonly accountEnabled: boolean;
  /** In the recycle bin, where it is permanently deleted after 30 days. */
  readonly isSoftDeleted: boolean;
  readonly displayName: string;
  readonly givenName: string;
  readonly surname: string;
  readonly mail?: string;
  readonly jobTitle?: string;
  readonly department?: string;
  readonly employeeId?: string;
  readonly costCenter?: string;
  readonly preferredLanguage?: string;
  readonly streetAddress?: string;
  readonly city?: string;
  readonly postalCode?: string;
  readonly country?: string;
  readonly telephoneNumber?: string;
  readonly mobile?: string;
  /** Mapped to the customer's own extension. */
  readonly extensionAttribute1?: string;
  /** Mapped by SingleAppRoleAssignment. */
  readonly appRole?: string;
};

/** A row of the attribute mapping. */
type Mapping = {
  readonly target: TargetAttribute;
  readonly source: (user: EntraUser) => string | boolean | undefined;
};

/** Entra ID's default mapping of users, with rows that customers often add. */
const USER_MAPPINGS: readonly Mapping[] = [
  { target: { attribute: "userName" }, source: (user) => user.userPrincipalName },
  { target: { attribute: "active" }, source: (user) => user.accountEnabled && !user.isSoftDeleted },
  { target: { attribute: "displayName" }, source: (user) => user.displayName },
  { target: { attribute: "title" }, source: (user) => user.jobTitle },
  { target: workValue("emails"), source: (user) => user.mail },
  { target: { attribute: "preferredLanguage" }, source: (user) => user.preferredLanguage },
  { target: { attribute: "name", subAttribute: "givenName" }, source: (user) => user.givenName },
  { target: { attribute: "name", subAttribute: "familyName" }, source: (user) => user.surname },
  { target: { attribute: "name", subAttribute: "formatted" }, source: (user) => `${user.givenName} ${user.surname}` },
  { target: workAddress("streetAddress"), source: (user) => user.streetAddress },
  { target: workAddress("locality"), source: (user) => user.city },
  { target: workAddress("postalCode"), source: (user) => user.postalCode },
  { target: workAddress("country"), source: (user) => user.country },
  { target: workValue("phoneNumbers"), source: (user) => user.telephoneNumber },
  {
    target: { attribute: "phoneNumbers", select: { type: "mobile" }, subAttribute: "value" },
    source: (user) => user.mobile,
  },
  { target: { attribute: "externalId" }, source: (user) => user.objectId },
  { target: { schema: ENTERPRISE_URN, attribute: "employeeNumber" }, source: (user) => user.employeeId },
  { target: { schema: ENTERPRISE_URN, attribute: "department" }, source: (user) => user.department },
  { target: { schema: ENTERPRISE_URN, attribute: "costCenter" }, source: (user) => user.costCenter },
  { target: { schema: CUSTOM_URN, attribute: "tag" }, source: (user) => user.extensionAttribute1 },
  {
    target: { attribute: "roles", select: { primary: true }, subAttribute: "value" },
    source: (user) => user.appRole,
  },
];

function workValue(attribute: string): TargetAttribute {
  return { attribute, select: { type: "work" }, subAttribute: "value" };
}

function workAddress(subAttribute: string): TargetAttribute {
  return { attribute: "addresses", select: { type: "work" }, subAttribute };
}

/** Maps a user to SCIM attributes. */
export function mapUser(user: EntraUser): JsonObject {
  const attributes: JsonObject = {};
  for (const { target, source } of USER_MAPPINGS) {
    const value = source(user);
    if (value !== undefined) assignTarget(attributes, target, value);
  }
  return attributes;
}

/** A mapped attribute whose value changed. */
export type AttributeChange = {
  readonly target: TargetAttribute;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
};

/** The changes from one state of a user to another; from none, every attribute that has a value. */
export function changesBetween(before: EntraUser | undefined, after: EntraUser): AttributeChange[] {
  return USER_MAPPINGS.map(({ target, source }) => ({
    target,
    before: before === undefined ? undefined : source(before),
    after: source(after),
  })).filter((change) => change.before !== change.after);
}

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
