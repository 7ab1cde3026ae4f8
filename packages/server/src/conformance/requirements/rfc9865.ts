import { client, must, rule, type Section, section, should } from "./requirement.ts";

const RFC = "RFC 9865";

export const CURSORS: readonly Section[] = [
  section(RFC, "2", "Query Parameters and Response Attributes", {
    1: must("cursor: MUST be empty or omitted for the first request of a cursor-paginated query."),
    2: rule("cursor: may only contain characters from the unreserved character set of RFC 3986."),
    3: must('count: a negative value SHALL be interpreted as "0".'),
    4: rule('count: "0" indicates that no resource results are to be returned except for "totalResults".'),
    5: must("count: when specified, the service provider MUST NOT return more results."),
    6: must("nextCursor: MUST be included in all paged query responses except when returning the last page."),
    7: must("nextCursor: MUST be omitted only to indicate that there are no more result pages."),
    8: must("previousCursor: MUST NOT be returned with the first page."),
    9: client(
      "MUST",
      "To retrieve another page, the client MUST query with all query parameters being identical except the cursor.",
    ),
    10: rule("Service providers should return an accurate value for totalResults."),
  }),
  section(RFC, "2.1", "Pagination Errors", {
    1: should(
      "For invalid pagination query parameters the service provider SHOULD return the appropriate status and detailed JSON error.",
    ),
    2: rule("invalidCursor: cursor value is invalid."),
    3: rule("expiredCursor: cursor has expired."),
    4: rule("invalidCount: count must be equal to the count value of the initial query."),
    5: client("SHOULD", "Cursor value SHOULD be empty to request the first page."),
  }),
  section(RFC, "2.2", "Sorting", { 1: rule("If sorting is implemented, then cursor-paged results should be sorted.") }),
  section(RFC, "2.4", "Implementing Both Cursors and Index Pagination", {
    1: must("Service providers supporting both pagination methods MUST choose a default pagination method."),
  }),
  section(RFC, "3", "Querying Resources Using HTTP POST", {
    1: rule("The client passes the parameters of Section 2 in the body of the POST request to /.search."),
  }),
  section(RFC, "4", "Service Provider Configuration", {
    1: should(
      'A service provider implementing cursor-based pagination SHOULD include "pagination" in /ServiceProviderConfig.',
    ),
    2: must("pagination.cursor, pagination.index: REQUIRED."),
    3: client(
      "MUST",
      "Clients MUST NOT interpret the lack of published values to mean that no defaults or limits exist.",
    ),
  }),
  section(RFC, "5.2", "Confidentiality", {
    1: must(
      "Pagination MUST be strictly confined to the data that the actor's current identity has been authorized to access.",
    ),
    2: must("Authorization checks MUST be continuously applied as an actor navigates through the result set."),
    3: should(
      "Service providers SHOULD invalidate all cursors corresponding to an actor immediately following a change in permissions.",
    ),
    4: must("The service provider MUST handle error scenarios without exposing sensitive data."),
  }),
];
