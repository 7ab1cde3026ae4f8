import { createHash } from "node:crypto";
import { type ArmFunction, evaluate, type Json } from "./arm-expression.ts";

export type JsonObject = { [name: string]: Json };

/** A resource of the template with evaluated expressions. */
export type WantedResource = {
  readonly id: string;
  readonly type: string;
  readonly apiVersion: string;
  readonly name: string;
  readonly body: JsonObject;
};

type Template = {
  readonly parameters?: Readonly<Record<string, JsonObject>>;
  readonly variables?: JsonObject;
  readonly resources: readonly JsonObject[];
  readonly outputs?: Readonly<Record<string, JsonObject>>;
};

/** The scope of a deployment, and its existing resources. */
export type DeploymentScope = {
  readonly subscriptionId: string;
  readonly resourceGroup: { readonly name: string; readonly location: string };
  /** Creates or updates a resource. @returns its `properties` as a later `reference` sees them */
  readonly provision: (resource: WantedResource) => Promise<JsonObject>;
  /** Runs a nested deployment; its name and result are recorded like the outer one's. */
  readonly nested: (name: string, deploy: (scope: DeploymentScope) => Promise<JsonObject>) => Promise<JsonObject>;
  /** Properties of an existing resource. @throws if it does not exist */
  readonly find: (id: string) => JsonObject;
};

/**
 * Deploys a template as Azure Resource Manager does: checks the parameters, evaluates expressions, and provisions the
 * resources, including those of nested deployments, after their dependencies.
 * @returns the outputs
 * @throws Error as Resource Manager reports it
 */
export async function deployTemplate(
  template: Json,
  parameters: JsonObject,
  scope: DeploymentScope,
): Promise<JsonObject> {
  const { resources, outputs = {}, ...rest } = template as unknown as Template;
  const known = new Map<string, JsonObject>();
  const functions = functionsOf({ ...rest, resources }, parameters, scope, known);
  const value = (json: Json | undefined): Json => (json === undefined ? null : evaluate(json, functions));

  const pending = new Map<string, JsonObject>();
  for (const resource of resources) {
    if ("condition" in resource && value(resource["condition"]) !== true) continue;
    pending.set(idOf(resource, value, scope), resource);
  }
  while (pending.size > 0) {
    // The last possible one, so that missing dependencies show.
    const ready = [...pending].findLast(([, { dependsOn = [] }]) =>
      (dependsOn as string[]).every((expression) => !pending.has(withGroup(String(value(expression)), scope))),
    );
    if (ready === undefined) throw new Error(`InvalidTemplate: circular dependency among ${[...pending.keys()]}`);
    const [id, resource] = ready;
    known.set(id.toLowerCase(), await provisionOne(id, resource, value, scope));
    pending.delete(id);
  }
  return Object.fromEntries(
    Object.entries(outputs).map(([name, output]) => [
      name,
      { type: output["type"] ?? "string", value: value(output["value"]) },
    ]),
  );
}

async function provisionOne(
  id: string,
  resource: JsonObject,
  value: (json: Json | undefined) => Json,
  scope: DeploymentScope,
): Promise<JsonObject> {
  const { type, apiVersion, condition: _, dependsOn: __, scope: ___, ...body } = resource;
  if (type === "Microsoft.Resources/deployments") {
    const { template, parameters = {} } = resource["properties"] as { template: Json; parameters?: JsonObject };
    const given = Object.entries(parameters).map(([name, parameter]) => [name, value(parameter as Json)]);
    const deploy = (inner: DeploymentScope) => deployTemplate(template, Object.fromEntries(given), inner);
    return { outputs: await scope.nested(String(value(body["name"])), deploy) };
  }
  const evaluated = value(body) as JsonObject;
  return scope.provision({
    id,
    type: String(type),
    apiVersion: String(apiVersion),
    name: String(evaluated["name"]),
    body: evaluated,
  });
}

function idOf(resource: JsonObject, value: (json: Json | undefined) => Json, scope: DeploymentScope): string {
  const parent = resource["scope"] === undefined ? "" : withGroup(String(value(resource["scope"])), scope);
  const own = path(String(resource["type"]), String(value(resource["name"])).split("/"));
  return parent === "" ? withGroup(own, scope) : `${parent}/providers/${own}`;
}

function withGroup(id: string, { subscriptionId, resourceGroup }: DeploymentScope): string {
  if (id.startsWith("/")) return id;
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup.name}/providers/${id}`;
}

/** `Microsoft.Storage/storageAccounts/blobServices` and `[a, default]` make `Microsoft.Storage/storageAccounts/a/blobServices/default`. */
function path(type: string, names: readonly string[]): string {
  const [provider, ...types] = type.split("/");
  if (types.length !== names.length) throw new Error(`InvalidTemplate: ${type} with the name ${names.join("/")}`);
  return [provider, ...types.flatMap((part, at) => [part, names[at]])].join("/");
}

function checkParameters(template: Template, given: JsonObject): JsonObject {
  const declared = template.parameters ?? {};
  const unknown = Object.keys(given).filter((name) => !(name in declared));
  if (unknown.length > 0) throw new Error(`InvalidTemplate: no parameter named ${unknown}`);
  const values: JsonObject = {};
  for (const [name, { minLength, maxLength, minValue, maxValue, allowedValues, type }] of Object.entries(declared)) {
    const value = (given[name] as { value?: Json } | undefined)?.value;
    if (value === undefined) continue;
    const kind = Array.isArray(value) ? "array" : Number.isInteger(value) ? "int" : typeof value;
    const wanted = String(type).replace(/^secure/i, "");
    if (kind !== (wanted === "boolean" ? "bool" : wanted.toLowerCase()).replace(/^bool$/, "boolean")) {
      throw new Error(`InvalidTemplate: the parameter '${name}' is ${kind}, not ${type}`);
    }
    const size = (value as string).length;
    if (size < Number(minLength ?? 0) || size > Number(maxLength ?? Infinity)) {
      throw new Error(`InvalidTemplate: the length ${size} of the parameter '${name}' is out of range`);
    }
    if (Number(value) < Number(minValue ?? -Infinity) || Number(value) > Number(maxValue ?? Infinity)) {
      throw new Error(`InvalidTemplate: the value of the parameter '${name}' is out of range`);
    }
    if (Array.isArray(allowedValues) && !allowedValues.includes(value)) {
      throw new Error(`InvalidTemplate: ${value} is not an allowed value of the parameter '${name}'`);
    }
    values[name] = value;
  }
  const missing = Object.keys(declared).filter(
    (name) => !(name in values) && !("defaultValue" in (declared[name] ?? {})),
  );
  if (missing.length > 0) throw new Error(`InvalidTemplate: the value of the parameter '${missing}' is not provided`);
  return values;
}

/** 13 characters derived from the input, as in Azure, but different ones. */
export function uniqueString(...parts: readonly string[]): string {
  const digest = createHash("sha256").update(parts.join("\0")).digest();
  return [...digest.subarray(0, 13)].map((byte) => "abcdefghijklmnopqrstuvwxyz234567"[byte % 32]).join("");
}

function functionsOf(
  template: Template,
  given: JsonObject,
  scope: DeploymentScope,
  known: ReadonlyMap<string, JsonObject>,
): Readonly<Record<string, ArmFunction>> {
  const values = checkParameters(template, given);
  const { subscriptionId, resourceGroup } = scope;
  const groupId = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup.name}`;
  const text = (call: (...args: string[]) => Json): ArmFunction => {
    return (args) => call(...args.map((arg) => String(arg())));
  };
  const functions: Record<string, ArmFunction> = {
    parameters: text((name) => {
      const value = values[name];
      if (value !== undefined) return value;
      const { defaultValue } = template.parameters?.[name] ?? {};
      if (defaultValue === undefined) throw new Error(`The template parameter '${name}' is not found`);
      return evaluate(defaultValue, functions);
    }),
    variables: text((name) => evaluate(template.variables?.[name] ?? null, functions)),
    resourceGroup: () => ({ id: groupId, ...resourceGroup }),
    environment: () => ({ suffixes: { storage: "core.windows.net" } }),
    subscription: () => ({
      id: `/subscriptions/${subscriptionId}`,
      subscriptionId,
      tenantId: "11111111-2222-4333-8444-555555555555",
    }),
    resourceId: text((type, ...names) => `${groupId}/providers/${path(type, names)}`),
    subscriptionResourceId: text((type, ...names) => `/subscriptions/${subscriptionId}/providers/${path(type, names)}`),
    reference: text((id) => known.get(withGroup(id, scope).toLowerCase()) ?? scope.find(id)),
    listKeys: text((id) => {
      const key = `key-of-${id.split("/").at(-1)}`;
      if (!known.has(id.toLowerCase())) scope.find(id);
      return { keys: [{ keyName: "key1", value: key }], primarySharedKey: key };
    }),
    if: ([condition, then, otherwise]) => (condition?.() === true ? then : otherwise)?.() ?? null,
    and: (args) => args.every((arg) => arg() === true),
    or: (args) => args.some((arg) => arg() === true),
    not: ([arg]) => arg?.() !== true,
    equals: ([one, other]) => JSON.stringify(one?.()) === JSON.stringify(other?.()),
    coalesce: (args) => args.map((arg) => arg()).find((value) => value !== null) ?? null,
    empty: ([arg]) => {
      const value = arg?.() ?? null;
      return value === null || value === "" || (typeof value === "object" && Object.keys(value).length === 0);
    },
    null: () => null,
    true: () => true,
    false: () => false,
    tryGet: ([of, ...keys]) => {
      return keys.reduce<Json>((value, key) => (value as JsonObject | null)?.[String(key())] ?? null, of?.() ?? null);
    },
    union: (args) => Object.assign({}, ...args.map((arg) => arg())),
    createArray: (args) => args.map((arg) => arg()),
    createObject: (args) => {
      const items = args.map((arg) => arg());
      return Object.fromEntries(items.flatMap((item, at) => (at % 2 === 0 ? [[item, items[at + 1]]] : [])));
    },
    concat: (args) => {
      const items = args.map((arg) => arg());
      return items.some(Array.isArray) ? items.flat() : items.join("");
    },
    format: text((pattern, ...args) => pattern.replace(/\{(\d+)\}/g, (_, at) => args[Number(at)] ?? "")),
    toLower: text((of) => of.toLowerCase()),
    replace: text((of, what, by) => of.replaceAll(what, by)),
    take: text((of, count) => of.slice(0, Number(count))),
    json: text((of) => JSON.parse(of) as Json),
    uniqueString: text((...parts) => uniqueString(...parts)),
    guid: text((...parts) => {
      const hex = createHash("sha256").update(parts.join("-")).digest("hex");
      return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*/, "$1-$2-$3-$4-$5");
    }),
    cidrSubnet: text((prefix, size, index) => {
      const [address = ""] = prefix.split("/");
      const start = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
      const at = start + Number(index) * 2 ** (32 - Number(size));
      return `${[24, 16, 8, 0].map((bits) => Math.floor(at / 2 ** bits) % 256).join(".")}/${size}`;
    }),
  };
  return functions;
}
