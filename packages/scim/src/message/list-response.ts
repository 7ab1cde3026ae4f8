export const LIST_RESPONSE_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/**
 * The beginning of a ListResponse (RFC 7644 §3.4.2) as JSON text. Resources as JSON text, separated by commas, follow,
 * and {@link LIST_RESPONSE_TAIL}.
 * @param totalResults matches in all
 * @param startIndex 1-based index of the first resource of this page
 * @param itemsPerPage resources of this page
 */
export function listResponseHead(totalResults: number, startIndex: number, itemsPerPage: number): string {
  return (
    `{"schemas":["${LIST_RESPONSE_SCHEMA}"],"totalResults":${totalResults},"startIndex":${startIndex},` +
    `"itemsPerPage":${itemsPerPage},"Resources":[`
  );
}

export const LIST_RESPONSE_TAIL = "]}";

/** A whole ListResponse as JSON text, around resources that are JSON text already. */
export function listResponseText(totalResults: number, startIndex: number, resources: readonly string[]): string {
  return listResponseHead(totalResults, startIndex, resources.length) + resources.join(",") + LIST_RESPONSE_TAIL;
}
