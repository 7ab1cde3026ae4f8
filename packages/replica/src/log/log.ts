import { CorruptObject } from "../errors.ts";
import { slotKey, type Target } from "../target/target.ts";
import { type Base, decodeRecord, isLink, type LogRecord, NO_HASH, recordHash, type Segment } from "./record.ts";

/** Prefix of the log's slots. */
export const LOG = "replica/log/";

/**
 * Before an instance puts its fence into a slot, it creates an object with this prefix and the slot's number. If it is killed
 * then, the unfinished slot does not mean that the record before it was lost.
 */
export const CLAIMS = "replica/claim/";

const SLOTS_AT_ONCE = 8;

/** The content of a slot. A torn one is void: its writer was killed, or has not finished. */
export type SlotContent =
  | { readonly slot: number; readonly state: "free" }
  | { readonly slot: number; readonly state: "torn"; readonly bytes: number }
  | { readonly slot: number; readonly state: "whole"; readonly record: LogRecord; readonly hash: string };

/** A record of the chain, and its hash. */
export type ChainLink = { readonly record: Segment | Base; readonly hash: string };

/** A place in the chain: the link at `slot`, which has that hash. */
export type Head = { readonly slot: number; readonly hash: string };

/** Where the chain of every database begins: before the first link. */
export const BEFORE_FIRST: Head = { slot: 0, hash: NO_HASH };

export type Chain = {
  /** In ascending order. */
  readonly links: readonly ChainLink[];
  /** The highest epoch of any whole record, including void links; 0 if there is none. */
  readonly maxEpoch: number;
  /** Whether the primary has stopped: the last whole record says so, and nobody had a higher epoch. */
  readonly released: boolean;
  /** UUID of the primary that wrote the last whole record, unless somebody had a higher epoch. */
  readonly owner?: string;
};

/** The log does not lead back to the known link: a slot is missing or damaged, or the known link is void. */
export class ChainBroken extends Error {
  override readonly name = "ChainBroken";
}

/**
 * Reads one slot.
 * @throws NewerVersion if a later version wrote the record
 * @throws TargetError when the target does not answer
 */
export async function readSlot(target: Target, slot: number): Promise<SlotContent> {
  const bytes = await target.read(slotKey(LOG, slot));
  if (bytes === undefined) return { slot, state: "free" };
  try {
    const record = await decodeRecord(bytes);
    // A record in the wrong slot was moved by a person.
    if (record.slot === slot) return { slot, state: "whole", record, hash: recordHash(bytes) };
  } catch (error) {
    if (!(error instanceof CorruptObject)) throw error;
  }
  return { slot, state: "torn", bytes: bytes.length };
}

/**
 * Reads the slots up to the first free one into memory. A torn slot is not free.
 * @throws NewerVersion if a later version wrote one of the records
 * @throws TargetError when the target does not answer
 */
export async function readTail(target: Target, from: number): Promise<SlotContent[]> {
  return readTornAgain(target, await readUpToFree(target, from));
}

/**
 * Reads torn slots before the last one again, from the end backwards. A writer may have completed them since they were read,
 * and the chain would seem broken: a folder's writer claims a slot only once the previous one is whole.
 * @param slots in ascending order
 */
export async function readTornAgain(target: Target, slots: readonly SlotContent[]): Promise<SlotContent[]> {
  const current = [...slots];
  const last = current.findLastIndex(({ state }) => state !== "free");
  for (let at = last - 1; at >= 0; at--) {
    const content = current[at];
    if (content?.state === "torn") current[at] = await readSlot(target, content.slot);
  }
  return current;
}

/** Reads several slots at a time, because a primary at full speed fills them faster than one read after the other. */
async function readUpToFree(target: Target, from: number): Promise<SlotContent[]> {
  const contents: SlotContent[] = [];
  let next = from;
  let end = Number.POSITIVE_INFINITY;
  const readOnwards = async () => {
    while (next < end) {
      const at = next++ - from;
      const content = await readSlot(target, from + at);
      contents[at] = content;
      if (content.state === "free") end = Math.min(end, content.slot);
    }
  };
  await Promise.all(Array.from({ length: SLOTS_AT_ONCE }, readOnwards)).catch((error: Error) => {
    end = from;
    throw error;
  });
  return contents.slice(0, end - from);
}

/**
 * The links that count: the highest complete one, and those that it leads back to. Other links are void: a writer that
 * seemed dead completed its slot after its successor had read it as torn.
 * The way back ends at `head`, or earlier at a base, which needs no predecessor: then the links begin with that base
 * and do not follow `head`.
 * @param head the last known link; {@link BEFORE_FIRST} if there is none
 * @param slots in ascending order, all after `head`; earlier ones are ignored
 * @throws ChainBroken if the highest link does not lead back to `head`
 */
export function chainFrom(head: Head, slots: readonly SlotContent[]): Chain {
  let last: LogRecord | undefined;
  let highest: ChainLink | undefined;
  let maxEpoch = 0;
  for (const content of slots) {
    if (content.state !== "whole" || content.slot <= head.slot) continue;
    const { record, hash } = content;
    maxEpoch = Math.max(maxEpoch, record.epoch);
    last = record;
    if (isLink(record)) highest = { record, hash };
  }
  const owner = last?.epoch === maxEpoch ? { owner: last.writer } : {};
  const released = last?.kind === "released" && last.epoch === maxEpoch;
  return { links: highest === undefined ? [] : walkBack(head, highest, slots), maxEpoch, released, ...owner };
}

function walkBack(head: Head, highest: ChainLink, slots: readonly SlotContent[]): ChainLink[] {
  const contents = new Map(slots.map((content) => [content.slot, content]));
  const links = [highest];
  /** Number of links, from the highest back, that need no earlier ones. */
  let sufficient = highest.record.kind === "base" ? 1 : 0;
  for (let link = highest; ; ) {
    const before = linkBefore(head, link, contents);
    if (before === "head") return links.reverse();
    if (typeof before === "string") {
      if (sufficient > 0) return links.slice(0, sufficient).reverse();
      throw new ChainBroken(before);
    }
    links.push(before);
    if (before.record.kind === "base") sufficient = links.length;
    link = before;
  }
}

/** The link before this one, or why there is none. */
function linkBefore(
  head: Head,
  { record }: ChainLink,
  contents: ReadonlyMap<number, SlotContent>,
): ChainLink | "head" | string {
  const { slot, previousSlot, previousHash } = record;
  const follows = `the link in slot ${slot} of the log follows on slot ${previousSlot}`;
  if (previousSlot === head.slot && previousHash === head.hash) return "head";
  if (previousSlot === head.slot) return `${follows}, but with another content than was known of it`;
  if (previousSlot < head.slot) return `${follows}: slot ${head.slot}, the last that was known, is void`;
  if (previousSlot >= slot) return `${follows}, which is not before it`;
  const before = contents.get(previousSlot);
  if (before === undefined || before.state === "free") return `${follows}, which is missing`;
  if (before.state === "torn") return `${follows}, whose ${before.bytes} bytes are not a complete record`;
  if (!isLink(before.record)) return `${follows}, which holds no link but a record "${before.record.kind}"`;
  if (before.hash !== previousHash) return `${follows}, but with another content than that has now`;
  return { record: before.record, hash: before.hash };
}
