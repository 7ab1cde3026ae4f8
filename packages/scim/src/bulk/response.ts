import type { ScimError } from "../message/error.ts";

export const BULK_RESPONSE_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

/** What became of one operation. */
export type BulkResult = {
  /** As it came; undefined where it had none. */
  readonly method?: string;
  readonly bulkId?: string;
  /** The resource's URI; "MUST be returned for all operations except for failed POST operations" (RFC 7644 §3.7.3). */
  readonly location?: string;
  /** The resource's entity tag after the operation. */
  readonly version?: string;
  /** The HTTP status that it would have had by itself, or the refusal. */
  readonly outcome: number | ScimError;
};

/**
 * A BulkResponse (RFC 7644 §3.7.3) as JSON text.
 * @param results of the operations that were tried, in the order of the request
 */
export function bulkResponseText(results: readonly BulkResult[]): string {
  return JSON.stringify({ schemas: [BULK_RESPONSE_SCHEMA], Operations: results.map(resultJson) });
}

function resultJson({ method, bulkId, location, version, outcome }: BulkResult): object {
  // Members that are undefined are left out of the text. The status is a string, as in the examples of §3.7.3.
  return typeof outcome === "number"
    ? { location, method, bulkId, version, status: String(outcome) }
    : { location, method, bulkId, status: String(outcome.status), response: outcome };
}
