import type { Durability, Role } from "../status.ts";
import type { Weather } from "./faults.ts";
import type { Done, Operation } from "./workload.ts";

/** A protection to remove, to see what is lost without it. */
export type Weakness =
  /** Responses wait for nothing. */
  | "no-wait"
  /** Responses are sent after a timer of two seconds, as if that proved an outage. */
  | "timer-only"
  /** In a folder: a slot counts although the next one is not claimed. */
  | "no-claim"
  /** Slots are replaced, not created. */
  | "no-fence";

/** The settings of an instance: its only argument, as JSON. */
export type Orders = {
  /** Counts the instances of a run from 1. */
  readonly number: number;
  readonly seed: number;
  /** Its local disk: a folder. */
  readonly folder: string;
  /** In the form that `openTarget` takes. */
  readonly target: string;
  readonly durability: Durability;
  /** When it becomes the primary: the message "promote" tells it. */
  readonly promote: "at-once" | "ownerless" | "told";
  readonly clients: number;
  readonly weather: Weather;
  readonly weakness?: Weakness;
  /** Only reads, reports, and ends. */
  readonly onlyReads?: true;
  readonly plainIntervalMs: number;
};

/** Reports of an instance, one line of JSON each, written before it continues. Times are ms since 1970. */
export type Report =
  /** Rows are about to be changed or removed. */
  | { readonly kind: "trying"; readonly operations: readonly Operation[] }
  /** These were acknowledged. `durability` was in force. */
  | {
      readonly kind: "acknowledged";
      readonly atMs: number;
      readonly epoch: number;
      readonly durability: Durability;
      readonly done: readonly Done[];
    }
  /** Committed, and clients were told that it may be lost. */
  | { readonly kind: "not-durable"; readonly atMs: number; readonly count: number }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "role"; readonly atMs: number; readonly role: Role; readonly epoch: number; readonly why: string }
  | { readonly kind: "content"; readonly digest: string; readonly integrity: string }
  | { readonly kind: "fault"; readonly fault: string }
  /** Is about to stop itself in the middle of writing a slot. */
  | { readonly kind: "frozen" }
  | { readonly kind: "log"; readonly level: "info" | "warn" | "error"; readonly line: string }
  /** Cannot continue. */
  | { readonly kind: "failed"; readonly error: string; readonly expected: boolean };
