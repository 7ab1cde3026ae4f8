import type { Json, JsonObject } from "../json.ts";
import { attribute, type Schema } from "../schema/attribute.ts";
import { resourceModel } from "../schema/model.ts";

/** A resource type for tests, with every kind of attribute that the filter language distinguishes. */

export const CORE = "urn:ietf:params:scim:schemas:core:2.0:User";
export const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
export const CUSTOM = "urn:example:params:custom:2.0";

const typed = [
  attribute("value", "The value."),
  attribute("type", "Its function."),
  attribute("display", "Its name."),
  attribute("primary", "Whether it is preferred.", { type: "boolean" }),
];

const user: Schema = {
  id: CORE,
  name: "User",
  description: "A user.",
  attributes: [
    attribute("userName", "Name for sign-in."),
    attribute("name", "Parts of the name.", {
      type: "complex",
      subAttributes: [attribute("formatted", "All of it."), attribute("familyName", ""), attribute("givenName", "")],
    }),
    attribute("title", "Title."),
    attribute("userType", "Kind."),
    attribute("active", "Whether enabled.", { type: "boolean" }),
    attribute("password", "Secret.", { mutability: "writeOnly", returned: "never" }),
    attribute("token", "Secret of several parts.", {
      type: "complex",
      returned: "never",
      subAttributes: [attribute("value", "")],
    }),
    attribute("profile", "With a multi-valued sub-attribute.", {
      type: "complex",
      subAttributes: [attribute("labels", "", { multiValued: true })],
    }),
    attribute("profileUrl", "Page.", { type: "reference", referenceTypes: ["external"], caseExact: true }),
    attribute("emails", "Addresses.", { type: "complex", multiValued: true, subAttributes: typed }),
    attribute("ims", "Messengers.", { type: "complex", multiValued: true, subAttributes: typed }),
    attribute("roles", "Roles.", { type: "complex", multiValued: true, subAttributes: typed }),
    attribute("addresses", "Postal addresses.", {
      type: "complex",
      multiValued: true,
      subAttributes: [attribute("type", ""), attribute("formatted", ""), attribute("streetAddress", "")],
    }),
    attribute("members", "As of Group.", {
      type: "complex",
      multiValued: true,
      subAttributes: [
        attribute("value", "", { caseExact: true }),
        attribute("displayName", ""),
        attribute("$ref", "", { type: "reference", caseExact: true }),
      ],
    }),
    attribute("certificate", "A binary.", { type: "binary" }),
    attribute("logins", "An integer.", { type: "integer" }),
    attribute("score", "A decimal.", { type: "decimal" }),
    attribute("hired", "A dateTime.", { type: "dateTime" }),
    attribute("tags", "A simple multi-valued attribute.", { multiValued: true }),
  ],
};

const enterprise: Schema = {
  id: ENTERPRISE,
  name: "EnterpriseUser",
  description: "An employee.",
  attributes: [
    attribute("employeeNumber", ""),
    attribute("department", ""),
    attribute("shared", "Also in the other extension."),
    attribute("manager", "", {
      type: "complex",
      subAttributes: [
        attribute("value", ""),
        attribute("$ref", "", { type: "reference", caseExact: true }),
        attribute("displayName", "", { mutability: "readOnly" }),
      ],
    }),
  ],
};

const custom: Schema = {
  id: CUSTOM,
  name: "Custom",
  description: "An extension whose URN ends in a version.",
  attributes: [attribute("shared", "Also in the other extension."), attribute("not", "Named like an operator.")],
};

export const MODEL = resourceModel({
  name: "User",
  description: "User",
  endpoint: "/Users",
  schema: user,
  schemaExtensions: [
    { schema: enterprise, required: false },
    { schema: custom, required: false },
  ],
});

export const BARBARA: JsonObject = {
  schemas: [CORE, ENTERPRISE],
  id: "2819c223",
  externalId: "abc-1",
  userName: "bjensen",
  name: { formatted: "Barbara J O'Malley", familyName: "O'Malley", givenName: "Barbara" },
  title: "Tour Guide",
  userType: "Employee",
  active: true,
  profileUrl: "https://example.com/B",
  emails: [
    { type: "work", value: "bjensen@example.com", primary: true },
    { type: "home", value: "babs@jensen.org" },
  ],
  certificate: "aGVsbG8=",
  logins: 42,
  score: 1.5,
  hired: "2011-05-13T04:42:34Z",
  tags: ["red", "Green"],
  [ENTERPRISE]: { department: "Tours", manager: { value: "26118915", displayName: "John" } },
  meta: { resourceType: "User", created: "2010-01-23T04:56:22Z", lastModified: "2011-05-13T04:42:34Z" },
};

export function withAttributes(changes: { [name: string]: Json }): JsonObject {
  return { ...BARBARA, ...changes };
}
