import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import type { Target } from "@scimtool/replica";
import { copyBeforeMigration, schemaCopyName } from "../store/sqlite/schema-copy.ts";

/** Of the copy as it is read. */
const CHUNK_BYTES = 4 * 1_024 * 1_024;

/** Name of the plain copy of the database at a target. The names of these copies begin with it. */
export const PLAIN_NAME = "scim.db";

/**
 * Copies a database to the target if opening it would change its schema. It stays there, however long points in time can
 * be restored.
 * @throws Error without room for the copy here; TargetError. Then nothing has changed
 */
export async function copyToTarget(
  databaseFile: string,
  target: Target,
  log: (level: "info", line: string) => void,
): Promise<void> {
  const copy = copyBeforeMigration(databaseFile);
  if (copy === undefined) return;
  try {
    const name = schemaCopyName(PLAIN_NAME, copy.from);
    await target.replace(name, createReadStream(copy.file, { highWaterMark: CHUNK_BYTES }));
    log(
      "info",
      `The schema of the database changes from ${copy.from} to ${copy.to}. Before that it was copied to ${name} at ${target.name}.`,
    );
  } finally {
    await rm(copy.file, { force: true });
  }
}
