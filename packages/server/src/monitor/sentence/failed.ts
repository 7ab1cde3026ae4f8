import type { Severity } from "../../store/exchange.ts";
import { diagnoseRefusal } from "../diagnosis/diagnose.ts";
import type { Context } from "../diagnosis/diagnosis.ts";
import { clientName } from "../dialect/client.ts";
import type { Attempt, Refused } from "../exchange-facts.ts";
import { typeNoun, typeNounOfMany } from "../words/names.ts";
import type { Part, Sentence, SentenceKind } from "../words/sentence.ts";
import { actor, resource, text, value } from "../words/sentence.ts";
import { plainText } from "../words/values.ts";

/** Statuses of problems that resolve themselves or do not matter; all others need somebody. */
const PASSING = new Set([404, 412, 429, 503]);

/** "Entra ID could not create dave@example.com: the userName is taken by Dave Lee; Entra ID will retry". */
export function failedSentence(refused: Refused, context: Context): Sentence {
  const { cause, retry } = diagnoseRefusal(refused, context);
  const name = clientName(context.actor.dialect);
  const again = retry.will === "yes" && name !== undefined ? [text(`; ${name} will retry`)] : [];
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

function whatFailed({ failed, attempted }: Refused, { method, path, actor: by }: Context): Part[] {
  if (attempted.action === "sign-in") return [text("A sign-in failed: ")];
  if (attempted.action === "token") return [actor(by), text(" got no access token: ")];
  if (failed !== undefined) return [actor(by), text(" was rejected: ")];
  return [actor(by), text(" could not "), ...whatToDo(attempted, method, path), text(": ")];
}

function whatToDo(attempt: Attempt, method: string, path: string): Part[] {
  switch (attempt.action) {
    case "create":
    case "recreate":
      return [text("create "), ...thing(attempt)];
    case "replace":
    case "modify":
      return [text("change "), ...thing(attempt)];
    case "delete":
    case "read":
    case "restore":
      return [text(`${attempt.action} `), ...thing(attempt)];
    case "search":
      return [text(`search ${typeNounOfMany(attempt.type)}`)];
    case "discover":
      return [text("read what this server supports")];
    case "bulk":
      return [text("run a bulk request")];
    default:
      // What Node cannot parse has no method.
      if (method === "?") return [text("send a request")];
      return [text("call "), value(`${method} ${plainText(path)}`.trim())];
  }
}

function thing({ type, id, name }: Attempt): Part[] {
  if (name === undefined) {
    return id === undefined
      ? [text(`a ${typeNoun(type)}`)]
      : [text(`the ${typeNoun(type)} with the ID `), value(plainText(id))];
  }
  if (id !== undefined) return resource({ type: type ?? "", id, label: name });
  const isKnown = type === undefined || type === "User" || type === "Group";
  return [...(isKnown ? [] : [text(`${typeNoun(type)} `)]), value(plainText(name))];
}
