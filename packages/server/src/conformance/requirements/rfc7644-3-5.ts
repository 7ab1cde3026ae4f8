import { may, must, rule, type Section, section, should } from "./requirement.ts";

const RFC = "RFC 7644";

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
