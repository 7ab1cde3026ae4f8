import { badRequest, type Reason, ScimError } from "@scimtool/scim";
import type { FastifyError } from "fastify";
import { Unavailable } from "../backup/backup.ts";
import { EndpointChanged } from "../endpoint/endpoints.ts";
import { OutcomeUnknown, ReadsBusy, ReadTooLarge, ReadTooLong, StoreFull, StoreUnavailable } from "../store/store.ts";

/** When to retry after writes were paused for too long, a database was closed, or an endpoint kept changing. */
const STORE_RETRY_MS = 1_000;

/** When to retry after too many long searches. */
const SEARCHES_RETRY_MS = 5_000;

/** Somebody must free space on the disk. */
const FULL_RETRY_MS = 60_000;

const SEARCH_ADVICE =
  'Narrow the filter, compare with eq or sw instead of co, or add the attributes that it compares to the endpoint\'s setting "indexed".';

/**
 * The SCIM error (RFC 7644 §3.12) for anything thrown while a request was served. Unexpected errors become a 500
 * without internals.
 * @param maxBodyBytes undefined if several limits apply
 * @param contentType of the request
 */
export function toScimError(error: unknown, maxBodyBytes?: number, contentType?: string): ScimError {
  if (error instanceof ScimError) return error;
  if (error instanceof Unavailable)
    return unavailable({ code: "unavailable", cause: "backup" }, error.message, error.retryAfterMs);
  if (error instanceof StoreUnavailable) {
    const detail = "The database is not available at the moment. The request changed nothing; send it again.";
    return unavailable({ code: "unavailable", cause: "database" }, detail, STORE_RETRY_MS);
  }
  if (error instanceof OutcomeUnknown) {
    const detail =
      "The connection to the database was lost while this request was saved. It may have been carried out: look before you send it again.";
    return unavailable({ code: "unavailable", cause: "database" }, detail, STORE_RETRY_MS);
  }
  if (error instanceof EndpointChanged) {
    return unavailable(
      { code: "unavailable", cause: "settingsChanging" },
      `${error.message} This request changed nothing; send it again.`,
      STORE_RETRY_MS,
    );
  }
  if (error instanceof ReadTooLong) {
    const detail = `The search would take longer than ${error.maxMs / 1_000} s (SEARCH_TIMEOUT), so it was ended. ${SEARCH_ADVICE}`;
    return badRequest("tooMany", { code: "searchTooLong", maxMs: error.maxMs }, detail);
  }
  if (error instanceof ReadTooLarge) {
    const megabytes = Math.round(error.maxBytes / 1_048_576);
    const detail = `The search would take more than ${megabytes} MB of memory, so it was ended. ${SEARCH_ADVICE}`;
    return badRequest("tooMany", { code: "searchTooLarge", maxBytes: error.maxBytes }, detail);
  }
  if (error instanceof ReadsBusy) {
    const detail = "This server is busy with other long searches. Send this one again, a few at a time.";
    return unavailable({ code: "unavailable", cause: "searches" }, detail, SEARCHES_RETRY_MS);
  }
  if (error instanceof StoreFull) {
    const detail =
      "The disk of this server is full. The request changed nothing; reads still work. Free some space on the disk.";
    return unavailable({ code: "diskFull" }, detail, FULL_RETRY_MS);
  }
  const { code, statusCode, message } = error as Partial<FastifyError>;
  switch (code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new ScimError(
        413,
        maxBodyBytes === undefined
          ? "The body is larger than this server accepts. Send less in one request."
          : `The body is larger than ${maxBodyBytes} bytes. Send fewer values in one request.`,
        { reason: { code: "bodyTooLarge", ...(maxBodyBytes !== undefined && { maxBytes: maxBodyBytes }) } },
      );
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return new ScimError(415, "The body must be application/scim+json or application/json, in UTF-8.", {
        reason: {
          code: "unsupportedMediaType",
          header: "Content-Type",
          ...(contentType !== undefined && { value: contentType }),
        },
      });
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return badRequest(
        "invalidSyntax",
        { code: "bodyIncomplete" },
        "The body is shorter or longer than Content-Length says.",
      );
    case "FST_ERR_BAD_URL":
      return badRequest(
        "invalidSyntax",
        { code: "urlNotDecodable", part: "path" },
        "The URL is not valid percent-encoded UTF-8.",
      );
    case "FST_ERR_MAX_PARAM_LENGTH":
      return new ScimError(404, "There is nothing here: the ID in this URL is too long.", {
        reason: { code: "unknownPath", path: "" },
      });
    default:
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new ScimError(statusCode, String(message));
  return new ScimError(
    500,
    "The server failed to process this request. Its log shows the cause; the request changed nothing.",
    {
      reason: { code: "internalError" },
      cause: error,
    },
  );
}

/** An error that says when to retry (RFC 9110 §10.2.3). */
export function unavailable(
  reason: Extract<Reason, { code: "unavailable" | "diskFull" }>,
  detail: string,
  retryAfterMs: number,
): ScimError {
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1_000));
  return new ScimError(reason.code === "diskFull" ? 507 : 503, detail, {
    reason,
    headers: { "retry-after": String(seconds) },
  });
}

/** Whether somebody must look into it: unexpected errors, and a full disk. */
export function isFailure(error: unknown, { status }: ScimError): boolean {
  return (status === 500 && !(error instanceof ScimError)) || error instanceof StoreFull;
}
