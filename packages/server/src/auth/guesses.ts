import { BoundedMap } from "./bounded-map.ts";
import type { Refused } from "./decision.ts";
import { RateLimit } from "./rate-limit.ts";
import { tooManyWrong } from "./refusals.ts";
import { ALTOGETHER, WrongSecrets } from "./wrong-secrets.ts";

/** A secret of so many characters is hit by no guess; those made here have 43 and more. */
const UNGUESSABLE_CHARACTERS = 32;

/** Addresses from which the right secret came, that are kept in mind. */
const MAX_TRUSTED = 1_000;

type Outcome<Good> = Good | Refused;

/**
 * Limits how often the secrets of administration may be guessed, which people may have set to what others can think of.
 * Who is right must not suffer from who guesses, from behind the same proxy for instance; and a right secret that is
 * always let in tells itself from the wrong ones, however those are answered. So when too many were wrong, only such
 * secrets are looked at as no guess hits, and those from an address that has shown a right one.
 */
export class Guesses {
  readonly #atAdministration = new WrongSecrets();
  readonly #atEndpoints = new RateLimit(ALTOGETHER);
  readonly #trusted = new BoundedMap<string, true>(MAX_TRUSTED);

  /**
   * Has it decided whether a secret opens administration, and counts it if it is wrong.
   * @param decide looks at the secret; may throw
   * @returns what it says, or the refusal of one too many
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
      if (isWrong(outcome)) return waitMs > 0 ? tooManyWrong(waitMs) : outcome;
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
   * Whether the caller may be told why a secret opens no endpoint: that it is one of administration would tell a guess
   * that it was right.
   */
  mayTell(address: string, secret: string, refused: Refused, nowMs: number): boolean {
    if (refused.failed.check === "purpose") {
      return this.#atEndpoints.waitMs(nowMs) === 0 || !this.#isLimited(address, secret);
    }
    if (isWrong(refused)) this.#atEndpoints.take(nowMs);
    return true;
  }

  #isLimited(address: string, secret: string): boolean {
    return secret.length < UNGUESSABLE_CHARACTERS && this.#trusted.get(address) === undefined;
  }

  #trust(address: string): void {
    if (this.#trusted.get(address) === undefined) this.#trusted.set(address, true);
  }
}

/** Whether nobody has the secret, as far as it is known. One that is for something else is no guess, but a mistake. */
function isWrong(outcome: { readonly accepted: true } | Refused): boolean {
  if (outcome.accepted) return false;
  const { status, failed } = outcome;
  // The secrets of administration need no look-up: what would need one that cannot be had is none of them.
  if (status === 503) return failed.check === "rate";
  return failed.check === "token";
}

/** Who may not do everything has shown the secret nevertheless. */
function isRight(outcome: { readonly accepted: true } | Refused): boolean {
  return outcome.accepted || outcome.failed.check === "scope";
}
