import type { JsonObject } from "@scimtool/scim";
import type { MadeCredential } from "../http/api/credentials.ts";
import type { ShownEndpoint } from "../http/api/endpoints.ts";
import { type AskedServer, askServer } from "./ask-server.ts";
import { CommandError } from "./command.ts";

/** @throws CommandError for a name whose path would be something else */
export function endpointPath(name: string): string {
  if (/^\.{0,2}$/.test(name)) {
    throw new CommandError(`"${name}" cannot be the name of an endpoint; scimtool endpoint list shows the names.`);
  }
  return `/api/endpoints/${encodeURIComponent(name)}`;
}

/** @throws CommandError also if the endpoint does not exist */
export function getEndpoint(server: AskedServer, name: string): Promise<ShownEndpoint> {
  return askServer<ShownEndpoint>(server, "GET", endpointPath(name), "inForce");
}

/** Changes the name, or settings by a JSON Merge Patch (RFC 7396). @throws CommandError */
export function changeEndpoint(
  server: AskedServer,
  name: string,
  change: { readonly name?: string; readonly settings?: JsonObject },
): Promise<ShownEndpoint> {
  return askServer<ShownEndpoint>(server, "PATCH", endpointPath(name), "inForce", change);
}

/** `12 User, 3 Group`. */
export function resourcesText({ resources }: ShownEndpoint): string {
  const kinds = Object.entries(resources).map(([type, number]) => `${number.toLocaleString("en-US")} ${type}`);
  return kinds.length === 0 ? "none" : kinds.join(", ");
}

/** @throws CommandError */
export function createToken(server: AskedServer, endpoint: string, label: string): Promise<MadeCredential> {
  const body = { kind: "token", label };
  return askServer<MadeCredential>(server, "POST", `${endpointPath(endpoint)}/credentials`, "secret", body);
}
