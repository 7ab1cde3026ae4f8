import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Authenticator, OpenAccess } from "../../auth/authenticator.ts";
import { scopeText } from "../../auth/credentials.ts";
import type { FailedCheck } from "../../auth/decision.ts";
import type { ClientRealm } from "../../auth/oauth/authenticate-client.ts";
import { ACCESS_TOKEN_MS, type IssuedToken, issueToken, TokenRequestLimiter } from "../../auth/oauth/issue-token.ts";
import { describable, OAuthError, readTokenRequest } from "../../auth/oauth/token-request.ts";
import { addressOf } from "../auth/authenticate.ts";
import { isFailure, toScimError } from "../errors.ts";
import { reportRefusal } from "../recording.ts";
import { discardBody, leavesBodyUnread } from "../request-body.ts";
import { otherMediaType, readTokenBody } from "./token-body.ts";

/** An assertion may have 16 KiB. */
const MAX_BODY_BYTES = 64 * 1_024;

export type TokenOutcome =
  | { readonly issued: true; readonly credential: IssuedToken["credential"] }
  | { readonly issued: false; readonly failed: FailedCheck };

export type OAuthOptions = {
  /**
   * The endpoint that a request names. For an unknown name, one with a key that no credential has, because endpoint
   * names are not disclosed.
   */
  readonly endpointOf: (request: FastifyRequest) => ClientRealm;
  /** The configured URL of the token endpoint; undefined if only the request itself says it. */
  readonly tokenUrlOf: (request: FastifyRequest) => string | undefined;
  /** With or without an open database; undefined while the server is starting. */
  readonly authenticator: () => Authenticator | undefined;
  /** Opens the database for an authenticated client. @throws Unavailable */
  readonly open: () => Promise<OpenAccess>;
  readonly lifetimeMs?: number;
  readonly onOutcome?: (request: FastifyRequest, outcome: TokenOutcome) => void;
  readonly now?: () => number;
};

/** The token endpoint (RFC 6749 §3.2, §4.4), to be registered below `/oauth` of the server or of an endpoint. */
export async function oauth(server: FastifyInstance, options: OAuthOptions): Promise<void> {
  const { now = Date.now, lifetimeMs = ACCESS_TOKEN_MS, onOutcome = () => undefined } = options;
  const limiter = new TokenRequestLimiter();
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    "*",
    { parseAs: "string", bodyLimit: MAX_BODY_BYTES },
    async ({ recording }: FastifyRequest, body: string) => {
      if (recording !== null) recording.body = Buffer.from(body);
      return body;
    },
  );
  server.setErrorHandler((thrown, request, reply) => {
    const { code } = thrown as Partial<FastifyError>;
    const error = code === "FST_ERR_CTP_INVALID_MEDIA_TYPE" ? otherMediaType() : thrown;
    if (error instanceof OAuthError) onOutcome(request, { issued: false, failed: error.failed });
    if (!leavesBodyUnread(request, reply)) return sendError(error, request, reply);
    return discardBody(request.raw).then(() => sendError(error, request, reply));
  });

  server.post("/token", async (request, reply) => {
    const { authorization, "content-type": contentType } = request.headers;
    const authenticator = options.authenticator();
    if (authenticator === undefined) throw starting();
    const body = typeof request.body === "string" ? request.body : "";
    const asked = readTokenRequest(readTokenBody(contentType, body), authorization);
    const nowMs = now();
    const { open } = options;
    const [endpoint, tokenUrl] = [options.endpointOf(request), options.tokenUrlOf(request)];
    const about = { endpoint, tokenUrl, authenticator, open, lifetimeMs, limiter, address: addressOf(request) };
    const issued = await issueToken(asked, about, nowMs);
    onOutcome(request, { issued: true, credential: issued.credential });
    return sendFresh(reply, 200, {
      access_token: issued.accessToken,
      token_type: "Bearer",
      expires_in: Math.floor(issued.lifetimeMs / 1_000),
      scope: scopeText(issued.credential.scopes),
    });
  });

  // RFC 6749 §3.2: the client must use POST, so that no log of URLs contains its secret.
  server.route({
    method: server.supportedMethods.filter((method) => method !== "POST" && method !== "HEAD"),
    url: "/token",
    handler: async (request, reply) => {
      const description = "Send a POST request with the parameters in its body.";
      reportRefusal(request, { status: 405, message: description });
      return sendFresh(reply.header("allow", "POST"), 405, {
        error: "invalid_request",
        error_description: description,
      });
    },
  });
}

function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof OAuthError) {
    reportRefusal(request, error);
    const { status, code, retryAfterMs, message } = error;
    // RFC 6749 §5.2 requires it if the client used Basic, RFC 9110 §15.5.2 with every 401.
    if (status === 401) reply.header("www-authenticate", 'Basic realm="SCIM", charset="UTF-8"');
    if (retryAfterMs !== undefined) reply.header("retry-after", String(Math.max(1, Math.ceil(retryAfterMs / 1_000))));
    return sendFresh(reply, status, { error: code, error_description: describable(message) });
  }
  const refusal = toScimError(error, MAX_BODY_BYTES);
  reportRefusal(request, refusal);
  if (isFailure(error, refusal)) request.log.error({ reqId: request.id, err: error }, "request failed");
  const { status, headers, detail } = refusal;
  const code = status < 500 ? "invalid_request" : status === 500 ? "server_error" : "temporarily_unavailable";
  return sendFresh(reply.headers(headers), status, { error: code, error_description: describable(detail) });
}

/** RFC 6749 §5.1 */
function sendFresh(reply: FastifyReply, status: number, body: object): FastifyReply {
  return reply
    .code(status)
    .headers({ "cache-control": "no-store", pragma: "no-cache" })
    .type("application/json")
    .send(JSON.stringify(body));
}

function starting(): OAuthError {
  const failed: FailedCheck = {
    check: "request",
    expected: "a server that has started",
    received: "a request while it is starting",
    remedy: "No action is needed.",
    remedyAt: "server",
  };
  return new OAuthError("temporarily_unavailable", "This server is starting. Send the request again.", failed, {
    status: 503,
    retryAfterMs: 2_000,
  });
}
