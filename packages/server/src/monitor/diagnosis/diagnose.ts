import type { ExchangeFacts, Read, Refused } from "../exchange-facts.ts";
import { explainAuthentication } from "./authentication.ts";
import { explainBadRequest } from "./bad-request.ts";
import type { Context, Diagnosis, Explanation } from "./diagnosis.ts";
import { explainNotFound } from "./not-found.ts";
import { retryOf } from "./retry.ts";
import { sentText } from "./sent.ts";
import { explainStatus } from "./statuses.ts";
import { explainUniqueness } from "./uniqueness.ts";

/** Explains why an exchange failed; undefined where it did not. Parts of a bulk request: see {@link diagnoseRefusal}. */
export function diagnose(facts: ExchangeFacts): Diagnosis | undefined {
  const { outcome } = facts;
  if (outcome.kind === "refused") return diagnoseRefusal(outcome, facts);
  return outcome.kind === "read" && !outcome.found ? diagnoseRefusal(asRefused(outcome), facts) : undefined;
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
