import type { ListedResource, Reference } from "../../store/store.ts";
import { AFTER_BASE_URI, baseUriOf, linksText, type Presentation } from "./resource-text.ts";

// Writes long pages into pooled buffers. Measured with a list of 100 users (npm run bench -- --case list): joining the
// page to a string costs 50 % more CPU per request, and a new buffer for each page costs as much, mostly in garbage
// collection.

/** Enough for 100 users; longer pages move to a larger buffer, which is not kept. */
const BUFFER_BYTES = 256 * 1_024;

/** Buffers kept for reuse: 4 MiB. */
const MAX_KEPT_BUFFERS = 16;

/** Maximum UTF-8 bytes of one UTF-16 unit. */
const MAX_BYTES_PER_UNIT = 3;

const COMMA = ",".charCodeAt(0);
const CLOSING_BRACE = "}".charCodeAt(0);

const EMPTY = Buffer.alloc(0);

/** Text as UTF-8 in a buffer that others may use after `release` was called. */
export type PageBytes = { readonly bytes: Buffer; readonly release: () => void };

const pool: Buffer[] = [];

export class PageBuffer {
  readonly #pooled = pool.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #buffer = this.#pooled;
  #length = 0;
  /** Neighbours on a page usually have the same presentation and are often in the same groups. */
  #presentation: Presentation | undefined;
  #baseUri = EMPTY;
  #groups: readonly Reference[] | undefined;
  #links = EMPTY;

  text(text: string): void {
    this.#reserve(text.length * MAX_BYTES_PER_UNIT);
    this.#length += this.#buffer.write(text, this.#length);
  }

  comma(): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = COMMA;
  }

  resource(stored: ListedResource, presentation: Presentation): void {
    const { body } = stored;
    if (presentation !== this.#presentation) {
      this.#presentation = presentation;
      this.#baseUri = Buffer.from(baseUriOf(presentation));
      this.#groups = undefined;
    }
    const baseUri = this.#baseUri;
    const links = this.#linksOf(stored, presentation);
    this.#reserve(body.length * MAX_BYTES_PER_UNIT + baseUri.length + links.length);
    const bytes = this.#buffer;
    const bodyEnd = this.#length + bytes.write(body, this.#length);
    // The end of the body is ASCII. Moving it avoids slicing the string, which copies.
    const at = bodyEnd - AFTER_BASE_URI;
    bytes.copyWithin(at + baseUri.length, at, bodyEnd - 1);
    bytes.set(baseUri, at);
    const linksAt = bodyEnd - 1 + baseUri.length;
    bytes.set(links, linksAt);
    this.#length = linksAt + links.length;
    bytes[this.#length++] = CLOSING_BRACE;
  }

  #linksOf(stored: ListedResource, presentation: Presentation): Buffer {
    const { groups, members = [] } = stored;
    if (members.length > 0) return Buffer.from(linksText(stored, presentation));
    if (groups !== this.#groups) {
      this.#groups = groups;
      this.#links = Buffer.from(linksText(stored, presentation));
    }
    return this.#links;
  }

  finish(): PageBytes {
    return {
      bytes: this.#buffer.subarray(0, this.#length),
      release: () => {
        if (pool.length < MAX_KEPT_BUFFERS) pool.push(this.#pooled);
      },
    };
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
