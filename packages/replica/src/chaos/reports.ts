import type { Durability, Role } from "../status.ts";
import type { Weather } from "./faults.ts";
import type { Done, Operation } from "./workload.ts";

/** A protection that is removed, to see what is lost without it. */
export type Weakness =
  /** Answers are given without waiting for anything. */
  | "no-wait"
  /** Answers are given once a timer of two seconds ends, as if that showed that the target is away. */
  | "timer-only"
  /** On a folder, a slot counts without the next one being claimed. */
  | "no-claim"
  /** Slots are replaced, not created. */
  | "no-fence";

/** How an instance is to run: its only argument, as JSON. */
export type Orders = {
  /** Counts the instances of a run from 1. */
  readonly number: number;
  readonly seed: number;
  /** Its local disk. */
  readonly folder: string;
  /** As `openTarget` takes it. */
  readonly target: string;
  readonly durability: Durability;
  /** When it becomes the writer. One that is told is told by the message "promote". */
  readonly promote: "at-once" | "ownerless" | "told";
  readonly clients: number;
  readonly weather: Weather;
  readonly weakness?: Weakness;
  /** Only looks at what is there, tells it, and ends. */
  readonly onlyReads?: true;
  readonly plainIntervalMs: number;
};

/** What an instance tells, a line of JSON each, written before anything else happens. Times are ms since 1970. */
export type Report =
  /** Rows are about to be changed or removed. */
  | { readonly kind: "trying"; readonly operations: readonly Operation[] }
  /** Clients have been told that these are done. `durability` is what was in force. */
  | {
      readonly kind: "acknowledged";
      readonly atMs: number;
      readonly epoch: number;
      readonly durability: Durability;
      readonly done: readonly Done[];
    }
  /** Committed, and clients were told that it may not last. */
  | { readonly kind: "not-durable"; readonly atMs: number; readonly count: number }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "role"; readonly atMs: number; readonly role: Role; readonly epoch: number; readonly why: string }
  | { readonly kind: "content"; readonly digest: string; readonly integrity: string }
  | { readonly kind: "fault"; readonly fault: string }
  /** Is about to stop itself in the midst of writing a slot. */
  | { readonly kind: "frozen" }
  | { readonly kind: "log"; readonly level: "info" | "warn" | "error"; readonly line: string }
  /** Cannot go on. */
  | { readonly kind: "failed"; readonly error: string; readonly expected: boolean };
