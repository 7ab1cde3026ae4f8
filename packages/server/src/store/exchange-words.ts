import type { Exchange } from "./exchange.ts";

/** Characters of a body whose words can be searched. */
const MAX_BODY_CHARACTERS = 32 * 1_024;

/** Longer runs of letters and digits are not words but, for example, base64. */
const MAX_WORD_CHARACTERS = 64;

/** First character of UUIDs and tags. No word of a text contains it, because it is neither a letter nor a digit. */
const MARK = "\uE000";

const UUID = /(?<![\p{L}\p{N}])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\p{L}\p{N}])/giu;
const WORD = new RegExp(`${MARK}?[\\p{L}\\p{N}]+`, "gu");
const NO_WORD = new RegExp(`[^\\p{L}\\p{N}${MARK}]+`, "gu");
const LONG_RUN = new RegExp(`[A-Za-z0-9]{${MAX_WORD_CHARACTERS + 1},}`, "g");
const JSON_ESCAPE = /\\(?:u([0-9a-f]{4})|.)/gis;

/**
 * The words by which an exchange is found, separated by other characters. Letters beyond ASCII are lower case and have
 * no accents; the store's index only needs to ignore the case of ASCII letters.
 * The response to a read is omitted: the history has its content.
 */
export function searchableText(exchange: Exchange): string {
  const { method, status, path, query, userAgent, clientAddress, requestId, credential = "" } = exchange;
  const parts = [path, decodedQuery(query), userAgent, clientAddress, requestId, credential];
  for (const { text } of exchange.sentences) parts.push(text);
  for (const { sentence } of exchange.findings) parts.push(sentence);
  for (const { type, id, label } of exchange.resources) parts.push(type, id, label);
  if (method !== "GET") parts.push(bodyText(exchange.request.body));
  if (status >= 400) parts.push(bodyText(exchange.response.body));
  return `${normalized(parts.join(" "))} ${tagsOf(exchange).join(" ")}`;
}

/** A word to search for: as a whole, or as a prefix. */
export type SoughtWord = { readonly word: string; readonly isPrefix: boolean };

/** The words of a search; an exchange must have all of them. */
export function soughtWords(text: string): SoughtWord[] {
  const words = new Set(normalized(text).match(WORD) ?? []);
  return [...words].map((word) => ({ word, isPrefix: !word.startsWith(MARK) && word.length > 1 }));
}

/** The columns that filters use, each with its own letter. */
const TAG_LETTERS = {
  endpoint: "e",
  method: "m",
  status: "s",
  severity: "v",
  dialect: "d",
  credential: "c",
  kind: "k",
  probe: "p",
  finding: "f",
} as const;

/**
 * The word for a value of a column, so that the index of words answers every filter, even if few exchanges have all of
 * its values. Hexadecimal, because a value may have any characters; a prefix of the value gives a prefix of the word.
 */
export function tag(column: keyof typeof TAG_LETTERS, value: string | number): string {
  const key = `${TAG_LETTERS[column]}${value}`;
  let known = tags.get(key);
  if (known === undefined) {
    if (tags.size >= MAX_REMEMBERED_TAGS) tags.clear();
    known = `${MARK}${TAG_LETTERS[column]}x${Buffer.from(String(value)).toString("hex")}`;
    tags.set(key, known);
  }
  return known;
}

const tags = new Map<string, string>();
const MAX_REMEMBERED_TAGS = 1_000;

function tagsOf(exchange: Exchange): string[] {
  const { endpoint, method, status, severity, dialect, credential, isProbe, sentences, findings } = exchange;
  const found = [tag("method", method), tag("status", status), tag("severity", severity), tag("dialect", dialect)];
  if (endpoint !== undefined) found.push(tag("endpoint", endpoint));
  if (credential !== undefined) found.push(tag("credential", credential));
  found.push(tag("probe", isProbe ? 1 : 0));
  for (const { kind } of sentences) found.push(tag("kind", kind));
  for (const { kind } of findings) found.push(tag("finding", kind));
  return found;
}

function normalized(text: string): string {
  // People see and type the first group of a UUID.
  const marked = text.replace(UUID, (uuid) => ` ${MARK}${uuid.replaceAll("-", "")} ${uuid.slice(0, 8)} `);
  if (IS_ASCII.test(marked)) return marked.toLowerCase();
  return marked.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(NO_WORD, " ");
}

const IS_ASCII = new RegExp(`^[\\x00-\\x7f${MARK}]*$`);

function decodedQuery(query: string): string {
  if (!query.includes("%")) return query;
  try {
    return decodeURIComponent(query);
  } catch {
    return query;
  }
}

/** A body as text, without JSON's escapes: `K\u00fcche` is found as "Küche". */
function bodyText(body: Uint8Array): string {
  if (body.length === 0) return "";
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString("utf8", 0, MAX_BODY_CHARACTERS);
  const plain = text.includes("\\")
    ? text.replace(JSON_ESCAPE, (_, code?: string) =>
        code === undefined ? " " : String.fromCharCode(Number.parseInt(code, 16)),
      )
    : text;
  return plain.replace(LONG_RUN, " ");
}
