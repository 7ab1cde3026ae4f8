import { DatabaseSync } from "node:sqlite";
import { startFailed } from "../errors.ts";
import { noteWrittenAlone } from "./sidecar.ts";

/** Keeps the connections referenced: closing an unreferenced one would release its lock. */
const held = new Set<DatabaseSync>();

/**
 * Keeps a second process from using the same local file. The lock is SQLite's own on a separate database, because the
 * system releases it however the process ends.
 * @returns releases the lock
 * @throws ReplicaError start-failed when another process has it, or the folder is not writable
 */
export function lockFile(file: string): () => void {
  const database = opened(file);
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    throw startFailed(`Another process is using ${file}. Stop it, or choose another folder with --data-dir.`, error);
  }
  held.add(database);
  return () => {
    if (held.delete(database)) database.close();
  };
}

/** As {@link lockFile}, for a process that writes the file without a target. */
export function lockLocally(file: string): () => void {
  const unlock = lockFile(file);
  try {
    noteWrittenAlone(file);
    return unlock;
  } catch (error) {
    unlock();
    throw error;
  }
}

function opened(file: string): DatabaseSync {
  try {
    return new DatabaseSync(`${file}-lock`, { timeout: 0 });
  } catch (error) {
    throw startFailed(
      `${file}-lock cannot be opened (${(error as Error).message}). Check that its folder exists, and that the user of this process may write to it.`,
      error,
    );
  }
}
