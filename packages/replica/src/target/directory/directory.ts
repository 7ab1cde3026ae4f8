import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Target, TargetError, type TargetFault } from "../target.ts";

/** Ends the name of a file that is still being written; no key ends so. */
const UNFINISHED = ".part";

/**
 * A folder as a target: a disk, or a mounted share such as Azure Files. Uses neither hard links, which SMB has not, nor
 * locks, which it keeps badly; exclusive creation is what it can be trusted with.
 * @param folder is created with the first object
 */
export function directoryTarget(folder: string): Target {
  const pathOf = (key: string) => join(folder, ...key.split("/"));
  return {
    name: folder,
    create: (key, bytes) => told(key, () => create(pathOf(key), bytes)),
    replace: (key, bytes) => told(key, () => replace(pathOf(key), bytes)),
    read: (key) => told(key, () => orIfMissing(readFile(pathOf(key)), undefined)),
    remove: (key) => told(key, () => orIfMissing(unlink(pathOf(key)), undefined)),
    list: (prefix) => told(prefix, () => list(folder, prefix)),
  };
}

async function create(path: string, bytes: Uint8Array): Promise<"created" | "exists"> {
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeDurably(path, bytes, "wx");
  } catch (error) {
    if (codeOf(error) === "EEXIST") return "exists";
    throw error;
  }
  await syncFolder(dirname(path));
  return "created";
}

async function replace(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const unfinished = `${path}.${randomUUID()}${UNFINISHED}`;
  try {
    await writeDurably(unfinished, bytes, "wx");
    await rename(unfinished, path);
  } catch (error) {
    await orIfMissing(unlink(unfinished), undefined);
    throw error;
  }
  await syncFolder(dirname(path));
}

async function writeDurably(path: string, bytes: Uint8Array, flags: string): Promise<void> {
  const handle = await open(path, flags, 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a new name in a folder survive a power failure, where the file system lets a folder be opened. */
async function syncFolder(folder: string): Promise<void> {
  let handle: Awaited<ReturnType<typeof open>> | undefined;
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

async function list(folder: string, prefix: string): Promise<string[]> {
  // Only the folder that the prefix names can hold keys that begin with it.
  const parent = prefix.slice(0, prefix.lastIndexOf("/") + 1);
  const entries = await orIfMissing(
    readdir(join(folder, ...parent.split("/")), { recursive: true, withFileTypes: true }),
    [],
  );
  return entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith(UNFINISHED))
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, "/").length).split("\\").join("/"))
    .filter((key) => key.startsWith(prefix))
    .sort();
}

async function orIfMissing<T, U>(attempt: Promise<T>, missing: U): Promise<T | U> {
  try {
    return await attempt;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return missing;
    throw error;
  }
}

const FAULTS: Readonly<Record<string, readonly [TargetFault, string]>> = {
  ENOSPC: ["full", "has no space left. Free some, or give it more"],
  EDQUOT: ["full", "has no space left within its quota. Free some, or raise the quota"],
  EROFS: ["read-only", "is mounted read-only. Mount it for writing"],
  EACCES: ["read-only", "may not be written by this user. Give it the permission"],
  EPERM: ["read-only", "may not be written by this user. Give it the permission"],
};

async function told<T>(key: string, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    const [fault, what] = FAULTS[codeOf(error)] ?? ["unreachable", "did not answer as it should"];
    throw new TargetError(fault, `${key}: the folder ${what} (${(error as Error).message}).`, error);
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? "";
}
