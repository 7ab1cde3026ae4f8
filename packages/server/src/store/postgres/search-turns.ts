import { type Key, ReadsBusy } from "../store.ts";

type Waiting = { readonly owner: Key; readonly begin: () => void };

/** Limits how many searches run at once. Of several owners, none may use all places. */
export class SearchTurns {
  readonly #places: number;
  readonly #placesPerOwner: number;
  readonly #patienceMs: number;
  readonly #running = new Map<Key, number>();
  #count = 0;
  #waiting: Waiting[] = [];

  /** @param patienceMs how long a search waits for a place */
  constructor(places: number, patienceMs: number) {
    this.#places = places;
    this.#placesPerOwner = Math.max(1, places - 1);
    this.#patienceMs = patienceMs;
  }

  /** @throws ReadsBusy */
  async run<T>(owner: Key, search: () => Promise<T>): Promise<T> {
    if (this.#isFree(owner)) this.#add(owner, 1);
    else await this.#wait(owner);
    try {
      return await search();
    } finally {
      this.#add(owner, -1);
      this.#next();
    }
  }

  #isFree(owner: Key): boolean {
    return this.#count < this.#places && (this.#running.get(owner) ?? 0) < this.#placesPerOwner;
  }

  #add(owner: Key, difference: 1 | -1): void {
    const running = (this.#running.get(owner) ?? 0) + difference;
    if (running === 0) this.#running.delete(owner);
    else this.#running.set(owner, running);
    this.#count += difference;
  }

  #wait(owner: Key): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        owner,
        begin: () => {
          clearTimeout(patience);
          this.#add(owner, 1);
          resolve();
        },
      };
      const patience = setTimeout(() => {
        this.#waiting = this.#waiting.filter((each) => each !== waiting);
        reject(new ReadsBusy("Other searches use all connections."));
      }, this.#patienceMs);
      this.#waiting.push(waiting);
    });
  }

  /** The owner with the fewest searches comes first, then the one that has waited longest. */
  #next(): void {
    const running = ({ owner }: Waiting) => this.#running.get(owner) ?? 0;
    let next: Waiting | undefined;
    for (const waiting of this.#waiting) {
      if (this.#isFree(waiting.owner) && (next === undefined || running(waiting) < running(next))) next = waiting;
    }
    if (next === undefined) return;
    this.#waiting = this.#waiting.filter((each) => each !== next);
    next.begin();
  }
}
