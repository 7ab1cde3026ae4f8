type Size = { readonly count: number; readonly bytes: number };

/** Bounds how many exchanges, and how many bytes of them, may wait. */
export class Room {
  readonly #max: Size;
  #count = 0;
  #bytes = 0;

  constructor(max: Size) {
    this.#max = max;
  }

  /** @returns whether there is room for one more */
  take(bytes: number): boolean {
    if (this.#count >= this.#max.count || this.#bytes + bytes > this.#max.bytes) return false;
    this.#count++;
    this.#bytes += bytes;
    return true;
  }

  /** Gives back what one has taken. */
  give(bytes: number): void {
    this.#count--;
    this.#bytes -= bytes;
  }

  clear(): void {
    this.#count = 0;
    this.#bytes = 0;
  }
}
