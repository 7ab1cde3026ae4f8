import type { Terms } from "./found-terms.ts";
import { decodePostings, encodePostings, markPostings, type Posting } from "./postings.ts";
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
      words.push(...own);
      postings.push(...decodePostings(bytes.subarray(end), own.length, count));
    } else {
      const size = bytes.readUInt32LE(0);
      for (let at = 0; at < size; at++) hashes.push(bytes.readDoubleLE(LENGTH_BYTES + HASH_BYTES * at));
      hashPostings.push(...decodePostings(bytes.subarray(LENGTH_BYTES + HASH_BYTES * size), size, count));
    }
  }
  return { words, postings, hashes, hashPostings };
}

/** In which share a term is. */
export function shareOf(term: Term, shares: Shares): number {
  return term.kind === "word" ? wordShare(term.text, shares) : hashShare(term.hash, shares);
}

/**
 * Marks the exchanges of a block that have a term.
 * @param share the content of the term's share
 * @param hits one byte for each exchange of the block
 * @returns whether there are any
 */
export function markHits(share: Uint8Array, term: Term, hits: Uint8Array): boolean {
  const bytes = bufferOf(share);
  return term.kind === "word" ? markWords(bytes, term.text, hits) : markHash(bytes, term.hash, hits);
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

function markWords(bytes: Buffer, word: string, hits: Uint8Array): boolean {
  const end = LENGTH_BYTES + bytes.readUInt32LE(0);
  const text = bytes.toString("utf8", LENGTH_BYTES, end);
  const sought = word.length >= MIN_PREFIX_LENGTH ? `\n${word}` : `\n${word}\n`;
  const numbers: number[] = [];
  let [number, counted] = [0, 0];
  for (let found = text.indexOf(sought); found >= 0; found = text.indexOf(sought, found + 1)) {
    for (; counted < found; number++) counted = text.indexOf("\n", counted + 1);
    numbers.push(number);
  }
  if (numbers.length === 0) return false;
  for (let at = text.indexOf("\n", counted + 1); at >= 0; at = text.indexOf("\n", at + 1)) number++;
  markPostings(bytes.subarray(end), number, numbers, hits);
  return true;
}

/** How many hashes; the hashes; which exchanges have them. */
function encodeHashes(hashes: readonly number[], postings: readonly Posting[], count: number): Uint8Array {
  const head = Buffer.allocUnsafe(LENGTH_BYTES + HASH_BYTES * hashes.length);
  let at = head.writeUInt32LE(hashes.length);
  for (const hash of hashes) at = head.writeDoubleLE(hash, at);
  return Buffer.concat([head, encodePostings(postings, count)]);
}

function markHash(bytes: Buffer, hash: number, hits: Uint8Array): boolean {
  const size = bytes.readUInt32LE(0);
  const end = LENGTH_BYTES + HASH_BYTES * size;
  const sought = Buffer.allocUnsafe(HASH_BYTES);
  sought.writeDoubleLE(hash);
  for (let found = bytes.indexOf(sought, LENGTH_BYTES); found >= 0 && found < end; ) {
    const offset = found - LENGTH_BYTES;
    if (offset % HASH_BYTES === 0) {
      markPostings(bytes.subarray(end), size, [offset / HASH_BYTES], hits);
      return true;
    }
    found = bytes.indexOf(sought, found + 1);
  }
  return false;
}
