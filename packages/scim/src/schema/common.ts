import { type Attribute, attribute } from "./attribute.ts";

/**
 * The attributes every resource has (RFC 7643 §3, §3.1). They belong to no schema and are not listed in
 * `/Schemas`; `schemas` is listed here because filters may name it (RFC 7644 §3.4.2.2).
 */
export const COMMON_ATTRIBUTES: readonly Attribute[] = [
  attribute("schemas", "URIs of the schemas that this resource uses.", {
    type: "reference",
    referenceTypes: ["uri"],
    multiValued: true,
    required: true,
    caseExact: true,
    returned: "always",
  }),
  attribute("id", "Unique identifier of the resource, issued by the service provider.", {
    required: true,
    caseExact: true,
    mutability: "readOnly",
    returned: "always",
    uniqueness: "server",
  }),
  attribute("externalId", "Identifier of the resource as the provisioning client knows it.", { caseExact: true }),
  attribute("meta", "Metadata of the resource, kept by the service provider.", {
    type: "complex",
    mutability: "readOnly",
    subAttributes: [
      attribute("resourceType", "Name of the resource type.", { caseExact: true, mutability: "readOnly" }),
      attribute("created", "When the resource was added.", { type: "dateTime", mutability: "readOnly" }),
      attribute("lastModified", "When the resource was last changed.", { type: "dateTime", mutability: "readOnly" }),
      attribute("location", "URI of the resource.", {
        type: "reference",
        referenceTypes: ["uri"],
        caseExact: true,
        mutability: "readOnly",
      }),
      attribute("version", "Version of the resource: its entity tag (RFC 7644 §3.14).", {
        caseExact: true,
        mutability: "readOnly",
      }),
    ],
  }),
];
