import type { Written as DirectoryWritten, Sent, Subject } from "../../directory/context.ts";
import type { ServedEndpoint } from "../../endpoint/served-endpoint.ts";
import type { Finding } from "../../store/exchange.ts";
import type { Store } from "../../store/store.ts";
import type { ExchangeFacts, Written } from "../exchange-facts.ts";
import type { Answered } from "../recorder/answered.ts";
import type { Memory } from "./memory.ts";

/** What findings are made from. */
export type Seen = {
  readonly facts: ExchangeFacts;
  readonly answered: Answered;
  /** undefined if the request belongs to none; then little can be found. */
  readonly endpoint: ServedEndpoint | undefined;
  /** The client, as `clientOf` tells it from others. */
  readonly client: string;
  readonly memory: Memory;
  readonly store: Store;
};

/** A write that succeeded: its facts for people, and what the directory did. */
export type Done = {
  readonly fact: Written;
  readonly subject: Subject;
  readonly written: DirectoryWritten;
  readonly sent: Sent;
};

export type Found = Finding | undefined | readonly Finding[];
