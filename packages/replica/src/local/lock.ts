import { DatabaseSync } from "node:sqlite";
import { ReplicaStartFailed } from "../refusal.ts";

/**
 * Keeps a second process away from the same local file. SQLite's own lock on a database of its own serves: the system
 * lets go of it when the process ends, however that happens.
 * @returns lets go of it
 * @throws ReplicaStartFailed when another process has it
 */
export function lockLocally(file: string): () => void {
  const database = new DatabaseSync(`${file}-lock`, { timeout: 0 });
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    throw new ReplicaStartFailed(
      `Another process is working with ${file}. Stop it, or choose another folder with --data-dir.`,
      { cause: error },
    );
  }
  return () => database.close();
}
