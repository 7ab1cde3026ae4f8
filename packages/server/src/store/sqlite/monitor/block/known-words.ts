import { grown } from "./grown.ts";

/** Slots for each word at least; more of them make it less likely that two words want the same. */
const SLOTS_PER_WORD = 2;
const FIRST_SLOTS = 4_096;

/** Numbers words by their hashes, in the order in which they come. A table of open addresses: it makes no objects. */
export class KnownWords {
  #slots = new Int32Array(FIRST_SLOTS);
  #hashes = new Uint32Array(FIRST_SLOTS / SLOTS_PER_WORD);
  #others = new Uint32Array(FIRST_SLOTS / SLOTS_PER_WORD);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The number of the word with these hashes, of 32 bits; a new one's is what `size` was. */
  numberOf(hash: number, other: number): number {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let entry = this.#slots[slot] ?? 0; entry !== 0; entry = this.#slots[slot] ?? 0) {
      if (this.#hashes[entry - 1] === hash && this.#others[entry - 1] === other) return entry - 1;
      slot = (slot + 1) & mask;
    }
    const number = this.#size++;
    this.#hashes[number] = hash;
    this.#others[number] = other;
    this.#slots[slot] = this.#size;
    if (this.#size * SLOTS_PER_WORD >= this.#slots.length) this.#grow();
    return number;
  }

  /** Forgets all. Its room stays. */
  clear(): void {
    this.#slots.fill(0);
    this.#size = 0;
  }

  #grow(): void {
    this.#hashes = grown(this.#hashes);
    this.#others = grown(this.#others);
    this.#slots = new Int32Array(2 * this.#slots.length);
    const mask = this.#slots.length - 1;
    for (let number = 0; number < this.#size; number++) {
      let slot = (this.#hashes[number] ?? 0) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = number + 1;
    }
  }
}
