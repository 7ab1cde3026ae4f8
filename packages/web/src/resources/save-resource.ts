import { api } from "../api/client.ts";
import type { JsonObject, ScimResource } from "../api/types.ts";
import { isObject } from "./form-value.ts";

const MEDIA_TYPE = { "content-type": "application/scim+json" };

type Edited = {
  readonly endpoint: string;
  readonly type: string;
  readonly text: string;
};

/** @throws Error if the text is not a JSON object */
export function parseObject(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`This is not valid JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isObject(value)) throw new Error("This is not a JSON object.");
  return value;
}

// The text is sent as it is: the server refuses repeated names and numbers that it cannot store.

/** @returns the new resource's ID. @throws Problem; Error if the text is not JSON */
export async function createResource({ endpoint, type, text }: Edited): Promise<string> {
  parseObject(text);
  const { data } = await api.POST("/api/endpoints/{endpoint}/scim/v2/{type}", {
    params: { path: { endpoint, type }, query: { attributes: "id" } },
    ...asItIs(text),
  });
  return (data as unknown as ScimResource).id;
}

type Replaced = Edited & {
  readonly id: string;
  /** What the text was before it was edited. */
  readonly original: string;
  /** Entity tag; undefined replaces any version. */
  readonly version: string | undefined;
  /** Whether the resource has values that the text lacks, such as members, which must stay. */
  readonly isPart: boolean;
};

/** Replaces a resource, or the part of it that was edited. @throws Problem; Error if the text is not JSON */
export async function replaceResource(edited: Replaced): Promise<void> {
  const { endpoint, type, id, text, original, version, isPart } = edited;
  const object = parseObject(text);
  const path = "/api/endpoints/{endpoint}/scim/v2/{type}/{id}";
  const params = { path: { endpoint, type, id }, ...(version !== undefined && { header: { "If-Match": version } }) };
  if (isPart) await api.PATCH(path, { params, ...asItIs(patchText(parseObject(original), object, text)) });
  else await api.PUT(path, { params, ...asItIs(text) });
}

function asItIs(text: string) {
  return { body: text as never, bodySerializer: () => text, headers: MEDIA_TYPE };
}

/** Replaces what the text has, and removes what it no longer has (RFC 7644 §3.5.2). */
function patchText(before: JsonObject, after: JsonObject, text: string): string {
  const removals = removedPaths(before, after, "").map((path) => JSON.stringify({ op: "remove", path }));
  const operations = [`{"op":"replace","value":${text}}`, ...removals];
  return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[${operations.join()}]}`;
}

function removedPaths(before: JsonObject, after: JsonObject, prefix: string): string[] {
  return Object.entries(before).flatMap(([name, value]) => {
    const path = prefix + name;
    const now = after[name];
    if (name === "schemas") return [];
    if (now === undefined && !name.startsWith("urn:")) return [path];
    const separator = name.startsWith("urn:") ? ":" : ".";
    return isObject(value) ? removedPaths(value, isObject(now) ? now : {}, path + separator) : [];
  });
}
