import { ObjectError, RestoreImpossible } from "../errors.ts";
import {
  BEFORE_FIRST,
  type Chain,
  ChainBroken,
  CLAIMS,
  chainFrom,
  type Head,
  LOG,
  readSlot,
  readTail,
  readTornAgain,
  type SlotContent,
} from "../log/log.ts";
import { isLink } from "../log/record.ts";
import { type Manifest, manifestKey, newestManifest } from "../manifest/manifest.ts";
import { FIRST_SNAPSHOT } from "../snapshot/snapshot.ts";
import { slotKey, type Target } from "../target/target.ts";

/** What a target holds. */
export type Survey = {
  readonly databaseId: string;
  readonly manifest: Manifest | undefined;
  readonly tail: Tail;
  readonly traces: Traces;
  readonly warnings: readonly string[];
};

const ROOT = "replica/";
const FORMAT_KEY = "replica/format.json";
const FORMAT = 1;
/** Without one of these, there was no database. */
const REMAINS = /^replica\/(?:log|man|L[1-3]|snap|orphan)\//;
const SNAPSHOT_KEY = /^replica\/snap\/(\d{16})-/;
const PACK_KEY = /^replica\/L[1-3]\/\d{16}-(\d{16})(?:-|$)/;

/**
 * Finds out what a target holds: its manifest, and the log behind it.
 * @returns undefined if it is empty
 * @throws RestoreImpossible when no database can be restored from it
 * @throws NewerVersion, TargetError
 */
export async function survey(target: Target): Promise<Survey | undefined> {
  const [format, { manifest, corrupt }] = await Promise.all([readFormat(target), newestManifest(target)]);
  const from = manifest?.tailSlot ?? 1;
  const [keys, read] = await Promise.all([target.list(ROOT), readTail(target, from)]);
  const traces = { ...tracesOf(keys, manifest), writesWholeSlots: target.writesWholeSlots };
  const gone = goneLog(keys, manifest, [...read, ...traces.listed].length);
  const log = { ...(await readBeyondGaps(target, from, read, traces)), ...(gone === undefined ? {} : { gone }) };
  const tail = tailOf(manifest?.headBeforeTail ?? BEFORE_FIRST, log);
  const databaseId = manifest?.databaseId ?? tail.chain.links.at(-1)?.record.databaseId;
  if (databaseId === undefined || (manifest?.bases ?? []).length + tail.chain.links.length === 0) {
    const remains = keys.filter((key) => REMAINS.test(key));
    if (format === undefined && log.slots.length === 0 && remains.length === 0) return undefined;
    throw withoutBase(target, log.slots, remains, corrupt);
  }
  const records = tail.chain.links.map(({ record }) => record);
  checkIds(target, [
    ...records.map(({ slot, databaseId }) => [slotKey(LOG, slot), databaseId] as const),
    ["the manifest", manifest?.databaseId],
    [FORMAT_KEY, format?.databaseId],
  ]);
  const warnings = corrupt.map((key) => `${key} is damaged; the manifest before it is used.`);
  if (format === undefined) warnings.push(`${FORMAT_KEY} is missing or damaged.`);
  return { databaseId, manifest, tail, traces, warnings };
}

/** Slots that a manifest covers are removed, but those at the beginning of the log always stay. */
function goneLog(keys: readonly string[], manifest: Manifest | undefined, slots: number): ObjectError | undefined {
  if (manifest === undefined || slots > 0) return undefined;
  // A listing that is older than the manifest proves nothing.
  if (!keys.includes(manifestKey(manifest.number))) return undefined;
  const what = `the log has no slot, but a manifest names slot ${manifest.headBeforeTail.slot}`;
  return new ObjectError("missing", LOG, what, false);
}

/** What other objects show about written slots. */
function tracesOf(keys: readonly string[], manifest: Manifest | undefined): Omit<Traces, "writesWholeSlots"> {
  const slots = keys.filter((key) => key.startsWith(LOG)).map((key) => Number(key.slice(LOG.length)));
  const listed = slots.filter((slot) => Number.isSafeInteger(slot));
  const claimed = keys.filter((key) => key.startsWith(CLAIMS)).map((key) => Number(key.slice(CLAIMS.length)));
  const covered = Math.max(manifest?.headBeforeTail.slot ?? 0, manifest?.bases.at(-1)?.slot ?? 0);
  let until = Math.max(covered, listed.at(-1) ?? 0);
  for (const key of keys) {
    const toSlot = PACK_KEY.exec(key)?.[1];
    if (toSlot !== undefined) until = Math.max(until, Number(toSlot));
    // It has the number of a slot that may never have been written.
    const snapshotSlot = SNAPSHOT_KEY.exec(key)?.[1];
    if (snapshotSlot !== undefined) until = Math.max(until, Number(snapshotSlot) - 1);
  }
  return { listed, claimed, until };
}

/** @returns undefined if it is missing, or was truncated when its writer was killed */
async function readFormat(target: Target): Promise<{ readonly databaseId?: string } | undefined> {
  const bytes = await target.read(FORMAT_KEY);
  if (bytes === undefined) return undefined;
  let format: { readonly format?: unknown; readonly databaseId?: string };
  try {
    format = JSON.parse(bytes.toString("utf8"));
  } catch {
    return {};
  }
  if (typeof format?.format === "number" && format.format > FORMAT) {
    throw new RestoreImpossible(
      "newer-version",
      `${target.name} was written by a newer version of this program (format ${format.format}; this one knows ${FORMAT}). Upgrade this one.`,
    );
  }
  return format ?? {};
}

function checkIds(target: Target, ids: readonly (readonly [from: string, id: string | undefined])[]): void {
  const different = new Map(ids.filter(([, id]) => id !== undefined).map(([from, id]) => [id, from]));
  if (different.size < 2) return;
  const list = [...different].map(([id, from]) => `${from} of ${id}`).join(", ");
  throw new RestoreImpossible(
    "damaged",
    `${target.name} holds parts of different databases: ${list}. Put back what belongs there, or choose another target.`,
  );
}

function withoutBase(
  target: Target,
  slots: readonly SlotContent[],
  remains: readonly string[],
  corrupt: readonly string[],
): RestoreImpossible {
  const isVoid = (content: SlotContent) =>
    content.state === "torn" ? content.bytes === 0 : content.state === "whole" && !isLink(content.record);
  // A snapshot may be all that is left of a database. But beside a complete log without a link, the first snapshot belongs to
  // the link that was to be written next.
  const isUnlinked = (key: string) => {
    const slot = Number(SNAPSHOT_KEY.exec(key)?.[1] ?? 0);
    return key.endsWith(FIRST_SNAPSHOT) && slots[0]?.slot === 1 && slot > 1 && slot <= slots.length + 1;
  };
  if (slots.every(isVoid) && remains.every((key) => key.startsWith(LOG) || isUnlinked(key))) {
    return new RestoreImpossible(
      "not-begun",
      `${target.name} has been prepared for a database, but its writer stopped before it began the first snapshot. Nothing was ever stored there: start anew.`,
    );
  }
  const damaged = corrupt.length === 0 ? "" : ` Damaged: ${corrupt.join(", ")}.`;
  return new RestoreImpossible(
    "no-base",
    `${target.name} holds remains of a database (${remains.slice(0, 3).join(", ")}${remains.length > 3 ? `, and ${remains.length - 3} more objects` : ""}), but no record of its log.${damaged} Put the missing objects back from a copy of the target; or, if nothing was ever stored there, start with an empty target.`,
  );
}

/** What other objects show about the log. */
export type Traces = {
  /** Slots in a listing, in ascending order. Listings may lag behind. */
  readonly listed: readonly number[];
  /** Slots that instances have claimed for their fences. */
  readonly claimed: readonly number[];
  /** See {@link Target}. */
  readonly writesWholeSlots: boolean;
  /** The log has been written up to this slot at least. */
  readonly until: number;
};

/** The end of the log, slot by slot. */
export type LogEnd = {
  /** Slots from the first one read on. Missing ones in between are free. */
  readonly slots: readonly SlotContent[];
  /** The first free slot. */
  readonly nextSlot: number;
  /** Set if there must be a log, but there is none. */
  readonly gone?: ObjectError;
};

/** The end of the log, link by link. */
export type Tail = LogEnd & {
  /** The last link before it. */
  readonly head: Head;
  readonly chain: Chain;
  /** Set if links have been lost: `chain` then has what is still complete from `head` on. */
  readonly broken?: ObjectError;
  /** Set if links may have been lost from the end. */
  readonly doubt?: ObjectError;
  readonly warnings: readonly string[];
};

/**
 * Continues behind a slot that is missing in the middle of the log. What follows shows whether it matters.
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
    // A live primary may have filled this slot since. If not, continue with the next slot that exists.
    if (content.state === "free") next = listed.find((slot) => slot > next) ?? until + 1;
    else next++;
    const more = await readTail(target, next);
    slots.push(...more);
    next += more.length;
  }
  // A torn slot may have been completed before the slots behind it were read.
  return { slots: await readTornAgain(target, slots), nextSlot: next };
}

/**
 * Finds the links among slots.
 * @param lost a known loss at the end
 */
export function tailOf(head: Head, { slots, nextSlot, ...rest }: LogEnd, lost = rest.gone): Tail {
  const gone = rest.gone === undefined ? {} : { gone: rest.gone };
  const warnings = slots.flatMap((content) =>
    content.state === "torn" && content.bytes > 0
      ? [`${slotKey(LOG, content.slot)} holds ${content.bytes} bytes that are not a complete record and are ignored.`]
      : [],
  );
  const missing = slots.findLast(({ state }) => state === "free")?.slot ?? 0;
  let broken = lost;
  for (let count = slots.length; ; count--) {
    try {
      const chain = chainFrom(head, slots.slice(0, count));
      const last = chain.links.at(-1)?.record.slot ?? head.slot;
      // Nothing behind it shows whether it was a link.
      if (missing > last) broken ??= missingSlot(missing, "it is not there, but the log continues after it");
      if (broken === undefined) return { ...gone, head, slots, chain, nextSlot, warnings };
      return { ...gone, head, slots, chain: certain(head, chain, slots), nextSlot, warnings, broken };
    } catch (error) {
      if (!(error instanceof ChainBroken)) throw error;
      broken ??=
        missing > 0
          ? missingSlot(missing, `it is not there; ${error.message}`)
          : new ObjectError("corrupt", LOG, error.message, false, error);
    }
  }
}

/**
 * Judges slots at the end that are not whole records. A killed writer leaves one, with nothing behind it except the next
 * primary's fence: it continues only once a slot is whole, and in a folder it claims the next one then.
 * @param known the last slot whose state is known
 * @returns the tail, with the doubt that they raise
 */
export function withDoubtfulEnd(
  tail: Tail,
  known: number,
  { claimed, writesWholeSlots }: Pick<Traces, "claimed" | "writesWholeSlots">,
): Tail {
  const end = tail.slots.filter(({ slot }) => slot > known);
  const isTorn = (at: number) => end[at]?.state === "torn";
  const doubted = (at: number, text: string): Tail => {
    const key = slotKey(LOG, end[at]?.slot ?? 0);
    return { ...tail, doubt: new ObjectError("corrupt", key, `it is not a complete record, ${text}`, false) };
  };
  if (writesWholeSlots) {
    const damaged = end.findIndex((_, at) => isTorn(at));
    if (damaged < 0) return tail;
    return doubted(damaged, "but it was written whole: acknowledged changes may be lost");
  }
  const passedBy = end.findIndex((content, at) => isTorn(at - 1) && isReleased(content));
  if (passedBy > 0) {
    return doubted(passedBy - 1, "but its writer continued behind it: acknowledged changes are lost");
  }
  const first = end.findLastIndex(({ state }) => state !== "torn") + 1;
  if (!isTorn(first) || !isTorn(first + 1) || claimed.includes(end[first + 1]?.slot ?? 0)) return tail;
  return doubted(first, "and the slot behind it is taken: acknowledged changes are lost");
}

function isReleased(content: SlotContent): boolean {
  return content.state === "whole" && content.record.kind === "released";
}

function missingSlot(slot: number, what: string): ObjectError {
  return new ObjectError("missing", slotKey(LOG, slot), what, false);
}

/**
 * The links that certainly count in a log whose later links are lost. The last link of a replaced primary may be void, and
 * only the next link, which is lost, would show that.
 */
function certain(head: Head, chain: Chain, slots: readonly SlotContent[]): Chain {
  const last = chain.links.at(-1)?.record.slot ?? head.slot;
  const replaced = slots.some(
    (content) => content.slot > last && content.state === "whole" && content.record.kind === "fence",
  );
  return { ...chain, links: replaced ? chain.links.slice(0, -1) : chain.links, released: false };
}
