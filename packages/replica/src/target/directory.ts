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
 * A folder as a target: a disk, or a mounted share such as Azure Files. Uses neither hard links, which SMB has not, nor
 * locks, which it keeps badly; exclusive creation is what it can be trusted with.
 * @param folder is created with the first object
 */
export function directoryTarget(folder: string): Target {
  const pathOf = (key: string) => {
    checkKey(key);
    return join(folder, ...key.split("/"));
  };
  const tidied = new Set<string>();
  return {
    name: folder,
    kind: "directory",
    create: (key, content) => told(key, async () => createFile(pathOf(key), content)),
    replace: (key, content) =>
      told(key, async () => {
        const path = pathOf(key);
        await replaceFile(path, content);
        if (tidied.has(dirname(path))) return;
        tidied.add(dirname(path));
        // Untidiness is no reason to report a replacement that was made as failed.
        await tidy(path).catch(() => undefined);
      }),
    read: (key, range) => told(key, async () => orIfMissing(read(pathOf(key), range), undefined)),
    remove: (key) => told(key, async () => orIfMissing(unlink(pathOf(key)), undefined)),
    list: (prefix) => told(prefix, async () => list(folder, prefix)),
    openSlots: (prefix) => directorySlots((slot) => pathOf(slotKey(prefix, slot))),
    clockMs: () => told(folder, () => clockMs(folder)),
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
  // Only the folder that the prefix names can hold keys that begin with it.
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

/** The time that the folder's server gives a file written now. */
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

/** Files and folders hold personal data: they are their owner's alone. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
/** An unfinished file that nothing was written to for so long belongs to nobody any more. */
const ABANDONED_MS = 3_600_000;
const UNFINISHED_NAME = /\.[0-9a-f-]{36}\.part$/;

/** Creates a file with a content, durably; of any number of callers, one at most creates it. */
export async function createFile(path: string, content: Content): Promise<"created" | "exists"> {
  const handle = await openNewInFolder(path);
  if (handle === undefined) return "exists";
  try {
    await fill(handle, content);
  } catch (error) {
    // What is cut off helps nobody, takes room that may be short, and would stand in the way of the next attempt.
    await unlink(path).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(path));
  return "created";
}

/** Puts a file with a content in the place of whatever has its name, durably and at once. */
export async function replaceFile(path: string, content: Content): Promise<void> {
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

/** Removes the unfinished files that killed processes have left in a folder. */
export async function removeAbandoned(folder: string, nowMs: number): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!UNFINISHED_NAME.test(name)) continue;
    const file = join(folder, name);
    const modifiedMs = (await orIfMissing(stat(file), undefined))?.mtimeMs;
    if (modifiedMs !== undefined && nowMs - modifiedMs > ABANDONED_MS) await orIfMissing(unlink(file), undefined);
  }
}

/** The name to write a file under until it is complete; no two are the same. */
export function unfinishedPath(path: string): string {
  return `${path}.${randomUUID()}${UNFINISHED}`;
}

/** @returns undefined when there is a file of that name */
export async function openNew(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "wx", FILE_MODE);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return undefined;
    throw error;
  }
}

/** As `openNew`, and makes the folders that lead there. */
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

export async function writeAll(handle: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength; ) {
    done += (await handle.write(bytes, done, bytes.byteLength - done, offset + done)).bytesWritten;
  }
}

/** Makes a folder and those above it, durably: a name lasts once the folder that holds it has been synced. */
async function makeFolder(folder: string): Promise<void> {
  const topmost = await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  if (topmost === undefined) return;
  for (let made = folder; made.length >= topmost.length; made = dirname(made)) await syncFolder(dirname(made));
}

/** Makes the names in a folder survive a power failure, where the file system lets a folder be opened. */
export async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(folder, "r");
    await handle.sync();
  } catch (error) {
    // Windows, and SMB mounts, cannot: there the name is as durable as the file.
    if (!["EISDIR", "EPERM", "EINVAL", "EBADF", "ENOTSUP", "EACCES"].includes(codeOf(error))) throw error;
  } finally {
    await handle?.close();
  }
}

/** What the operating system's errors mean for whoever runs this, and what to do. */
const FAULTS: Readonly<Record<string, readonly [TargetFault, string]>> = {
  ENOSPC: ["full", "has no space left. Free some, or give it more"],
  EDQUOT: ["full", "has no space left within its quota. Free some, or raise the quota"],
  EROFS: ["read-only", "is mounted read-only. Mount it for writing"],
  EACCES: ["denied", "refuses this user. Let the user that this process runs as read and write there"],
  EPERM: ["denied", "refuses this user. Let the user that this process runs as read and write there"],
  ENOENT: ["missing", "is not there. Mount it again, or make it"],
  ENOTDIR: ["missing", "has a file where a folder should be. Name another folder, or move that file away"],
  EEXIST: ["missing", "has a file where a folder should be. Name another folder, or move that file away"],
};

/** Runs an operation on the folder; errors of the operating system become TargetErrors, others stay what they are. */
export async function told<T>(key: string, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof ContentFailed) throw error.cause;
    if (codeOf(error) === "" || (error as NodeJS.ErrnoException).syscall === undefined) throw error;
    const [fault, what] = FAULTS[codeOf(error)] ?? ["unreachable", "did not answer as it should. Look at its mount"];
    throw new TargetError(fault, `${key}: the folder ${what} (${(error as Error).message}).`, error);
  }
}

/** @returns the error's code, such as ENOENT, or nothing */
export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? "";
}

/** What an attempt gives, or `missing` when the file or folder it is about does not exist. */
export async function orIfMissing<T, U>(attempt: Promise<T>, missing: U): Promise<T | U> {
  try {
    return await attempt;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return missing;
    throw error;
  }
}
