import { isObject, type Json, type JsonObject, setOwn } from "@scimtool/scim";
import { namesSecret, redactFilter, redactPath } from "./filter.ts";
import { placeholder } from "./placeholder.ts";
import type { SecretNames } from "./secret-names.ts";
import { redactText, withoutEscapes } from "./text.ts";

/** Deeper than anything that SCIM has, also in a bulk request. What is nested deeper is left out: it may be a secret's. */
const MAX_DEPTH = 100;
const TOO_DEEP = `[nested more than ${MAX_DEPTH} deep]`;

/** Members that say what a `value` beside them is: `{"type":"password","value":"…"}`. */
const LABELS = ["type", "name", "key", "attribute"];
const VALUES = ["value", "val"];

/**
 * JSON without its secrets, wherever SCIM puts them: members by name (also dotted, qualified by a URN, or with a filter
 * in brackets), the value of a PATCH operation whose path names one, operations inside a bulk request, JSON inside a
 * text. Everything else is as it was; true, false and null are no secrets.
 */
export function redactJson(json: Json, names: SecretNames, depth = 0): Json {
  if (typeof json === "string") return redactString(json, names, depth);
  if (typeof json === "object" && depth > MAX_DEPTH) return TOO_DEEP;
  if (Array.isArray(json)) return json.map((element) => redactJson(element, names, depth + 1));
  return isObject(json) ? redactObject(json, names, depth) : json;
}

function redactObject(object: JsonObject, names: SecretNames, depth: number): JsonObject {
  const isValueSecret = isLabelled(object, names);
  const redacted: JsonObject = {};
  for (const [name, member] of Object.entries(object)) {
    const lower = name.toLowerCase();
    const isSecret = names.isSecret(name) || (isValueSecret && VALUES.includes(lower));
    // A name may hold a value too, in the brackets of a value path.
    const shown = /[[("\s]/.test(name) ? redactPath(name, names) : name;
    if (isSecret) setOwn(redacted, shown, withoutValues(member, depth + 1));
    // Texts of RFC 7644 §3.4.3 and §3.5.2.
    else if (lower === "filter" && typeof member === "string") setOwn(redacted, shown, redactFilter(member, names));
    else if (lower === "path" && typeof member === "string") setOwn(redacted, shown, redactPath(member, names));
    else setOwn(redacted, shown, redactJson(member, names, depth + 1));
  }
  return redacted;
}

/** Whether the `value` of an object is a secret by what stands beside it. */
function isLabelled(object: JsonObject, names: SecretNames): boolean {
  return Object.entries(object).some(([name, member]) => {
    const lower = name.toLowerCase();
    if (lower === "path") return namesSecret(typeof member === "string" ? member : JSON.stringify(member), names);
    return LABELS.includes(lower) && typeof member === "string" && names.isSecretWord(member);
  });
}

/** What a secret holds, whatever its form. */
function withoutValues(json: Json, depth: number): Json {
  if (typeof json === "string") return json === "" ? json : placeholder(json);
  if (typeof json === "number") return placeholder(String(json));
  if (typeof json === "object" && depth > MAX_DEPTH) return TOO_DEEP;
  if (Array.isArray(json)) return json.map((element) => withoutValues(element, depth + 1));
  if (!isObject(json)) return json;
  const redacted: JsonObject = {};
  for (const [name, member] of Object.entries(json)) setOwn(redacted, name, withoutValues(member, depth + 1));
  return redacted;
}

/** Entra ID sends roles as JSON in a text. */
function redactString(text: string, names: SecretNames, depth: number): string {
  const isMentioned = names.areMentioned(withoutEscapes(text));
  if (!isMentioned || !/^\s*[{[]/.test(text)) return redactText(text, names);
  try {
    return JSON.stringify(redactJson(JSON.parse(text) as Json, names, depth + 1));
  } catch {
    return placeholder(text);
  }
}
