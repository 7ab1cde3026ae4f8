import { ScimError } from "@scimtool/scim";
import type { Endpoint } from "../../store/store.ts";
import type { Authenticate, Authentication } from "./credentials.ts";

/**
 * Checks the Authorization header of a SCIM request (RFC 6750 §2.1) for an endpoint.
 * @throws ScimError 401 without a valid bearer token, 403 with one that opens something else
 */
export function authenticateProvisioning(
  header: string | undefined,
  endpoint: Endpoint,
  authenticate: Authenticate,
): Authentication {
  if (header === undefined || header === "") {
    throw unauthorized('Send the header "Authorization: Bearer <secret token>".');
  }
  const space = header.indexOf(" ");
  if (space < 0 || header.slice(0, space).toLowerCase() !== "bearer") {
    throw unauthorized('The Authorization header must have the form "Bearer <secret token>".');
  }
  const authentication = authenticate(header.slice(space + 1).trim());
  if (authentication === undefined) {
    throw unauthorized(
      "The bearer token is not known here. Copy the SCIM secret again, without blanks or line breaks around it.",
      ', error="invalid_token"',
    );
  }
  if (authentication.purpose !== "provisioning") {
    throw new ScimError(403, "This is the administration secret; it does not open SCIM. Use the SCIM secret.");
  }
  if (authentication.endpoint !== endpoint.key) {
    throw new ScimError(403, `This token belongs to another endpoint than "${endpoint.name}".`);
  }
  return authentication;
}

function unauthorized(detail: string, error = ""): ScimError {
  return new ScimError(401, detail, { headers: { "www-authenticate": `Bearer realm="SCIM"${error}` } });
}
