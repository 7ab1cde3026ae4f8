import { includesScope } from "../../auth/scope.ts";
import { DEFAULT_ENDPOINT } from "../../endpoint/served-endpoint.ts";
import type { Credential, Endpoint } from "../../store/store.ts";
import type { Served } from "../serving.ts";
import { credentialsOf } from "./credential-office.ts";

/**
 * How to get in again after the last credential is gone that could write.
 * @param removed the credential that is gone
 * @returns for people; undefined where there is another one, or where this was none
 */
export async function adviceWithout(
  { directory: { store, now }, authority }: Served,
  endpoint: Endpoint,
  removed: Credential,
): Promise<string | undefined> {
  if (!canWrite(removed)) return undefined;
  const nowMs = now();
  const left = (await credentialsOf(store, endpoint)).filter(({ expiresMs = nowMs + 1 }) => expiresMs > nowMs);
  if ([...left, ...authority.trustsOf(endpoint.key)].some(canWrite)) return undefined;
  const { name } = endpoint;
  const atStart = name === DEFAULT_ENDPOINT ? ", or start the server with SCIM_SHARED_SECRET, which sets one" : "";
  return `Nothing can write at "${name}" now. Make a token (POST /api/endpoints/${name}/credentials)${atStart}.`;
}

function canWrite({ scopes }: Pick<Credential, "scopes">): boolean {
  return includesScope(scopes, "write");
}
