import type { FoundResource } from "../../store/store.ts";
import { type MetaBytes, metaBytesOf } from "./meta-bytes.ts";
import { linksText, metaText, type Presentation, type Sink } from "./present.ts";

/** Holds a list of 100 users with room to spare; what is longer moves to a larger one. */
const BUFFER_BYTES = 256 * 1_024;

/** Buffers kept for reuse: 4 MiB together. */
const MAX_KEPT_BUFFERS = 16;

/** UTF-8 of a UTF-16 unit at most. */
const MAX_BYTES_PER_UNIT = 3;

const COMMA = ",".charCodeAt(0);

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
  #meta: MetaBytes | undefined;
  #links = { text: "", bytes: Buffer.alloc(0) };

  text(text: string): void {
    this.#makeRoom(text.length * MAX_BYTES_PER_UNIT);
    this.#length += this.#buffer.write(text, this.#length);
  }

  /** Its parts one by one: joined, they would be copied once more. */
  whole(stored: FoundResource, presentation: Presentation): void {
    const { body } = stored;
    const links = this.#linksOf(stored, presentation);
    const meta = this.#metaOf(presentation);
    this.#makeRoom(body.length * MAX_BYTES_PER_UNIT + links.length + meta.maxBytes);
    const bytes = this.#buffer;
    // Without the last brace: of a part of a string a copy would be made first.
    const bodyEnd = this.#length + bytes.write(body, this.#length) - 1;
    bytes.set(links, bodyEnd);
    const metaAt = bodyEnd + links.length;
    const end = meta.write(bytes, metaAt, stored);
    this.#length = end ?? metaAt;
    if (end === undefined) this.text(metaText(stored, presentation));
  }

  comma(): void {
    this.#makeRoom(1);
    this.#buffer[this.#length++] = COMMA;
  }

  #linksOf(stored: FoundResource, presentation: Presentation): Buffer {
    const text = linksText(stored, presentation);
    if (text !== this.#links.text) this.#links = { text, bytes: Buffer.from(text) };
    return this.#links.bytes;
  }

  #metaOf(presentation: Presentation): MetaBytes {
    if (presentation !== this.#presentation) {
      this.#presentation = presentation;
      this.#meta = metaBytesOf(presentation);
    }
    return this.#meta as MetaBytes;
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
