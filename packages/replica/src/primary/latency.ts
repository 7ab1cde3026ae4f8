/** How many of the last durations count. */
const KEPT = 512;

/** The last durations of something, for its quantiles. */
export class Latency {
  readonly #kept: number[] = [];
  #at = 0;

  add(durationMs: number): void {
    this.#kept[this.#at] = durationMs;
    this.#at = (this.#at + 1) % KEPT;
  }

  /** @returns null before anything was measured */
  quantiles(): { p50: number; p99: number } | null {
    if (this.#kept.length === 0) return null;
    const sorted = [...this.#kept].sort((left, right) => left - right);
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return { p50: round(at(0.5)), p99: round(at(0.99)) };
  }
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
