import { createHash } from "node:crypto";
import type { Json, JsonObject } from "@scimtool/scim";
import type { Key, Reference } from "./store.ts";

/** How much an exchange matters to people, in ascending order. */
export const SEVERITIES = ["info", "notice", "warning", "error"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** One side of an exchange. */
export type MonitoredMessage = {
  /** Names and values alternate, as in `rawHeaders` of node:http. */
  readonly headers: readonly string[];
  /** The stored part of the body. Any bytes. */
  readonly body: Uint8Array;
  /** Length of the whole body. */
  readonly bodyBytes: number;
};

/**
 * Something an administrator must know about a request, even if it succeeded. Texts are for people. A kind is two words
 * with a dot: `loss.cleared`.
 */
export type Finding = {
  readonly kind: string;
  readonly severity: Severity;
  readonly sentence: string;
  /** Why, with the values that show it. */
  readonly reason: string;
  /** The resources that it affects. */
  readonly resources: readonly Reference[];
  readonly remedies: readonly FindingRemedy[];
};

export type FindingRemedy = {
  readonly where: "identity-provider" | "endpoint" | "server";
  readonly text: string;
  readonly action?: FindingAction;
};

/** How to apply a remedy here, for programs. */
export type FindingAction =
  /** Restores these versions: the state before the request. */
  | { readonly kind: "restore"; readonly versions: { id: string; revision: number }[] }
  /** Changes a setting of the endpoint; without a value, an administrator chooses one. */
  | { readonly kind: "setting"; readonly setting: string; readonly value?: Json }
  | { readonly kind: "resource"; readonly type: string; readonly id: string }
  | { readonly kind: "credentials" };

/** A request and its response. The caller has removed secrets and limited its size. */
export type Exchange = {
  /** Made by {@link exchangeIds}; contains the time of the request. */
  readonly id: number;
  /** undefined if it belongs to no endpoint. */
  readonly endpoint: Key | undefined;
  readonly method: string;
  readonly path: string;
  /** Without the question mark; empty if there is no query. */
  readonly query: string;
  readonly status: number;
  readonly durationUs: number;
  /** Parts of the duration: queued, in the database, and until a write was durable. Microseconds. */
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
  /** A connection test, or a lookup of something that cannot exist. */
  readonly isProbe: boolean;
  /** A sentence that says what happened. A kind is a word with dots: `user.created`. */
  readonly sentences: readonly { readonly kind: string; readonly text: string }[];
  readonly findings: readonly Finding[];
  /** Every resource that it read or wrote, the main one first. */
  readonly resources: readonly Reference[];
  /** Shown, but not searched: evidence of the dialect, tolerances, the authentication decision, change sets. */
  readonly details: JsonObject;
};

/**
 * A number that exchanges share if they have the same outcome, client and resource. Successful reads share it for each
 * resource, whatever they asked for.
 */
export function outcomeKey(exchange: Omit<Exchange, "request" | "response">): number {
  const { endpoint, credential, dialect, method, path, status, isProbe, sentences, findings, resources } = exchange;
  const client = [endpoint, credential, dialect, isProbe];
  const [main] = resources;
  const isRead = (method === "GET" || path.endsWith("/.search")) && status < 400;
  const texts = sentences.map(({ kind, text }) => (isRead ? kind : text));
  const outcome = isRead && main !== undefined ? ["read", main.id] : [status, ...texts, main?.id];
  const digest = createHash("sha1")
    // A finding must not hide behind requests without it.
    .update(JSON.stringify([...client, ...outcome, ...findings.map(({ kind }) => kind)]))
    .digest();
  return digest.readUIntBE(0, 6);
}

/** Whether a request was rejected without a valid credential. Anybody can send any number of them. */
export function isRejected({ credential, status }: { readonly credential: unknown; readonly status: number }): boolean {
  return credential === undefined && status >= 400;
}

/** An exchange in a list: everything except headers and bodies. */
export type ExchangeSummary = Omit<Exchange, "request" | "response"> & {
  /** Its number in the order of recording, which is roughly that of the responses: from 1, ascending. */
  readonly position: number;
};

export type RecordedExchange = Exchange & Pick<ExchangeSummary, "position">;

/** Exchange IDs count milliseconds from 2020, so they stay safe integers until 2089. */
const EPOCH_MS = Date.UTC(2020, 0, 1);

/** IDs per millisecond. */
export const IDS_PER_MS = 4_096;

/** The lowest ID of an exchange that began at this time or later. */
export function exchangeIdAt(ms: number): number {
  return Math.max(0, Math.ceil((ms - EPOCH_MS) * IDS_PER_MS));
}

/** When an exchange began, in milliseconds since 1970. */
export function exchangeMs(id: number): number {
  return EPOCH_MS + Math.floor(id / IDS_PER_MS);
}

/**
 * Makes ascending exchange IDs, even if the clock is set back.
 * @param last the highest ID that may have been used before
 * @param share processes on one database share the IDs: each takes those that leave its slot when divided by `slots`,
 *   a divisor of {@link IDS_PER_MS}
 */
export function exchangeIds(last = 0, { slot, slots } = { slot: 0, slots: 1 }): (nowMs: number) => number {
  let id = last - (last % slots) + slot;
  return (nowMs) => {
    id = Math.max(id + slots, exchangeIdAt(nowMs) + slot);
    return id;
  };
}
