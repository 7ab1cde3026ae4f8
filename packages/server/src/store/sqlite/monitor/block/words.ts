import type { Exchange } from "../../../monitor.ts";

/** What an exchange is found by: words, the ids of its resources. */
export type Term = {
  /** `word` is found by its beginning as well, the others as a whole: UUIDs, and ids of resources. */
  readonly kind: "word" | "uuid" | "resource";
  readonly text: string;
};

/** Words are kept up to this length, so that what is no text, such as a picture in base64, does not fill the index. */
const MAX_WORD_LENGTH = 64;

/** How much of a body is looked at. */
const MAX_BODY_BYTES = 32 * 1_024;

/** Shorter beginnings of words would be those of half of all words; they must be whole words. */
export const MIN_PREFIX_LENGTH = 2;

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-z])/y;
const UUID_LENGTH = 36;
const UUID_FIRST_RUN = 8;
const HYPHEN = 45;

const decoder = new TextDecoder();

/** Every term of an exchange; some more than once. */
export function eachTerm(exchange: Exchange, visit: (kind: Term["kind"], text: string) => void): void {
  for (const text of textsOf(exchange)) eachWord(text, visit);
  for (const { id } of exchange.resources) visit("resource", id);
}

/** The terms that an exchange must have to be found by a text. */
export function queryTerms(text: string): Term[] {
  const terms: Term[] = [];
  eachWord(text, (kind, word) => terms.push({ kind, text: word }));
  return terms;
}

/** Whether a term that is sought is there where this word is. */
export function meets(sought: Term, kind: Term["kind"], text: string): boolean {
  if (kind !== sought.kind) return false;
  const isPrefix = kind === "word" && sought.text.length >= MIN_PREFIX_LENGTH;
  return isPrefix ? text.startsWith(sought.text) : text === sought.text;
}

function textsOf({ method, status, request, response, ...exchange }: Exchange): string[] {
  const texts = [exchange.path];
  for (const { text } of exchange.sentences) texts.push(text);
  for (const { id, type, label } of exchange.resources) texts.push(id, type, label);
  texts.push(decoded(exchange.query), exchange.requestId, exchange.userAgent, exchange.clientAddress, exchange.credential ?? "");
  if (method !== "GET") texts.push(bodyText(request.body));
  if (status >= 400) texts.push(bodyText(response.body));
  return texts;
}

/** A query string as its author meant it, if it is well-formed (RFC 3986 §2.1). */
function decoded(query: string): string {
  if (!query.includes("%")) return query;
  try {
    return decodeURIComponent(query);
  } catch {
    return query;
  }
}

function bodyText(body: Uint8Array): string {
  return body.length === 0 ? "" : decoder.decode(body.subarray(0, MAX_BODY_BYTES));
}

/** Runs of letters and digits, without letter case and accents, and UUIDs. */
function eachWord(text: string, visit: (kind: "word" | "uuid", word: string) => void): void {
  const folded = fold(text);
  let start = -1;
  for (let at = 0; at <= folded.length; at++) {
    if (at < folded.length && isPartOfWord(folded, at)) {
      if (start < 0) start = at;
    } else if (start >= 0) {
      if (at - start === UUID_FIRST_RUN && folded.charCodeAt(at) === HYPHEN && isUuid(folded, start)) {
        visit("uuid", folded.slice(start, start + UUID_LENGTH));
        at = start + UUID_LENGTH;
      } else {
        visit("word", folded.slice(start, Math.min(at, start + MAX_WORD_LENGTH)));
      }
      start = -1;
    }
  }
}

function isUuid(folded: string, start: number): boolean {
  UUID.lastIndex = start;
  return UUID.test(folded);
}

const NOT_ASCII = /[^\0-\x7f]/;
const MARKS = /\p{M}+/gu;

function fold(text: string): string {
  return (NOT_ASCII.test(text) ? text.normalize("NFKD").replace(MARKS, "") : text).toLowerCase();
}

const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;

/** Units beyond ASCII whether they are letters or digits: 0 not looked up yet, 1 no, 2 yes. */
const known = new Uint8Array(0x1_0000);

/** Halves of surrogate pairs count as letters: most of those characters are. */
function isPartOfWord(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  const looked = known[unit] ?? 0;
  if (looked !== 0) return looked === 2;
  const isPart = (unit >= 0xd800 && unit <= 0xdfff) || LETTER_OR_DIGIT.test(String.fromCharCode(unit));
  known[unit] = isPart ? 2 : 1;
  return isPart;
}
