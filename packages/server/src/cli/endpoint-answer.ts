import type { JsonObject } from "@scimtool/scim";
import type { EndpointSettings } from "../endpoint/settings.ts";
import { type AskedServer, askServer } from "./ask-server.ts";
import { CommandRefused } from "./command.ts";

/** An endpoint as the server tells of it. */
export type EndpointAnswer = {
  readonly name: string;
  readonly baseUrl: string;
  readonly created: string;
  /** What was set. */
  readonly settings: JsonObject;
  readonly inForce: EndpointSettings;
  /** How many there are, by the name of their type. */
  readonly resources: Readonly<Record<string, number>>;
};

/** Path of an endpoint's administration. @throws CommandRefused for what would be the path of something else */
export function pathOf(name: string): string {
  if (/^\.{0,2}$/.test(name))
    throw new CommandRefused(`"${name}" is no name of an endpoint; scimtool endpoint list has them.`);
  return `/api/endpoints/${encodeURIComponent(name)}`;
}

/** @throws CommandRefused also when there is no such endpoint */
export function askForEndpoint(server: AskedServer, name: string): Promise<EndpointAnswer> {
  return askServer<EndpointAnswer>(server, "GET", pathOf(name), "inForce");
}

/** Changes settings by a JSON Merge Patch (RFC 7396), or the name. @throws CommandRefused */
export function changeEndpoint(
  server: AskedServer,
  name: string,
  change: { readonly name?: string; readonly settings?: JsonObject },
): Promise<EndpointAnswer> {
  return askServer<EndpointAnswer>(server, "PATCH", pathOf(name), "inForce", change);
}

/** What an endpoint holds, for people: `12 User, 3 Group`. */
export function resourcesText({ resources }: EndpointAnswer): string {
  const kinds = Object.entries(resources).map(([type, number]) => `${number.toLocaleString("en-US")} ${type}`);
  return kinds.length === 0 ? "nothing" : kinds.join(", ");
}
