import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { checkDatabase } from "./access.ts";
import { MIGRATIONS, type NewerSchema } from "./migrations.ts";

/** A copy of a database from before a schema change, which the version that wrote it can still open. */
export type SchemaCopy = { readonly from: number; readonly to: number; readonly file: string };

/**
 * Name of the copy of a database with a schema: `scim.db.schema-1`. @param name of the database, with or without a
 * folder
 */
export function schemaCopyName(name: string, schema: number): string {
  return `${name}.schema-${schema}`;
}

/**
 * Copies a database beside itself if opening it would change its schema. Replaces a copy from an earlier attempt.
 * @returns undefined if opening it changes no schema
 * @throws Error as {@link checkDatabase}, or without disk space for the copy; nothing has changed then
 */
export function copyBeforeMigration(file: string): SchemaCopy | undefined {
  const [from, to] = [checkDatabase(file), MIGRATIONS.length];
  if (from === 0 || from === to) return undefined;
  const copy = schemaCopyName(file, from);
  const unfinished = `${copy}.part`;
  try {
    rmSync(unfinished, { force: true });
    vacuumInto(file, unfinished);
    sync(unfinished);
    renameSync(unfinished, copy);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw new Error(
      `this version changes the schema of ${file} from ${from} to ${to}, but the copy ${copy} cannot be made ` +
        `(${(error as Error).message}). Nothing was changed.`,
      { cause: error },
    );
  }
  return { from, to, file: copy };
}

function vacuumInto(file: string, copy: string): void {
  // Read-only: otherwise closing it would empty the write-ahead log, which a replica may still need.
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
  try {
    database.prepare("VACUUM INTO ?").run(copy);
  } finally {
    database.close();
  }
}

/** The section of the guide. */
export const GO_BACK = 'docs/upgrade.md, "Go back over a schema change"';

/** The error, with the way back: the copy beside the database, if it exists. */
export function newerSchemaError(error: NewerSchema, file: string): Error {
  const copy = schemaCopyName(file, error.known);
  const back = existsSync(copy)
    ? `Or, to go back without the changes since, put ${copy} in its place (${GO_BACK}).`
    : `Or go back to a copy from before its upgrade (${GO_BACK}).`;
  return new Error(`${file}: ${error.message}. Start that version. ${back}`, { cause: error });
}

function sync(file: string): void {
  const descriptor = openSync(file, "r+");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
