export const LIST_RESPONSE_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/**
 * The beginning of a ListResponse (RFC 7644 §3.4.2) as JSON text. Resources separated by commas follow, then {@link
 * LIST_RESPONSE_TAIL}.
 * @param totalResults matches on all pages
 * @param startIndex 1-based index of the first resource of this page
 * @param itemsPerPage resources on this page
 */
export function listResponseHead(totalResults: number, startIndex: number, itemsPerPage: number): string {
  return (
    `{"schemas":["${LIST_RESPONSE_SCHEMA}"],"totalResults":${totalResults},"startIndex":${startIndex},` +
    `"itemsPerPage":${itemsPerPage},"Resources":[`
  );
}

export const LIST_RESPONSE_TAIL = "]}";

/** A ListResponse as JSON text, from resources that are JSON text already. */
export function listResponseText(totalResults: number, startIndex: number, resources: readonly string[]): string {
  return listResponseHead(totalResults, startIndex, resources.length) + resources.join(",") + LIST_RESPONSE_TAIL;
}

/**
 * The neighbouring pages (RFC 9865 §2). Only the last page has no `nextCursor`. `previousCursor` is optional, and never
 * on the first page.
 */
export type Cursors = { readonly nextCursor?: string; readonly previousCursor?: string };

/**
 * Like {@link listResponseHead}, for pages by cursor (RFC 9865 §2).
 * @param totalResults matches on all pages
 * @param itemsPerPage resources on this page
 * @param cursors of unreserved characters (RFC 3986 §2.3)
 */
export function cursorListResponseHead(totalResults: number, itemsPerPage: number, cursors: Cursors): string {
  const { previousCursor, nextCursor } = cursors;
  return (
    `{"schemas":["${LIST_RESPONSE_SCHEMA}"],"totalResults":${totalResults},"itemsPerPage":${itemsPerPage},` +
    (previousCursor === undefined ? "" : `"previousCursor":${JSON.stringify(previousCursor)},`) +
    (nextCursor === undefined ? "" : `"nextCursor":${JSON.stringify(nextCursor)},`) +
    '"Resources":['
  );
}
