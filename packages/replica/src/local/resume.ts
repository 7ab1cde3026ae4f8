import { existsSync } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { DatabaseChecksum } from "../checksum.ts";
import { WalReader } from "../wal/wal.ts";

/** Pages are read from the file in chunks of this size. */
const CHUNK_BYTES = 1_024 * 1_024;

/** The local WAL, read up to the commit at which the target ends. */
export type Resumed = { readonly wal: WalReader; readonly checksum: DatabaseChecksum };

/**
 * Finds the commit in the local WAL at which the database equals the target's state, by the checksum of all pages.
 * Checkpoints never copy unshipped commits into the file, so the commits after that one are what the target lacks.
 * The file may already contain everything up to that commit while the WAL contains it again. So the last commit with this
 * checksum counts; otherwise commits that the target has would be shipped again.
 * No SQLite connection to the file may be open in this process: closing the descriptor would drop its locks.
 * @param known the state at which the target ends
 * @returns undefined if there is no such commit: the file is another primary's, or damaged
 */
export async function findInLocalLog(
  file: string,
  known: { readonly checksum: string; readonly databasePages: number; readonly pageSize: number },
): Promise<Resumed | undefined> {
  if (!existsSync(file)) return undefined;
  const checksum = await checksumOf(file, known.pageSize);
  checksum.resize(known.databasePages);
  const found = lastFitting(file, known, checksum);
  if (found === undefined) return undefined;
  const wal = new WalReader(`${file}-wal`);
  for (let commit = 0; commit < found.commits; commit++) wal.next(1);
  return { wal, checksum: found.checksum };
}

export function stateKey({ checksum, databasePages }: { readonly checksum: string; readonly databasePages: number }) {
  return `${checksum}-${databasePages}`;
}

/** The states of the local database: the file without its WAL, and after each commit in the WAL. */
export async function localStates(file: string, pageSize: number): Promise<Set<string>> {
  const checksum = await checksumOf(file, pageSize);
  const { size } = await stat(file);
  const states = new Set([stateKey({ checksum: checksum.value, databasePages: Math.floor(size / pageSize) })]);
  const wal = new WalReader(`${file}-wal`);
  try {
    for (;;) {
      const change = wal.next(1);
      if (change === undefined || change.pageSize !== pageSize) return states;
      for (const [page, image] of change.pages) checksum.set(page, image);
      checksum.resize(change.databasePages);
      states.add(stateKey({ checksum: checksum.value, databasePages: change.databasePages }));
    }
  } finally {
    wal.close();
  }
}

export async function checksumOf(file: string, pageSize: number): Promise<DatabaseChecksum> {
  const checksum = new DatabaseChecksum(pageSize);
  const handle = await open(file, "r");
  try {
    await readPages(handle, pageSize, checksum);
  } finally {
    await handle.close();
  }
  return checksum;
}

/**
 * Reads the whole WAL.
 * @param checksum of the file; is modified
 * @returns how many commits of the WAL lead to the known state
 */
function lastFitting(
  file: string,
  known: { readonly checksum: string; readonly pageSize: number },
  checksum: DatabaseChecksum,
): { readonly commits: number; readonly checksum: DatabaseChecksum } | undefined {
  const wal = new WalReader(`${file}-wal`);
  let found = checksum.value === known.checksum ? { commits: 0, checksum: checksum.clone() } : undefined;
  try {
    for (let commits = 1; ; commits++) {
      const change = wal.next(1);
      if (change === undefined || change.pageSize !== known.pageSize) return found;
      for (const [page, image] of change.pages) checksum.set(page, image);
      checksum.resize(change.databasePages);
      if (checksum.value === known.checksum) found = { commits, checksum: checksum.clone() };
    }
  } finally {
    wal.close();
  }
}

export async function readPages(handle: FileHandle, pageSize: number, checksum: DatabaseChecksum): Promise<void> {
  const { size } = await handle.stat();
  const pagesAtOnce = Math.max(1, Math.floor(CHUNK_BYTES / pageSize));
  const buffer = Buffer.allocUnsafe(pagesAtOnce * pageSize);
  checksum.resize(Math.floor(size / pageSize));
  for (let page = 1; (page - 1) * pageSize < size; page += pagesAtOnce) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, (page - 1) * pageSize);
    const pages = Math.floor(bytesRead / pageSize);
    for (let at = 0; at < pages; at++) {
      checksum.set(page + at, buffer.subarray(at * pageSize, (at + 1) * pageSize));
    }
    if (pages < pagesAtOnce) return;
  }
}
