import { yieldToEventLoop } from "../../event-loop.ts";
import type { ExchangeSummary, RecordedExchange } from "../../store/exchange.ts";
import type { ExchangeFilter, MonitorStore } from "../../store/monitor.ts";
import type { Scope } from "../../store/store.ts";
import { exchangeJson, type NameOf } from "./exchange-json.ts";

export const FORMAT_NAMES = ["ndjson", "csv", "har"] as const;

export type FormatName = (typeof FORMAT_NAMES)[number];

/** Writes exchanges one after the other. */
export type Format = {
  readonly mediaType: string;
  /** Of a file name, without the dot. */
  readonly extension: string;
  /** The text before the first exchange, between two, and after the last. */
  readonly begin: string;
  readonly between: string;
  readonly end: string;
} & (
  | { readonly wants: "summaries"; readonly write: (exchange: ExchangeSummary) => string }
  | { readonly wants: "exchanges"; readonly write: (exchange: RecordedExchange) => string }
);

/** What formats need besides the exchanges. */
export type Surroundings = {
  readonly nameOf: NameOf;
  /** Of this server, without a trailing slash. */
  readonly origin: string;
  readonly version: string;
  /** `Not Found` for 404; empty for an unknown status. */
  readonly reasonOf: (status: number) => string;
};

/** One line of JSON per exchange, with headers and bodies. */
export function ndjson({ nameOf }: Surroundings): Format {
  return {
    mediaType: "application/x-ndjson",
    extension: "ndjson",
    begin: "",
    between: "",
    end: "",
    wants: "exchanges",
    write: (exchange) => `${JSON.stringify(exchangeJson(exchange, nameOf))}\n`,
  };
}

/** Characters per chunk, at least. */
const CHUNK_CHARACTERS = 64 * 1_024;

/** Writes all matching exchanges that were recorded before the call, the oldest first, chunk by chunk as it is read. */
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

/** Where exchanges are read from. */
export type Source = { readonly exchanges: MonitorStore["exchanges"]; readonly scope: Scope };

/** Exchanges in memory at a time: with bodies some MB. */
const PAGE_EXCHANGES = 100;

/** Imported exchanges have positions below 1. */
const BEFORE_ALL = Number.MIN_SAFE_INTEGER;

/**
 * All matching exchanges recorded before the call, the oldest first. Yields to the event loop, however many there are.
 * @param after only exchanges after this position
 */
export function summariesOf(
  source: Source,
  filter: ExchangeFilter,
  after = BEFORE_ALL,
): AsyncGenerator<ExchangeSummary> {
  return allOf(source, filter, source.exchanges.since, after);
}

/** As {@link summariesOf}, with headers and bodies. */
function exchangesOf(source: Source, filter: ExchangeFilter): AsyncGenerator<RecordedExchange> {
  return allOf(source, filter, source.exchanges.readSince, BEFORE_ALL);
}

async function* allOf<Shown extends ExchangeSummary>(
  { exchanges, scope }: Source,
  filter: ExchangeFilter,
  read: (scope: Scope, filter: ExchangeFilter, position: number, limit: number) => Promise<Shown[]>,
  after: number,
): AsyncGenerator<Shown> {
  const yieldIfDue = yielder();
  // Exchanges recorded meanwhile would keep it from ending.
  const last = await exchanges.lastPosition(scope);
  for (let position = after; position < last; ) {
    const page = await read(scope, filter, position, PAGE_EXCHANGES);
    for (const shown of page) {
      if (shown.position > last) return;
      yield shown;
      await yieldIfDue();
    }
    if (page.length < PAGE_EXCHANGES) return;
    position = page.at(-1)?.position ?? last;
  }
}

/** How long an export holds the event loop at a time. */
const SLICE_MS = 8;

/** Makes a function that yields to the event loop after each slice of time. */
function yielder(): () => Promise<void> {
  let sliceEndMs = performance.now() + SLICE_MS;
  return async () => {
    if (performance.now() < sliceEndMs) return;
    await yieldToEventLoop();
    sliceEndMs = performance.now() + SLICE_MS;
  };
}
