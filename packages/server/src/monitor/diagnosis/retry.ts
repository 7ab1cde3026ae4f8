import { type Dialect, namesOf, vendorOf } from "../dialect/client.ts";
import type { Refused } from "../exchange-facts.ts";
import type { Retry } from "./diagnosis.ts";

/** Statuses that say that it is nobody's fault, and that trying again helps. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504, 507]);

/** Whether a client sends a refused request again by itself, as far as is known of it. */
export function retryOf(dialect: Dialect, { status, attempted, former }: Refused): Retry {
  if (attempted.action === "delete" && former !== undefined) {
    return { will: "unknown", text: "Whether it is sent again does not matter: what it wants is so." };
  }
  switch (vendorOf(dialect)) {
    case "entra":
      return { will: "yes", text: entraRetries(status) };
    case "okta":
      return {
        will: "unknown",
        text: "Okta lists what failed among the tasks of its dashboard, where an administrator can have it repeated.",
      };
    case "manual":
      return { will: "no", text: "A person did it, and may do it again." };
    case "scimtool":
      return { will: "no", text: "SCIMTool sends each request once." };
    default: {
      const name = namesOf(dialect)?.name ?? "this client";
      return { will: "unknown", text: `Whether ${name} sends it again is not known. ${waiting(status)}` };
    }
  }
}

function entraRetries(status: number): string {
  if (status === 401 || status === 403) {
    return "Entra ID puts provisioning into quarantine at once, and tries again after 6, 12 and 24 hours, then daily. After 28 days it gives up.";
  }
  if (PASSING.has(status)) return "Entra ID tries again with its next cycle, which begins about every 40 minutes.";
  return "Entra ID tries again with each cycle, about every 40 minutes, until it succeeds. Where many requests fail, it puts provisioning into quarantine.";
}

function waiting(status: number): string {
  return PASSING.has(status) ? "It may succeed unchanged." : "Sent unchanged, it will fail again.";
}
