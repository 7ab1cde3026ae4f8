import type { Exchange } from "../../../monitor.ts";
import { KnownWords } from "./known-words.ts";
import { note, type Posting } from "./postings.ts";
import { eachTerm, recurringTexts, uuidHash } from "./terms.ts";
import { WordText, type WordVisitor, wordText } from "./words.ts";

/** The terms of a block, and which of its exchanges have each: that of a word, or of a hash, at the same place. */
export type Terms = {
  readonly words: readonly string[];
  readonly postings: readonly Posting[];
  readonly hashes: readonly number[];
  readonly hashPostings: readonly Posting[];
};

/** The terms of blocks that become one. @param parts of each its terms, and how many exchanges are before its own */
export function joinTerms(parts: readonly { readonly terms: Terms; readonly before: number }[]): Terms {
  const words = new Map<string, number[]>();
  const hashes = new Map<number, number[]>();
  for (const { terms, before } of parts) {
    for (const [number, word] of terms.words.entries()) append(words, word, terms.postings[number], before);
    for (const [number, hash] of terms.hashes.entries()) append(hashes, hash, terms.hashPostings[number], before);
  }
  return {
    words: [...words.keys()],
    postings: [...words.values()],
    hashes: [...hashes.keys()],
    hashPostings: [...hashes.values()],
  };
}

function append<Term>(terms: Map<Term, number[]>, term: Term, posting: Posting = [], before: number): void {
  let known = terms.get(term);
  if (known === undefined) {
    known = [];
    terms.set(term, known);
  }
  if (typeof posting === "number") known.push(before + posting);
  else for (const at of posting) known.push(before + at);
}

/** Gathers the terms of exchanges. */
export class FoundTerms implements Terms {
  readonly words: string[] = [];
  readonly postings: (number | number[])[] = [];
  readonly hashes: number[] = [];
  readonly hashPostings: (number | number[])[] = [];
  readonly #known = new KnownWords();
  readonly #knownHashes = new KnownWords();
  /** The terms of texts that recur, by their numbers. */
  readonly #recurring = new Map<string, { readonly words: readonly number[]; readonly hashes: readonly number[] }>();
  #at = -1;

  /** Of the next exchange. */
  add(exchange: Exchange): void {
    this.#at++;
    eachTerm(exchange, TEXT, this.#visit, this.#addHash);
    for (const text of recurringTexts(exchange)) {
      const terms = this.#recurring.get(text) ?? this.#learn(text);
      for (const number of terms.words) note(this.postings, number, this.#at);
      for (const number of terms.hashes) note(this.hashPostings, number, this.#at);
    }
  }

  #learn(text: string): { readonly words: readonly number[]; readonly hashes: readonly number[] } {
    const terms = { words: [] as number[], hashes: [] as number[] };
    TEXT.eachWord(text, (kind, bytes, start, end, hash, other) => {
      if (kind === "uuid") terms.hashes.push(this.#addHash(uuidHash(hash, other)));
      else terms.words.push(this.#addWord(bytes, start, end, hash, other));
    });
    this.#recurring.set(text, terms);
    return terms;
  }

  readonly #visit: WordVisitor = (kind, bytes, start, end, hash, other) => {
    if (kind === "uuid") this.#addHash(uuidHash(hash, other));
    else this.#addWord(bytes, start, end, hash, other);
  };

  #addWord(bytes: Uint8Array, start: number, end: number, hash: number, other: number): number {
    const number = this.#known.numberOf(hash, other);
    if (number === this.words.length) this.words.push(wordText(bytes, start, end));
    note(this.postings, number, this.#at);
    return number;
  }

  readonly #addHash = (hash: number): number => {
    const number = this.#knownHashes.numberOf(hash >>> 0, Math.floor(hash / 2 ** 32));
    if (number === this.hashes.length) this.hashes.push(hash);
    note(this.hashPostings, number, this.#at);
    return number;
  };
}

/** Its room is used again and again. */
const TEXT = new WordText();
