import { DatabaseSync } from "node:sqlite";
import { startFailed } from "../errors.ts";
import { noteWrittenAlone } from "./sidecar.ts";

/** Connections that nothing refers to are closed at any time, and with them goes what they lock. */
const held = new Set<DatabaseSync>();

/**
 * Keeps a second process away from the same local file. SQLite's own lock on a database of its own serves: the system
 * lets go of it when the process ends, however that happens.
 * @returns lets go of it
 * @throws ReplicaError when another process has it, or the folder cannot be written to
 */
export function lockFile(file: string): () => void {
  const database = opened(file);
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    throw startFailed(
      `Another process is working with ${file}. Stop it, or choose another folder with --data-dir.`,
      error,
    );
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
      `${file}-lock cannot be opened (${(error as Error).message}). Check that its folder is there, and that the user that this process runs as may write to it.`,
      error,
    );
  }
}
