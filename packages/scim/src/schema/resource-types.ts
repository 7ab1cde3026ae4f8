import { attribute, type ResourceType, type Schema } from "./attribute.ts";

/** RFC 7643 §4.1, with the characteristics of §8.7.1; references are case-exact (§2.3.7) and addresses have `primary` (§2.4). */
export const USER_SCHEMA: Schema = {
  id: "urn:ietf:params:scim:schemas:core:2.0:User",
  name: "User",
  description: "User Account",
  attributes: [
    attribute(
      "userName",
      "Unique identifier for the User, typically used by the user to directly authenticate to the service provider. Each User MUST include a non-empty userName value. This identifier MUST be unique across the service provider's entire set of Users. REQUIRED.",
      { required: true, uniqueness: "server" },
    ),
    attribute(
      "name",
      "The components of the user's real name. Providers MAY return just the full name as a single string in the formatted sub-attribute, or they MAY return just the individual component attributes using the other sub-attributes, or they MAY return both. If both variants are returned, they SHOULD be describing the same name, with the formatted name indicating how the component attributes should be combined.",
      {
        type: "complex",
        subAttributes: [
          attribute(
            "formatted",
            "The full name, including all middle names, titles, and suffixes as appropriate, formatted for display (e.g., 'Ms. Barbara J Jensen, III').",
          ),
          attribute(
            "familyName",
            "The family name of the User, or last name in most Western languages (e.g., 'Jensen' given the full name 'Ms. Barbara J Jensen, III').",
          ),
          attribute(
            "givenName",
            "The given name of the User, or first name in most Western languages (e.g., 'Barbara' given the full name 'Ms. Barbara J Jensen, III').",
          ),
          attribute(
            "middleName",
            "The middle name(s) of the User (e.g., 'Jane' given the full name 'Ms. Barbara J Jensen, III').",
          ),
          attribute(
            "honorificPrefix",
            "The honorific prefix(es) of the User, or title in most Western languages (e.g., 'Ms.' given the full name 'Ms. Barbara J Jensen, III').",
          ),
          attribute(
            "honorificSuffix",
            "The honorific suffix(es) of the User, or suffix in most Western languages (e.g., 'III' given the full name 'Ms. Barbara J Jensen, III').",
          ),
        ],
      },
    ),
    attribute(
      "displayName",
      "The name of the User, suitable for display to end-users. The name SHOULD be the full name of the User being described, if known.",
    ),
    attribute(
      "nickName",
      "The casual way to address the user in real life, e.g., 'Bob' or 'Bobby' instead of 'Robert'. This attribute SHOULD NOT be used to represent a User's username (e.g., 'bjensen' or 'mpepperidge').",
    ),
    attribute("profileUrl", "A fully qualified URL pointing to a page representing the User's online profile.", {
      type: "reference",
      caseExact: true,
      referenceTypes: ["external"],
    }),
    attribute("title", 'The user\'s title, such as "Vice President."'),
    attribute(
      "userType",
      "Used to identify the relationship between the organization and the user. Typical values used might be 'Contractor', 'Employee', 'Intern', 'Temp', 'External', and 'Unknown', but any value may be used.",
    ),
    attribute(
      "preferredLanguage",
      "Indicates the User's preferred written or spoken language. Generally used for selecting a localized user interface; e.g., 'en_US' specifies the language English and country US.",
    ),
    attribute(
      "locale",
      "Used to indicate the User's default location for purposes of localizing items such as currency, date time format, or numerical representations.",
    ),
    attribute(
      "timezone",
      "The User's time zone in the 'Olson' time zone database format, e.g., 'America/Los_Angeles'.",
    ),
    attribute("active", "A Boolean value indicating the User's administrative status.", { type: "boolean" }),
    attribute(
      "password",
      "The User's cleartext password. This attribute is intended to be used as a means to specify an initial password when creating a new User or to reset an existing User's password.",
      { mutability: "writeOnly", returned: "never" },
    ),
    attribute(
      "emails",
      "Email addresses for the user. The value SHOULD be canonicalized by the service provider, e.g., 'bjensen@example.com' instead of 'bjensen@EXAMPLE.COM'. Canonical type values of 'work', 'home', and 'other'.",
      {
        type: "complex",
        multiValued: true,
        subAttributes: [
          attribute(
            "value",
            "Email addresses for the user. The value SHOULD be canonicalized by the service provider, e.g., 'bjensen@example.com' instead of 'bjensen@EXAMPLE.COM'. Canonical type values of 'work', 'home', and 'other'.",
          ),
          attribute("display", "A human-readable name, primarily used for display purposes. READ-ONLY."),
          attribute("type", "A label indicating the attribute's function, e.g., 'work' or 'home'.", {
            canonicalValues: ["work", "home", "other"],
          }),
          attribute(
            "primary",
            "A Boolean value indicating the 'primary' or preferred attribute value for this attribute, e.g., the preferred mailing address or primary email address. The primary attribute value 'true' MUST appear no more than once.",
            { type: "boolean" },
          ),
        ],
      },
    ),
    attribute(
      "phoneNumbers",
      "Phone numbers for the User. The value SHOULD be canonicalized by the service provider according to the format specified in RFC 3966, e.g., 'tel:+1-201-555-0123'. Canonical type values of 'work', 'home', 'mobile', 'fax', 'pager', and 'other'.",
      {
        type: "complex",
        multiValued: true,
        subAttributes: [
          attribute("value", "Phone number of the User."),
          attribute("display", "A human-readable name, primarily used for display purposes. READ-ONLY."),
          attribute("type", "A label indicating the attribute's function, e.g., 'work', 'home', 'mobile'.", {
            canonicalValues: ["work", "home", "mobile", "fax", "pager", "other"],
          }),
          attribute(
            "primary",
            "A Boolean value indicating the 'primary' or preferred attribute value for this attribute, e.g., the preferred phone number or primary phone number. The primary attribute value 'true' MUST appear no more than once.",
            { type: "boolean" },
          ),
        ],
      },
    ),
    attribute("ims", "Instant messaging addresses for the User.", {
      type: "complex",
      multiValued: true,
      subAttributes: [
        attribute("value", "Instant messaging address for the User."),
        attribute("display", "A human-readable name, primarily used for display purposes. READ-ONLY."),
        attribute("type", "A label indicating the attribute's function, e.g., 'aim', 'gtalk', 'xmpp'.", {
          canonicalValues: ["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"],
        }),
        attribute(
          "primary",
          "A Boolean value indicating the 'primary' or preferred attribute value for this attribute, e.g., the preferred messenger or primary messenger. The primary attribute value 'true' MUST appear no more than once.",
          { type: "boolean" },
        ),
      ],
    }),
    attribute("photos", "URLs of photos of the User.", {
      type: "complex",
      multiValued: true,
      subAttributes: [
        attribute("value", "URL of a photo of the User.", {
          type: "reference",
          caseExact: true,
          referenceTypes: ["external"],
        }),
        attribute("display", "A human-readable name, primarily used for display purposes. READ-ONLY."),
        attribute("type", "A label indicating the attribute's function, i.e., 'photo' or 'thumbnail'.", {
          canonicalValues: ["photo", "thumbnail"],
        }),
        attribute(
          "primary",
          "A Boolean value indicating the 'primary' or preferred attribute value for this attribute, e.g., the preferred photo or thumbnail. The primary attribute value 'true' MUST appear no more than once.",
          { type: "boolean" },
        ),
      ],
    }),
    attribute(
      "addresses",
      "A physical mailing address for this User. Canonical type values of 'work', 'home', and 'other'. This attribute is a complex type with the following sub-attributes.",
      {
        type: "complex",
        multiValued: true,
        subAttributes: [
          attribute(
            "formatted",
            "The full mailing address, formatted for display or use with a mailing label. This attribute MAY contain newlines.",
          ),
          attribute(
            "streetAddress",
            "The full street address component, which may include house number, street name, P.O. box, and multi-line extended street address information. This attribute MAY contain newlines.",
          ),
          attribute("locality", "The city or locality component."),
          attribute("region", "The state or region component."),
          attribute("postalCode", "The zip code or postal code component."),
          attribute("country", "The country name component."),
          attribute("type", "A label indicating the attribute's function, e.g., 'work' or 'home'.", {
            canonicalValues: ["work", "home", "other"],
          }),
          attribute(
            "primary",
            "A Boolean value indicating the 'primary' or preferred attribute value for this attribute. The primary attribute value 'true' MUST appear no more than once.",
            { type: "boolean" },
          ),
        ],
      },
    ),
    attribute(
      "groups",
      "A list of groups to which the user belongs, either through direct membership, through nested groups, or dynamically calculated.",
      {
        type: "complex",
        multiValued: true,
        mutability: "readOnly",
        subAttributes: [
          attribute("value", "The identifier of the User's group.", { caseExact: true, mutability: "readOnly" }),
          attribute("$ref", "The URI of the corresponding 'Group' resource to which the user belongs.", {
            type: "reference",
            caseExact: true,
            mutability: "readOnly",
            referenceTypes: ["User", "Group"],
          }),
          attribute("display", "A human-readable name, primarily used for display purposes. READ-ONLY.", {
            mutability: "readOnly",
          }),
          attribute("type", "A label indicating the attribute's function, e.g., 'direct' or 'indirect'.", {
            mutability: "readOnly",
            canonicalValues: ["direct", "indirect"],
          }),
        ],
      },
    ),
    attribute("entitlements", "A list of entitlements for the User that represent a thing the User has.", {
      type: "complex",
      multiValued: true,
      subAttributes: [
        attribute("value", "The value of an entitlement."),
        attribute("display", "A human-readable name, primarily used for display purposes. READ-ONLY."),
        attribute("type", "A label indicating the attribute's function."),
        attribute(
          "primary",
          "A Boolean value indicating the 'primary' or preferred attribute value for this attribute. The primary attribute value 'true' MUST appear no more than once.",
          { type: "boolean" },
        ),
      ],
    }),
    attribute(
      "roles",
      "A list of roles for the User that collectively represent who the User is, e.g., 'Student', 'Faculty'.",
      {
        type: "complex",
        multiValued: true,
        subAttributes: [
          attribute("value", "The value of a role."),
          attribute("display", "A human-readable name, primarily used for display purposes. READ-ONLY."),
          attribute("type", "A label indicating the attribute's function."),
          attribute(
            "primary",
            "A Boolean value indicating the 'primary' or preferred attribute value for this attribute. The primary attribute value 'true' MUST appear no more than once.",
            { type: "boolean" },
          ),
        ],
      },
    ),
    attribute("x509Certificates", "A list of certificates issued to the User.", {
      type: "complex",
      multiValued: true,
      subAttributes: [
        attribute("value", "The value of an X.509 certificate.", { type: "binary", caseExact: true }),
        attribute("display", "A human-readable name, primarily used for display purposes. READ-ONLY."),
        attribute("type", "A label indicating the attribute's function."),
        attribute(
          "primary",
          "A Boolean value indicating the 'primary' or preferred attribute value for this attribute. The primary attribute value 'true' MUST appear no more than once.",
          { type: "boolean" },
        ),
      ],
    }),
  ],
};

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

/**
 * RFC 7643 §4.2, with the characteristics of §8.7.1, except that `displayName` is unique, because identity providers
 * match groups by it and expect 409 for a duplicate, and that `members.display` (§2.4) is listed.
 */
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

export const USER_TYPE: ResourceType = {
  name: "User",
  description: "User Account",
  endpoint: "/Users",
  schema: USER_SCHEMA,
  schemaExtensions: [{ schema: ENTERPRISE_USER_SCHEMA, required: false }],
};

export const GROUP_TYPE: ResourceType = {
  name: "Group",
  description: "Group",
  endpoint: "/Groups",
  schema: GROUP_SCHEMA,
  schemaExtensions: [],
  collection: "members",
};
