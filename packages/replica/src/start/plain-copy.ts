import { existsSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { startFailed } from "../errors.ts";
import { noteTaken } from "../local/sidecar.ts";
import type { ReplicaHost } from "../replica.ts";
import type { Target } from "../target/target.ts";

const CHUNK_BYTES = 8 * 1_024 * 1_024;

/**
 * Uses a lone plain copy, as older tools leave it, as the database.
 * @param accept checks that it is the host's
 * @returns its size; undefined if there is none
 * @throws ReplicaError when it is damaged, as copies made during writes often are
 */
export async function takePlainCopy(
  target: Target,
  key: string,
  file: string,
  accept?: ReplicaHost["accept"],
): Promise<number | undefined> {
  return download(target, key, file, async (unfinished) => {
    check(unfinished, target, key);
    await accept?.(unfinished).catch((error: Error) => {
      const message = `${target.name} holds only ${key}, which cannot be used: ${error.message}. Empty the target, or choose another.`;
      throw startFailed(message, error);
    });
    // If this process ends before its base is written, the next one uses the copy again.
    noteTaken(file);
  });
}

/**
 * Copies an intact plain database from a target into a new file.
 * @returns its size; undefined if the target has none of that name
 * @throws ReplicaError if it is damaged, as copies made during writes often are; TargetError
 */
export function fetchPlainCopy(target: Target, key: string, file: string): Promise<number | undefined> {
  return download(target, key, file, async (unfinished) => {
    const found = integrity(unfinished);
    if (found !== "ok") throw startFailed(`${key} at ${target.name} is not a complete database (${found}).`);
  });
}

/**
 * Keeps a plain copy that is not used, because the next one overwrites it.
 * @param aside key to keep it under
 * @returns whether there was one
 */
export async function keepPlainCopy(target: Target, key: string, aside: string): Promise<boolean> {
  const first = await target.read(key, { offset: 0, length: CHUNK_BYTES });
  if (first === undefined) return false;
  await target.replace(aside, piecesOf(target, key, first));
  return true;
}

/** Whether a file equals a plain copy, byte by byte. */
export async function isPlainCopy(target: Target, key: string, file: string): Promise<boolean> {
  const first = await target.read(key, { offset: 0, length: CHUNK_BYTES });
  if (first === undefined || !existsSync(file)) return false;
  const handle = await open(file, "r");
  try {
    let bytes = 0;
    for await (const chunk of piecesOf(target, key, first)) {
      const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(chunk.length), 0, chunk.length, bytes);
      if (bytesRead < chunk.length || !buffer.equals(chunk)) return false;
      bytes += chunk.length;
    }
    return (await handle.stat()).size === bytes;
  } finally {
    await handle.close();
  }
}

async function* piecesOf(target: Target, key: string, first: Buffer): AsyncGenerator<Buffer> {
  let offset = 0;
  for (let chunk: Buffer | undefined = first; chunk !== undefined && chunk.length > 0; ) {
    yield chunk;
    offset += chunk.length;
    if (chunk.length < CHUNK_BYTES) return;
    chunk = await target.read(key, { offset, length: CHUNK_BYTES });
  }
}

/** @param inspect checks the complete copy before it gets its name */
async function download(
  target: Target,
  key: string,
  file: string,
  inspect: (unfinished: string) => Promise<void>,
): Promise<number | undefined> {
  const first = await target.read(key, { offset: 0, length: CHUNK_BYTES });
  if (first === undefined) return undefined;
  const unfinished = `${file}.restoring`;
  try {
    const bytes = await write(unfinished, piecesOf(target, key, first));
    await inspect(unfinished);
    await rename(unfinished, file);
    return bytes;
  } finally {
    for (const suffix of ["", "-wal", "-shm", "-journal"]) await rm(unfinished + suffix, { force: true });
  }
}

async function write(file: string, pieces: AsyncIterable<Buffer>): Promise<number> {
  await rm(file, { force: true });
  const handle = await open(file, "wx", 0o600);
  try {
    let bytes = 0;
    for await (const piece of pieces) {
      await handle.write(piece, 0, piece.length, bytes);
      bytes += piece.length;
    }
    await handle.sync();
    return bytes;
  } finally {
    await handle.close();
  }
}

function check(file: string, target: Target, key: string): void {
  const found = integrity(file);
  if (found !== "ok") {
    throw startFailed(
      `${target.name} holds only ${key}, and that is not a complete database (${found}). ` +
        "Repair it with sqlite3's .recover or put an older copy there; or move it away, or use --init, to start with an empty one.",
    );
  }
}

function integrity(file: string): string {
  try {
    const database = new DatabaseSync(file);
    try {
      const row = database.prepare("PRAGMA integrity_check(1)").get() as { integrity_check: string };
      return row.integrity_check.replaceAll("\n", " ");
    } finally {
      database.close();
    }
  } catch (error) {
    return (error as Error).message;
  }
}
