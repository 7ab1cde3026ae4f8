import { vendorOf } from "../dialect/client.ts";
import { counted, momentText, numberText } from "../words/values.ts";
import type { ClientHealth } from "./health.ts";

/** Whether an identity provider will stop provisioning, by its own rules. */
type Forecast = {
  readonly outlook: "none" | "possible" | "expected";
  /** Why, with numbers. */
  readonly reason: string;
  /** What would prevent it. */
  readonly remedy: string | undefined;
};

// Entra ID's rules.
const QUARANTINE_FAILURES = 5_000;
const QUARANTINE_PERCENT = 40;
const QUARANTINE_ALWAYS = 40_000;

/** A new token takes a change request in many places. */
const EXPIRY_NOTICE_MS = 14 * 86_400_000;

const NEW_TOKEN =
  'Create a new token, and enter it in Entra ID: Provisioning → Admin Credentials → "Secret token", then "Test Connection".';

/**
 * The quarantine forecast of a client of Entra ID.
 * @param expiresMs when its credential expires
 * @returns undefined for other clients, whose rules are not known
 */
export function forecastOf(health: ClientHealth, expiresMs: number | undefined, nowMs: number): Forecast | undefined {
  if (vendorOf(health.dialect) !== "entra") return undefined;
  const { cycle, lastFailures, lastSuccessMs = 0 } = health;
  const [last] = lastFailures;
  if (last !== undefined && (last.status === 401 || last.status === 403) && last.lastMs > lastSuccessMs) {
    const reason = `Entra ID's last request was answered ${last.status} on ${momentText(last.lastMs)}. It puts provisioning into quarantine at once if its credential is rejected.`;
    return { outlook: "expected", reason, remedy: NEW_TOKEN };
  }
  if (expiresMs !== undefined && expiresMs <= nowMs) {
    const reason = `The token expired on ${momentText(expiresMs)}. Every request is answered 401, and Entra ID puts provisioning into quarantine at once.`;
    return { outlook: "expected", reason, remedy: NEW_TOKEN };
  }
  const { failures = 0, requests = 0 } = cycle ?? {};
  const percent = requests === 0 ? 0 : Math.round((100 * failures) / requests);
  const numbers = `${counted(failures, "failure")} in ${counted(requests, "request")} of this cycle (${percent}%)`;
  const rule = `Entra ID's limit is ${numberText(QUARANTINE_FAILURES)} failures with more than ${QUARANTINE_PERCENT}%, or ${numberText(QUARANTINE_ALWAYS)}.`;
  const remedy = remedyFor(health);
  const isOver = failures >= QUARANTINE_FAILURES && percent > QUARANTINE_PERCENT;
  if (isOver || failures >= QUARANTINE_ALWAYS) return { outlook: "expected", reason: `${numbers}. ${rule}`, remedy };
  if (expiresMs !== undefined && expiresMs - nowMs < EXPIRY_NOTICE_MS) {
    const reason = `The token expires on ${momentText(expiresMs)}. Then every request is answered 401, and Entra ID puts provisioning into quarantine at once.`;
    return { outlook: "possible", reason, remedy: NEW_TOKEN };
  }
  if (percent > QUARANTINE_PERCENT && failures > 1)
    return { outlook: "possible", reason: `${numbers}. ${rule}`, remedy };
  return { outlook: "none", reason: `${numbers}. ${rule}`, remedy: undefined };
}

function remedyFor({ lastFailures }: ClientHealth): string | undefined {
  const [most] = [...lastFailures].sort((one, other) => other.count - one.count);
  if (most === undefined) return undefined;
  const requests = FAILED_REQUESTS[most.kind.replace(/^failure\./, "")] ?? "other requests";
  return `Most failures are ${requests} answered ${most.status} (${numberText(most.count)}). Open one of them in Activity: it says what to change. If provisioning is in quarantine, then choose Provisioning → "Restart provisioning" in Entra ID.`;
}

const FAILED_REQUESTS: Readonly<Record<string, string>> = {
  create: "creations",
  change: "changes",
  delete: "deletions",
  read: "reads",
  search: "searches",
  bulk: "Bulk requests",
  token: "token requests",
  authentication: "requests without a valid credential",
};
