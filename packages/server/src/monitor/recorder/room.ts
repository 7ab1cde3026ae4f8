/** Room for so many exchanges, and bytes of them, to wait in. */
export class Room {
  readonly #most: { readonly count: number; readonly bytes: number };
  #count = 0;
  #bytes = 0;

  constructor(most: { readonly count: number; readonly bytes: number }) {
    this.#most = most;
  }

  get count(): number {
    return this.#count;
  }

  /** Takes one more. @returns false where there is no room for it */
  take(bytes: number): boolean {
    if (this.#count >= this.#most.count || this.#bytes + bytes > this.#most.bytes) return false;
    this.#count++;
    this.#bytes += bytes;
    return true;
  }

  /** One that has been taken turns out to be larger. */
  grow(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Gives back what some have taken. */
  give({ count, bytes }: { readonly count: number; readonly bytes: number }): void {
    this.#count -= count;
    this.#bytes -= bytes;
  }

  clear(): void {
    this.#count = 0;
    this.#bytes = 0;
  }
}
