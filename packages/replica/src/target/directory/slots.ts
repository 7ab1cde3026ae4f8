import { type FileHandle, open, readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { slotWrites } from "../slot-writes.ts";
import type { SlotWriter } from "../target.ts";
import { orIfMissing, told } from "./faults.ts";
import { openNew, openNewInFolder, syncFolder, writeAll } from "./write.ts";

/** What a writer of slots asks of the file system; passed in, so that each step can fail in a test. */
export type SlotFiles = {
  /** Creates a file with its folders. @returns undefined when it exists */
  readonly openFirst: (path: string) => Promise<FileHandle | undefined>;
  /** Creates a file in a folder that exists. @returns undefined when it exists */
  readonly openNew: (path: string) => Promise<FileHandle | undefined>;
  readonly reopen: (path: string) => Promise<FileHandle>;
  readonly syncFolder: (folder: string) => Promise<void>;
};

const FILES: SlotFiles = { openFirst: openNewInFolder, openNew, reopen: (path) => open(path, "r+"), syncFolder };

/**
 * Slots as files. A folder shows a name before its content, so whoever finds an empty file cannot tell a slot that is being
 * filled from one whose writer died. Hence the rule: a slot counts once its writer has claimed the next one too, by
 * creating that empty. A newcomer claims the first slot that is free, and then takes what is unfinished before it as
 * void: it has taken the very slot that the unfinished one's writer would still have to claim.
 *
 * @param pathOf the file of a slot
 */
export function directorySlots(pathOf: (slot: number) => string, files: SlotFiles = FILES): SlotWriter {
  // Slots created by this writer that are not finished: the one being written and the one behind it. Without a handle
  // when an error has made that doubtful, as a share that was away does.
  const claims = new Map<number, FileHandle | undefined>();
  // Folders are made for the first slot only: one that vanishes later has been unmounted, and what lies below the mount
  // point is another place.
  let begun = false;
  let closed = false;

  const claim = async (slot: number): Promise<boolean> => {
    if (claims.has(slot)) return true;
    const handle = await (begun ? files.openNew : files.openFirst)(pathOf(slot));
    if (handle !== undefined) claims.set(slot, handle);
    return handle !== undefined;
  };

  const closeHandles = async (keep: (slot: number) => boolean): Promise<void> => {
    for (const [slot, handle] of claims) {
      if (keep(slot)) continue;
      claims.set(slot, undefined);
      await handle?.close().catch(() => undefined);
    }
  };

  const forget = async (keep: (slot: number) => boolean): Promise<void> => {
    await closeHandles(keep);
    for (const slot of claims.keys()) if (!keep(slot)) claims.delete(slot);
  };

  const settle = async (slot: number, bytes: Uint8Array): Promise<"written" | "taken"> => {
    await forget((claimed) => claimed === slot || claimed === slot + 1);
    if (!(await claim(slot))) {
      if (!(await orIfMissing(readFile(pathOf(slot)), undefined))?.equals(bytes)) return "taken";
      claims.set(slot, undefined);
    }
    if (!(await put(slot, bytes))) return "taken";
    if (!(await claim(slot + 1))) return "taken";
    await files.syncFolder(dirname(pathOf(slot)));
    // A writer that slept until its slots had been compacted away still holds one that has no name any more.
    if (!(await isThere(pathOf(slot)))) return "taken";
    await forget((claimed) => claimed === slot + 1);
    begun = true;
    return "written";
  };

  /**
   * Fills a slot of ours durably. What an earlier attempt left is written over from the start, not truncated first: it may
   * be whole, and have been read, and must not be seen otherwise again. All of it, since after a failed sync what the
   * kernel has and what the disk has may differ.
   */
  const put = async (slot: number, bytes: Uint8Array): Promise<boolean> => {
    const handle = claims.get(slot) ?? (await orIfMissing(files.reopen(pathOf(slot)), undefined));
    if (handle === undefined) {
      await stat(dirname(pathOf(slot)));
      return false;
    }
    claims.set(slot, handle);
    await writeAll(handle, bytes, 0);
    if ((await handle.stat()).size > bytes.byteLength) await handle.truncate(bytes.byteLength);
    await handle.sync();
    return true;
  };

  return {
    write: slotWrites(async (slot, bytes) => {
      try {
        const result = await told(pathOf(slot), () => settle(slot, bytes));
        if (result === "taken") await forget(() => false);
        return result;
      } catch (error) {
        await closeHandles(() => false);
        throw error;
      } finally {
        // What a call that was under way, or came late, has opened since.
        if (closed) await forget(() => false);
      }
    }),
    firstForeign: (slot) => slot + 2,
    close: async () => {
      closed = true;
      await forget(() => false);
    },
  };
}

async function isThere(path: string): Promise<boolean> {
  return (await orIfMissing(stat(path), undefined)) !== undefined;
}
