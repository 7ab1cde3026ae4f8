import { BoundedMap } from "../bounded-map.ts";
import { RateLimit } from "../rate-limit.ts";
import { OAuthError } from "./oauth-error.ts";
import { shownClient } from "./shown-parameter.ts";

/** A client needs a token an hour. */
const PER_CLIENT = { burst: 30, perSecond: 1 };

/** Many clients may come from behind one address. */
const PER_ADDRESS = { burst: 200, perSecond: 10 };

/** Clients, and addresses, that are kept in mind. */
const MAX_KEPT = 10_000;

/** Of a client's id, so that what is kept in mind is not large. */
const MAX_ID = 100;

const RETRY_MS = 2_000;

/** Limits how often somebody may ask for access tokens, which are rows of the database. */
export class Attempts {
  readonly #clients = new BoundedMap<string, RateLimit>(MAX_KEPT);
  readonly #addresses = new BoundedMap<string, RateLimit>(MAX_KEPT);

  /**
   * @param clientId who it says it is
   * @throws OAuthError with status 429
   */
  check(address: string, clientId: string | undefined, nowMs: number): void {
    const isAllowed =
      take(this.#addresses, address, PER_ADDRESS, nowMs) &&
      take(this.#clients, `${address} ${clientId?.slice(0, MAX_ID) ?? ""}`, PER_CLIENT, nowMs);
    if (isAllowed) return;
    const failed = {
      check: "rate",
      expected: "about one request for an access token in an hour",
      received: `very many from ${address} for the client ${shownClient(clientId)}`,
      remedy: "The client should use an access token until it expires instead of getting one for each request.",
    } as const;
    const description = "Too many requests for access tokens. Use one until it expires.";
    throw new OAuthError("temporarily_unavailable", description, failed, { status: 429, retryAfterMs: RETRY_MS });
  }
}

function take(limits: BoundedMap<string, RateLimit>, key: string, options: typeof PER_CLIENT, nowMs: number): boolean {
  const limit = limits.get(key) ?? new RateLimit(options);
  // Put again each time, so that who comes often is not forgotten.
  limits.set(key, limit);
  return limit.take(nowMs);
}
