import { crc32 } from "node:zlib";

/** The bytes from here on are SQLite's for locks: the page that holds them is never written. */
const LOCK_BYTE_OFFSET = 2 ** 30;

/** Pages for which there is room at first. */
const FIRST_CAPACITY = 256;

/** 2^32 divided by the golden ratio: spreads page numbers over the factors of the sum. */
const SPREAD = 0x9e3779b1;

/**
 * Checksum of the pages of a database, kept up as they change at the cost of one CRC a page, in 4 bytes of memory a page.
 *
 * The CRC-32 of each page begins with the page's number. The checksum is the XOR of all CRCs, which alone would not
 * notice two pages that changed places, and the sum of each CRC times an odd number that depends on the page. The order
 * in which pages were set does not matter.
 */
export class DatabaseChecksum {
  readonly #pageSize: number;
  readonly #lockBytePage: number;
  /** CRC by page number less one. A page that was never set has 0, and contributes nothing. */
  #crcs = new Uint32Array(FIRST_CAPACITY);
  #pages = 0;
  #xor = 0;
  #sum = 0;

  /** @param pageSize bytes of a page */
  constructor(pageSize: number) {
    this.#pageSize = pageSize;
    this.#lockBytePage = Math.floor(LOCK_BYTE_OFFSET / pageSize) + 1;
  }

  /**
   * Takes the image of a page, new or changed. A page behind the last makes the database so much larger.
   * @param page its number, from 1; SQLite's lock-byte page is ignored, whatever lies there
   * @throws RangeError when there can be no such page, or the image does not have the size of one
   */
  set(page: number, image: Uint8Array): void {
    if (!(Number.isInteger(page) && page >= 1 && page < 2 ** 32)) throw new RangeError(`there is no page ${page}`);
    if (image.length !== this.#pageSize)
      throw new RangeError(`page ${page} has ${image.length} bytes, not ${this.#pageSize}`);
    if (page > this.#pages) this.resize(page);
    if (page !== this.#lockBytePage) this.#exchange(page, crc32(image, page));
  }

  /**
   * Sets the size of the database. Pages above it no longer count. Pages by which it grows count once they are set.
   * @param databasePages size in pages
   */
  resize(databasePages: number): void {
    for (let page = databasePages + 1; page <= this.#pages; page++) this.#exchange(page, 0);
    if (databasePages > this.#crcs.length) {
      const larger = new Uint32Array(Math.max(databasePages, Math.ceil(this.#crcs.length * 1.5)));
      larger.set(this.#crcs);
      this.#crcs = larger;
    }
    this.#pages = databasePages;
  }

  /** 16 hexadecimal digits; all of them 0 for a database without pages. */
  get value(): string {
    return hex(this.#xor) + hex(this.#sum);
  }

  /** A copy that goes its own way. */
  clone(): DatabaseChecksum {
    const copy = new DatabaseChecksum(this.#pageSize);
    copy.#crcs = this.#crcs.slice();
    copy.#pages = this.#pages;
    copy.#xor = this.#xor;
    copy.#sum = this.#sum;
    return copy;
  }

  #exchange(page: number, crc: number): void {
    const before = this.#crcs[page - 1] as number;
    if (before === crc) return;
    this.#crcs[page - 1] = crc;
    this.#xor ^= before ^ crc;
    this.#sum = (this.#sum + Math.imul(crc - before, factor(page))) | 0;
  }
}

function factor(page: number): number {
  return Math.imul(page, SPREAD) | 1;
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}
