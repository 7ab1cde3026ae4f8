import { ScimError } from "@scimtool/scim";
import type { Endpoint } from "../../store/store.ts";
import type { Authenticate, Authentication } from "./credentials.ts";

/**
 * Checks the Authorization header of a SCIM request (RFC 6750 §2.1) for an endpoint.
 * @throws ScimError 401 without a valid bearer token, 403 with one that opens something else
 */
export function authenticateProvisioning(
  header: string | undefined,
  endpoint: Pick<Endpoint, "key" | "name">,
  authenticate: Authenticate,
): Authentication {
  const authentication = authenticateBearer(header, authenticate, "SCIM");
  if (authentication.purpose !== "provisioning") {
    throw new ScimError(403, "This is the administration secret; it does not open SCIM. Use the SCIM secret.");
  }
  if (authentication.endpoint !== endpoint.key) {
    throw new ScimError(403, `This token belongs to another endpoint than "${endpoint.name.slice(0, 100)}".`);
  }
  return authentication;
}

/**
 * Checks the Authorization header of a request for administration.
 * @throws ScimError 401 without a valid bearer token, 403 with one that opens SCIM
 */
export function authenticateAdministration(header: string | undefined, authenticate: Authenticate): Authentication {
  const authentication = authenticateBearer(header, authenticate, "administration");
  if (authentication.purpose !== "administration") {
    throw new ScimError(403, "This is a SCIM secret; it does not open administration. Use the admin secret.");
  }
  return authentication;
}

type Realm = "SCIM" | "administration";

const SECRET_OF: Readonly<Record<Realm, string>> = { SCIM: "SCIM secret", administration: "admin secret" };

function authenticateBearer(header: string | undefined, authenticate: Authenticate, realm: Realm): Authentication {
  if (header === undefined || header === "") {
    throw unauthorized(realm, 'Send the header "Authorization: Bearer <secret token>".');
  }
  const space = header.indexOf(" ");
  if (space < 0 || header.slice(0, space).toLowerCase() !== "bearer") {
    throw unauthorized(realm, 'The Authorization header must have the form "Bearer <secret token>".');
  }
  const authentication = authenticate(header.slice(space + 1).trim());
  if (authentication === undefined) {
    throw unauthorized(
      realm,
      `The bearer token is not known here. Copy the ${SECRET_OF[realm]} again, without blanks or line breaks around it.`,
      ', error="invalid_token"',
    );
  }
  return authentication;
}

function unauthorized(realm: Realm, detail: string, error = ""): ScimError {
  return new ScimError(401, detail, { headers: { "www-authenticate": `Bearer realm="${realm}"${error}` } });
}
