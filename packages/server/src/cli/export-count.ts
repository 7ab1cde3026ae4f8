import type { FormatName } from "../monitor/export/export.ts";

/** Counts the exchanges of an export as it comes. */
export type ExchangeCounter = { readonly exchanges: number; readonly add: (chunk: Uint8Array) => void };

const LINE_FEED = 10;

/** @param format how the exchanges are written */
export function countExchanges(format: FormatName): ExchangeCounter {
  return format === "csv" ? countByFirstValue() : countByLine(format === "har" ? ARCHIVE_LINES : 0);
}

/** Of an archive, the lines that hold no exchange: the first and the last one. */
const ARCHIVE_LINES = 2;

/** An exchange has a line. */
function countByLine(others: number): ExchangeCounter {
  let lines = 0;
  return {
    get exchanges() {
      return Math.max(0, lines - others);
    },
    add: (chunk) => {
      for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, at + 1)) lines++;
    },
  };
}

/** An exchange has some lines, one after the other, that begin with its id. */
function countByFirstValue(): ExchangeCounter {
  let [exchanges, last, rest] = [0, "", ""];
  return {
    get exchanges() {
      return exchanges;
    },
    add: (chunk) => {
      // Ids, commas and the ends of lines are ASCII.
      const lines = (rest + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString("latin1")).split("\r\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const [, id = last] = /^(\d+),/.exec(line) ?? [];
        if (id !== last) exchanges++;
        last = id;
      }
    },
  };
}
