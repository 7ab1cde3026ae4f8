import type { Key } from "./store.ts";

/** What a process tells the others that serve the same database. It may get lost: it is never the truth about data. */
export type ReplicaMessage =
  /** A wrong secret was sent, at administration or at an endpoint. */
  | { readonly kind: "wrongSecret"; readonly address: string | undefined }
  /** Requests that an endpoint with a limit accepted. */
  | { readonly kind: "requests"; readonly endpoint: Key; readonly count: number };

/** What a process hears of the others. */
export type ReplicaListener = {
  /** Endpoints, credentials or trusts may have changed: reads them again. It is called again if it fails. */
  readonly onAccessChanged: () => Promise<void>;
  /** Exchanges may have been recorded. */
  readonly onRecorded: () => void;
  readonly onMessage: (message: ReplicaMessage) => void;
};

/** The other processes that serve the same database. */
export type Replicas = {
  /** The number of this process, from 0 to `slots` - 1. No other running process has it. */
  readonly slot: number;
  readonly slots: number;
  /** Whether this process may do background work now. At most one process does. */
  readonly lead: () => Promise<boolean>;
  /** Runs work while no other process runs such work. */
  readonly oneAtATime: <T>(work: () => Promise<T>) => Promise<T>;
  readonly tell: (message: ReplicaMessage) => void;
  /** Hears from now on, once also of changes that came earlier. */
  readonly listen: (listener: ReplicaListener) => void;
};

/** For a store that no other process uses. */
export const ALONE: Replicas = {
  slot: 0,
  slots: 1,
  lead: async () => true,
  oneAtATime: (work) => work(),
  tell: () => undefined,
  listen: () => undefined,
};
