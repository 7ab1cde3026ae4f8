import { attribute, type Schema } from "./attribute.ts";

/** RFC 7643 §4.2, with the characteristics of §8.7.1. Two departures: `displayName` is unique, because identity providers match groups by it and expect 409 for a second one; `members.display` (§2.4) is listed. */
export const GROUP_SCHEMA: Schema = {
  id: "urn:ietf:params:scim:schemas:core:2.0:Group",
  name: "Group",
  description: "Group",
  attributes: [
    attribute("displayName", "A human-readable name for the Group. REQUIRED.", {
      required: true,
      uniqueness: "server",
    }),
    attribute("members", "A list of members of the Group.", {
      type: "complex",
      multiValued: true,
      subAttributes: [
        attribute("value", "Identifier of the member of this Group.", { caseExact: true, mutability: "immutable" }),
        attribute("$ref", "The URI corresponding to a SCIM resource that is a member of this Group.", {
          type: "reference",
          caseExact: true,
          mutability: "immutable",
          referenceTypes: ["User", "Group"],
        }),
        attribute("type", "A label indicating the type of resource, e.g., 'User' or 'Group'.", {
          mutability: "immutable",
          canonicalValues: ["User", "Group"],
        }),
        attribute("display", "A human-readable name of the member, read from the member itself.", {
          mutability: "readOnly",
        }),
      ],
    }),
  ],
};
