import type { Failed } from "../decision.ts";

/** RFC 6749 §5.2; `temporarily_unavailable` and `server_error` as in §4.1.2.1. */
export type OAuthErrorCode =
  | "invalid_request"
  | "invalid_client"
  | "unauthorized_client"
  | "unsupported_grant_type"
  | "invalid_scope"
  | "temporarily_unavailable"
  | "server_error";

/** A token request that is refused. */
export class OAuthError extends Error {
  override readonly name = "OAuthError";
  readonly code: OAuthErrorCode;
  readonly status: number;
  /** For the record, and not for the client. */
  readonly failed: Failed;
  /** When to come again; undefined where that would not help. */
  readonly retryAfterMs: number | undefined;

  /** @param description for the client: nothing that who has no valid secret could make use of */
  constructor(
    code: OAuthErrorCode,
    description: string,
    failed: Failed,
    { status, retryAfterMs }: { readonly status?: number; readonly retryAfterMs?: number } = {},
  ) {
    super(description);
    this.code = code;
    this.status = status ?? (code === "invalid_client" ? 401 : 400);
    this.failed = failed;
    this.retryAfterMs = retryAfterMs;
  }
}

/** It cannot be told at the moment whether the client is who it says. */
export function unavailable(failed: Failed, retryAfterMs: number): OAuthError {
  const description = "It cannot be told at the moment whether this is valid. Send the request again.";
  return new OAuthError("temporarily_unavailable", description, failed, { status: 503, retryAfterMs });
}

/** The text of `error_description`: of few characters (RFC 6749 §5.2), the others are replaced. */
export function describable(text: string): string {
  return text.replaceAll('"', "'").replaceAll(/[^\x20-\x21\x23-\x5B\x5D-\x7E]/g, "?");
}
