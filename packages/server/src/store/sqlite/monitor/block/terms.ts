import type { Exchange } from "../../../exchange.ts";
import type { ExchangeForm } from "../../../exchange-form.ts";
import { ByteWriter } from "./byte-writer.ts";
import { withoutEscapes } from "./json-escapes.ts";
import { textHash } from "./text-hash.ts";
import { eachWord, type WordText, type WordVisitor, wordText } from "./words.ts";

/**
 * What an exchange is found by: a word, by its beginning as well, as is the first group of a UUID; or a hash, of a UUID
 * or the id of a resource, which must be whole.
 */
export type Term = { readonly kind: "word"; readonly text: string } | { readonly kind: "hash"; readonly hash: number };

/** How much of a body is looked at. */
const MAX_BODY_BYTES = 32 * 1_024;

/** Shorter beginnings of words would be those of half of all words; they must be whole words. */
export const MIN_PREFIX_LENGTH = 2;

/**
 * Visits every term of an exchange but those of {@link recurringTexts}, some more than once.
 * @param text used on the way
 * @param visitHash is not told of UUIDs in texts; see {@link uuidHash}
 */
export function eachTerm(
  exchange: Exchange,
  text: WordText,
  visit: WordVisitor,
  visitHash: (hash: number) => void,
): void {
  text.eachWord(textsOf(exchange), visit);
  const { method, status, request, response, resources } = exchange;
  if (method !== "GET") eachWord(searchedIn(request.body), visit);
  if (status >= 400) eachWord(searchedIn(response.body), visit);
  for (const { id } of resources) visitHash(resourceHash(id));
}

function searchedIn(body: Uint8Array): Uint8Array {
  return withoutEscapes(Buffer.from(body.buffer, body.byteOffset, Math.min(body.length, MAX_BODY_BYTES)), PLAIN);
}

/** Used again and again. */
const PLAIN = new ByteWriter(4_096);

/** Texts of an exchange that many have alike, whose terms need be looked for but once. */
export function recurringTexts({ userAgent, clientAddress, credential, resources }: Exchange): string[] {
  const texts = [userAgent, clientAddress];
  if (credential !== undefined) texts.push(credential);
  for (const { type } of resources) texts.push(type);
  return texts;
}

/** The terms that an exchange must have to be found by a text, each once; the rarer ones, of UUIDs, first. */
export function queryTerms(text: string): Term[] {
  const words = new Set<string>();
  const hashes = new Set<number>();
  eachWord(Buffer.from(text), (kind, bytes, start, end, hash, other) => {
    if (kind === "uuid") hashes.add(uuidHash(hash, other));
    // A whole UUID is sought as such.
    else if (kind === "word") words.add(wordText(bytes, start, end));
  });
  return [
    ...[...hashes].map((hash) => ({ kind: "hash", hash }) as const),
    ...withoutBeginnings(words).map((word) => ({ kind: "word", text: word }) as const),
  ];
}

/** What has a word has its beginnings: those are left out. */
function withoutBeginnings(words: ReadonlySet<string>): string[] {
  const sorted = [...words].sort();
  // Sorted, the words that begin with another one follow it.
  const beginnings = sorted.filter((word, at) => word.length >= MIN_PREFIX_LENGTH && sorted[at + 1]?.startsWith(word));
  return [...words.difference(new Set(beginnings))];
}

/** The term of all exchanges that read or wrote a resource. */
export function resourceTerm(id: string): Term {
  return { kind: "hash", hash: resourceHash(id) };
}

/** Whether an exchange has all terms. @param text used on the way */
export function hasTerms(exchange: Exchange, terms: readonly Term[], text: WordText): boolean {
  const missing = new Set(terms);
  const visitHash = (hash: number) => {
    for (const term of missing) if (term.kind === "hash" && term.hash === hash) missing.delete(term);
  };
  const visit: WordVisitor = (kind, bytes, start, end, hash, other) => {
    if (kind === "uuid") return visitHash(uuidHash(hash, other));
    const word = wordText(bytes, start, end);
    for (const term of missing) if (term.kind === "word" && isFoundBy(word, term.text)) missing.delete(term);
  };
  eachTerm(exchange, text, visit, visitHash);
  for (const recurring of recurringTexts(exchange)) text.eachWord(recurring, visit);
  return missing.size === 0;
}

function isFoundBy(word: string, sought: string): boolean {
  return sought.length >= MIN_PREFIX_LENGTH ? word.startsWith(sought) : word === sought;
}

/** Texts of an exchange that are its own, as one: looking for words in many costs more than in a long one. */
function textsOf({ path, query, sentences, resources }: Exchange): string {
  let text = query === "" ? path : `${path} ${decoded(query)}`;
  for (const { text: sentence } of sentences) text += ` ${sentence}`;
  const told = `${text} `;
  for (const { id, label } of resources) {
    if (!path.endsWith(`/${id}`)) text += ` ${id}`;
    // A sentence mostly names what it is about.
    if (!told.includes(` ${label} `)) text += ` ${label}`;
  }
  return text;
}

/** A query string as its author meant it, if it is well-formed (RFC 3986 §2.1). */
export function decoded(query: string): string {
  if (!query.includes("%")) return query;
  try {
    return decodeURIComponent(query);
  } catch {
    return query;
  }
}

/** The hash of a UUID in a text, by those that a visitor is told. */
export function uuidHash(hash: number, other: number): number {
  return (other >>> 11) * 2 ** 32 + hash;
}

/** What an exchange of a form is found by. */
export type FormTerms = {
  /** Texts with the terms that all have. */
  readonly texts: readonly string[];
  /** Numbers of the values that have terms; in a query they are encoded. */
  readonly searched: readonly number[];
  readonly searchedInQuery: readonly number[];
  /** Numbers of the values that are ids of resources. */
  readonly ids: readonly number[];
};

export function termsOfForm({ model, marks }: ExchangeForm): FormTerms {
  const own = textsOf(model);
  const elsewhere = textsOf({ ...model, query: "" });
  const numbers = marks.map((_, number) => number);
  const have = (text: string) => numbers.filter((number) => text.includes(marks[number] ?? ""));
  return {
    texts: [marks.reduce((text, mark) => text.replaceAll(mark, " "), own), ...recurringTexts(model)],
    searched: have(elsewhere),
    searchedInQuery: have(model.query),
    ids: numbers.filter((number) => model.resources.some(({ id }) => id === marks[number])),
  };
}

/** Not that of the id as a word. */
export function resourceHash(id: string): number {
  return textHash(`/${id}`);
}
