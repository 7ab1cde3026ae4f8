import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import type { Target } from "@scimtool/replica";
import { copyBeforeMigration, schemaCopyName } from "../store/sqlite/schema-copy.ts";

const CHUNK_BYTES = 4 * 1_024 * 1_024;

/** Name of the plain copy at a target, and prefix of the copies from before a schema change. */
export const PLAIN_NAME = "scim.db";

/**
 * Copies a database to the target if opening it would change its schema. The copy is not subject to retention.
 * @throws Error without local disk space for the copy; TargetError. Nothing has changed then
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
