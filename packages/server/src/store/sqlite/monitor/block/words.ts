import { isAscii } from "node:buffer";
import { ByteWriter } from "./byte-writer.ts";

// Words are runs of letters and digits, without letter case and accents, and UUIDs as a whole and by their first group,
// which is what people see and type of them. They are looked for in
// the bytes of UTF-8, where none need be cut out, or its letters be made small, to see that it is known already; only
// runs with letters beyond ASCII are.

/** Words are kept up to this length, so that what is no text, such as a picture in base64, does not fill the index. */
const MAX_WORD_BYTES = 64;

/**
 * Is told of each word, the first group of a UUID before the whole: where in the bytes it is, and two independent hashes
 * of it, of 32 bits.
 */
export type WordVisitor = (
  kind: "word" | "group" | "uuid",
  bytes: Uint8Array,
  start: number,
  end: number,
  hash: number,
  otherHash: number,
) => void;

/** @param bytes text in UTF-8 */
export function eachWord(bytes: Uint8Array, visit: WordVisitor): void {
  if (isAscii(bytes)) eachPlainWord(bytes, 0, bytes.length, visit);
  else eachRun(bytes, bytes.length, visit);
}

/** Writes a word that a visitor was told of, as {@link wordText}. */
export function writeWord(bytes: Uint8Array, start: number, end: number, writer: ByteWriter): void {
  for (let at = start; at < end; at++) writer.byte(SMALL[bytes[at] as number] as number);
}

/** A word that a visitor was told of. */
export function wordText(bytes: Uint8Array, start: number, end: number): string {
  return textOf(bytes, start, end).toLowerCase();
}

/** Room for texts that words are looked for in, used again and again. */
export class WordText {
  readonly #writer = new ByteWriter(4_096);

  /** Visits the words of a text. */
  eachWord(text: string, visit: WordVisitor): void {
    this.#writer.clear();
    const length = this.#writer.text(text);
    // Only letters of ASCII take one byte each.
    if (length === text.length) eachPlainWord(this.#writer.buffer, 0, length, visit);
    else eachRun(this.#writer.buffer, length, visit);
  }
}

const UUID_BYTES = 36;
const UUID_HYPHENS: readonly number[] = [8, 13, 18, 23];
const BEYOND_ASCII = 0x80;
const FIRST_HYPHEN = 8;
const HYPHEN = 45;

/** As in FNV-1a; the other hash goes the same way by other numbers. */
const FIRST_HASH = 0x811c9dc5;
const HASH_FACTOR = 0x01000193;
const FIRST_OTHER = 0x41c6ce57;
const OTHER_FACTOR = 0x5bd1e995;

/** For each byte what it is as a part of a word: its small letter, or 0 where it is none. */
const SMALL = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte).toLowerCase();
  return byte >= 0x80 ? byte : /[0-9a-z]/.test(character) ? character.charCodeAt(0) : 0;
});

/**
 * Takes a text apart where nothing joins, before and behind runs of letters, digits and hyphens that go beyond ASCII: few
 * do.
 */
function eachRun(bytes: Uint8Array, to: number, visit: WordVisitor): void {
  let done = 0;
  for (let at = 0; at < to; at++) {
    if ((bytes[at] as number) < BEYOND_ASCII) continue;
    let [start, end] = [at, at + 1];
    while (start > done && joins(bytes[start - 1] as number)) start--;
    while (end < to && joins(bytes[end] as number)) end++;
    eachPlainWord(bytes, done, start, visit);
    const plain = plainLetters(textOf(bytes, start, end));
    eachPlainWord(plain, 0, plain.length, visit);
    done = end;
    at = end;
  }
  eachPlainWord(bytes, done, to, visit);
}

function joins(byte: number): boolean {
  return SMALL[byte] !== 0 || byte === HYPHEN;
}

/** @param bytes in which letters beyond ASCII are as they are to be */
function eachPlainWord(bytes: Uint8Array, from: number, to: number, visit: WordVisitor): void {
  for (let at = from; at < to; ) {
    let byte = SMALL[bytes[at] as number] as number;
    if (byte === 0) {
      at++;
      continue;
    }
    const start = at;
    if (bytes[start + FIRST_HYPHEN] === HYPHEN && isUuidAt(bytes, start, to)) {
      at += UUID_BYTES;
      visitUuid(bytes, start, visit);
      continue;
    }
    let [hash, other] = [FIRST_HASH, FIRST_OTHER];
    const most = Math.min(to, start + MAX_WORD_BYTES);
    do {
      hash = Math.imul(hash ^ byte, HASH_FACTOR);
      other = Math.imul(other ^ byte, OTHER_FACTOR);
      at++;
      byte = at < most ? (SMALL[bytes[at] as number] as number) : 0;
    } while (byte !== 0);
    visit("word", bytes, start, at, mixed(hash), mixed(other));
    while (at < to && SMALL[bytes[at] as number] !== 0) at++;
  }
}

function visitUuid(bytes: Uint8Array, start: number, visit: WordVisitor): void {
  const [groupEnd, end] = [start + FIRST_HYPHEN, start + UUID_BYTES];
  let [hash, other] = [FIRST_HASH, FIRST_OTHER];
  for (let at = start; at < end; at++) {
    const byte = SMALL[bytes[at] as number] as number;
    hash = Math.imul(hash ^ byte, HASH_FACTOR);
    other = Math.imul(other ^ byte, OTHER_FACTOR);
    if (at === groupEnd - 1) visit("group", bytes, start, groupEnd, mixed(hash), mixed(other));
  }
  visit("uuid", bytes, start, end, mixed(hash), mixed(other));
}

/** Whether a UUID begins there, where a word does (RFC 9562 §4). */
function isUuidAt(bytes: Uint8Array, start: number, to: number): boolean {
  if (start + UUID_BYTES > to) return false;
  for (const hyphen of UUID_HYPHENS) if (bytes[start + hyphen] !== HYPHEN) return false;
  for (let at = 0; at < UUID_BYTES; at++) {
    const byte = bytes[start + at] as number;
    if (byte !== HYPHEN && !isHexadecimal(SMALL[byte] as number)) return false;
  }
  return start + UUID_BYTES === to || SMALL[bytes[start + UUID_BYTES] as number] === 0;
}

/** @param byte of a small letter or a digit */
function isHexadecimal(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66);
}

/** Lets every bit have part in every bit (the end of MurmurHash3). */
function mixed(hash: number): number {
  let bits = hash ^ (hash >>> 16);
  bits = Math.imul(bits, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();
}

const MARKS = /\p{M}+/gu;
const NO_LETTERS = /[^\0-\x7f\p{L}\p{N}]+/gu;

/** What became of words: names recur. */
const remembered = new Map<string, Uint8Array>();
const MAX_REMEMBERED = 1_000;
const MAX_REMEMBERED_LENGTH = 64;

/** Small letters without accents, in UTF-8; what is neither letter nor digit beyond ASCII becomes a space. */
function plainLetters(text: string): Uint8Array {
  const known = remembered.get(text);
  if (known !== undefined) return known;
  const plain = Buffer.from(text.normalize("NFKD").replace(MARKS, "").replace(NO_LETTERS, " ").toLowerCase());
  if (text.length <= MAX_REMEMBERED_LENGTH) {
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(text, plain);
  }
  return plain;
}
