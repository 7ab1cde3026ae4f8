import { isObject, type Json, type JsonObject } from "@scimtool/scim";
import { SETTINGS_SCHEMA } from "../endpoint/settings-schema.ts";
import { runCommand } from "./command.ts";
import { askForEndpoint, type EndpointAnswer, resourcesText } from "./endpoint-answer.ts";
import { overlay } from "./endpoint-settings.ts";
import type { AskingOptions } from "./server-options.ts";
import { columns, formatTime } from "./text.ts";

const { limits, retention } = SETTINGS_SCHEMA.properties;

/** Limits that an endpoint need not have: those without a value are not in JSON. */
const NO_LIMITS = {
  limits: noneOf(limits.properties),
  retention: { exchanges: noneOf(retention.properties.exchanges.properties) },
};

/** `scimtool endpoint show`: tells how an endpoint is configured. */
export function endpointShow(name: string, { json, ...server }: AskingOptions): Promise<void> {
  return runCommand("scimtool endpoint show", async (interruption) => {
    const endpoint = await askForEndpoint({ ...server, interruption }, name);
    console.log(json === true ? JSON.stringify(endpoint) : endpointText(endpoint));
  });
}

/** An endpoint for people: settings in the words in which `endpoint set` takes them. */
export function endpointText(endpoint: EndpointAnswer): string {
  const { name, baseUrl, created, settings, inForce } = endpoint;
  const rows = [
    ["Name", name],
    ["SCIM base URL", baseUrl],
    ["Made", formatTime(Date.parse(created))],
    ["Holds", resourcesText(endpoint)],
  ] as const;
  const set = new Set(leaves(settings).map(([path]) => path));
  const shown = leaves(overlay(NO_LIMITS, inForce as unknown as JsonObject)).map(
    ([path, value]) => [`  ${path}`, `${value}${set.has(path) ? "" : "   (default)"}`] as const,
  );
  return `${columns(rows)}\n\nSettings\n${columns(shown)}`;
}

function noneOf(properties: object): JsonObject {
  return Object.fromEntries(Object.keys(properties).map((name) => [name, "none"]));
}

/** Settings by their path: `limits.maxPageSize`. */
function leaves(settings: JsonObject): [path: string, value: string][] {
  return Object.entries(settings).flatMap(([name, value]): [string, string][] =>
    isObject(value) ? leaves(value).map(([path, text]) => [`${name}.${path}`, text]) : [[name, valueText(value)]],
  );
}

function valueText(value: Json): string {
  if (!Array.isArray(value)) return String(value);
  return value.length === 0 ? "none" : value.map(nameOf).join(", ");
}

/** A schema by its URN, a resource type by its name. */
function nameOf(value: Json): string {
  if (!isObject(value)) return String(value);
  return String(value["id"] ?? value["name"]);
}
