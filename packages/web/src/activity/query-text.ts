import type { ExchangeSummary } from "../api/types.ts";
import type { Suggestion } from "../shared/suggest-input.tsx";
import { FIELDS, type Field, type Filter, KINDS } from "./filter.ts";

/** `name:value`, `name:"a value"`, `"some words"` or a word. */
const TOKEN = /(?:([a-z]+):)?(?:"([^"]*)"?|([^\s"]\S*))?(?:\s+|$)/gi;

const STATUSES = ["2xx", "4xx", "5xx", "200", "201", "204", "400", "401", "403", "404", "409", "412", "429", "500"];
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const MAX_COMPLETIONS = 10;

export type Query = {
  readonly filter: Filter;
  /** Everything that is not a filter. */
  readonly words: string;
  /** What is wrong, for people. */
  readonly problem: string | undefined;
};

/** Reads what somebody typed: `status:409 client:"Entra ID" smith`. */
export function parseQuery(text: string): Query {
  const filter: Record<string, string> = {};
  const words: string[] = [];
  for (const [all, name, quoted, word] of text.trim().matchAll(TOKEN)) {
    const value = (quoted ?? word ?? "").trim();
    if (all === "") continue;
    if (name === undefined) {
      if (value !== "") words.push(value);
      continue;
    }
    const field = FIELDS.find((each) => each.name === name.toLowerCase());
    const problem = field === undefined ? unknownText(name, value) : problemOf(field, value);
    if (problem !== undefined) return { filter: {}, words: "", problem };
    if (field === undefined) continue;
    const other = filter[field.member];
    filter[field.member] = other === undefined || !field.isList ? value : `${other},${value}`;
  }
  return { filter, words: words.join(" "), problem: undefined };
}

function unknownText(name: string, value: string): string {
  const names = FIELDS.map((field) => field.name).join(", ");
  return `There is no filter “${name}”. Use ${names}. To search for this text, write "${name}:${value}" in quotes.`;
}

function problemOf({ name, hint, pattern }: Field, value: string): string | undefined {
  if (value === "") return `Type a value after “${name}:”, such as ${hint}.`;
  const isWrong = pattern !== undefined && !value.split(",").every((each) => pattern.test(each));
  return isWrong ? `“${name}” cannot be “${value}”. Write ${hint}.` : undefined;
}

/** What could follow, by the whole text after it: names of filters, or values that appear in the feed. */
export function completionsOf(text: string, rows: readonly ExchangeSummary[]): readonly Suggestion[] {
  const [last = ""] = /(?:[a-z]+:(?:"[^"]*)?)?[^\s"]*$/i.exec(text) ?? [];
  const before = text.slice(0, text.length - last.length);
  const colon = last.indexOf(":");
  if (colon < 0) {
    return FIELDS.filter(({ name }) => name.startsWith(last.toLowerCase())).map(({ name, label, hint }) => ({
      key: `${before}${name}:`,
      text: `${name}:`,
      note: `${label}: ${hint}`,
    }));
  }
  const field = FIELDS.find(({ name }) => name === last.slice(0, colon).toLowerCase());
  if (field === undefined) return [];
  const typed = last
    .slice(colon + 1)
    .replace(/^"/, "")
    .toLowerCase();
  return valuesOf(field, rows)
    .filter(([value, hint]) => `${value} ${hint}`.toLowerCase().includes(typed))
    .slice(0, MAX_COMPLETIONS)
    .map(([value, note]) => ({ key: `${before}${field.name}:${quotedIfNeeded(value)} `, text: value, note }));
}

function quotedIfNeeded(value: string): string {
  return /[\s"]/.test(value) ? `"${value.replaceAll('"', "")}"` : value;
}

type Value = readonly [value: string, hint: string];

function valuesOf({ member }: Field, rows: readonly ExchangeSummary[]): readonly Value[] {
  if (member === "status") return STATUSES.map((value) => [value, ""]);
  if (member === "method") return METHODS.map((value) => [value, ""]);
  if (member === "kind") return KINDS.filter(([value]) => value !== "");
  if (member === "from" || member === "to") return ["15m", "1h", "24h", "7d"].map((value) => [value, "ago"]);
  const seen = new Map<string, string>();
  for (const row of rows) for (const [value, hint] of ofRow(member, row)) if (!seen.has(value)) seen.set(value, hint);
  return [...seen].filter(([value]) => value !== "");
}

function ofRow(member: keyof Filter, row: ExchangeSummary): readonly Value[] {
  if (member === "dialect") return [[clientFilter(row).dialect ?? "", clientName(row)]];
  if (member === "credential") return [[row.credential ?? "", ""]];
  if (member === "endpoint") return [[row.endpoint ?? "", ""]];
  if (member === "path") return [[row.path, ""]];
  if (member === "finding") return row.findings.map(({ kind, sentence }) => [kind, sentence]);
  if (member === "resource") return row.resources.map(({ type, label }) => [label, type]);
  return [];
}

/** What selects the client of an exchange: everything of a vendor, or of a product or token. */
export function clientFilter(exchange: ExchangeSummary): Filter {
  const { dialect, dialectName, userAgent, credential } = exchange;
  if (dialect !== "unknown" && dialect !== "rfc-clean") return { dialect: clientName(exchange) };
  if (userAgent.startsWith(dialectName)) return { dialect, q: dialectName };
  return dialectName === credential ? { dialect, credential } : { dialect };
}

/** Without what stands in brackets; the panel has the full name. */
export function clientName({ dialectName }: Pick<ExchangeSummary, "dialectName">): string {
  return dialectName.replace(/ \(.*\)$/, "") || "Unknown client";
}
