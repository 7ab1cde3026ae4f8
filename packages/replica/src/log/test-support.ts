import { randomUUID } from "node:crypto";
import type { Target } from "../target/target.ts";
import type { SlotContent } from "./log.ts";
import { type Base, type LogRecord, NO_HASH, type Segment } from "./record.ts";

const DATABASE_ID = randomUUID();
const WRITER = randomUUID();

export const hashOf = (name: string | number) => String(name).padStart(64, "0");

/** The fields that the log's tests set. */
type Terms = { readonly epoch?: number; readonly previous?: number; readonly previousHash?: string };

const common = (slot: number, { epoch = 1 }: Terms) => ({
  databaseId: DATABASE_ID,
  writer: WRITER,
  epoch,
  slot,
  timeMs: slot,
});

const link = ({ previous = 0, previousHash }: Terms) => ({
  previousSlot: previous,
  previousHash: previousHash ?? (previous === 0 ? NO_HASH : hashOf(previous)),
  pageSize: 4_096,
  databasePages: 1,
  firstCommit: 1,
  lastCommit: 1,
  checksum: "0".repeat(16),
});

export const segment = (slot: number, terms: Terms): Segment => ({
  kind: "segment",
  ...common(slot, terms),
  ...link(terms),
  pages: new Map(),
});

export const base = (slot: number, terms: Terms): Base => ({
  kind: "base",
  ...common(slot, terms),
  ...link(terms),
  snapshotKey: `replica/snap/${slot}`,
  snapshotBytes: 1,
});

export const fence = (slot: number, terms: Terms): LogRecord => ({ kind: "fence", ...common(slot, terms) });

export const released = (slot: number, terms: Terms): LogRecord => ({ kind: "released", ...common(slot, terms) });

export const whole = (record: LogRecord, hash = hashOf(record.slot)): SlotContent => ({
  slot: record.slot,
  state: "whole",
  record,
  hash,
});

export const torn = (slot: number): SlotContent => ({ slot, state: "torn", bytes: 7 });

/** A target that only supports reading, and the keys that were read. */
export function readingTarget(
  objects: ReadonlyMap<string, Buffer>,
  listed: () => string[] = () => [...objects.keys()],
) {
  const reads: string[] = [];
  const read = async (key: string) => {
    reads.push(key);
    return objects.get(key);
  };
  const list = async (prefix: string) =>
    listed()
      .filter((key) => key.startsWith(prefix))
      .sort();
  return { target: { name: "memory", read, list } as Pick<Target, "name" | "read" | "list"> as Target, reads };
}
