import { isObject, type Json, type JsonObject } from "@scimtool/scim";
import type { AskedServer } from "./ask-server.ts";
import { CommandRefused, runCommand } from "./command.ts";
import { askForEndpoint, changeEndpoint } from "./endpoint-answer.ts";
import { readJsonFile } from "./json-file.ts";
import type { AskingOptions } from "./server-options.ts";

/** Of an endpoint's settings, those that define what it serves. */
type Definition = {
  readonly schemas: readonly JsonObject[];
  readonly resourceTypes: readonly JsonObject[];
  readonly unique: readonly string[];
  readonly indexed: readonly string[];
};

/** `scimtool endpoint schema <name> add`: adds schemas and resource types; one that is there already is replaced. */
export function schemaAdd(name: string, files: readonly string[], options: AskingOptions): Promise<void> {
  return runCommand("scimtool endpoint schema", async (interruption) => {
    const added = files.flatMap((file) => definitionsIn(file));
    await change(name, { ...options, interruption }, (before) => {
      const schemas = added.filter(isSchema);
      const types = added.filter((each) => !isSchema(each));
      return {
        ...before,
        schemas: [...without(before.schemas, "id", schemas), ...schemas],
        resourceTypes: [...without(before.resourceTypes, "name", types), ...types],
      };
    });
  });
}

/** `scimtool endpoint schema <name> remove`: removes schemas by URN, and resource types by name. */
export function schemaRemove(name: string, what: readonly string[], options: AskingOptions): Promise<void> {
  return runCommand("scimtool endpoint schema", async (interruption) => {
    await change(name, { ...options, interruption }, (before) => {
      const gone = (member: "id" | "name") => (each: JsonObject) => what.some((text) => same(each[member], text));
      const schemas = before.schemas.filter(gone("id"));
      const types = before.resourceTypes.filter(gone("name"));
      checkFound(name, what, [...schemas, ...types], before);
      // Of a type that goes, nothing can be unique or indexed any more.
      const isLeft = (path: string) => !types.some((type) => isOwnType(type) && path.startsWith(`${type["name"]}:`));
      return {
        schemas: before.schemas.filter((each) => !schemas.includes(each)),
        resourceTypes: before.resourceTypes.filter((each) => !types.includes(each)),
        unique: before.unique.filter(isLeft),
        indexed: before.indexed.filter(isLeft),
      };
    });
  });
}

async function change(
  name: string,
  { json, ...server }: AskingOptions & AskedServer,
  next: (before: Definition) => Definition,
): Promise<void> {
  const { settings, inForce } = await askForEndpoint(server, name);
  const { schemas, resourceTypes, unique, indexed } = next(inForce);
  const changed = await changeEndpoint(server, name, {
    settings: {
      schemas: [...schemas],
      resourceTypes: [...resourceTypes],
      // What was never set stays a default.
      ...(settings["unique"] !== undefined && { unique: [...unique] }),
      ...(settings["indexed"] !== undefined && { indexed: [...indexed] }),
    },
  });
  if (json === true) {
    console.log(JSON.stringify(changed));
    return;
  }
  const list = (all: readonly JsonObject[], member: string) => all.map((each) => each[member]).join(", ") || "none";
  console.log(`Schemas of "${name}" beside those of SCIM: ${list(changed.inForce.schemas, "id")}`);
  console.log(`Resource types: ${list(changed.inForce.resourceTypes, "name")}`);
}

/** What a file defines: one, an array of them, or what another server answers at /Schemas or /ResourceTypes. */
function definitionsIn(file: string): JsonObject[] {
  const value = readJsonFile(file);
  const list = isObject(value) && Array.isArray(value["Resources"]) ? value["Resources"] : value;
  return (Array.isArray(list) ? list : [list]).map((each) => definitionOf(file, each));
}

function definitionOf(file: string, value: Json): JsonObject {
  if (isObject(value) && (isSchema(value) || (value["endpoint"] !== undefined && value["schema"] !== undefined))) {
    return value;
  }
  throw new CommandRefused(
    `${file} must hold a schema (with id and attributes, RFC 7643 §7), a resource type (with name, endpoint and schema, RFC 7643 §6), or an array of them.`,
  );
}

function isSchema(value: JsonObject): boolean {
  return Array.isArray(value["attributes"]);
}

function without(all: readonly JsonObject[], member: "id" | "name", others: readonly JsonObject[]): JsonObject[] {
  return all.filter((each) => !others.some((other) => same(each[member], other[member])));
}

/** URNs and names of types ignore letter case. */
function same(left: Json | undefined, right: Json | undefined): boolean {
  return typeof left === "string" && typeof right === "string" && left.toLowerCase() === right.toLowerCase();
}

/** User and Group stay when what was added to them goes. */
function isOwnType({ name }: JsonObject): boolean {
  return !same(name, "User") && !same(name, "Group");
}

function checkFound(name: string, what: readonly string[], found: readonly JsonObject[], before: Definition): void {
  const missing = what.find((text) => !found.some((each) => same(each["id"], text) || same(each["name"], text)));
  if (missing === undefined) return;
  const there = [...before.schemas.map(({ id }) => id), ...before.resourceTypes.map((type) => type["name"])];
  throw new CommandRefused(
    `"${name}" has no schema or resource type "${missing}" that could be removed. ${there.length === 0 ? "It has none of its own." : `There are: ${there.join(", ")}.`}`,
  );
}
