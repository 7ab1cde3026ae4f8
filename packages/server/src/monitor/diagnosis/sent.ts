import type { Attempt, Refused } from "../exchange-facts.ts";
import { typeNoun, typeNounOfMany } from "../words/type-noun.ts";
import { plainText } from "../words/value-text.ts";
import type { Context } from "./diagnosis.ts";

/** Characters of a URL's path that are repeated. */
const MAX_PATH_CHARACTERS = 200;

/** What a client sent, in words: `PATCH /Users/2819c223, to change "Alice Young"`. */
export function sentText({ attempted, failed }: Refused, { method, path }: Context): string {
  const request = `${method} ${plainText(path, MAX_PATH_CHARACTERS)}`;
  if (failed !== undefined) return `${request} (${failed.check}: ${failed.received})`;
  const intent = intentOf(attempted);
  return intent === undefined ? request : `${request}, to ${intent}`;
}

function intentOf(attempt: Attempt): string | undefined {
  switch (attempt.action) {
    case "create":
    case "recreate":
      return `create ${thing(attempt)}`;
    case "replace":
      return `replace ${thing(attempt)}`;
    case "modify":
      return `change ${thing(attempt)}`;
    case "delete":
      return `delete ${thing(attempt)}`;
    case "read":
      return `read ${thing(attempt)}`;
    case "search":
      return `search ${typeNounOfMany(attempt.type)}`;
    case "discover":
      return "learn what this server supports";
    case "bulk":
      return "do many things at once";
    case "token":
      return "get an access token";
    case "other":
      return undefined;
  }
}

function thing({ type, id, name }: Attempt): string {
  const noun = typeNoun(type);
  if (name !== undefined) return `the ${noun} "${plainText(name)}"`;
  return id === undefined ? `a ${noun}` : `the ${noun} with the id ${plainText(id)}`;
}
