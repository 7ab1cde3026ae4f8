import type { Terms } from "./found-terms.ts";
import { grown } from "./grown.ts";
import { decodePostings, encodePostings, type Posting, PostingReader } from "./postings.ts";
import { MIN_PREFIX_LENGTH, type Term } from "./terms.ts";

// The words of a block and which of its exchanges have them, in shares of which a search reads one per word. Blocks of
// an inverted index, unlike one index of everything, are written once and go with their exchanges; and how many have a
// word that half of them have is known without going through them one by one.

/** Shares of a block: those of words, which have all words with the same first letters; behind them those of hashes. */
export type Shares = { readonly words: number; readonly hashes: number };

export const SHARES_OF_SEALED: Shares = { words: 48, hashes: 16 };
/** Of a block that is soon put together with others. */
export const SHARES_OF_OTHERS: Shares = { words: 1, hashes: 1 };
export const MAX_SHARES = 64;

const LENGTH_BYTES = 4;
const HASH_BYTES = 8;

/** The shares that have anything, by their number. @param count of the exchanges in the block */
export function encodeIndex(
  { words, postings, hashes, hashPostings }: Terms,
  count: number,
  shares: Shares,
): Map<number, Uint8Array> {
  const encoded = new Map<number, Uint8Array>();
  for (const [share, numbers] of inShares(words, (word) => wordShare(word, shares))) {
    encoded.set(share, encodeWords(pick(words, numbers), pick(postings, numbers), count));
  }
  for (const [share, numbers] of inShares(hashes, (hash) => hashShare(hash, shares))) {
    encoded.set(share, encodeHashes(pick(hashes, numbers), pick(hashPostings, numbers), count));
  }
  return encoded;
}

/** The numbers of terms by the share that they are in. */
function inShares<Value>(terms: readonly Value[], shareOfTerm: (term: Value) => number): Map<number, number[]> {
  const numbers = new Map<number, number[]>();
  for (let number = 0; number < terms.length; number++) {
    const share = shareOfTerm(terms[number] as Value);
    const own = numbers.get(share);
    if (own === undefined) numbers.set(share, [number]);
    else own.push(number);
  }
  return numbers;
}

/** Reads what {@link encodeIndex} wrote. */
export function decodeIndex(encoded: ReadonlyMap<number, Uint8Array>, count: number, shares: Shares): Terms {
  const [words, postings]: [string[], Posting[]] = [[], []];
  const [hashes, hashPostings]: [number[], Posting[]] = [[], []];
  for (const [share, content] of encoded) {
    const bytes = bufferOf(content);
    if (share < shares.words) {
      const end = LENGTH_BYTES + bytes.readUInt32LE(0);
      const own = bytes.toString("utf8", LENGTH_BYTES + 1, end - 1).split("\n");
      append(words, own);
      append(postings, decodePostings(bytes.subarray(end), own.length, count));
    } else {
      const size = bytes.readUInt32LE(0);
      for (let at = 0; at < size; at++) hashes.push(bytes.readDoubleLE(LENGTH_BYTES + HASH_BYTES * at));
      append(hashPostings, decodePostings(bytes.subarray(LENGTH_BYTES + HASH_BYTES * size), size, count));
    }
  }
  return { words, postings, hashes, hashPostings };
}

/** One by one: so many arguments as there may be words do not fit on the stack. */
function append<Value>(values: Value[], more: readonly Value[]): void {
  for (const value of more) values.push(value);
}

/** In which share a term is. */
export function shareOf(term: Term, shares: Shares): number {
  return term.kind === "word" ? wordShare(term.text, shares) : hashShare(term.hash, shares);
}

/** A share that has been read, to be looked up in as often as needed. */
export type OpenShare = {
  /**
   * Marks the exchanges of the block that have a term.
   * @param hits one byte for each of them
   * @returns whether there are any
   */
  readonly mark: (term: Term, hits: Uint8Array) => boolean;
};

/** @param share its content @param kind of its terms @param count of the exchanges in the block */
export function openShare(share: Uint8Array, kind: Term["kind"], count: number): OpenShare {
  const bytes = bufferOf(share);
  return kind === "word" ? new WordShare(bytes, count) : new HashShare(bytes, count);
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function wordShare(word: string, { words }: Shares): number {
  return (word.charCodeAt(0) * 31 + (word.length > 1 ? word.charCodeAt(1) : 0)) % words;
}

function hashShare(hash: number, { words, hashes }: Shares): number {
  return words + (hash % hashes);
}

function pick<Value>(values: readonly Value[], numbers: readonly number[]): Value[] {
  return numbers.map((number) => values[number] as Value);
}

/** All words, with a line feed before and behind each; which exchanges have them. */
function encodeWords(words: readonly string[], postings: readonly Posting[], count: number): Uint8Array {
  const text = Buffer.from(`\n${words.join("\n")}\n`);
  const length = Buffer.allocUnsafe(LENGTH_BYTES);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text, encodePostings(postings, count)]);
}

class WordShare implements OpenShare {
  readonly #rest: Buffer;
  readonly #count: number;
  /** A character for each byte, so that places in the text are places in the bytes. */
  readonly #text: string;
  /** Where the words begin, and which exchanges have them: not read for words that nothing has. */
  #starts: Uint32Array | undefined;
  #postings: PostingReader | undefined;

  constructor(bytes: Buffer, count: number) {
    const end = LENGTH_BYTES + bytes.readUInt32LE(0);
    this.#rest = bytes.subarray(end);
    this.#count = count;
    this.#text = bytes.toString("latin1", LENGTH_BYTES, end);
  }

  mark(term: Term, hits: Uint8Array): boolean {
    if (term.kind !== "word") return false;
    const word = Buffer.from(term.text).toString("latin1");
    const sought = term.text.length >= MIN_PREFIX_LENGTH ? `\n${word}` : `\n${word}\n`;
    let found = this.#text.indexOf(sought);
    if (found < 0) return false;
    this.#starts ??= lineFeeds(this.#text);
    // Behind the last word there is one more.
    this.#postings ??= new PostingReader(this.#rest, this.#starts.length - 1, this.#count);
    for (let number = 0; found >= 0; found = this.#text.indexOf(sought, found + 1)) {
      while ((this.#starts[number] ?? found) < found) number++;
      this.#postings.mark(number, hits);
    }
    return true;
  }
}

function lineFeeds(text: string): Uint32Array {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
    if (count === places.length) places = grown(places);
    places[count++] = at;
  }
  return places.slice(0, count);
}

/** Used again and again. */
let places = new Uint32Array(1_024);

/** How many hashes; the hashes; which exchanges have them. */
function encodeHashes(hashes: readonly number[], postings: readonly Posting[], count: number): Uint8Array {
  const head = Buffer.allocUnsafe(LENGTH_BYTES + HASH_BYTES * hashes.length);
  let at = head.writeUInt32LE(hashes.length);
  for (const hash of hashes) at = head.writeDoubleLE(hash, at);
  return Buffer.concat([head, encodePostings(postings, count)]);
}

class HashShare implements OpenShare {
  readonly #bytes: Buffer;
  readonly #size: number;
  readonly #end: number;
  readonly #count: number;

  constructor(bytes: Buffer, count: number) {
    this.#bytes = bytes;
    this.#size = bytes.readUInt32LE(0);
    this.#end = LENGTH_BYTES + HASH_BYTES * this.#size;
    this.#count = count;
  }

  mark(term: Term, hits: Uint8Array): boolean {
    if (term.kind !== "hash") return false;
    const sought = Buffer.allocUnsafe(HASH_BYTES);
    sought.writeDoubleLE(term.hash);
    let found = this.#bytes.indexOf(sought, LENGTH_BYTES);
    while (found >= 0 && found < this.#end) {
      const offset = found - LENGTH_BYTES;
      if (offset % HASH_BYTES === 0) {
        new PostingReader(this.#bytes.subarray(this.#end), this.#size, this.#count).mark(offset / HASH_BYTES, hits);
        return true;
      }
      found = this.#bytes.indexOf(sought, found + 1);
    }
    return false;
  }
}
