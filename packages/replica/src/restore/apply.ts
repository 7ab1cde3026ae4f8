import type { FileHandle } from "node:fs/promises";
import { inOrder } from "../async.ts";
import { releaseMemory } from "../encoding.ts";
import { CorruptObject, ObjectError, RestoreImpossible } from "../errors.ts";
import { releasePages, type Segment } from "../log/record.ts";
import type { BaseEntry } from "../manifest/manifest.ts";
import { openSnapshot, readFrame } from "../snapshot/snapshot.ts";
import type { Target } from "../target/target.ts";
import type { PackReader } from "./objects.ts";
import { isSameState, linkBytes, type Plan } from "./plan.ts";

const FRAMES_AT_ONCE = 4;
/** Packs fetched at a time; only one beyond this size. */
const PACKS_AT_ONCE = 4;
const LARGE_PACK_BYTES = 16 * 1_024 * 1_024;
/** Adjacent pages are written together, up to this many, and this many such runs at a time. */
const RUN_PAGES = 256;
const RUNS_AT_ONCE = 8;

export type Workshop = {
  readonly target: Target;
  readonly packReader: PackReader;
  /** Called after each object, or part of one. */
  readonly done: (bytes: number, objects: number) => void;
  readonly signal: AbortSignal | undefined;
};

/** The state of the file: the database after a link of the chain. */
type Standing = { slot: number; hash: string; checksum: string; databasePages: number };

/**
 * Writes the database that a plan leads to into an empty file.
 * @throws ObjectError when an object is missing or damaged, TargetError, RestoreImpossible when the parts do not fit
 */
export async function fill(file: FileHandle, plan: Plan, workshop: Workshop): Promise<void> {
  await writeBase(file, plan.base, plan.databaseId, workshop);
  const standing: Standing = { ...plan.base };
  await writePacks(file, plan, standing, workshop);
  for (const link of plan.slots) {
    workshop.signal?.throwIfAborted();
    const { record, hash } = link;
    passBase(standing, plan, record.previousSlot, record.previousHash);
    if (record.kind === "base") passBase(standing, plan, record.slot, hash);
    else await writeSegment(file, record, hash, standing, plan);
    workshop.done(linkBytes(link), 1);
  }
  passBase(standing, plan, plan.point.slot, plan.point.hash);
  if (standing.slot !== plan.point.slot || standing.hash !== plan.point.hash) throw notFitting(standing, plan.point);
  await file.truncate(plan.point.databasePages * plan.point.pageSize);
}

async function writeBase(file: FileHandle, base: BaseEntry, databaseId: string, workshop: Workshop): Promise<void> {
  const { target, done, signal } = workshop;
  const { key, bytes, pageSize, databasePages, checksum } = base;
  try {
    const { head, frames } = await openSnapshot(target, key, bytes);
    const wanted = { databaseId, pageSize, databasePages, checksum };
    for (const [name, value] of Object.entries(wanted) as [keyof typeof wanted, string | number][]) {
      if (head[name] !== value) throw new CorruptObject(`its ${name} is ${head[name]}, where ${value} was announced`);
    }
    const images = inOrder(frames, FRAMES_AT_ONCE, async (frame) => ({
      frame,
      pages: await readFrame(target, key, frame, pageSize),
    }));
    let rest = bytes;
    for await (const { frame, pages } of images) {
      signal?.throwIfAborted();
      await writeAll(file, [pages], (frame.firstPage - 1) * pageSize);
      releaseMemory(pages);
      rest -= frame.bytes;
      done(frame.bytes, 0);
    }
    done(rest, 1);
  } catch (error) {
    if (error instanceof ObjectError) throw new ObjectError("missing", key, error.message, true, error);
    if (error instanceof CorruptObject) throw new ObjectError("corrupt", key, error.message, true, error);
    throw error;
  }
}

async function writePacks(file: FileHandle, plan: Plan, standing: Standing, workshop: Workshop): Promise<void> {
  const { packReader, done, signal } = workshop;
  const large = plan.packs.some(({ bytes }) => bytes > LARGE_PACK_BYTES);
  const fetched = inOrder(plan.packs, large ? 1 : PACKS_AT_ONCE, async (entry) => ({
    entry,
    bytes: await packReader.read(entry),
  }));
  for await (const { entry, bytes } of fetched) {
    for await (const part of packReader.parts(entry, bytes)) {
      signal?.throwIfAborted();
      if (part.slot > plan.point.slot) break;
      // The base has it already. A part that begins in the base is applied completely: it ends with the same images.
      if (part.slot <= standing.slot) continue;
      passBase(standing, plan, part.previousSlot, part.previousHash);
      await writeSegment(file, part, part.linkHash, standing, plan);
      releasePages(part);
    }
    done(entry.bytes, 1);
  }
}

async function writeSegment(
  file: FileHandle,
  segment: Segment,
  hash: string,
  standing: Standing,
  plan: Plan,
): Promise<void> {
  const { previousSlot, previousHash, slot, checksum, databasePages, pageSize, databaseId } = segment;
  const follows = previousSlot === standing.slot ? previousHash === standing.hash : previousSlot < standing.slot;
  if (!follows || slot <= standing.slot) throw notFitting(standing, segment);
  if (pageSize !== plan.point.pageSize || databaseId !== plan.databaseId) throw notFitting(standing, segment);
  await writePages(file, segment);
  Object.assign(standing, { slot, hash, checksum, databasePages } satisfies Standing);
}

/** Writes the pages of a segment, adjacent ones together. */
export async function writePages(file: FileHandle, { pages, pageSize }: Segment): Promise<void> {
  for await (const _ of inOrder(runsOf(pages), RUNS_AT_ONCE, ({ first, images }) =>
    writeAll(file, images, (first - 1) * pageSize),
  ));
}

function* runsOf(
  pages: ReadonlyMap<number, Uint8Array>,
): Generator<{ readonly first: number; readonly images: Uint8Array[] }> {
  let first = 0;
  let images: Uint8Array[] = [];
  for (const [page, image] of pages) {
    if (page === first + images.length && images.length < RUN_PAGES) {
      images.push(image);
      continue;
    }
    if (images.length > 0) yield { first, images };
    first = page;
    images = [image];
  }
  if (images.length > 0) yield { first, images };
}

/** The chain continues from a base that was not used. The file may still have the same state. */
function passBase(standing: Standing, { passedBases }: Plan, slot: number, hash: string): void {
  if (slot <= standing.slot) return;
  const passed = passedBases.find((base) => base.slot === slot && base.hash === hash);
  if (passed === undefined) return;
  if (!isSameState(passed, standing)) {
    throw new RestoreImpossible(
      "damaged",
      `What follows slot ${slot} of the log needs the snapshot ${passed.key}, which cannot be used. Put it back from a copy of the target, or choose an earlier time.`,
    );
  }
  standing.slot = slot;
  standing.hash = hash;
}

/** Writes buffers one after the other from a position on. */
async function writeAll(file: FileHandle, buffers: Uint8Array[], position: number): Promise<void> {
  const length = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
  const { bytesWritten } = await file.writev(buffers, position);
  // A file system may write less than asked.
  if (bytesWritten < length) await writeRest(file, Buffer.concat(buffers), position, bytesWritten);
}

async function writeRest(file: FileHandle, bytes: Buffer, position: number, from: number): Promise<void> {
  for (let at = from; at < bytes.length; ) {
    at += (await file.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
  }
}

function notFitting(standing: Standing, next: { readonly slot: number }): RestoreImpossible {
  return new RestoreImpossible(
    "damaged",
    `Slot ${next.slot} of the log does not follow slot ${standing.slot}. Put the target back from a copy, or choose an earlier time.`,
  );
}
