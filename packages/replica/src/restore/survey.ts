import {
  BEFORE_FIRST,
  type Chain,
  ChainBroken,
  chainFrom,
  type Head,
  LOG,
  readSlot,
  readTail,
  type SlotContent,
} from "../log/log.ts";
import { isLink } from "../log/record.ts";
import { type Manifest, newestManifest } from "../manifest/manifest.ts";
import { SNAPSHOTS } from "../snapshot/snapshot.ts";
import { slotKey, type Target } from "../target/target.ts";
import { ObjectTrouble, RestoreImpossible } from "./trouble.ts";

/** What lies at a target, before any decision about it. */
export type Survey = {
  readonly databaseId: string;
  readonly manifest: Manifest | undefined;
  readonly tail: Tail;
  readonly warnings: readonly string[];
};

/** The end of the log. */
export type Tail = {
  /** The last link before it. */
  readonly head: Head;
  readonly slots: readonly SlotContent[];
  readonly chain: Chain;
  /** The first slot that is free. */
  readonly nextSlot: number;
  /** Set when the log is damaged: `chain` then has what still hangs together from `head` on. */
  readonly broken?: ObjectTrouble;
  readonly warnings: readonly string[];
};

const ROOT = "replica/";
const FORMAT_KEY = "replica/format.json";
const FORMAT = 1;
/** Without one of these there has been no database. */
const REMAINS = /^replica\/(?:log|man|L1|L2|snap|orphan)\//;
const PACK_KEY = /^replica\/L[12]\/\d{16}-(\d{16})(?:-|$)/;

/**
 * Finds out what a target holds: manifest, and the log behind it.
 * @returns undefined when that is nothing at all
 * @throws RestoreImpossible when no database can be restored from it
 * @throws RecordNewer, ManifestNewer, TargetError
 */
export async function survey(target: Target): Promise<Survey | undefined> {
  const [format, { manifest, corrupt }] = await Promise.all([readFormat(target), newestManifest(target)]);
  const from = manifest?.tailSlot ?? 1;
  const [keys, slots] = await Promise.all([target.list(ROOT), readTail(target, from)]);
  const tail = await tailOf(target, manifest?.headBeforeTail ?? BEFORE_FIRST, slots, from, reached(keys, manifest));
  const databaseId = manifest?.databaseId ?? tail.chain.links.at(-1)?.record.databaseId;
  if (databaseId === undefined || (manifest?.bases ?? []).length + tail.chain.links.length === 0) {
    const remains = keys.filter((key) => REMAINS.test(key));
    if (format === undefined && slots.length === 0 && remains.length === 0) return undefined;
    throw withoutBase(target, slots, remains, corrupt);
  }
  checkIds(target, [databaseId, format?.databaseId, ...tail.chain.links.map(({ record }) => record.databaseId)]);
  const warnings = corrupt.map((key) => `${key} is damaged; the manifest before it is used.`);
  if (format === undefined) warnings.push(`${FORMAT_KEY} is missing or damaged.`);
  return { databaseId, manifest, tail, warnings };
}

/**
 * Puts slots that were read together.
 * @param slots all there are from slot `from` on, before the first free one
 * @param until the slot that the log is known to reach at least
 */
export async function tailOf(
  target: Target,
  head: Head,
  slots: readonly SlotContent[],
  from: number,
  until: number,
): Promise<Tail> {
  const nextSlot = from + slots.length;
  const warnings = slots.flatMap((content) =>
    content.state === "torn" && content.bytes > 0
      ? [`${slotKey(LOG, content.slot)} holds ${content.bytes} bytes that are no whole record and count for nothing.`]
      : [],
  );
  let broken: ObjectTrouble | undefined;
  // A live writer may have filled it since. If not, slots have been lost from the middle of the log.
  if (until >= nextSlot && (await readSlot(target, nextSlot)).state === "free") {
    broken = new ObjectTrouble(
      "missing",
      slotKey(LOG, nextSlot),
      `it is not there, but the log reaches slot ${until}`,
      false,
    );
  }
  for (let count = slots.length; ; count--) {
    try {
      const chain = chainFrom(head, slots.slice(0, count));
      if (broken === undefined) return { head, slots, chain, nextSlot, warnings };
      return { head, slots, chain: certain(chain, slots), nextSlot, warnings, broken };
    } catch (error) {
      if (!(error instanceof ChainBroken)) throw error;
      broken ??= new ObjectTrouble("corrupt", LOG, error.message, false, error);
    }
  }
}

/**
 * What counts for certain of a log whose later links are lost. The last link of a writer that was replaced may be void:
 * only the next link, which is one of those lost, would tell.
 */
function certain(chain: Chain, slots: readonly SlotContent[]): Chain {
  const last = chain.links.at(-1)?.record.slot ?? 0;
  const replaced = slots.some(
    (content) => content.slot > last && content.state === "whole" && content.record.kind === "fence",
  );
  return { ...chain, links: replaced ? chain.links.slice(0, -1) : chain.links, released: false };
}

/** The slot up to which the log has been written, as other objects tell. */
function reached(keys: readonly string[], manifest: Manifest | undefined): number {
  let slot = manifest?.bases.at(-1)?.slot ?? 0;
  for (const key of keys) {
    if (key.startsWith(LOG)) slot = Math.max(slot, Number(key.slice(LOG.length)) || 0);
    const toSlot = PACK_KEY.exec(key)?.[1];
    if (toSlot !== undefined) slot = Math.max(slot, Number(toSlot));
    // It bears the name of a slot that may not have been written afterwards.
    if (key.startsWith(SNAPSHOTS)) slot = Math.max(slot, (Number(key.slice(SNAPSHOTS.length).split("-")[0]) || 0) - 1);
  }
  return slot;
}

/** @returns undefined when it is missing, or was cut off when its writer died */
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
      `${target.name} was written by a newer version of this program (its format is ${format.format}, the newest known here ${FORMAT}). Upgrade this one.`,
    );
  }
  return format ?? {};
}

function checkIds(target: Target, ids: readonly (string | undefined)[]): void {
  const different = [...new Set(ids.filter((id) => id !== undefined))];
  if (different.length < 2) return;
  throw new RestoreImpossible(
    "damaged",
    `${target.name} holds parts of different databases (${different.join(", ")}). Put back what belongs there, or choose another target.`,
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
  // Whole or not: a snapshot may be all that is left of a database.
  if (slots.every(isVoid) && remains.every((key) => key.startsWith(LOG)) && remains.length <= slots.length) {
    return new RestoreImpossible(
      "not-begun",
      `${target.name} has been prepared for a database, but its writer stopped before it began the first snapshot. Nothing was ever stored there: start anew.`,
    );
  }
  const damaged = corrupt.length === 0 ? "" : ` Damaged: ${corrupt.join(", ")}.`;
  return new RestoreImpossible(
    "no-base",
    `${target.name} holds remains of a database (${remains.slice(0, 3).join(", ")}${remains.length > 3 ? `, and ${remains.length - 3} more objects` : ""}), but no link of its log that says where to begin.${damaged} Put the missing objects back from a copy of the target; or, if nothing was ever stored there, begin anew.`,
  );
}
