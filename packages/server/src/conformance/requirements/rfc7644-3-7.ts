import { must, rule, type Section, section } from "./requirement.ts";

const RFC = "RFC 7644";

export const BULK: readonly Section[] = [
  section(RFC, "3.7", "Bulk Operations", {
    1: must("Operations: each operation corresponds to a single HTTP request against a resource endpoint. REQUIRED."),
    2: must('method: possible values are "POST", "PUT", "PATCH", or "DELETE". REQUIRED.'),
    3: must('bulkId: unique within a bulk request and created by the client. REQUIRED when "method" is "POST".'),
    4: must("path: a resource type endpoint for POST, else the path to a specific resource. REQUIRED in a request."),
    5: must('data: the resource data. REQUIRED in a request when "method" is "POST", "PUT", or "PATCH".'),
    6: must("location: the resource endpoint URL. REQUIRED in a response, except in the event of a POST failure."),
    7: must("response: with a status other than a 200-series response, the response body MUST be included."),
    8: must('status: when indicating an error, the "response" attribute MUST contain the detail error response.'),
    9: must(
      "If a bulk job is processed successfully, HTTP response code 200 OK MUST be returned; otherwise, an HTTP error code.",
    ),
    10: must(
      "The service provider MUST continue performing as many changes as possible and disregard partial failures.",
    ),
    11: rule('"failOnErrors" defines the number of errors to accept before failing the remaining operations.'),
    12: must('The service provider MUST return the same "bulkId" together with the newly created resource.'),
    13: must(
      "When optimizing the sequence, the service provider MUST ensure that the client's intent is preserved and the same stateful result is achieved.",
    ),
  }),
  section(RFC, "3.7.1", "Circular Reference Processing", {
    1: must(
      "The service provider MUST try to resolve circular cross-references between resources in a single bulk job.",
    ),
  }),
  section(RFC, "3.7.2", "bulkId Temporary Identifiers", {
    1: must(
      'The service provider MUST replace the string "bulkId:qwerty" with the permanent resource id once created.',
    ),
    2: must(
      "Extensions that include references to other resources MUST be handled in the same way by the service provider.",
    ),
  }),
  section(RFC, "3.7.3", "Response and Error Handling", {
    1: must("The service provider response MUST include the result of all processed operations."),
    2: must('A "location" MUST be returned for all operations except for failed POST operations.'),
    3: must(
      "The status attribute MUST include the HTTP response code that a single HTTP request would have been answered with.",
    ),
    4: must("If an error occurred, the status MUST also include a human-readable explanation of the error."),
  }),
  section(RFC, "3.7.4", "Maximum Operations", {
    1: must(
      "The service provider MUST define the maximum number of operations and maximum payload size of a single request.",
    ),
    2: must(
      "If either limit is exceeded, the service provider MUST return HTTP response code 413 (Payload Too Large).",
    ),
    3: must("The returned response MUST specify the limit exceeded in the body of the error response."),
  }),
];
