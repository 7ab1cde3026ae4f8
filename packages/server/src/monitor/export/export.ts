import type { ExchangeFilter } from "../../store/monitor.ts";
import type { Format } from "./format.ts";
import { exchangesOf, type Source, summariesOf } from "./recorded.ts";

/** Characters that are handed on at a time, at least. */
const CHUNK_CHARACTERS = 64 * 1_024;

/**
 * Writes down all exchanges that match, the oldest first: those that were recorded when it began. It goes on as it is
 * read, and keeps little in memory.
 */
export async function* exportText(source: Source, filter: ExchangeFilter, format: Format): AsyncGenerator<string> {
  let text = format.begin;
  let isFirst = true;
  for await (const written of writtenOf(source, filter, format)) {
    text += isFirst ? written : format.between + written;
    isFirst = false;
    if (text.length < CHUNK_CHARACTERS) continue;
    yield text;
    text = "";
  }
  yield text + format.end;
}

async function* writtenOf(source: Source, filter: ExchangeFilter, format: Format): AsyncGenerator<string> {
  if (format.wants === "summaries") {
    for await (const summary of summariesOf(source, filter)) yield format.write(summary);
  } else {
    for await (const exchange of exchangesOf(source, filter)) yield format.write(exchange);
  }
}
