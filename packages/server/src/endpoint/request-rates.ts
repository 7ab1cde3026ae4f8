import { RateLimit } from "../auth/rate-limit.ts";
import type { Replicas } from "../store/replicas.ts";
import type { Key } from "../store/store.ts";
import type { ServedEndpoint } from "./served-endpoint.ts";

/** How often processes exchange the number of accepted requests. A limit may be exceeded for this time. */
const TELL_MS = 200;

/** Counts requests towards `limits.requestsPerSecond` of the endpoints, on average over all processes. */
export class RequestRates {
  readonly #tell: Replicas["tell"];
  /** Keyed by settings: after a change, counting starts again. */
  readonly #rates = new WeakMap<ServedEndpoint, RateLimit>();
  /** Accepted requests that the other processes have not heard of. */
  readonly #untold = new Map<Key, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor({ tell }: Pick<Replicas, "tell">) {
    this.#tell = tell;
  }

  /** @returns whether the endpoint accepts one more request now */
  take(endpoint: ServedEndpoint, perSecond: number, nowMs: number): boolean {
    const isAccepted = this.#of(endpoint, perSecond).take(nowMs);
    if (isAccepted) {
      this.#untold.set(endpoint.key, (this.#untold.get(endpoint.key) ?? 0) + 1);
      this.#timer ??= setTimeout(() => this.#tellAll(), TELL_MS).unref();
    }
    return isAccepted;
  }

  /** Counts requests that another process accepted. */
  spend(endpoint: ServedEndpoint | undefined, count: number): void {
    const perSecond = endpoint?.settings.limits.requestsPerSecond;
    if (endpoint !== undefined && perSecond !== undefined) this.#of(endpoint, perSecond).spend(count);
  }

  /** Allows bursts of one second's worth. */
  #of(endpoint: ServedEndpoint, perSecond: number): RateLimit {
    const rate = this.#rates.get(endpoint) ?? new RateLimit({ burst: Math.max(1, perSecond), perSecond });
    this.#rates.set(endpoint, rate);
    return rate;
  }

  #tellAll(): void {
    this.#timer = undefined;
    for (const [endpoint, count] of this.#untold) this.#tell({ kind: "requests", endpoint, count });
    this.#untold.clear();
  }
}
