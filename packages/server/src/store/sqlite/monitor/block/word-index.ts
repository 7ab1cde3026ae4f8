import { textHash } from "./text-hash.ts";
import { MIN_PREFIX_LENGTH, type Term } from "./words.ts";

// The words of a block and which of its exchanges have them, in shares of which a search reads one per word. Blocks of
// an inverted index, unlike one index of everything, are written once and go with their exchanges; and how many have a
// word that half of them have is known without going through them one by one.

/** Words are shared out by their first letters, UUIDs and ids of resources, of which only a hash is kept, by that. */
const WORD_SHARES = 48;
const HASH_SHARES = 16;
export const SHARES = WORD_SHARES + HASH_SHARES;

const HASH_BYTES = 8;
const NUMBER_BYTES = 2;

/** Gathers the terms of a block's exchanges. */
export class WordIndexBuilder {
  readonly #words = Array.from({ length: WORD_SHARES }, () => new Map<string, number[]>());
  readonly #hashes = Array.from({ length: HASH_SHARES }, () => new Map<number, number[]>());

  /** @param at index of the exchange in the block; they come in order */
  add(at: number, kind: Term["kind"], text: string): void {
    if (kind === "word") note(this.#words[wordShare(text)], text, at);
    else {
      const hash = hashOf(kind, text);
      note(this.#hashes[hash % HASH_SHARES], hash, at);
    }
  }

  /** The shares that have anything, by their number. @param count of the exchanges in the block */
  shares(count: number): Map<number, Uint8Array> {
    const shares = new Map<number, Uint8Array>();
    for (const [share, words] of this.#words.entries()) {
      if (words.size > 0) shares.set(share, encodeWords(words, count));
    }
    for (const [share, hashes] of this.#hashes.entries()) {
      if (hashes.size > 0) shares.set(WORD_SHARES + share, encodeHashes(hashes, count));
    }
    return shares;
  }
}

/** In which share a term is. */
export function shareOf({ kind, text }: Term): number {
  return kind === "word" ? wordShare(text) : WORD_SHARES + (hashOf(kind, text) % HASH_SHARES);
}

/**
 * Marks the exchanges of a block that have a term.
 * @param share its content
 * @param hits one byte for each exchange of the block
 */
export function markHits(share: Uint8Array, term: Term, hits: Uint8Array): void {
  const bytes = Buffer.from(share.buffer, share.byteOffset, share.byteLength);
  if (term.kind === "word") markWords(bytes, term.text, hits);
  else markHash(bytes, hashOf(term.kind, term.text), hits);
}

function note<Key>(terms: Map<Key, number[]> | undefined, term: Key, at: number): void {
  const found = terms?.get(term);
  if (found === undefined) terms?.set(term, [at]);
  else if (found.at(-1) !== at) found.push(at);
}

/** The two ways in which an id is a term are told apart by their hashes. */
function hashOf(kind: "uuid" | "resource", text: string): number {
  return kind === "uuid" ? textHash(text) : textHash(`/${text}`);
}

function wordShare(word: string): number {
  return (word.charCodeAt(0) * 31 + (word.length > 1 ? word.charCodeAt(1) : 0)) % WORD_SHARES;
}

/** All words with a line feed before and behind each; how many exchanges have each; which. */
function encodeWords(words: ReadonlyMap<string, number[]>, count: number): Uint8Array {
  const text = Buffer.from(`\n${[...words.keys()].join("\n")}\n`);
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text, encodePostings([...words.values()], count)]);
}

function markWords(bytes: Buffer, word: string, hits: Uint8Array): void {
  const end = 4 + bytes.readUInt32LE(0);
  const text = bytes.toString("utf8", 4, end);
  const sought = word.length >= MIN_PREFIX_LENGTH ? `\n${word}` : `\n${word}\n`;
  const ordinals: number[] = [];
  let [ordinal, counted] = [0, 0];
  for (let found = text.indexOf(sought); found >= 0; found = text.indexOf(sought, found + 1)) {
    for (; counted < found; ordinal++) counted = text.indexOf("\n", counted + 1);
    ordinals.push(ordinal);
  }
  if (ordinals.length === 0) return;
  let words = -1;
  for (let at = 0; at >= 0; at = text.indexOf("\n", at + 1)) words++;
  markPostings(bytes.subarray(end), words, ordinals, hits);
}

/** How many hashes; the hashes; how many exchanges have each; which. */
function encodeHashes(hashes: ReadonlyMap<number, number[]>, count: number): Uint8Array {
  const head = Buffer.allocUnsafe(4 + HASH_BYTES * hashes.size);
  head.writeUInt32LE(hashes.size);
  let at = 4;
  for (const hash of hashes.keys()) at = head.writeDoubleLE(hash, at);
  return Buffer.concat([head, encodePostings([...hashes.values()], count)]);
}

function markHash(bytes: Buffer, hash: number, hits: Uint8Array): void {
  const size = bytes.readUInt32LE(0);
  const end = 4 + HASH_BYTES * size;
  const sought = Buffer.allocUnsafe(HASH_BYTES);
  sought.writeDoubleLE(hash);
  for (let found = bytes.indexOf(sought, 4); found >= 0 && found < end; found = bytes.indexOf(sought, found + 1)) {
    const isWhole = (found - 4) % HASH_BYTES === 0;
    if (isWhole) markPostings(bytes.subarray(end), size, [(found - 4) / HASH_BYTES], hits);
  }
}

/** For each term how many exchanges have it, then for each which: their indexes, or a bit for each where that is less. */
function encodePostings(postings: readonly (readonly number[])[], count: number): Uint8Array {
  const bytes = Buffer.alloc(postings.reduce((sum, { length }) => sum + NUMBER_BYTES + postingBytes(length, count), 0));
  let at = 0;
  for (const { length } of postings) at = bytes.writeUInt16LE(length, at);
  for (const posting of postings) {
    const size = postingBytes(posting.length, count);
    if (size === posting.length * NUMBER_BYTES) for (const index of posting) at = bytes.writeUInt16LE(index, at);
    else {
      for (const index of posting) {
        const byte = at + (index >> 3);
        bytes[byte] = (bytes[byte] ?? 0) | (1 << (index & 7));
      }
      at += size;
    }
  }
  return bytes;
}

/** @param ordinals of the terms whose exchanges are marked, ascending */
function markPostings(bytes: Buffer, terms: number, ordinals: readonly number[], hits: Uint8Array): void {
  const count = hits.length;
  let [at, term] = [NUMBER_BYTES * terms, 0];
  for (const ordinal of ordinals) {
    for (; term < ordinal; term++) at += postingBytes(bytes.readUInt16LE(NUMBER_BYTES * term), count);
    const length = bytes.readUInt16LE(NUMBER_BYTES * ordinal);
    if (postingBytes(length, count) === length * NUMBER_BYTES) {
      for (let index = 0; index < length; index++) hits[bytes.readUInt16LE(at + NUMBER_BYTES * index)] = 1;
    } else {
      for (let index = 0; index < count; index++) {
        if ((((bytes[at + (index >> 3)] ?? 0) >> (index & 7)) & 1) === 1) hits[index] = 1;
      }
    }
  }
}

function postingBytes(length: number, count: number): number {
  return Math.min(length * NUMBER_BYTES, Math.ceil(count / 8));
}
