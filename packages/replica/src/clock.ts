import { uptime } from "node:os";
import type { Target } from "./target/target.ts";

/** With a clock this far off, nothing is removed because of its age. */
const CLOCK_OFF_MS = 3_600_000;

export type ClockStatus = {
  /** How far the clock is ahead of the target's, in ms; negative if behind. */
  readonly aheadOfTargetMs: number;
  /** How far the clock has been set since the start, in ms. 0 while that is less than an hour. */
  readonly jumpedMs: number;
  /** False while the clock is an hour or more off by either measure: then no restore point is removed. */
  readonly isTrusted: boolean;
};

/** The wall clock, checked against the time since boot, which nobody sets, and against the target's clock. */
export class SteadyClock {
  readonly #uptimeMs: () => number;
  readonly #bootedMs: number;
  /** When this machine booted, by the target's clock. */
  #bootedByTargetMs: number;

  /**
   * @param aheadOfTargetMs as the start has found
   * @param uptimeMs time since boot, including time asleep
   */
  constructor(aheadOfTargetMs: number, uptimeMs: () => number = () => uptime() * 1_000) {
    this.#uptimeMs = uptimeMs;
    this.#bootedMs = Date.now() - uptimeMs();
    this.#bootedByTargetMs = this.#bootedMs - aheadOfTargetMs;
  }

  /** ms since 1970. While the clock is set an hour or more off, time continues from before. */
  nowMs(): number {
    const nowMs = Date.now();
    return nowMs - this.#jumpedMs(nowMs);
  }

  /** Compares with the target's clock. @throws TargetError when the target does not answer */
  async compare(target: Target): Promise<ClockStatus> {
    this.#bootedByTargetMs = (await target.clockMs()) - this.#uptimeMs();
    return this.status();
  }

  status(): ClockStatus {
    const nowMs = Date.now();
    // Adding 0 turns -0 into 0, which JSON writes anyway.
    const aheadOfTargetMs = Math.round(nowMs - this.#uptimeMs() - this.#bootedByTargetMs) + 0;
    const jumpedMs = Math.round(this.#jumpedMs(nowMs));
    return { aheadOfTargetMs, jumpedMs, isTrusted: jumpedMs === 0 && Math.abs(aheadOfTargetMs) < CLOCK_OFF_MS };
  }

  #jumpedMs(nowMs: number): number {
    const jumpedMs = nowMs - this.#uptimeMs() - this.#bootedMs;
    return Math.abs(jumpedMs) < CLOCK_OFF_MS ? 0 : jumpedMs;
  }
}
