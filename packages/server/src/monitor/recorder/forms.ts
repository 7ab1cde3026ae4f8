import type { ExchangeForm, FormedExchange } from "../../store/exchange-form.ts";
import type { Store } from "../../store/store.ts";
import type { Actors } from "./actors.ts";
import type { Answered } from "./answered.ts";
import { microseconds } from "./exchange.ts";
import { isAlike, type KnownForm, valuesOf } from "./form/known-form.ts";
import { makeForm } from "./form/make-form.ts";
import { around, type Own, ownOf } from "./form/own.ts";

// Reads come by the thousand, all alike: a client goes through its users and looks each of them up. What is told of the
// second of a kind is made with marks in place of what is its own; the others are that form with their own filled in, for
// two thirds of the time. That holds only for what is shown everywhere as it is: everything else is told anew.

/** Kinds that are remembered: the newest, of which the first are found the quickest. */
const MAX_FORMS = 16;
const MAX_SEEN = 64;

/** Tells exchanges by forms that it learns from those that come. */
export class Forms {
  readonly #actors: Actors;
  readonly #store: Store;
  readonly #known: KnownForm[] = [];
  /** Kinds that have no form: not yet, as there was but one of them, or never. */
  readonly #seen = new Map<string, "once" | "never">();

  constructor(actors: Actors, store: Store) {
    this.#actors = actors;
    this.#store = store;
  }

  /** An answered request by the form that it has; undefined where none is known for it. */
  fill(answered: Answered): FormedExchange | undefined {
    if (answered.method !== "GET") return undefined;
    for (let at = 0; at < this.#known.length; at++) {
      const known = this.#known[at] as KnownForm;
      const values = isAlike(answered, known, this.#actors) ? valuesOf(answered, known) : undefined;
      if (values === undefined) continue;
      if (at > 0) this.#toFront(at, known);
      return formed(answered, known.form, values);
    }
    return undefined;
  }

  /** Learns the form of an exchange that had none, where another one of its kind was seen before. */
  learn(answered: Answered): void {
    const own = ownOf(answered);
    if (own === undefined) return;
    const kind = kindOf(answered, own);
    // One that does not fit into the form of its kind is told anew each time.
    if (this.#known.some((known) => known.kind === kind && isAlike(answered, known, this.#actors))) return;
    const seen = this.#seen.get(kind);
    if (seen === "never") return;
    const known = seen === "once" ? this.#make(answered, own, kind) : undefined;
    if (known === undefined) {
      if (this.#seen.size >= MAX_SEEN) this.#seen.clear();
      this.#seen.set(kind, seen === "once" ? "never" : "once");
      return;
    }
    this.#seen.delete(kind);
    this.#known.unshift(known);
    if (this.#known.length > MAX_FORMS) this.#known.pop();
  }

  #make(answered: Answered, own: Own, kind: string): KnownForm | undefined {
    try {
      return makeForm(answered, own, kind, this.#actors, this.#store);
    } catch {
      // Such as a query that is not well-formed: it is searched by as it came.
      return undefined;
    }
  }

  #toFront(at: number, known: KnownForm): void {
    this.#known.splice(at, 1);
    this.#known.unshift(known);
  }
}

function formed(answered: Answered, form: ExchangeForm, values: readonly string[]): FormedExchange {
  const { timing, durableMs } = answered;
  return {
    form,
    values,
    id: answered.id,
    durationUs: microseconds(answered.durationMs),
    split: {
      queueUs: microseconds(timing.queueMs),
      databaseUs: microseconds(timing.databaseMs),
      durableUs: microseconds(durableMs),
    },
    requestId: answered.requestId,
    responseBytes: answered.responseBytes,
  };
}

function kindOf({ url, happened, userAgent = "", place }: Answered, own: Own): string {
  const asked = around(url, own, happened.kind === "read" ? "id" : "soughtInUrl");
  return [happened.kind, own.id === "", asked.before, asked.after, userAgent, place.credential?.identity].join("\n");
}
