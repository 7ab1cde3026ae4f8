import { BoundedMap } from "../bounded-map.ts";
import { RateLimit } from "../rate-limit.ts";
import type { Client } from "./authenticate-client.ts";
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

/**
 * Limits how often a client is given access tokens, which are rows of the database, and how often one is told that it is
 * wrong. Who is right is not kept out by who is wrong: behind a proxy all come from one address, and anybody could keep an
 * identity provider from its tokens. No guess gains by that, for none hits a secret that is made here, or a signature.
 */
export class Attempts {
  readonly #issued = new BoundedMap<string, RateLimit>(MAX_KEPT);
  readonly #wrongOfClients = new BoundedMap<string, RateLimit>(MAX_KEPT);
  readonly #wrongOfAddresses = new BoundedMap<string, RateLimit>(MAX_KEPT);

  /** Counts a token for a client that has shown who it is. @throws OAuthError with status 429 */
  issue({ clientId, origin }: Client, nowMs: number): void {
    const name = `${origin.kind} ${origin.key} ${clientId.slice(0, MAX_ID)}`;
    if (!take(this.#issued, name, PER_CLIENT, nowMs)) throw tooMany(`for the client ${shownClient(clientId)}`);
  }

  /**
   * Counts a client that has not shown who it is.
   * @param clientId who it says it is
   * @returns with what it is refused: as it was to be, or with status 429
   */
  refuse(address: string, clientId: string | undefined, refusal: OAuthError, nowMs: number): OAuthError {
    // Of others it is not known that they are wrong.
    if (refusal.code !== "invalid_client") return refusal;
    const isAllowed =
      take(this.#wrongOfAddresses, address, PER_ADDRESS, nowMs) &&
      take(this.#wrongOfClients, `${address} ${clientId?.slice(0, MAX_ID) ?? ""}`, PER_CLIENT, nowMs);
    return isAllowed ? refusal : tooMany(`from ${address} for the client ${shownClient(clientId)}`);
  }
}

function tooMany(whose: string): OAuthError {
  const failed = {
    check: "rate",
    expected: "about one request for an access token in an hour",
    received: `very many ${whose}`,
    remedy: "The client should use an access token until it expires instead of getting one for each request.",
  } as const;
  const description = "Too many requests for access tokens. Use one until it expires.";
  return new OAuthError("temporarily_unavailable", description, failed, { status: 429, retryAfterMs: RETRY_MS });
}

function take(limits: BoundedMap<string, RateLimit>, key: string, options: typeof PER_CLIENT, nowMs: number): boolean {
  const limit = limits.get(key) ?? new RateLimit(options);
  // Put again each time, so that who comes often is not forgotten.
  limits.set(key, limit);
  return limit.take(nowMs);
}
