import type { Endpoint, Json, JsonObject } from "../api/types.ts";

/** The settings that define resources. */
export const DEFINITIONS = ["schemas", "resourceTypes", "unique", "indexed"] as const;

/** The schemas, resource types and indexed attributes of an endpoint, to edit as one text. */
export function definitionsText({ inForce }: Endpoint): string {
  return JSON.stringify(Object.fromEntries(DEFINITIONS.map((name) => [name, inForce[name]])), null, 2);
}

export type Place = { readonly line: number; readonly column: number };

/** What is wrong with a text, and where. */
export type TextProblem = { readonly message: string; readonly place: Place | undefined };

/**
 * The settings in an edited text as a JSON Merge Patch. Those that are still as they were are left out, so that defaults
 * stay defaults; those that were removed become defaults.
 */
export function definitionsPatch(text: string, endpoint: Endpoint): JsonObject | TextProblem {
  let edited: Json;
  try {
    edited = JSON.parse(text);
  } catch (error) {
    const { message } = error as Error;
    return { message: `This is not valid JSON: ${message}`, place: placeOf(text, syntaxErrorAt(text)) };
  }
  if (typeof edited !== "object" || edited === null || Array.isArray(edited)) {
    return { message: `Write an object with ${DEFINITIONS.join(", ")}.`, place: undefined };
  }
  const given = edited as JsonObject;
  const unknown = Object.keys(given).find((name) => !(DEFINITIONS as readonly string[]).includes(name));
  if (unknown !== undefined) {
    const message = `“${unknown}” is not known here. There are: ${DEFINITIONS.join(", ")}.`;
    return { message, place: placeOf(text, text.indexOf(JSON.stringify(unknown))) };
  }
  const changed = DEFINITIONS.filter((name) => JSON.stringify(given[name]) !== JSON.stringify(endpoint.inForce[name]));
  return Object.fromEntries(changed.map((name) => [name, given[name] ?? null]));
}

export function isProblem(result: JsonObject | TextProblem): result is TextProblem {
  return typeof result["message"] === "string";
}

/**
 * Where the server's message points to: `schemas[1]: urn:…: address.city: …`, or `indexed: "User:titel" …`. It names the
 * setting, the entry and the attribute; each is looked for after the one before.
 */
export function placeOfRefusal(message: string, text: string): Place | undefined {
  const [, setting = "", , index] = /^(\w+)(\[(\d+)\])?[:.]/.exec(message) ?? [];
  let at = text.indexOf(`"${setting}"`);
  if (setting === "" || at === -1) return undefined;
  if (index !== undefined) at = entryAt(text, text.indexOf("[", at), Number(index));
  // Names end a text in the JSON: `"serialNumber"`, `"Device:serialNumber"`.
  for (const [name] of message.slice(setting.length).matchAll(/[\w$-]+(?=[":.])/g)) {
    const found = text.indexOf(`${name}"`, at + 1);
    if (found !== -1) at = text.lastIndexOf('"', found);
  }
  return placeOf(text, at);
}

/** Where the entry of a list begins. @param open position of its bracket */
function entryAt(text: string, open: number, index: number): number {
  let depth = 0;
  let entry = -1;
  for (const { 0: token, index: at } of text.slice(open).matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (token === "{" || token === "[") depth++;
    if (token === "{" && depth === 2 && ++entry === index) return open + at;
    if (token === "}" || token === "]") depth--;
    if (depth === 0) break;
  }
  return open;
}

/** Where a text stops being JSON. Browsers differ in what their messages say of it. */
function syntaxErrorAt(text: string): number {
  if (isBeginning(text)) return text.length;
  let [fine, broken] = [0, text.length];
  while (broken - fine > 1) {
    const middle = Math.floor((fine + broken) / 2);
    if (isBeginning(text.slice(0, middle))) fine = middle;
    else broken = middle;
  }
  return fine;
}

/** Whether a text is JSON as far as it goes. */
function isBeginning(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const { message } = error as Error;
    return /end of (?:JSON|data)|EOF|unterminated/i.test(message) || message.includes(`position ${text.length} `);
  }
}

function placeOf(text: string, at: number): Place | undefined {
  if (at < 0) return undefined;
  const lines = text.slice(0, at).split("\n");
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}
