import { SIGNATURE_ALGORITHMS } from "../jwt/verifier.ts";
import { SCOPES } from "../scope.ts";
import { CLIENT_CREDENTIALS } from "./token-request.ts";

/** Metadata of the authorization server of an endpoint (RFC 8414 §2). */
export function oauthMetadata(issuer: string, tokenUrl: string): Readonly<Record<string, unknown>> {
  return {
    issuer,
    token_endpoint: tokenUrl,
    token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post", "private_key_jwt"],
    token_endpoint_auth_signing_alg_values_supported: SIGNATURE_ALGORITHMS,
    grant_types_supported: [CLIENT_CREDENTIALS],
    scopes_supported: SCOPES,
    response_types_supported: [],
  };
}
