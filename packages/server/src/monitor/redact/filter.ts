import {
  type AttributePath,
  type Filter,
  newReading,
  parseFilter,
  parsePath,
  printAttributePath,
} from "@scimtool/scim";
import { placeholder } from "./placeholder.ts";
import type { SecretNames } from "./secret-names.ts";

/** A filter (RFC 7644 §3.4.2.2) without the values that it compares secrets with. */
export function redactFilter(text: string, names: SecretNames): string {
  return isHarmlessFilter(text, names) ? text : withoutValues(text, names);
}

/** A PATCH path (RFC 7644 §3.5.2) without the values that it compares secrets with. */
export function redactPath(text: string, names: SecretNames): string {
  return namesSecret(text, names) ? withoutValues(text, names) : text;
}

/** Whether a PATCH path leads to a secret, also by the filter in its brackets: `x[type eq "password"].value`. */
export function namesSecret(path: string, names: SecretNames): boolean {
  if (!names.areMentioned(path)) return false;
  try {
    const parsed = parsePath(path, newReading("tolerant"));
    return isSecretPath(parsed, names) || (parsed.filter !== undefined && comparesSecret(parsed.filter, names));
  } catch {
    return true;
  }
}

/** Where a secret is named, all goes but the path in front: what is not well-formed may hold the value anywhere. */
function withoutValues(text: string, names: SecretNames): string {
  const [path = ""] = /^\s*[\w$.:-]+/.exec(text) ?? [];
  const rest = text.slice(path.length);
  if (rest === "") return text;
  return names.areMentioned(path) ? `${path} ${placeholder(rest)}` : placeholder(text);
}

function isHarmlessFilter(text: string, names: SecretNames): boolean {
  if (!names.areMentioned(text)) return true;
  try {
    return !comparesSecret(parseFilter(text, newReading("tolerant")), names);
  } catch {
    return false;
  }
}

function comparesSecret(filter: Filter, names: SecretNames): boolean {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.filters.some((each) => comparesSecret(each, names));
    case "not":
      return comparesSecret(filter.filter, names);
    case "present":
      return isSecretPath(filter.path, names);
    case "compare":
      // `type eq "password"` says what the value beside it is.
      return isSecretPath(filter.path, names) || (typeof filter.value === "string" && names.isSecretWord(filter.value));
    case "valuePath":
      return isSecretPath(filter.path, names) || comparesSecret(filter.filter, names);
  }
}

function isSecretPath(path: AttributePath, names: SecretNames): boolean {
  return names.isSecret(printAttributePath(path));
}
