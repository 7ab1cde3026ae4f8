import type { Exchange } from "../../../monitor.ts";
import { KnownWords } from "./known-words.ts";
import { eachTerm, eachTermOf, recurringTexts } from "./terms.ts";
import { WordText, wordText } from "./words.ts";

/** The terms of a block, and the indexes of the exchanges that have each: those of words in the order of the words. */
export type Terms = {
  readonly words: readonly string[];
  readonly postings: readonly (readonly number[])[];
  readonly hashes: ReadonlyMap<number, readonly number[]>;
};

export function termsOf(exchanges: readonly Exchange[]): Terms {
  const found = new FoundTerms();
  for (const exchange of exchanges) found.addTermsOf(exchange);
  return found;
}

/** The terms of blocks that become one. @param parts of each its terms, and how many exchanges are before its own */
export function joinTerms(parts: readonly { readonly terms: Terms; readonly before: number }[]): Terms {
  const words = new Map<string, number[]>();
  const hashes = new Map<number, number[]>();
  for (const { terms, before } of parts) {
    for (const [number, word] of terms.words.entries()) append(words, word, terms.postings[number] ?? [], before);
    for (const [hash, posting] of terms.hashes) append(hashes, hash, posting, before);
  }
  return { words: [...words.keys()], postings: [...words.values()], hashes };
}

function append<Term>(terms: Map<Term, number[]>, term: Term, posting: readonly number[], before: number): void {
  let known = terms.get(term);
  if (known === undefined) {
    known = [];
    terms.set(term, known);
  }
  for (const at of posting) known.push(before + at);
}

/** Gathers the terms of exchanges. */
class FoundTerms {
  readonly words: string[] = [];
  /** Of the words. */
  readonly postings: number[][] = [];
  readonly hashes = new Map<number, number[]>();
  readonly #known = new KnownWords();
  readonly #text = new WordText();
  /** The postings of the terms of texts that recur. */
  readonly #recurring = new Map<string, readonly number[][]>();
  #at = -1;

  addTermsOf(exchange: Exchange): void {
    this.#at++;
    eachTerm(exchange, this.#text, this.#addWord, this.#addHash);
    for (const text of recurringTexts(exchange)) {
      let postings = this.#recurring.get(text);
      if (postings === undefined) {
        postings = this.#postingsOf(text);
        this.#recurring.set(text, postings);
      }
      for (const posting of postings) note(posting, this.#at);
    }
  }

  #postingsOf(text: string): number[][] {
    const postings: number[][] = [];
    eachTermOf(
      text,
      (...word) => postings.push(this.#addWord(...word)),
      (hash) => postings.push(this.#addHash(hash)),
    );
    return postings;
  }

  readonly #addWord = (
    _: string,
    bytes: Uint8Array,
    start: number,
    end: number,
    hash: number,
    other: number,
  ): number[] => {
    const number = this.#known.numberOf(hash, other);
    const known = this.postings[number];
    if (known !== undefined) return note(known, this.#at);
    const posting = [this.#at];
    this.words.push(wordText(bytes, start, end));
    this.postings.push(posting);
    return posting;
  };

  readonly #addHash = (hash: number): number[] => {
    const known = this.hashes.get(hash);
    if (known !== undefined) return note(known, this.#at);
    const posting = [this.#at];
    this.hashes.set(hash, posting);
    return posting;
  };
}

function note(posting: number[], at: number): number[] {
  if (posting[posting.length - 1] !== at) posting.push(at);
  return posting;
}
