import type { Exchange } from "../../../exchange.ts";
import type { ExchangeForm, FormedExchange } from "../../../exchange-form.ts";
import { ByteWriter } from "./byte-writer.ts";
import { grown } from "./grown.ts";
import { KnownWords } from "./known-words.ts";
import { type Posting, PostingLog, union } from "./postings.ts";
import { decoded, eachTerm, type FormTerms, recurringTexts, resourceHash, termsOfForm, uuidHash } from "./terms.ts";
import { WordText, type WordVisitor, writeWord } from "./words.ts";

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

/** The numbers of some terms. */
type TermNumbers = { readonly words: readonly number[]; readonly hashes: readonly number[] };

/** A form by its number, with the terms that all exchanges of it have. */
type KnownForm = { readonly number: number; readonly alike: TermNumbers; readonly terms: FormTerms };

const FIRST_BYTES = 16 * 1_024;
const FIRST_HASHES = 2_048;

/** Gathers the terms of exchanges. Its room is used again: what waits to be written makes no objects that grow old. */
export class FoundTerms {
  /** A line for each word. */
  readonly #words = new ByteWriter(FIRST_BYTES);
  readonly #known = new KnownWords();
  readonly #postings = new PostingLog();
  #hashes = new Float64Array(FIRST_HASHES);
  readonly #knownHashes = new KnownWords();
  readonly #hashPostings = new PostingLog();
  /** The terms of texts that recur. */
  readonly #recurring = new Map<string, TermNumbers>();
  readonly #forms = new Map<ExchangeForm, KnownForm>();
  /** Which exchanges have each form, and with it the terms that all of it have. */
  readonly #formPostings = new PostingLog();
  #at = -1;

  get wordCount(): number {
    return this.#known.size;
  }

  /** Of the next exchange. */
  add(exchange: Exchange): void {
    this.#at++;
    eachTerm(exchange, TEXT, this.#visit, this.#addHash);
    for (const text of recurringTexts(exchange)) this.#note(this.#recurring.get(text) ?? this.#learn(text));
  }

  /** Of the next exchange. */
  addFormed({ form, values }: FormedExchange): void {
    this.#at++;
    const { number, terms } = this.#forms.get(form) ?? this.#learnForm(form);
    this.#formPostings.note(number, this.#at);
    TEXT.eachWord(searchedText(terms, values), this.#visit);
    for (const id of terms.ids) this.#addHash(resourceHash(values[id] ?? ""));
  }

  found(): Terms {
    const lines = this.#words.written().toString();
    const [postings, hashPostings] = [this.#postings.postings(), this.#hashPostings.postings()];
    const ofForms = this.#formPostings.postings();
    for (const { number, alike } of this.#forms.values()) {
      const have = ofForms[number] as Posting;
      for (const word of alike.words) postings[word] = union(postings[word] as Posting, have);
      for (const hash of alike.hashes) hashPostings[hash] = union(hashPostings[hash] as Posting, have);
    }
    return {
      words: lines === "" ? [] : lines.slice(0, -1).split("\n"),
      postings,
      hashes: [...this.#hashes.subarray(0, this.#knownHashes.size)],
      hashPostings,
    };
  }

  /** Begins anew. */
  clear(): void {
    for (const part of [this.#words, this.#known, this.#postings]) part.clear();
    for (const part of [this.#knownHashes, this.#hashPostings, this.#formPostings]) part.clear();
    this.#recurring.clear();
    this.#forms.clear();
    this.#at = -1;
  }

  #note({ words, hashes }: TermNumbers): void {
    for (const number of words) this.#postings.note(number, this.#at);
    for (const number of hashes) this.#hashPostings.note(number, this.#at);
  }

  #learnForm(form: ExchangeForm): KnownForm {
    const terms = termsOfForm(form);
    const learned = terms.texts.map((text) => this.#learn(text));
    const alike = { words: learned.flatMap(({ words }) => words), hashes: learned.flatMap(({ hashes }) => hashes) };
    const known = { number: this.#forms.size, alike, terms };
    this.#forms.set(form, known);
    return known;
  }

  #learn(text: string): TermNumbers {
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
    const before = this.#known.size;
    const number = this.#known.numberOf(hash, other);
    if (number === before) {
      writeWord(bytes, start, end, this.#words);
      this.#words.byte(LINE_FEED);
    }
    this.#postings.note(number, this.#at);
    return number;
  }

  readonly #addHash = (hash: number): number => {
    const before = this.#knownHashes.size;
    const number = this.#knownHashes.numberOf(hash >>> 0, Math.floor(hash / 2 ** 32));
    if (number === before) {
      if (number === this.#hashes.length) this.#hashes = grown(this.#hashes);
      this.#hashes[number] = hash;
    }
    this.#hashPostings.note(number, this.#at);
    return number;
  };
}

/** The values that exchanges of a form are searched by, as one text. */
function searchedText({ searched, searchedInQuery }: FormTerms, values: readonly string[]): string {
  let text = "";
  for (const number of searched) text += ` ${values[number]}`;
  for (const number of searchedInQuery) {
    const sought = decoded(values[number] ?? "");
    // A sentence mostly tells what was sought.
    if (!searched.some((other) => values[other] === sought)) text += ` ${sought}`;
  }
  return text;
}

const LINE_FEED = 10;

/** Its room is used again and again. */
const TEXT = new WordText();
