import type { Answered } from "./answered.ts";

/** Requests of one kind since the recorder began. */
export type Total = {
  /** Name of the endpoint; empty if there is none. */
  readonly endpoint: string;
  readonly method: string;
  readonly status: number;
  count: number;
  /** Their total time. */
  durationMs: number;
};

/** The parts of an exchange that are counted. */
export type Counted = Pick<Answered, "place" | "method" | "status" | "durationMs">;

/** Clients can invent any number of other methods. */
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** Counts requests, for `/metrics`. */
export class Totals {
  readonly #byKind = new Map<string, Total>();

  add({ place, method: sent, status, durationMs }: Counted): void {
    const endpoint = place.endpoint?.name ?? "";
    const method = METHODS.has(sent) ? sent : "other";
    const kind = `${endpoint} ${method} ${status}`;
    let total = this.#byKind.get(kind);
    if (total === undefined) {
      total = { endpoint, method, status, count: 0, durationMs: 0 };
      this.#byKind.set(kind, total);
    }
    total.count++;
    total.durationMs += durationMs;
  }

  list(): readonly Readonly<Total>[] {
    return [...this.#byKind.values()];
  }
}
