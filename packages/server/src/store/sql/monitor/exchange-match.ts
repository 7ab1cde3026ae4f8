import { type SoughtWord, soughtWords, tag } from "../../exchange-words.ts";
import type { ExchangeFilter } from "../../monitor.ts";
import { resourceKeyIn } from "./exchange-rows.ts";

/** The words that a filter looks up in the index: an exchange has one of each list. */
export function soughtLists(filter: ExchangeFilter): (readonly SoughtWord[])[] {
  const { endpoint, kinds, findings, severities, statuses, methods, dialects, credentials, probes } = filter;
  const { requestId, resource } = filter;
  const all: (readonly SoughtWord[])[] = [];
  if (endpoint !== undefined) all.push([whole(tag("endpoint", endpoint))]);
  if (filter.sameAs !== undefined) all.push(...wordsOfSame(filter.sameAs).map((word) => [whole(word)]));
  if (kinds !== undefined) all.push(kinds.map((kind) => kindWord("kind", kind)));
  if (findings !== undefined) all.push(findings.map((kind) => kindWord("finding", kind)));
  if (severities !== undefined) all.push(severities.map((severity) => whole(tag("severity", severity))));
  if (statuses !== undefined) all.push(statuses.flatMap(statusWords));
  if (methods !== undefined) all.push(methods.map((method) => whole(tag("method", method))));
  if (dialects !== undefined) all.push(dialects.map((dialect) => whole(tag("dialect", dialect))));
  if (credentials !== undefined) all.push(credentials.map((credential) => whole(tag("credential", credential))));
  if (probes !== undefined) all.push([whole(tag("probe", probes === "only" ? 1 : 0))]);
  const texts = [
    resource !== undefined && resourceKeyIn(resource) === undefined ? resource : "",
    requestId,
    // The last word may continue.
    filter.path?.replace(/[^/]*\*$/, ""),
    filter.text,
  ];
  for (const text of texts) all.push(...soughtWords(text ?? "").map((word) => [word]));
  return all;
}

type Outcome = NonNullable<ExchangeFilter["sameAs"]>;

/** Words shared by exchanges with the same outcome. */
function wordsOfSame({ endpoint, credential, dialect, method, isProbe }: Outcome): string[] {
  const words = [tag("method", method), tag("dialect", dialect), tag("probe", isProbe ? 1 : 0)];
  if (endpoint !== undefined) words.push(tag("endpoint", endpoint));
  if (credential !== undefined) words.push(tag("credential", credential));
  return words;
}

function whole(word: string): SoughtWord {
  return { word, isPrefix: false };
}

function kindWord(column: "kind" | "finding", kind: string): SoughtWord {
  return kind.endsWith("*") ? { word: tag(column, kind.slice(0, -1)), isPrefix: true } : whole(tag(column, kind));
}

function statusWords([least, most]: readonly [number, number]): SoughtWord[] {
  if (least % 100 === 0 && most === least + 99) return [{ word: tag("status", least / 100), isPrefix: true }];
  const [first, last] = [Math.max(least, 100), Math.min(most, 999)];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => whole(tag("status", first + at)));
}
