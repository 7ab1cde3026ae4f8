/** Slots for each word at least; more of them make it less likely that two words want the same. */
const SLOTS_PER_WORD = 2;
const FIRST_SLOTS = 4_096;

/** Numbers words by their hashes, in the order in which they come. A table of open addresses: it makes no objects. */
export class KnownWords {
  #slots = new Int32Array(FIRST_SLOTS);
  readonly #hashes: number[] = [];
  readonly #others: number[] = [];

  get size(): number {
    return this.#hashes.length;
  }

  /** The number of the word with these hashes; a new one's is what `size` was. */
  numberOf(hash: number, other: number): number {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let entry = this.#slots[slot] ?? 0; entry !== 0; entry = this.#slots[slot] ?? 0) {
      if (this.#hashes[entry - 1] === hash && this.#others[entry - 1] === other) return entry - 1;
      slot = (slot + 1) & mask;
    }
    this.#hashes.push(hash);
    this.#others.push(other);
    this.#slots[slot] = this.size;
    if (this.size * SLOTS_PER_WORD > this.#slots.length) this.#grow();
    return this.size - 1;
  }

  #grow(): void {
    this.#slots = new Int32Array(2 * this.#slots.length);
    const mask = this.#slots.length - 1;
    for (const [number, hash] of this.#hashes.entries()) {
      let slot = hash & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = number + 1;
    }
  }
}
