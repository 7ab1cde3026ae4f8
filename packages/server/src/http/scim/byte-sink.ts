import type { ListedResource } from "../../store/store.ts";
import { addressOf, BEHIND_ADDRESS, linksText, type Presentation, type Sink } from "./present.ts";

/** Holds a list of 100 users with room to spare; what is longer moves to a larger one. */
const BUFFER_BYTES = 256 * 1_024;

/** Buffers kept for reuse: 4 MiB together. */
const MAX_KEPT_BUFFERS = 16;

/** UTF-8 of a UTF-16 unit at most. */
const MAX_BYTES_PER_UNIT = 3;

const [COMMA, BRACE] = [",".charCodeAt(0), "}".charCodeAt(0)];

const NOTHING = Buffer.alloc(0);

/** Text as UTF-8, in a buffer that is lent until `giveBack` is called. */
export type AnswerBytes = { readonly bytes: Buffer; readonly giveBack: () => void };

const kept: Buffer[] = [];

/**
 * Gathers a long answer in a buffer that later answers use again. Joined to one string it would be copied once more, and
 * twice as large for a single letter beyond Latin-1; in memory of its own each time, the garbage collector would take a
 * sixth of a list's time.
 */
export class ByteSink implements Sink {
  readonly #lent = kept.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #buffer = this.#lent;
  #length = 0;
  /** Neighbours are presented alike, and mostly are in the same groups. */
  #presentation: Presentation | undefined;
  #address = NOTHING;
  #links = { text: "", bytes: NOTHING };

  text(text: string): void {
    this.#makeRoom(text.length * MAX_BYTES_PER_UNIT);
    this.#length += this.#buffer.write(text, this.#length);
  }

  /** Its parts one by one: joined, they would be copied once more. */
  whole(stored: ListedResource, presentation: Presentation): void {
    const { body } = stored;
    const links = this.#linksOf(stored, presentation);
    const address = this.#addressOf(presentation);
    this.#makeRoom(body.length * MAX_BYTES_PER_UNIT + address.length + links.length);
    const bytes = this.#buffer;
    const bodyEnd = this.#length + bytes.write(body, this.#length);
    // Moved within the buffer: of a part of a string a copy would be made first.
    const at = bodyEnd - BEHIND_ADDRESS;
    bytes.copyWithin(at + address.length, at, bodyEnd - 1);
    bytes.set(address, at);
    const linksAt = bodyEnd - 1 + address.length;
    bytes.set(links, linksAt);
    this.#length = linksAt + links.length;
    bytes[this.#length++] = BRACE;
  }

  comma(): void {
    this.#makeRoom(1);
    this.#buffer[this.#length++] = COMMA;
  }

  #linksOf(stored: ListedResource, presentation: Presentation): Buffer {
    const text = linksText(stored, presentation);
    if (text !== this.#links.text) this.#links = { text, bytes: Buffer.from(text) };
    return this.#links.bytes;
  }

  #addressOf(presentation: Presentation): Buffer {
    if (presentation !== this.#presentation) {
      this.#presentation = presentation;
      this.#address = Buffer.from(addressOf(presentation));
    }
    return this.#address;
  }

  /** What was gathered. Nothing more may be added. */
  lend(): AnswerBytes {
    return {
      bytes: this.#buffer.subarray(0, this.#length),
      giveBack: () => {
        if (kept.length < MAX_KEPT_BUFFERS) kept.push(this.#lent);
      },
    };
  }

  #makeRoom(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed > this.#buffer.length) this.#buffer = enlarge(this.#buffer, this.#length, needed);
  }
}

function enlarge(buffer: Buffer, length: number, bytes: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(Math.max(bytes, buffer.length * 2));
  buffer.copy(larger, 0, 0, length);
  return larger;
}
