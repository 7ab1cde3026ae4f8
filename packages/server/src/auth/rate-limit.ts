import { BoundedMap } from "../bounded-map.ts";
import type { Refused } from "./decision.ts";
import { tooManyWrong } from "./refusals.ts";

/** Allows a burst, then a constant rate. */
export class RateLimit {
  readonly #burst: number;
  readonly #perSecond: number;
  #left: number;
  #atMs = 0;

  constructor(options: { readonly burst: number; readonly perSecond: number }) {
    this.#burst = options.burst;
    this.#perSecond = options.perSecond;
    this.#left = options.burst;
  }

  /** Whether one more is allowed now. */
  take(nowMs: number): boolean {
    if (this.waitMs(nowMs) > 0) return false;
    this.#left -= 1;
    return true;
  }

  /** Milliseconds until one more is allowed; 0: now. */
  waitMs(nowMs: number): number {
    const passedMs = Math.max(0, nowMs - this.#atMs);
    this.#left = Math.min(this.#burst, this.#left + (passedMs / 1_000) * this.#perSecond);
    this.#atMs = nowMs;
    return this.#left >= 1 ? 0 : Math.ceil(((1 - this.#left) / this.#perSecond) * 1_000);
  }

  /** Undoes the last one. */
  giveBack(): void {
    this.#left += 1;
  }

  /** Counts what other processes allowed. At most a whole burst is owed. */
  spend(count: number): void {
    this.#left = Math.max(-this.#burst, this.#left - count);
  }
}

/** Wrong secrets of one address: people mistype, and a team may share an address. */
const PER_ADDRESS = { burst: 10, perSecond: 1 / 10 };

/** From all addresses together: 43,200 guesses a day. */
const ALTOGETHER = { burst: 100, perSecond: 1 / 2 };

const MAX_KEPT = 10_000;

/** Counts wrong secrets, for each address and overall. */
export class FailedAttempts {
  readonly #altogether = new RateLimit(ALTOGETHER);
  readonly #addresses = new BoundedMap<string, RateLimit>(MAX_KEPT);

  /**
   * Counts a secret before it is known whether it is wrong, because many may be looked up at the same time.
   * @returns milliseconds until one more may be tried; 0: this one may
   */
  begin(address: string, nowMs: number): number {
    const own = this.#of(address);
    const waitMs = Math.max(own.waitMs(nowMs), this.#altogether.waitMs(nowMs));
    if (waitMs > 0) return waitMs;
    own.take(nowMs);
    this.#altogether.take(nowMs);
    return 0;
  }

  /** Undoes the count of a secret that was not wrong. */
  takeBack(address: string): void {
    this.#of(address).giveBack();
    this.#altogether.giveBack();
  }

  /** Counts a wrong secret that was sent to another process. */
  spend(address: string): void {
    this.#of(address).spend(1);
    this.#altogether.spend(1);
  }

  #of(address: string): RateLimit {
    const limit = this.#addresses.get(address) ?? new RateLimit(PER_ADDRESS);
    // Set again each time, so that frequent callers are not evicted.
    this.#addresses.set(address, limit);
    return limit;
  }
}

/** Secrets at least this long cannot be guessed. Those created here have 43 characters or more. */
const UNGUESSABLE_CHARACTERS = 32;

/** Remembered addresses that sent a correct secret. */
const MAX_TRUSTED = 1_000;

type Outcome<Good> = Good | Refused;

/**
 * Limits guesses of administration secrets, because people may set weak ones. Nobody who guesses from behind the same
 * proxy may lock out an administrator. But if the server always accepted a correct secret, guessing could continue at
 * full speed. So after too many wrong secrets, it checks only those too long to guess, and those from an address that
 * has sent a correct one.
 */
export class GuessLimiter {
  /** Tells other processes of a wrong secret: of the address at administration, or undefined at an endpoint. */
  onWrong: (address: string | undefined) => void = () => undefined;
  readonly #atAdministration = new FailedAttempts();
  readonly #atEndpoints = new RateLimit(ALTOGETHER);
  readonly #trusted = new BoundedMap<string, true>(MAX_TRUSTED);

  /**
   * Decides whether a secret opens administration, and counts it if it is wrong.
   * @param decide checks the secret; may throw
   * @returns its decision, or a refusal after too many wrong secrets
   */
  limit<Good extends { readonly accepted: true }>(
    address: string,
    secret: string,
    nowMs: number,
    decide: () => Outcome<Good> | Promise<Outcome<Good>>,
  ): Outcome<Good> | Promise<Outcome<Good>> {
    const waitMs = this.#atAdministration.begin(address, nowMs);
    if (waitMs > 0 && this.#isLimited(address, secret)) return tooManyWrong(waitMs);
    const notWrong = () => {
      if (waitMs === 0) this.#atAdministration.takeBack(address);
    };
    const settle = (outcome: Outcome<Good>): Outcome<Good> => {
      if (isWrong(outcome)) {
        if (waitMs > 0) return tooManyWrong(waitMs);
        this.onWrong(address);
        return outcome;
      }
      notWrong();
      if (isRight(outcome)) this.#trust(address);
      return outcome;
    };
    const failed = (error: unknown): never => {
      notWrong();
      throw error;
    };
    try {
      const outcome = decide();
      return outcome instanceof Promise ? outcome.then(settle, failed) : settle(outcome);
    } catch (error) {
      return failed(error);
    }
  }

  /**
   * Whether the response may say why a secret opens no endpoint. "This is the administration secret" would confirm a
   * guess.
   */
  mayDisclose(address: string, secret: string, refused: Refused, nowMs: number): boolean {
    if (refused.failed.check === "purpose") {
      return this.#atEndpoints.waitMs(nowMs) === 0 || !this.#isLimited(address, secret);
    }
    if (isWrong(refused) && this.#atEndpoints.take(nowMs)) this.onWrong(undefined);
    return true;
  }

  /** Counts a wrong secret that another process was sent; see {@link onWrong}. */
  countWrong(address: string | undefined): void {
    if (address === undefined) this.#atEndpoints.spend(1);
    else this.#atAdministration.spend(address);
  }

  #isLimited(address: string, secret: string): boolean {
    return secret.length < UNGUESSABLE_CHARACTERS && this.#trusted.get(address) === undefined;
  }

  #trust(address: string): void {
    if (this.#trusted.get(address) === undefined) this.#trusted.set(address, true);
  }
}

/** Whether the secret is unknown. A known one sent to the wrong place is a mistake, not a guess. */
function isWrong(outcome: { readonly accepted: true } | Refused): boolean {
  if (outcome.accepted) return false;
  const { status, failed } = outcome;
  // Administration secrets are all in memory: a secret that needs a look-up is not one of them.
  if (status === 503) return failed.check === "rate";
  return failed.check === "token";
}

/** A viewer who lacks a permission has sent a correct secret. */
function isRight(outcome: { readonly accepted: true } | Refused): boolean {
  return outcome.accepted || outcome.failed.check === "scope";
}
