import type { Severity } from "../../store/exchange.ts";
import { diagnoseRefusal } from "../diagnosis/diagnose.ts";
import type { Context } from "../diagnosis/diagnosis.ts";
import { namesOf } from "../dialect/client.ts";
import type { Attempt, Refused } from "../happening.ts";
import { agent, resource, text, value } from "../words/parts.ts";
import type { Part, Sentence, SentenceKind } from "../words/sentence.ts";
import { typeNoun, typeNounOfMany } from "../words/type-noun.ts";
import { plainText } from "../words/value-text.ts";

/** What passes by itself, or is nothing to worry about; everything else needs somebody. */
const PASSING = new Set([404, 412, 429, 503]);

/** "Creating dave@example.com failed: the userName is taken by Dave Lee (created 3 days ago); Entra will retry". */
export function failedSentence(refused: Refused, context: Context): Sentence {
  const { cause, retry } = diagnoseRefusal(refused, context);
  const short = namesOf(context.actor.dialect)?.short;
  const again = retry.will === "yes" && short !== undefined ? [text(`; ${short} will retry`)] : [];
  return {
    kind: kindOf(refused),
    severity: severityOf(refused.status),
    parts: [...whatFailed(refused, context), ...cause, ...again],
    attributes: [],
  };
}

function severityOf(status: number): Severity {
  return PASSING.has(status) ? "warning" : "error";
}

const KINDS: Readonly<Record<Attempt["action"], SentenceKind>> = {
  create: "failure.create",
  recreate: "failure.create",
  replace: "failure.change",
  modify: "failure.change",
  restore: "failure.change",
  delete: "failure.delete",
  read: "failure.read",
  search: "failure.search",
  discover: "failure.other",
  bulk: "failure.bulk",
  token: "failure.token",
  "sign-in": "failure.authentication",
  other: "failure.other",
};

function kindOf({ failed, attempted }: Refused): SentenceKind {
  if (failed !== undefined && attempted.action !== "token") return "failure.authentication";
  return KINDS[attempted.action];
}

function whatFailed({ failed, attempted }: Refused, { method, path, actor }: Context): Part[] {
  const by = agent(actor);
  if (attempted.action === "token")
    return [text("A request for an access token"), ...agent(actor), text(" was refused: ")];
  if (attempted.action === "sign-in") return [text("A sign-in was refused: ")];
  if (failed !== undefined) return [text("A request"), ...by, text(" was refused: ")];
  const doing = doingParts(attempted);
  if (doing !== undefined) return [...doing, ...by, text(" failed: ")];
  return [value(`${method} ${plainText(path)}`), ...by, text(" failed: ")];
}

function doingParts(attempt: Attempt): Part[] | undefined {
  switch (attempt.action) {
    case "create":
    case "recreate":
      return [text("Creating "), ...thing(attempt)];
    case "replace":
    case "modify":
      return [text("Changing "), ...thing(attempt)];
    case "delete":
      return [text("Deleting "), ...thing(attempt)];
    case "read":
      return [text("Reading "), ...thing(attempt)];
    case "search":
      return [text(`Searching ${typeNounOfMany(attempt.type)}`)];
    case "discover":
      return [text("Reading the description of the server")];
    case "bulk":
      return [text("A bulk request")];
    case "token":
    case "other":
      return undefined;
  }
}

function thing({ type, id, name }: Attempt): Part[] {
  if (name === undefined) {
    return id === undefined
      ? [text(`a ${typeNoun(type)}`)]
      : [text(`the ${typeNoun(type)} with the id `), value(plainText(id))];
  }
  if (id !== undefined) return resource({ type: type ?? "", id, label: name });
  const isKnown = type === undefined || type === "User" || type === "Group";
  return [...(isKnown ? [] : [text(`${typeNoun(type)} `)]), value(plainText(name))];
}
