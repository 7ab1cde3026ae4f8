import { client, deployment, except, may, must, rule, type Section, section, should } from "./requirement.ts";

const RFC = "RFC 7644";

export const AUTHENTICATION: readonly Section[] = [
  section(RFC, "2", "Authentication and Authorization", {
    1: must(
      'A SCIM service provider SHALL indicate supported HTTP authentication schemes via the "WWW-Authenticate" header.',
    ),
    2: must(
      "The SCIM service provider MUST be able to map the authenticated client to an access control policy in order to determine the client's authorization to retrieve and update SCIM resources.",
    ),
    3: should(
      "When processing requests, the service provider SHOULD consider the subject performing the request and whether or not the action is appropriate given the subject and the resource affected.",
    ),
    4: deployment(
      "SHOULD",
      "Tokens that are issued based on weak or no authentication of authorizing users and/or OAuth clients SHOULD NOT be used.",
      "on whoever hands out tokens: each is made by an administrator, or got with a client's secret or a signed assertion",
    ),
    5: except(
      "SHOULD",
      "Implementers SHOULD combine the use of basic authentication with other factors.",
      "cannot happen: resources are not opened by basic authentication",
    ),
  }),
  section(RFC, "2.1", "Use of Tokens as Authorizations", {
    1: should(
      "When using bearer tokens that represent an authorization grant, implementers SHOULD consider the type of authorization granted, any authorized scopes, and the security subjects that SHOULD be mapped from the authorization.",
    ),
    2: must(
      "When using OAuth authorization tokens, implementers MUST take into account the threats and countermeasures related to the use of client authorizations (RFC 7521 §8).",
    ),
    3: client(
      "MUST",
      "When using other token formats or frameworks, implementers MUST take into account similar threats.",
    ),
  }),
];

export const MESSAGES: readonly Section[] = [
  section(RFC, "3.1", "Background", {
    1: must(
      'A SCIM message contains a "schemas" attribute with a URI whose prefix MUST begin with "urn:ietf:params:scim:api:".',
    ),
    2: must('SCIM message schemas using the above prefix URN SHALL NOT be discoverable using the "/Schemas" endpoint.'),
    3: client(
      "SHOULD",
      "A SCIM client SHOULD NOT expect a service provider to return SCIM resources with exactly the same schema and values as submitted.",
    ),
    4: must("SCIM responses SHALL reflect resource state as interpreted by the SCIM service provider."),
  }),
  section(RFC, "3.2", "SCIM Endpoints and HTTP Methods", {
    1: should(
      'Service providers that support extended resources SHOULD define resource endpoints by appending an "s" to the name.',
    ),
    2: client("SHOULD", 'Clients SHOULD discover resource endpoints via the "/ResourceTypes" endpoint.'),
    3: must("PUT MUST NOT be used to create new resources."),
    4: should(
      "Error status codes SHOULD be transmitted via the HTTP status code of the response and SHOULD also be specified in its body.",
    ),
    5: rule("Responses are returned in the body of the HTTP response, formatted as JSON."),
  }),
  section(RFC, "3.3", "Creating Resources", {
    1: must('In the request body, attributes whose mutability is "readOnly" SHALL be ignored.'),
    2: must("An HTTP response SHALL be returned with HTTP status code 201 (Created)."),
    3: should("The response body SHOULD contain the service provider's representation of the newly created resource."),
    4: must(
      'The URI of the created resource SHALL include, in the HTTP "Location" header and the HTTP body, "meta.location".',
    ),
    5: must(
      'If the creation conflicts with existing resources, the service provider MUST return HTTP status code 409 with a "scimType" of "uniqueness".',
    ),
    6: may(
      'Clients MAY specify "null" for a single-valued attribute or an empty array "[]" for a multi-valued attribute to clear all values.',
    ),
  }),
  section(RFC, "3.3.1", "Resource Types", {
    1: must(
      'The meta attribute "resourceType" SHALL be set by the service provider to the resource type for the endpoint.',
    ),
  }),
  section(RFC, "3.4.1", "Retrieving a Known Resource", {
    1: rule(
      "If the resource exists, the server responds with HTTP status code 200 (OK) and includes the result in the body.",
    ),
  }),
];

export const QUERIES: readonly Section[] = [
  section(RFC, "3.4.2", "Query Resources", {
    1: should(
      "SCIM service providers SHOULD ignore any query parameters they do not recognize instead of rejecting the query.",
    ),
    2: must('Responses MUST be identified using the URI "urn:ietf:params:scim:api:messages:2.0:ListResponse".'),
    3: must("totalResults: the total number of results returned by the list or query operation. REQUIRED."),
    4: must('Resources: REQUIRED if "totalResults" is non-zero.'),
    5: must("startIndex: REQUIRED when partial results are returned due to pagination."),
    6: must("itemsPerPage: REQUIRED when partial results are returned due to pagination."),
    7: must(
      'A query that does not return any matches SHALL return success (HTTP status code 200) with "totalResults" of 0.',
    ),
  }),
  section(RFC, "3.4.2.1", "Query Endpoints", {
    1: must(
      "A query against a server root indicates that all resources within the server SHALL be included, subject to filtering.",
    ),
    2: except(
      "MUST",
      'If too many results would be returned, the server SHALL reject the request with HTTP status code 400 and "scimType" set to "tooMany".',
      "cannot happen: a query is answered in pages, whatever its results; ServiceProviderConfig says how large they are",
    ),
    3: must(
      "Filters on endpoints that include more than one resource type MUST be processed as outlined in Section 3.4.2.2.",
    ),
    4: must(
      "For filtered attributes that are not part of a particular resource type, the service provider SHALL treat the attribute as if there is no attribute value.",
    ),
    5: may(
      'A filter expression using "meta.resourceType" MAY be used to restrict results to one or more specific resource types.',
    ),
  }),
  section(RFC, "3.4.2.2", "Filtering", {
    1: must("Only those resources matching the filter expression SHALL be returned."),
    2: must("The filter parameter MUST contain at least one valid expression."),
    3: must("Each expression MUST contain an attribute name followed by an attribute operator and optional value."),
    4: rule("eq: the attribute and operator values must be identical for a match."),
    5: rule("ne: the attribute and operator values are not identical."),
    6: rule("co: the entire operator value must be a substring of the attribute value."),
    7: rule("sw: the entire operator value must be a substring of the attribute value, starting at its beginning."),
    8: rule("ew: the entire operator value must be a substring of the attribute value, matching at its end."),
    9: rule(
      "pr: the attribute has a non-empty or non-null value, or contains a non-empty node for complex attributes.",
    ),
    10: rule("gt, ge, lt, le: lexicographical for strings, chronological for DateTime, by numeric value for integers."),
    11: must(
      'gt, ge, lt, le: Boolean and Binary attributes SHALL cause a failed response (400) with "scimType" of "invalidFilter".',
    ),
    12: rule("and, or, not: the filter matches if both, either, or not the expression evaluates to true."),
    13: must("SCIM filters MUST conform to the ABNF rules."),
    14: must("Filters MUST be evaluated using the order of operations: grouping, not, and, or, attribute operators."),
    15: rule("For a multi-valued attribute, the filter matches if any of its values match the specified criterion."),
    16: must(
      "For complex attributes, a fully qualified sub-attribute MUST be specified using standard attribute notation.",
    ),
    17: rule(
      '"[" "]": service providers may support complex filters where expressions are applied to the same value of an attribute.',
    ),
    18: must(
      "When applying a comparison to a defaulted attribute, the service provider SHALL use the value that was returned to the client that last created or modified the attribute.",
    ),
    19: must(
      'Providers MUST decline to filter if the operation is not recognized and return HTTP 400 with "scimType" "invalidFilter".',
    ),
    20: must(
      'The case sensitivity for String type attributes SHALL be determined by the attribute\'s "caseExact" characteristic.',
    ),
    21: rule("Attribute names and attribute operators used in filters are case insensitive."),
  }),
  section(RFC, "3.4.2.3", "Sorting", {
    1: must("sortBy specifies the attribute whose value SHALL be used to order the returned responses."),
    2: rule(
      "If it's a multi-valued attribute, resources are sorted by the value of the primary attribute, or else the first value.",
    ),
    3: rule(
      "If the attribute is complex, the attribute name must be a path to a sub-attribute in standard attribute notation.",
    ),
    4: rule("Resources without data for the attribute are ordered last if ascending and first if descending."),
    5: must('If a value for "sortBy" is provided and no "sortOrder", "sortOrder" SHALL default to ascending.'),
    6: must(
      '"sortOrder" MUST sort according to the attribute type: case-insensitive, or case-sensitive for case-exact strings.',
    ),
  }),
  section(RFC, "3.4.2.4", "Pagination", {
    1: must("startIndex: a value less than 1 SHALL be interpreted as 1."),
    2: must('count: a negative value SHALL be interpreted as "0".'),
    3: rule('count: a value of "0" indicates that no resource results are to be returned except for "totalResults".'),
    4: must("count: when specified, the service provider MUST NOT return more results than specified."),
    5: client("MUST", "Because pagination is not stateful, clients MUST be prepared to handle inconsistent results."),
  }),
  section(RFC, "3.4.2.5", "Attributes", {
    1: must("attributes and excludedAttributes MUST be supported by SCIM service providers."),
    2: must('excludedAttributes SHALL have no effect on attributes whose schema "returned" setting is "always".'),
    3: must("Attribute names MUST be in standard attribute notation form."),
  }),
  section(RFC, "3.4.3", "Querying Resources Using HTTP POST", {
    1: must(
      'The inclusion of "/.search" on the end of a valid SCIM endpoint SHALL be used to indicate a query operation.',
    ),
    2: must('Query requests MUST be identified using the URI "urn:ietf:params:scim:api:messages:2.0:SearchRequest".'),
    3: must("attributes, excludedAttributes, sortBy: names MUST be in standard attribute notation form."),
    4: must('excludedAttributes SHALL have no effect on attributes whose schema "returned" setting is "always".'),
    5: must("filter: the filter string MUST be a valid filter expression."),
    6: must("sortBy: the attribute whose value SHALL be used to order the returned responses."),
    7: rule('Clients may query the server root with POST "/.search"; the result is a ListResponse as with GET.'),
  }),
];

export const MODIFICATIONS: readonly Section[] = [
  section(RFC, "3.5", "Modifying Resources", {
    1: must("Implementers MUST support HTTP PUT."),
    2: should("Implementers SHOULD support HTTP PATCH to enable partial resource modifications."),
  }),
  section(RFC, "3.5.1", "Replacing with PUT", {
    1: must("HTTP PUT MUST NOT be used to create new resources."),
    2: must("readWrite, writeOnly: any values provided SHALL replace the existing attribute values."),
    3: may(
      'Omitted "readWrite" attributes: the service provider MAY assume that any existing values are to be cleared.',
    ),
    4: must("immutable: if values are already set for the attribute, the input values MUST match."),
    5: should(
      'immutable: or else HTTP status code 400 SHOULD be returned with a "scimType" error code of "mutability".',
    ),
    6: must("immutable: if the service provider has no existing values, the new values SHALL be applied."),
    7: must("readOnly: any values provided SHALL be ignored."),
    8: must('If an attribute is "required", clients MUST specify the attribute in the PUT request.'),
    9: rule(
      "A successful PUT operation returns a 200 OK response code and the entire resource within the response body.",
    ),
  }),
  section(RFC, "3.5.2", "Modifying with PATCH", {
    1: must('The body of each request MUST contain "schemas" with "urn:ietf:params:scim:api:messages:2.0:PatchOp".'),
    2: must(
      'The body MUST contain the attribute "Operations", whose value is an array of one or more PATCH operations.',
    ),
    3: must('Each PATCH operation object MUST have exactly one "op" member: "add", "remove", or "replace".'),
    4: must('The "path" attribute is OPTIONAL for "add" and "replace" and is REQUIRED for "remove" operations.'),
    5: must(
      'Each operation MUST be compatible with the attribute\'s mutability: a client MUST NOT modify "readOnly" or "immutable" attributes.',
    ),
    6: may('A client MAY "add" a value to an "immutable" attribute if the attribute had no previous value.'),
    7: must(
      "An operation that is not compatible with mutability or schema SHALL return the appropriate status and a JSON detail error.",
    ),
    8: must(
      'The value of the "schemas" attribute on the service provider\'s representation SHALL be assumed by default; subsequent operations SHALL assume its modified state.',
    ),
    9: must(
      'An operation that sets a value\'s "primary" to "true" SHALL set it to "false" for any other values in the array.',
    ),
    10: must("A PATCH request, regardless of the number of operations, SHALL be treated as atomic."),
    11: must(
      "If a single operation encounters an error condition, the original SCIM resource MUST be restored, and a failure status SHALL be returned.",
    ),
    12: must(
      "If a request fails, the server SHALL return an HTTP response status code and a JSON detail error response.",
    ),
    13: must(
      "The server either MUST return 200 OK and the entire resource within the response body, or MAY return 204 (No Content).",
    ),
    14: must('The server MUST return a 200 OK if the "attributes" parameter is specified in the request.'),
  }),
  section(RFC, "3.5.2.1", "Add Operation", {
    1: must('The operation MUST contain a "value" member whose content specifies the value to be added.'),
    2: rule(
      "If omitted, the target location is the resource itself: the value contains a set of attributes to be added.",
    ),
    3: rule("If the target location does not exist, the attribute and value are added."),
    4: must(
      'If the target location specifies a complex attribute, a set of sub-attributes SHALL be specified in the "value".',
    ),
    5: rule("If the target location specifies a multi-valued attribute, a new value is added to the attribute."),
    6: rule("If the target location specifies a single-valued attribute, the existing value is replaced."),
    7: should(
      "If the target location already contains the value specified, no changes SHOULD be made and a success response SHOULD be returned.",
    ),
    8: must("This operation SHALL NOT change the modify timestamp of the resource."),
  }),
  section(RFC, "3.5.2.2", "Remove Operation", {
    1: rule('If "path" is unspecified, the operation fails with HTTP status code 400 and a "scimType" of "noTarget".'),
    2: must("A single-value attribute and its value are removed; the attribute SHALL be considered unassigned."),
    3: must(
      "A multi-valued attribute without filter and all its values are removed; it SHALL be considered unassigned.",
    ),
    4: must(
      "With a filter comparing a value, the matched values are removed; if none remain, the attribute SHALL be considered unassigned.",
    ),
    5: must(
      "With a complex filter, the matching records are removed; removed sub-attributes SHALL be considered unassigned.",
    ),
    6: must(
      'If a required or read-only attribute is removed, the server SHALL return an error with a "scimType" of "mutability".',
    ),
  }),
  section(RFC, "3.5.2.3", "Replace Operation", {
    1: must(
      'If "path" is omitted, the target is the resource itself, and "value" SHALL contain a list of attributes to be replaced.',
    ),
    2: rule("A single-value attribute's value is replaced."),
    3: rule("A multi-valued attribute without filter: the attribute and all values are replaced."),
    4: must(
      'If the path specifies an attribute that does not exist, the service provider SHALL treat the operation as an "add".',
    ),
    5: must(
      'For a complex attribute, a set of sub-attributes SHALL be specified in the "value"; those not specified are left unchanged.',
    ),
    6: must('If a "valuePath" filter matches one or more values, then all matching record values SHALL be replaced.'),
    7: rule(
      "If the path has a valuePath filter and a sub-attribute, the sub-attributes of the matching values are replaced.",
    ),
    8: must(
      'If a valuePath filter makes no match, the service provider SHALL return HTTP status code 400 and a "scimType" of "noTarget".',
    ),
  }),
  section(RFC, "3.6", "Deleting Resources", {
    1: must(
      "Service providers MUST return a 404 (Not Found) error code for all operations associated with the deleted resource.",
    ),
    2: must("Service providers MUST omit the resource from future query results."),
    3: should("The service provider SHOULD NOT consider the deleted resource in conflict calculation."),
    4: must("In response to a successful DELETE, the server SHALL return HTTP status code 204 (No Content)."),
  }),
];
