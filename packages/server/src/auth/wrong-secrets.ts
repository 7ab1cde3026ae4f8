import { BoundedMap } from "./bounded-map.ts";
import { RateLimit } from "./rate-limit.ts";

/** Wrong secrets: people mistype, and a team may come from one address. */
const PER_ADDRESS = { burst: 10, perSecond: 1 / 10 };

/** From all addresses together: 43,200 guesses in a day. */
export const ALTOGETHER = { burst: 100, perSecond: 1 / 2 };

/** Addresses that are kept in mind. */
const MAX_KEPT = 10_000;

/** Counts secrets that are wrong, by the address that they come from and altogether. */
export class WrongSecrets {
  readonly #altogether = new RateLimit(ALTOGETHER);
  readonly #addresses = new BoundedMap<string, RateLimit>(MAX_KEPT);

  /**
   * Counts a secret, before it is known whether it is wrong: many may be looked up at the same time.
   * @returns milliseconds until one more may be wrong; 0: this one may
   */
  begin(address: string, nowMs: number): number {
    const own = this.#of(address);
    const waitMs = Math.max(own.waitMs(nowMs), this.#altogether.waitMs(nowMs));
    if (waitMs > 0) return waitMs;
    own.take(nowMs);
    this.#altogether.take(nowMs);
    return 0;
  }

  /** Counts one no more, which was not wrong. */
  takeBack(address: string): void {
    this.#of(address).giveBack();
    this.#altogether.giveBack();
  }

  #of(address: string): RateLimit {
    const limit = this.#addresses.get(address) ?? new RateLimit(PER_ADDRESS);
    // Put again each time, so that who comes often is not forgotten.
    this.#addresses.set(address, limit);
    return limit;
  }
}
