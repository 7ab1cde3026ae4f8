import type { JsonObject } from "@scimtool/scim";
import type { Key, Reference } from "./store.ts";

/** How much an exchange matters to people, from the least. */
export const SEVERITIES = ["info", "notice", "warning", "error"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** One side of an exchange. */
export type MonitoredMessage = {
  /** Names and values by turns, as `rawHeaders` of node:http. */
  readonly headers: readonly string[];
  /** As much of the body as is kept. Any bytes. */
  readonly body: Uint8Array;
  /** How long the body was. */
  readonly bodyBytes: number;
};

/** A request and its answer. Whoever hands it over has made it fit to be kept: without secrets, and bounded. */
export type Exchange = {
  /** Made by {@link exchangeIds}: tells when the request came, too. */
  readonly id: number;
  /** undefined for what belongs to no endpoint. */
  readonly endpoint: Key | undefined;
  readonly method: string;
  readonly path: string;
  /** Without the question mark; empty where there is none. */
  readonly query: string;
  readonly status: number;
  readonly durationUs: number;
  /** Parts of the duration: the wait for its turn, the database, the wait until a write was durable. Microseconds. */
  readonly split: { readonly queueUs: number; readonly databaseUs: number; readonly durableUs: number };
  readonly clientAddress: string;
  readonly userAgent: string;
  readonly requestId: string;
  readonly request: MonitoredMessage;
  readonly response: MonitoredMessage;
  /** Label of the accepted credential. */
  readonly credential: string | undefined;
  readonly dialect: string;
  readonly severity: Severity;
  /** A test of the connection, or a look-up of what cannot be there. */
  readonly isProbe: boolean;
  /** What it says to people. A kind is a word with dots: `user.created`. */
  readonly sentences: readonly { readonly kind: string; readonly text: string }[];
  /** Every resource that it read or wrote; the one that it was about comes first. */
  readonly resources: readonly Reference[];
  /** What is only shown: evidence of the dialect, tolerances, the authentication decision, change sets. */
  readonly details: JsonObject;
};

/**
 * Whether a request came without a valid credential: it was rejected, unless discovery is open. Anybody can send such
 * requests, as many as they like.
 */
export function isRejected({ credential }: { readonly credential: unknown }): boolean {
  return credential === undefined;
}

/** An exchange in a list: all but headers and bodies. */
export type ExchangeSummary = Omit<Exchange, "request" | "response"> & {
  /** Its place in the order of recording, which is about that of the answers: from 1, newer ones higher. */
  readonly position: number;
};

export type RecordedExchange = Exchange & Pick<ExchangeSummary, "position">;

/** Ids of exchanges count milliseconds from here, 2020, so that they stay safe integers until 2089. */
const EPOCH_MS = Date.UTC(2020, 0, 1);

/** Ids within one millisecond. */
const IDS_PER_MS = 4_096;

/** The least id of an exchange that began at that time or later. */
export function exchangeIdAt(ms: number): number {
  return Math.max(0, Math.ceil((ms - EPOCH_MS) * IDS_PER_MS));
}

/** When an exchange began, in milliseconds since 1970. */
export function exchangeMs(id: number): number {
  return EPOCH_MS + Math.floor(id / IDS_PER_MS);
}

/**
 * Makes ids of exchanges, each higher than the last one, also when the clock is set back.
 * @param last the highest id that may have been given before
 */
export function exchangeIds(last = 0): (nowMs: number) => number {
  let id = last;
  return (nowMs) => {
    id = Math.max(id + 1, exchangeIdAt(nowMs));
    return id;
  };
}
