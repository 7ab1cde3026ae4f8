// A quick look through a text. Regular expressions with many alternatives take several ns a character, and almost no text
// has anything in it that they look for.

/** Letters of ASCII count from 1, without regard to their case, and behind them "_"; all else is alike. */
const BITS = 5;
const UNDERSCORE = 0x5f;
const LETTER = (1 << BITS) - 1;
const THREE_LETTERS = (1 << (3 * BITS)) - 1;
const FOUR_LETTERS = (1 << (4 * BITS)) - 1;

const BACKSLASH = 0x5c;
const SMALL_U = 0x75;

/** Marks what may hide a word or is in no text: escapes of JSON and of URLs, control characters (Cc) that are no blanks. */
const SPECIAL = 1 << BITS;

/** By byte of UTF-8: which letter it is, and whether it is special. 0xc2 may begin a control character. */
const KIND_OF_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => {
  const isBlank = byte === 0x09 || byte === 0x0a || byte === 0x0d;
  const isSpecial = (byte < 0x20 && !isBlank) || byte === 0x7f || byte === 0xc2 || byte === 0x25 || byte === BACKSLASH;
  return letterOf(byte) | (isSpecial ? SPECIAL : 0);
});

function letterOf(code: number): number {
  const isLetter = /[A-Za-z]/.test(String.fromCharCode(code));
  return isLetter || code === UNDERSCORE ? code & LETTER : 0;
}

/** Where three letters are looked for. */
const ANYWHERE = 1;
const AT_BEGINNING = 2;

/** Looks for any of some words of three letters or more, by three letters of each that are rare in other texts. */
export class Trigrams {
  readonly #places = new Uint8Array(THREE_LETTERS + 1);

  /**
   * @param words of each, its first three letters count
   * @param whole such that count only where no letter of ASCII, and no "_", is before them
   * @throws Error for a word that is shorter
   */
  constructor(words: readonly string[], whole: readonly string[] = []) {
    for (const word of whole) this.#places[indexOf(word)] = AT_BEGINNING;
    for (const word of words) this.#places[indexOf(word)] = ANYWHERE;
  }

  /**
   * Whether a text certainly has none of the words, also not behind an escape, and no control characters.
   * @param text in UTF-8
   */
  areNotIn(text: Uint8Array): boolean {
    const places = this.#places;
    let index = 0;
    for (let at = 0; at < text.length; at++) {
      const byte = text[at] as number;
      const kind = KIND_OF_BYTE[byte] as number;
      index = ((index << BITS) | (kind & LETTER)) & FOUR_LETTERS;
      const place = places[index & THREE_LETTERS] as number;
      if (place !== 0 && (place === ANYWHERE || index <= THREE_LETTERS)) return false;
      // A backslash before anything but a u only says what a text has anyway.
      if (kind >= SPECIAL && (byte !== BACKSLASH || text[at + 1] === SMALL_U)) return false;
    }
    return true;
  }
}

function indexOf(word: string): number {
  if (word.length < 3) throw new Error(`"${word}" has no three letters`);
  return [...word.slice(0, 3)].reduce((sum, each) => (sum << BITS) | letterOf(each.charCodeAt(0)), 0);
}
