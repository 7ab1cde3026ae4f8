import type { ExchangeSummary, RecordedExchange } from "../../store/exchange.ts";
import type { NameOf } from "./exchange-json.ts";

/** The ways that there are. */
export const FORMAT_NAMES = ["ndjson", "csv", "har"] as const;

export type FormatName = (typeof FORMAT_NAMES)[number];

/** A way to write exchanges down, one after the other. */
export type Format = {
  readonly mediaType: string;
  /** Of a file's name, without its dot. */
  readonly extension: string;
  /** What stands before the first exchange, between two, and behind the last one. */
  readonly begin: string;
  readonly between: string;
  readonly end: string;
} & (
  | { readonly wants: "summaries"; readonly write: (exchange: ExchangeSummary) => string }
  /** Headers and bodies, too, which takes longer. */
  | { readonly wants: "exchanges"; readonly write: (exchange: RecordedExchange) => string }
);

/** What formats are told of the server, besides the exchanges. */
export type Surroundings = {
  readonly nameOf: NameOf;
  /** Of this server, without a slash at its end. */
  readonly origin: string;
  /** Of this program. */
  readonly version: string;
  /** `Not Found` for 404; empty for one that nobody knows. */
  readonly reasonOf: (status: number) => string;
};
