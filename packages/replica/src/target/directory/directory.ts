import { open, readdir, readFile, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type ByteRange, checkKey, slotKey, type Target, UNFINISHED } from "../target.ts";
import { orIfMissing, told } from "./faults.ts";
import { directorySlots } from "./slots.ts";
import { createFile, openNewInFolder, removeAbandoned, replaceFile, unfinishedPath } from "./write.ts";

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
