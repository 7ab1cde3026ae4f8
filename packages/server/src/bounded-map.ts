/** A map that drops its oldest entries when it is full. */
export class BoundedMap<K, V> {
  readonly #entries = new Map<K, { readonly value: V; readonly weight: number }>();
  readonly #capacity: number;
  readonly #weightOf: (value: V) => number;
  #weight = 0;

  /** @param weightOf how much of the capacity a value takes at the time it is set */
  constructor(capacity: number, weightOf: (value: V) => number = () => 1) {
    this.#capacity = capacity;
    this.#weightOf = weightOf;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key)?.value;
  }

  set(key: K, value: V): void {
    this.delete(key);
    const weight = this.#weightOf(value);
    for (const [oldest] of this.#entries) {
      if (this.#weight + weight <= this.#capacity) break;
      this.delete(oldest);
    }
    this.#entries.set(key, { value, weight });
    this.#weight += weight;
  }

  delete(key: K): void {
    this.#weight -= this.#entries.get(key)?.weight ?? 0;
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#weight = 0;
  }

  get size(): number {
    return this.#entries.size;
  }
}
