import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A database file in its own folder. */
export type DatabasePlace = { readonly folder: string; readonly file: string; readonly remove: () => void };

export function databasePlace(): DatabasePlace {
  const folder = mkdtempSync(join(tmpdir(), "scimtool-database-"));
  return {
    folder,
    file: join(folder, "scim.db"),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
