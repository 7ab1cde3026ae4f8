import type { Endpoints } from "../../endpoint/endpoints.ts";
import type { EndpointRetention } from "../../endpoint/settings.ts";
import type { ExchangeLimits } from "../../store/monitor.ts";
import type { Key } from "../../store/store.ts";

const DAY_MS = 86_400_000;

/** What is kept of an endpoint. */
export type Kept = {
  /** undefined for what belongs to none. */
  readonly endpoint: Key | undefined;
  readonly limits: ExchangeLimits;
  /** undefined where there is no history. */
  readonly historyMaxAgeMs: number | undefined;
};

/** What is kept of each endpoint; and of what belongs to none as much as of the default one. */
export function keptOf(endpoints: Endpoints): Kept[] {
  const served = endpoints.all().map(({ key, settings: { retention } }) => ({
    endpoint: key,
    limits: limitsOf(retention),
    historyMaxAgeMs: retention.history.maxAgeDays * DAY_MS,
  }));
  const ofNone = limitsOf(endpoints.default.settings.retention);
  return [...served, { endpoint: undefined, limits: ofNone, historyMaxAgeMs: undefined }];
}

function limitsOf({ exchanges: { maxAgeDays, maxCount, maxBytes } }: EndpointRetention): ExchangeLimits {
  return { maxAgeMs: maxAgeDays * DAY_MS, maxBytes, ...(maxCount === undefined ? {} : { maxCount }) };
}
