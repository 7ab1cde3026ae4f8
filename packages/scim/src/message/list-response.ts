export const LIST_RESPONSE_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/**
 * A ListResponse (RFC 7644 §3.4.2) as JSON text, around resources that are JSON text already.
 * @param totalResults matches in all
 * @param startIndex 1-based index of the first resource of this page
 */
export function listResponseText(totalResults: number, startIndex: number, resources: readonly string[]): string {
  return (
    `{"schemas":["${LIST_RESPONSE_SCHEMA}"],"totalResults":${totalResults},"startIndex":${startIndex},` +
    `"itemsPerPage":${resources.length},"Resources":[${resources.join(",")}]}`
  );
}
