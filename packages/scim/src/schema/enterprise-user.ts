import { attribute, type Schema } from "./attribute.ts";

/** RFC 7643 §4.3, with the characteristics of §8.7.1. */
export const ENTERPRISE_USER_SCHEMA: Schema = {
  id: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
  name: "EnterpriseUser",
  description: "Enterprise User",
  attributes: [
    attribute(
      "employeeNumber",
      "Numeric or alphanumeric identifier assigned to a person, typically based on order of hire or association with an organization.",
    ),
    attribute("costCenter", "Identifies the name of a cost center."),
    attribute("organization", "Identifies the name of an organization."),
    attribute("division", "Identifies the name of a division."),
    attribute("department", "Identifies the name of a department."),
    attribute(
      "manager",
      "The User's manager. A complex type that optionally allows service providers to represent organizational hierarchy by referencing the 'id' attribute of another User.",
      {
        type: "complex",
        subAttributes: [
          attribute("value", "The id of the SCIM resource representing the User's manager. REQUIRED.", {
            caseExact: true,
          }),
          attribute("$ref", "The URI of the SCIM resource representing the User's manager. REQUIRED.", {
            type: "reference",
            caseExact: true,
            referenceTypes: ["User"],
          }),
          attribute("displayName", "The displayName of the User's manager. OPTIONAL and READ-ONLY.", {
            mutability: "readOnly",
          }),
        ],
      },
    ),
  ],
};
