import type { ServedEndpoint } from "../../endpoint/served-endpoint.ts";
import type { Access } from "../serving.ts";
import { authenticateProvisioning } from "./bearer.ts";
import type { Authentication } from "./credentials.ts";

/** Stands for an endpoint that does not exist: no credential has its key. */
const NO_KEY = -1;

/** A request that was let in. */
export type Admission = { readonly endpoint: ServedEndpoint; readonly authentication: Authentication };

/**
 * Lets a request in to an endpoint. Which endpoints there are can only be told from outside by who has a token of one:
 * others get the same answer for every name.
 * @param name of the endpoint
 * @param header its Authorization header
 * @throws ScimError 401, 403
 */
export function admitTo({ endpoints, authenticate }: Access, name: string, header: string | undefined): Admission {
  const endpoint = endpoints.get(name);
  const authentication = authenticateProvisioning(header, endpoint ?? { key: NO_KEY, name }, authenticate);
  // Nobody is let in to an endpoint without a key of its own.
  if (endpoint === undefined) throw new Error(`let in to the endpoint "${name}", which does not exist`);
  return { endpoint, authentication };
}
