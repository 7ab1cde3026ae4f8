import { crc32 } from "node:zlib";

/** SQLite reserves the bytes from here on for locks and never writes the page that contains them. */
const LOCK_BYTE_OFFSET = 2 ** 30;

const FIRST_CAPACITY = 256;

/** 2^32 divided by the golden ratio: spreads page numbers over the factors of the sum. */
const SPREAD = 0x9e3779b1;

/**
 * Checksum of the pages of a database. An update costs one CRC; the memory is 4 bytes a page.
 * The CRC-32 of each page starts with the page's number. The checksum is the XOR of all CRCs, which alone would not
 * notice two swapped pages, and the sum of each CRC times an odd number that depends on the page. The order in which
 * pages are set does not matter.
 */
export class DatabaseChecksum {
  readonly #pageSize: number;
  readonly #lockBytePage: number;
  /** CRC by page number minus one. A page that was never set has 0 and contributes nothing. */
  #crcs = new Uint32Array(FIRST_CAPACITY);
  #pages = 0;
  #xor = 0;
  #sum = 0;

  /** @param pageSize bytes per page */
  constructor(pageSize: number) {
    this.#pageSize = pageSize;
    this.#lockBytePage = Math.floor(LOCK_BYTE_OFFSET / pageSize) + 1;
  }

  /**
   * Sets the image of a page. A page after the last one enlarges the database.
   * @param page its number, from 1; SQLite's lock-byte page is ignored, whatever it contains
   * @throws RangeError if there can be no such page, or the image has another size
   */
  set(page: number, image: Uint8Array): void {
    if (!(Number.isInteger(page) && page >= 1 && page < 2 ** 32)) throw new RangeError(`there is no page ${page}`);
    if (image.length !== this.#pageSize)
      throw new RangeError(`page ${page} has ${image.length} bytes, not ${this.#pageSize}`);
    if (page > this.#pages) this.resize(page);
    if (page !== this.#lockBytePage) this.#exchange(page, crc32(image, page));
  }

  /**
   * Sets the size of the database. Pages beyond it no longer count. Added pages count once they are set.
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

  /** 16 hexadecimal digits; all 0 for a database without pages. */
  get value(): string {
    return hex(this.#xor) + hex(this.#sum);
  }

  /** An independent copy. */
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
