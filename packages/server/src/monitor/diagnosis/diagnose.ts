import { clientName, type Dialect, vendorOf } from "../dialect/client.ts";
import type { Attempt, Bulk, ExchangeFacts, Read, Refused } from "../exchange-facts.ts";
import { typeNoun, typeNounOfMany } from "../words/names.ts";
import { plainText } from "../words/values.ts";
import { explainAuthentication } from "./authentication.ts";
import { explainBadRequest } from "./bad-request.ts";
import type { Context, Diagnosis, Explanation, Retry } from "./diagnosis.ts";
import { explainNotFound } from "./not-found.ts";
import { explainStatus, explainUniqueness } from "./statuses.ts";

/** Explains why an exchange failed; undefined where it did not. */
export function diagnose(facts: ExchangeFacts): Diagnosis | undefined {
  const { outcome } = facts;
  if (outcome.kind === "refused") return diagnoseRefusal(outcome, facts);
  if (outcome.kind === "bulk") return diagnoseFirstOf(outcome, facts);
  return outcome.kind === "read" && !outcome.found ? diagnoseRefusal(asRefused(outcome), facts) : undefined;
}

/** The first operation of a bulk request that failed. */
function diagnoseFirstOf({ operations }: Bulk, facts: ExchangeFacts): Diagnosis | undefined {
  const failed = operations.find(({ outcome }) => outcome.kind === "refused");
  if (failed?.outcome.kind !== "refused") return undefined;
  const { method, path } = failed;
  return diagnoseRefusal(failed.outcome, { ...facts, method, path });
}

/** Explains one refusal: what was sent, which rule it met, why, what to change, and whether it will be sent again. */
export function diagnoseRefusal(refused: Refused, context: Context): Diagnosis {
  return {
    ...explain(refused, context),
    sent: sentText(refused, context),
    retry: retryOf(context.actor.dialect, refused),
  };
}

function explain(refused: Refused, context: Context): Explanation {
  const { status, scimType, failed } = refused;
  if (failed !== undefined) return explainAuthentication(failed, context, refused);
  if (scimType === "uniqueness") return explainUniqueness(refused, context);
  if (status === 400) return explainBadRequest(refused, context);
  return status === 404 ? explainNotFound(refused, context) : explainStatus(refused, context);
}

/** A resource that was asked for and is not here is answered 404. */
function asRefused({ type, id, label, former, elsewhere }: Read): Refused {
  return {
    kind: "refused",
    status: 404,
    scimType: undefined,
    detail: "",
    reason: { code: "unknownResource", type, id },
    failed: undefined,
    attempted: { action: "read", type, id, name: label },
    conflict: undefined,
    former,
    elsewhere,
  };
}

/** Characters of a URL's path that are repeated. */
const MAX_PATH_CHARACTERS = 200;

/** What a client sent, in words: `PATCH /Users/2819c223, to change "Alice Young"`. */
function sentText({ attempted, failed }: Refused, { method, path }: Context): string {
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

/** Statuses that say that it is nobody's fault, and that trying again helps. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504, 507]);

/** Whether a client sends a refused request again by itself, as far as is known of it. */
function retryOf(dialect: Dialect, { status, attempted, former }: Refused): Retry {
  if (attempted.action === "delete" && former !== undefined) {
    return {
      will: "unknown",
      text: "It does not matter whether the client sends it again: the resource is already deleted.",
    };
  }
  switch (vendorOf(dialect)) {
    case "entra":
      return { will: "yes", text: entraRetries(status) };
    case "okta":
      return {
        will: "unknown",
        text: "Okta lists the failure under the tasks of its dashboard, where an administrator can retry it.",
      };
    case "manual":
      return { will: "no", text: "A person sent it, and can send it again." };
    case "scimtool":
      return { will: "no", text: "SCIMTool sends each request once." };
    default: {
      const name = clientName(dialect) ?? "this client";
      return { will: "unknown", text: `It is not known whether ${name} sends it again. ${waiting(status)}` };
    }
  }
}

function entraRetries(status: number): string {
  if (status === 401 || status === 403) {
    return "Entra ID puts provisioning into quarantine at once, and retries after 6, 12 and 24 hours, then daily. After 28 days it gives up.";
  }
  if (PASSING.has(status)) return "Entra ID retries in its next cycle; a cycle starts about every 40 minutes.";
  return "Entra ID retries in each cycle, about every 40 minutes, until it succeeds. If many requests fail, it puts provisioning into quarantine.";
}

function waiting(status: number): string {
  return PASSING.has(status) ? "It may succeed unchanged." : "Sent unchanged, it will fail again.";
}
