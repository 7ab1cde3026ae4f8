import { isObject, type Json, type JsonObject } from "@scimtool/scim";
import { type AskedServer, printAnswer } from "./ask-server.ts";
import { CommandError, readJsonFile } from "./command.ts";
import { changeEndpoint, getEndpoint } from "./endpoint-api.ts";

/** The settings of an endpoint that define its schemas and resource types. */
type Definitions = {
  readonly schemas: readonly JsonObject[];
  readonly resourceTypes: readonly JsonObject[];
  readonly unique: readonly string[];
  readonly indexed: readonly string[];
};

/** Adds schemas and resource types from files, replacing existing ones. */
export function addDefinitions(server: AskedServer, name: string, files: readonly string[]): Promise<void> {
  const added = files.flatMap((file) => definitionsIn(file));
  return changeDefinitions(server, name, (before) => {
    const schemas = added.filter(isSchema);
    const types = added.filter((each) => !isSchema(each));
    return {
      ...before,
      schemas: [...without(before.schemas, "id", schemas), ...schemas],
      resourceTypes: [...without(before.resourceTypes, "name", types), ...types],
    };
  });
}

/** Removes schemas by URN, and resource types by name. */
export function removeDefinitions(server: AskedServer, name: string, removed: readonly string[]): Promise<void> {
  return changeDefinitions(server, name, (before) => {
    const isRemoved = (member: "id" | "name") => (each: JsonObject) =>
      removed.some((text) => equalNames(each[member], text));
    const schemas = before.schemas.filter(isRemoved("id"));
    const types = before.resourceTypes.filter(isRemoved("name"));
    checkFound(name, removed, [...schemas, ...types], before);
    // Attributes of a removed type can no longer be unique or indexed.
    const remains = (path: string) => !types.some((type) => isCustomType(type) && path.startsWith(`${type["name"]}:`));
    return {
      schemas: before.schemas.filter((each) => !schemas.includes(each)),
      resourceTypes: before.resourceTypes.filter((each) => !types.includes(each)),
      unique: before.unique.filter(remains),
      indexed: before.indexed.filter(remains),
    };
  });
}

async function changeDefinitions(
  server: AskedServer,
  name: string,
  change: (before: Definitions) => Definitions,
): Promise<void> {
  const { settings, inForce } = await getEndpoint(server, name);
  const { schemas, resourceTypes, unique, indexed } = change(inForce);
  const changed = await changeEndpoint(server, name, {
    settings: {
      schemas: [...schemas],
      resourceTypes: [...resourceTypes],
      // Defaults stay defaults.
      ...(settings["unique"] !== undefined && { unique: [...unique] }),
      ...(settings["indexed"] !== undefined && { indexed: [...indexed] }),
    },
  });
  const list = (all: readonly JsonObject[], member: string) => all.map((each) => each[member]).join(", ") || "none";
  printAnswer(
    server,
    changed,
    `Custom schemas of "${name}": ${list(changed.inForce.schemas, "id")}\n` +
      `Custom resource types: ${list(changed.inForce.resourceTypes, "name")}`,
  );
}

/** A file holds one definition, an array of them, or a server's answer at /Schemas or /ResourceTypes. */
function definitionsIn(file: string): JsonObject[] {
  const value = readJsonFile(file);
  const list = isObject(value) && Array.isArray(value["Resources"]) ? value["Resources"] : value;
  return (Array.isArray(list) ? list : [list]).map((each) => definitionOf(file, each));
}

function definitionOf(file: string, value: Json): JsonObject {
  if (isObject(value) && (isSchema(value) || (value["endpoint"] !== undefined && value["schema"] !== undefined))) {
    return value;
  }
  throw new CommandError(
    `${file} must hold a schema (with id and attributes, RFC 7643 §7), a resource type (with name, endpoint and schema, RFC 7643 §6), or an array of them.`,
  );
}

function isSchema(value: JsonObject): boolean {
  return Array.isArray(value["attributes"]);
}

function without(all: readonly JsonObject[], member: "id" | "name", others: readonly JsonObject[]): JsonObject[] {
  return all.filter((each) => !others.some((other) => equalNames(each[member], other[member])));
}

/** URNs and names of types ignore letter case. */
function equalNames(left: Json | undefined, right: Json | undefined): boolean {
  return typeof left === "string" && typeof right === "string" && left.toLowerCase() === right.toLowerCase();
}

/** Removing the definition of User or Group only removes its extensions of the standard type. */
function isCustomType({ name }: JsonObject): boolean {
  return !equalNames(name, "User") && !equalNames(name, "Group");
}

function checkFound(name: string, removed: readonly string[], found: readonly JsonObject[], all: Definitions): void {
  const missing = removed.find(
    (text) => !found.some((each) => equalNames(each["id"], text) || equalNames(each["name"], text)),
  );
  if (missing === undefined) return;
  const existing = [...all.schemas.map(({ id }) => id), ...all.resourceTypes.map((type) => type["name"])];
  const list = existing.length === 0 ? "It has none of its own." : `It has: ${existing.join(", ")}.`;
  throw new CommandError(`"${name}" has no custom schema or resource type "${missing}". ${list}`);
}
