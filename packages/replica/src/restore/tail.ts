import {
  type Chain,
  ChainBroken,
  chainFrom,
  type Head,
  LOG,
  readSlot,
  readTail,
  readTornAgain,
  type SlotContent,
} from "../log/log.ts";
import { slotKey, type Target } from "../target/target.ts";
import { ObjectTrouble } from "./trouble.ts";

/** What is known of the log from elsewhere. */
export type Traces = {
  /** Slots that a listing told of, in ascending order. Listings may lag behind. */
  readonly listed: readonly number[];
  /** The log has been written up to this slot at least. */
  readonly until: number;
};

/** The end of the log, slot by slot. */
export type LogEnd = {
  /** Slots from the first one read on; free are those that are missing in between. */
  readonly slots: readonly SlotContent[];
  /** The first slot that is free for a writer. */
  readonly nextSlot: number;
  /** Set when there must be a log, and none is there. */
  readonly gone?: ObjectTrouble;
};

/** The end of the log, link by link. */
export type Tail = LogEnd & {
  /** The last link before it. */
  readonly head: Head;
  readonly chain: Chain;
  /** Set when links have been lost: `chain` then has what still hangs together from `head` on. */
  readonly broken?: ObjectTrouble;
  /** Set when links may have been lost from the end, and nothing tells whether they have. */
  readonly doubt?: ObjectTrouble;
  readonly warnings: readonly string[];
};

/**
 * Reads on behind a slot that is missing from the middle of the log: what follows tells whether it matters.
 * @param read the slots from `from` on, before the first free one
 */
export async function readBeyondGaps(
  target: Target,
  from: number,
  read: readonly SlotContent[],
  { listed, until }: Traces,
): Promise<LogEnd> {
  const slots = [...read];
  let next = from + slots.length;
  while (next <= until) {
    const content = await readSlot(target, next);
    slots.push(content);
    // A live writer may have filled it since. If not, whatever is there of the log is behind it.
    if (content.state === "free") next = listed.find((slot) => slot > next) ?? until + 1;
    else next++;
    const more = await readTail(target, next);
    slots.push(...more);
    next += more.length;
  }
  // What was torn when it was read may have been completed before what was read behind it.
  return { slots: await readTornAgain(target, slots), nextSlot: next };
}

/**
 * Finds the links among slots.
 * @param lost what is known to have been lost from the end
 */
export function tailOf(head: Head, { slots, nextSlot, ...rest }: LogEnd, lost = rest.gone): Tail {
  const gone = rest.gone === undefined ? {} : { gone: rest.gone };
  const warnings = slots.flatMap((content) =>
    content.state === "torn" && content.bytes > 0
      ? [`${slotKey(LOG, content.slot)} holds ${content.bytes} bytes that are no whole record and count for nothing.`]
      : [],
  );
  const missing = slots.findLast(({ state }) => state === "free")?.slot ?? 0;
  let broken = lost;
  for (let count = slots.length; ; count--) {
    try {
      const chain = chainFrom(head, slots.slice(0, count));
      const last = chain.links.at(-1)?.record.slot ?? head.slot;
      // Nothing follows that would tell whether it was a link.
      if (missing > last) broken ??= missingSlot(missing, "it is not there, but the log goes on behind it");
      if (broken === undefined) return { ...gone, head, slots, chain, nextSlot, warnings };
      return { ...gone, head, slots, chain: certain(head, chain, slots), nextSlot, warnings, broken };
    } catch (error) {
      if (!(error instanceof ChainBroken)) throw error;
      broken ??=
        missing > 0
          ? missingSlot(missing, `it is not there; ${error.message}`)
          : new ObjectTrouble("corrupt", LOG, error.message, false, error);
    }
  }
}

/**
 * Slots at the end that are no whole records. A writer that is killed leaves one, with nothing behind it but the fence of
 * who came next: it goes on only once a slot is whole, and a folder's claims the next one then.
 * @param known the last slot of which the state is known
 * @returns the tail, with the doubt that they give rise to
 */
export function withDoubtfulEnd(tail: Tail, known: number): Tail {
  const end = tail.slots.filter(({ slot }) => slot > known);
  const isTorn = (at: number) => end[at]?.state === "torn";
  const doubted = (at: number, text: string): Tail => {
    const key = slotKey(LOG, end[at]?.slot ?? 0);
    return { ...tail, doubt: new ObjectTrouble("corrupt", key, `it is no whole record, ${text}`, false) };
  };
  const passedBy = end.findIndex((content, at) => isTorn(at - 1) && isReleased(content));
  if (passedBy > 0) {
    return doubted(passedBy - 1, "but its writer has gone on behind it: changes that were acknowledged are lost");
  }
  const first = end.findLastIndex(({ state }) => state !== "torn") + 1;
  if (!isTorn(first) || !isTorn(first + 1)) return tail;
  return doubted(
    first,
    "and the slot behind it is taken: unless an instance ended in the very moment in which it took the log, changes that were acknowledged are lost",
  );
}

function isReleased(content: SlotContent): boolean {
  return content.state === "whole" && content.record.kind === "released";
}

function missingSlot(slot: number, what: string): ObjectTrouble {
  return new ObjectTrouble("missing", slotKey(LOG, slot), what, false);
}

/**
 * What counts for certain of a log whose later links are lost. The last link of a writer that was replaced may be void:
 * only the next link, which is one of those lost, would tell.
 */
function certain(head: Head, chain: Chain, slots: readonly SlotContent[]): Chain {
  const last = chain.links.at(-1)?.record.slot ?? head.slot;
  const replaced = slots.some(
    (content) => content.slot > last && content.state === "whole" && content.record.kind === "fence",
  );
  return { ...chain, links: replaced ? chain.links.slice(0, -1) : chain.links, released: false };
}
