import { isAscii } from "node:buffer";
import { ByteWriter } from "./byte-writer.ts";

// Words are runs of letters and digits, without letter case and accents, and UUIDs as a whole. They are looked for in
// the bytes of UTF-8, where none need be cut out, or its letters be made small, to see that it is known already.

/** Words are kept up to this length, so that what is no text, such as a picture in base64, does not fill the index. */
const MAX_WORD_BYTES = 64;

/** Is told of each word: where in the bytes it is, and two independent hashes of it, of 32 bits. */
export type WordVisitor = (
  kind: "word" | "uuid",
  bytes: Uint8Array,
  start: number,
  end: number,
  hash: number,
  otherHash: number,
) => void;

/** @param bytes text in UTF-8 */
export function eachWord(bytes: Uint8Array, visit: WordVisitor): void {
  if (isAscii(bytes)) eachWordOf(bytes, visit);
  else eachWordOf(Buffer.from(plainLetters(textOf(bytes, 0, bytes.length))), visit);
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
    this.#writer.text(text);
    eachWord(this.#writer.written(), visit);
  }
}

const UUID_BYTES = 36;
const UUID_HYPHENS: readonly number[] = [8, 13, 18, 23];
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

function eachWordOf(bytes: Uint8Array, visit: WordVisitor): void {
  const { length } = bytes;
  for (let at = 0; at < length; ) {
    let byte = SMALL[bytes[at] as number] as number;
    if (byte === 0) {
      at++;
      continue;
    }
    const start = at;
    if (bytes[start + FIRST_HYPHEN] === HYPHEN && isUuidAt(bytes, start)) {
      at += UUID_BYTES;
      visitUuid(bytes, start, visit);
      continue;
    }
    let [hash, other] = [FIRST_HASH, FIRST_OTHER];
    const most = Math.min(length, start + MAX_WORD_BYTES);
    do {
      hash = Math.imul(hash ^ byte, HASH_FACTOR);
      other = Math.imul(other ^ byte, OTHER_FACTOR);
      at++;
      byte = at < most ? (SMALL[bytes[at] as number] as number) : 0;
    } while (byte !== 0);
    visit("word", bytes, start, at, mixed(hash), mixed(other));
    while (at < length && SMALL[bytes[at] as number] !== 0) at++;
  }
}

function visitUuid(bytes: Uint8Array, start: number, visit: WordVisitor): void {
  const end = start + UUID_BYTES;
  let [hash, other] = [FIRST_HASH, FIRST_OTHER];
  for (let at = start; at < end; at++) {
    const byte = SMALL[bytes[at] as number] as number;
    hash = Math.imul(hash ^ byte, HASH_FACTOR);
    other = Math.imul(other ^ byte, OTHER_FACTOR);
  }
  visit("uuid", bytes, start, end, mixed(hash), mixed(other));
}

/** Whether a UUID begins there, where a word does (RFC 9562 §4). */
function isUuidAt(bytes: Uint8Array, start: number): boolean {
  for (const hyphen of UUID_HYPHENS) if (bytes[start + hyphen] !== HYPHEN) return false;
  for (let at = 0; at < UUID_BYTES; at++) {
    const byte = bytes[start + at] as number;
    if (byte !== HYPHEN && !isHexadecimal(SMALL[byte] as number)) return false;
  }
  const next = bytes[start + UUID_BYTES];
  return next === undefined || SMALL[next] === 0;
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

/** Small letters without accents; what is neither letter nor digit beyond ASCII becomes a space. */
function plainLetters(text: string): string {
  return text.normalize("NFKD").replace(MARKS, "").replace(NO_LETTERS, " ").toLowerCase();
}
