import { badRequest, ScimError } from "@scimtool/scim";
import type { FastifyError } from "fastify";

/**
 * The SCIM form (RFC 7644 §3.12) of anything that was thrown while a request was served. What is not a refusal becomes
 * a 500 without internals.
 */
export function toScimError(error: unknown, maxBodyBytes: number): ScimError {
  if (error instanceof ScimError) return error;
  const { code, statusCode, message } = error as Partial<FastifyError>;
  switch (code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new ScimError(413, `The body is larger than ${maxBodyBytes} bytes. Send fewer values in one request.`);
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return new ScimError(415, "The body must be application/scim+json or application/json, in UTF-8.");
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return badRequest("invalidSyntax", "The body is shorter or longer than Content-Length says.");
    case "FST_ERR_BAD_URL":
      return badRequest("invalidSyntax", "The URL is not valid percent-encoded UTF-8.");
    case "FST_ERR_MAX_PARAM_LENGTH":
      return new ScimError(404, "There is nothing here: no id is as long as the one in this URL.");
    default:
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new ScimError(statusCode, String(message));
  return new ScimError(
    500,
    "The server failed to answer this request. Its log has the cause; the request changed nothing.",
    {
      cause: error,
    },
  );
}
