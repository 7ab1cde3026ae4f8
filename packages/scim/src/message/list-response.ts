export const LIST_RESPONSE_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/**
 * A ListResponse (RFC 7644 §3.4.2) as pieces of JSON text, around resources that are JSON text already.
 * @param totalResults matches in all
 * @param startIndex 1-based index of the first resource of this page
 */
export function listResponseParts(totalResults: number, startIndex: number, resources: readonly string[]): string[] {
  const parts = [
    `{"schemas":["${LIST_RESPONSE_SCHEMA}"],"totalResults":${totalResults},"startIndex":${startIndex},` +
      `"itemsPerPage":${resources.length},"Resources":[`,
  ];
  for (const [at, resource] of resources.entries()) {
    if (at > 0) parts.push(",");
    parts.push(resource);
  }
  parts.push("]}");
  return parts;
}

/** {@link listResponseParts} as one text. */
export function listResponseText(totalResults: number, startIndex: number, resources: readonly string[]): string {
  return listResponseParts(totalResults, startIndex, resources).join("");
}
