import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, readFile, rename, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { TargetError, type TargetFault } from "../errors.ts";
import {
  type ByteRange,
  type Content,
  ContentFailed,
  checkKey,
  chunksOf,
  type SlotWriter,
  slotKey,
  slotWrites,
  type Target,
  UNFINISHED,
} from "./target.ts";

/**
 * A folder as a target: a local disk, or a mounted share such as Azure Files. It relies on exclusive creation only. SMB has
 * no hard links, and its file locks are unreliable.
 * @param folder created with the first object
 */
export function directoryTarget(folder: string): Target {
  const pathOf = (key: string) => {
    checkKey(key);
    return join(folder, ...key.split("/"));
  };
  const tidied = new Set<string>();
  const known = new Set<string>();
  /** A folder that disappears while this process runs was unmounted or removed. It is reported missing, not created again. */
  const inFolder = async <T>(path: string, attempt: () => Promise<T>): Promise<T> => {
    const parent = dirname(path);
    if (known.has(parent)) await stat(parent);
    const result = await attempt();
    known.add(parent);
    return result;
  };
  return {
    name: folder,
    kind: "directory",
    writesWholeSlots: false,
    create: (key, content) => withFaults(key, () => inFolder(pathOf(key), () => createFile(pathOf(key), content))),
    replace: (key, content) =>
      withFaults(key, async () => {
        const path = pathOf(key);
        await inFolder(path, () => replaceFile(path, content));
        if (tidied.has(dirname(path))) return;
        tidied.add(dirname(path));
        // The replacement succeeded, so a failed clean-up is not reported.
        await tidy(path).catch(() => undefined);
      }),
    read: (key, range) => withFaults(key, async () => orIfMissing(read(pathOf(key), range), undefined)),
    remove: (key) => withFaults(key, async () => orIfMissing(unlink(pathOf(key)), undefined)),
    list: (prefix) => withFaults(prefix, async () => list(folder, prefix)),
    openSlots: (prefix) => directorySlots((slot) => pathOf(slotKey(prefix, slot))),
    clockMs: () => withFaults(folder, () => clockMs(folder)),
  };
}

async function read(path: string, range: ByteRange | undefined): Promise<Buffer> {
  if (range === undefined) return readFile(path);
  const handle = await open(path, "r");
  try {
    const { size } = await handle.stat();
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(range.length, size - range.offset)));
    let done = 0;
    while (done < bytes.length) {
      const { bytesRead } = await handle.read(bytes, done, bytes.length - done, range.offset + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return bytes.subarray(0, done);
  } finally {
    await handle.close();
  }
}

async function list(folder: string, prefix: string): Promise<string[]> {
  // Keys with this prefix are all in one folder.
  const parent = prefix.slice(0, prefix.lastIndexOf("/") + 1);
  if (parent !== "") checkKey(parent.slice(0, -1));
  const keys: string[] = [];
  const walk = async (below: string): Promise<void> => {
    for (const entry of await orIfMissing(readdir(join(folder, below), { withFileTypes: true }), [])) {
      const key = `${below}${entry.name}`;
      if (entry.isDirectory() && key.startsWith(prefix)) await walk(`${key}/`);
      else if (entry.isFile() && key.startsWith(prefix) && !key.endsWith(UNFINISHED)) keys.push(key);
    }
  };
  await walk(parent);
  return keys.sort();
}

async function tidy(path: string): Promise<void> {
  await removeAbandoned(dirname(path), (await stat(path)).mtimeMs);
}

/** The modification time that the folder's server gives a new file. */
async function clockMs(folder: string): Promise<number> {
  const path = unfinishedPath(join(folder, "clock"));
  const handle = await openNewInFolder(path);
  if (handle === undefined) throw new Error(`${path} exists already.`);
  try {
    await handle.write("?");
    await handle.sync();
    return (await handle.stat()).mtimeMs;
  } finally {
    await handle.close();
    await unlink(path).catch(() => undefined);
  }
}

/** What a slot writer needs from the file system. A parameter, so that tests can make each step fail. */
export type SlotFiles = {
  /** Creates a file and its folders. @returns undefined if the file exists */
  readonly openFirst: (path: string) => Promise<FileHandle | undefined>;
  /** Creates a file in an existing folder. @returns undefined if the file exists */
  readonly openNew: (path: string) => Promise<FileHandle | undefined>;
  readonly reopen: (path: string) => Promise<FileHandle>;
  readonly syncFolder: (folder: string) => Promise<void>;
};

const FILES: SlotFiles = { openFirst: openNewInFolder, openNew, reopen: (path) => open(path, "r+"), syncFolder };

/**
 * Slots as files. A file's name appears before its content, so a reader cannot tell an empty slot that is being filled from
 * one whose writer died. Hence the rule: a slot counts once its writer has also claimed the next slot by creating it empty.
 * A newcomer claims the first free slot and then treats unfinished slots before it as void, because it has taken the slot
 * that their writer would still have to claim.
 *
 * @param pathOf the file of a slot
 */
export function directorySlots(pathOf: (slot: number) => string, files: SlotFiles = FILES): SlotWriter {
  // Unfinished slots that this writer has created: the one being written and the next one. Without a handle if an error
  // made its state uncertain, for example while a share was away.
  const claims = new Map<number, FileHandle | undefined>();
  // Folders are created for the first slot only. A folder that disappears later was unmounted; writing to the empty mount
  // point would not reach the target.
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
    // The slots of a writer that slept may have been compacted and removed: then its open file has no name any more.
    if (!(await isThere(pathOf(slot)))) {
      // Or the folder was set back to an earlier state: then the claim would look like the trace of a lost slot.
      await orIfMissing(unlink(pathOf(slot + 1)), undefined);
      return "taken";
    }
    await forget((claimed) => claimed === slot + 1);
    begun = true;
    return "written";
  };

  /**
   * Fills one of our slots durably. Content of an earlier attempt is overwritten from the start and not truncated first,
   * because it may be whole and somebody may have read it. All of it is written again, because after a failed sync the
   * kernel and the disk may differ.
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
        const result = await withFaults(pathOf(slot), () => settle(slot, bytes));
        if (result === "taken") await forget(() => false);
        return result;
      } catch (error) {
        await closeHandles(() => false);
        throw error;
      } finally {
        // Closes what a call in progress has opened since.
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

/** Files and folders contain personal data, so only their owner may read them. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
/** An unfinished file that was not written for this time is abandoned. */
const ABANDONED_MS = 3_600_000;
const UNFINISHED_NAME = /\.[0-9a-f-]{36}\.part$/;

/** Creates a file durably. Of any number of callers, at most one creates it. */
async function createFile(path: string, content: Content): Promise<"created" | "exists"> {
  const handle = await openNewInFolder(path);
  if (handle === undefined) return "exists";
  try {
    await fill(handle, content);
  } catch (error) {
    // A truncated file is useless, takes space that may be short, and would block the next attempt.
    await unlink(path).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(path));
  return "created";
}

/** Creates or replaces a file durably and atomically. */
async function replaceFile(path: string, content: Content): Promise<void> {
  const unfinished = unfinishedPath(path);
  const handle = await openNewInFolder(unfinished);
  if (handle === undefined) throw new Error(`${unfinished} exists already.`);
  try {
    await fill(handle, content);
    await rename(unfinished, path);
  } catch (error) {
    await unlink(unfinished).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Removes unfinished files that killed processes left in a folder. */
async function removeAbandoned(folder: string, nowMs: number): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!UNFINISHED_NAME.test(name)) continue;
    const file = join(folder, name);
    const modifiedMs = (await orIfMissing(stat(file), undefined))?.mtimeMs;
    if (modifiedMs !== undefined && nowMs - modifiedMs > ABANDONED_MS) await orIfMissing(unlink(file), undefined);
  }
}

/** A unique name for a file until it is complete. */
function unfinishedPath(path: string): string {
  return `${path}.${randomUUID()}${UNFINISHED}`;
}

/** @returns undefined if the file exists */
export async function openNew(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "wx", FILE_MODE);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return undefined;
    throw error;
  }
}

/** As `openNew`, and creates missing folders. */
export async function openNewInFolder(path: string): Promise<FileHandle | undefined> {
  try {
    return await openNew(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
  await makeFolder(dirname(path));
  return openNew(path);
}

async function fill(handle: FileHandle, content: Content): Promise<void> {
  try {
    let offset = 0;
    for await (const chunk of chunksOf(content)) {
      await writeAll(handle, chunk, offset);
      offset += chunk.byteLength;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength; ) {
    done += (await handle.write(bytes, done, bytes.byteLength - done, offset + done)).bytesWritten;
  }
}

/**
 * Creates a folder and its missing parents durably. A name is durable once the folder that contains it is synced. Node's
 * own `recursive` never ends for a path such as `/proc/x`, where the parent exists and cannot contain it.
 */
async function makeFolder(folder: string, isParentMade = false): Promise<void> {
  const parent = dirname(folder);
  try {
    await mkdir(folder, FOLDER_MODE);
  } catch (error) {
    if (codeOf(error) === "EEXIST" && (await stat(folder)).isDirectory()) return;
    if (codeOf(error) !== "ENOENT" || isParentMade) throw error;
    // Another process may have created it in the meantime.
    if (!(await isThere(parent))) await makeFolder(parent);
    return makeFolder(folder, true);
  }
  await syncFolder(parent);
}

/** Makes the names in a folder survive a power failure, if the file system can open folders. */
export async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(folder, "r");
    await handle.sync();
  } catch (error) {
    // Windows and SMB mounts cannot. There, a name is as durable as its file.
    if (!["EISDIR", "EPERM", "EINVAL", "EBADF", "ENOTSUP", "EACCES"].includes(codeOf(error))) throw error;
  } finally {
    await handle?.close();
  }
}

/** Errors of the operating system: the fault and what to do about it. */
const FAULTS: Readonly<Record<string, readonly [TargetFault, string]>> = {
  ENOSPC: ["full", "has no space left. Free some, or give it more"],
  EDQUOT: ["full", "has no space left within its quota. Free some, or raise the quota"],
  EROFS: ["read-only", "is mounted read-only. Mount it for writing"],
  EACCES: ["denied", "refuses this user. Let the user that this process runs as read and write there"],
  EPERM: ["denied", "refuses this user. Let the user that this process runs as read and write there"],
  ENOENT: ["missing", "does not exist. Mount it again, or create it"],
  ENOTDIR: ["missing", "has a file where a folder should be. Name another folder, or move that file away"],
  EEXIST: ["missing", "has a file where a folder should be. Name another folder, or move that file away"],
};

/** Runs an operation on the folder. Errors of the operating system become TargetErrors. */
export async function withFaults<T>(key: string, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof ContentFailed) throw error.cause;
    if (codeOf(error) === "" || (error as NodeJS.ErrnoException).syscall === undefined) throw error;
    const [fault, what] = FAULTS[codeOf(error)] ?? ["unreachable", "did not answer as expected. Check its mount"];
    throw new TargetError(fault, `${key}: the folder ${what} (${(error as Error).message}).`, error);
  }
}

/** @returns the error's code, such as ENOENT, or "" */
function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? "";
}

/** The result of an attempt, or `missing` if its file or folder does not exist. */
async function orIfMissing<T, U>(attempt: Promise<T>, missing: U): Promise<T | U> {
  try {
    return await attempt;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return missing;
    throw error;
  }
}
