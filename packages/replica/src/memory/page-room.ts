import { letGo } from "./let-go.ts";

/** Pages for which memory is taken at a time. */
const PAGES_AT_ONCE = 64;

/** What was needed beyond this is let go of, and taken anew when it is needed again. */
const MAX_KEPT_BYTES = 4 * 1_024 * 1_024;

/** Memory for images of pages, used again and again: fresh memory for each would pile up until it is collected. */
export class PageRoom {
  readonly #pageSize: number;
  readonly #free: Buffer[] = [];
  readonly #memory: Buffer[] = [];

  /** @param pageSize bytes of a page */
  constructor(pageSize: number) {
    this.#pageSize = pageSize;
  }

  get pageSize(): number {
    return this.#pageSize;
  }

  /** Whether there is so much of it that it had better be made anew. */
  get isLarge(): boolean {
    return this.#memory.length * PAGES_AT_ONCE * this.#pageSize > MAX_KEPT_BYTES;
  }

  /** @returns memory for one page, whatever is in it */
  take(): Buffer {
    return this.#free.pop() ?? this.#enlarge();
  }

  /** The image is not needed any more. */
  giveBack(image: Buffer): void {
    this.#free.push(image);
  }

  /** Nothing of it is used any more. */
  close(): void {
    this.#free.length = 0;
    for (const bytes of this.#memory.splice(0)) letGo(bytes);
  }

  #enlarge(): Buffer {
    const bytes = Buffer.allocUnsafeSlow(PAGES_AT_ONCE * this.#pageSize);
    for (let at = 1; at < PAGES_AT_ONCE; at++) {
      this.#free.push(bytes.subarray(at * this.#pageSize, (at + 1) * this.#pageSize));
    }
    this.#memory.push(bytes);
    return bytes.subarray(0, this.#pageSize);
  }
}
