import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { chunksOf } from "../content.ts";
import { type Content, UNFINISHED } from "../target.ts";
import { codeOf, orIfMissing } from "./faults.ts";

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
