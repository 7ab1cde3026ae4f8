// Which exchanges of a block have each of some terms: their indexes, or a bit for each exchange where that is less.

import { grown } from "./grown.ts";

const NUMBER_BYTES = 2;

/** Pairs, and terms, that there is room for at first. */
const FIRST_ROOM = 4_096;

/** The indexes of the exchanges that have a term, ascending; of most terms it is one, which stands for itself. */
export type Posting = number | readonly number[];

/** Notes which exchanges have each term: in pairs, as they come, so that what waits makes no objects. */
export class PostingLog {
  #terms = new Uint32Array(FIRST_ROOM);
  #indexes = new Uint16Array(FIRST_ROOM);
  #length = 0;
  /** Of each term the index noted last, and one more: 0 where there is none. */
  #last = new Int32Array(FIRST_ROOM);

  /** @param at index of an exchange that has the term, no less than those noted before */
  note(term: number, at: number): void {
    while (term >= this.#last.length) this.#last = grown(this.#last);
    if (this.#last[term] === at + 1) return;
    this.#last[term] = at + 1;
    if (this.#length === this.#terms.length) {
      this.#terms = grown(this.#terms);
      this.#indexes = grown(this.#indexes);
    }
    this.#terms[this.#length] = term;
    this.#indexes[this.#length++] = at;
  }

  /** By term. */
  postings(): Posting[] {
    const postings: (number | number[])[] = [];
    for (let pair = 0; pair < this.#length; pair++) {
      const [term, at] = [this.#terms[pair] as number, this.#indexes[pair] as number];
      const known = postings[term];
      if (known === undefined) postings[term] = at;
      else if (typeof known === "number") postings[term] = [known, at];
      else known.push(at);
    }
    return postings;
  }

  /** Forgets all. Its room stays. */
  clear(): void {
    this.#length = 0;
    this.#last.fill(0);
  }
}

/** The exchanges that are in one or the other. */
export function union(some: Posting, others: Posting): Posting {
  if (some === others) return some;
  const [left, right] = [indexesOf(some), indexesOf(others)];
  const all: number[] = [];
  for (let [at, other] = [0, 0]; at < left.length || other < right.length; ) {
    const next = Math.min(left[at] ?? Number.POSITIVE_INFINITY, right[other] ?? Number.POSITIVE_INFINITY);
    if (left[at] === next) at++;
    if (right[other] === next) other++;
    all.push(next);
  }
  return all.length === right.length ? others : all;
}

function indexesOf(posting: Posting): readonly number[] {
  return typeof posting === "number" ? [posting] : posting;
}

function lengthOf(posting: Posting): number {
  return typeof posting === "number" ? 1 : posting.length;
}

/** For each term how many exchanges have it, then for each which. @param count of the exchanges in the block */
export function encodePostings(postings: readonly Posting[], count: number): Uint8Array {
  let size = NUMBER_BYTES * postings.length;
  for (const posting of postings) size += sizeOf(lengthOf(posting), count);
  const bytes = Buffer.alloc(size);
  let at = 0;
  for (const posting of postings) at = bytes.writeUInt16LE(lengthOf(posting), at);
  for (const posting of postings) {
    const indexes = indexesOf(posting);
    if (isList(indexes.length, count)) for (const index of indexes) at = bytes.writeUInt16LE(index, at);
    else {
      for (const index of indexes) {
        const byte = at + (index >> 3);
        bytes[byte] = (bytes[byte] ?? 0) | (1 << (index & 7));
      }
      at += sizeOf(indexes.length, count);
    }
  }
  return bytes;
}

/** Reads what {@link encodePostings} wrote. @param terms how many there are */
export function decodePostings(bytes: Buffer, terms: number, count: number): number[][] {
  const postings: number[][] = [];
  let at = NUMBER_BYTES * terms;
  for (let term = 0; term < terms; term++) {
    const length = bytes.readUInt16LE(NUMBER_BYTES * term);
    const posting: number[] = [];
    eachIndex(bytes, at, length, count, (index) => posting.push(index));
    postings.push(posting);
    at += sizeOf(length, count);
  }
  return postings;
}

/** What {@link encodePostings} wrote, to be looked up in as often as needed. */
export class PostingReader {
  readonly #bytes: Buffer;
  readonly #count: number;
  /** Where the posting of each term begins, as far as that has been needed. */
  readonly #places: Uint32Array;
  #last = 0;

  /** @param terms how many there are @param count of the exchanges in the block */
  constructor(bytes: Buffer, terms: number, count: number) {
    this.#bytes = bytes;
    this.#count = count;
    this.#places = new Uint32Array(terms);
    this.#places[0] = NUMBER_BYTES * terms;
  }

  /** Marks the exchanges that have a term. @param hits one byte for each exchange of the block */
  mark(term: number, hits: Uint8Array): void {
    eachIndex(this.#bytes, this.#placeOf(term), this.#lengthOf(term), this.#count, (index) => {
      hits[index] = 1;
    });
  }

  #placeOf(term: number): number {
    for (; this.#last < term; this.#last++) {
      const place = this.#places[this.#last] as number;
      this.#places[this.#last + 1] = place + sizeOf(this.#lengthOf(this.#last), this.#count);
    }
    return this.#places[term] as number;
  }

  #lengthOf(term: number): number {
    return this.#bytes.readUInt16LE(NUMBER_BYTES * term);
  }
}

/** The indexes of one term. @param at where its posting begins @param length how many exchanges have it */
function eachIndex(bytes: Buffer, at: number, length: number, count: number, visit: (index: number) => void): void {
  if (isList(length, count)) {
    for (let index = 0; index < length; index++) visit(bytes.readUInt16LE(at + NUMBER_BYTES * index));
  } else {
    for (let index = 0; index < count; index++) {
      if ((((bytes[at + (index >> 3)] ?? 0) >> (index & 7)) & 1) === 1) visit(index);
    }
  }
}

function isList(length: number, count: number): boolean {
  return length * NUMBER_BYTES <= Math.ceil(count / 8);
}

function sizeOf(length: number, count: number): number {
  return isList(length, count) ? length * NUMBER_BYTES : Math.ceil(count / 8);
}
