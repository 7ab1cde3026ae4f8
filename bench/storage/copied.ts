/** The database on local disk, and a timer that copies its file to the target during writes. */
import { copyFileSync, existsSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { copyIntervalMs, type Places } from "./arrangements.ts";
import { databaseName, insertSql, openWal } from "./rows.ts";
import type { Store } from "./service.ts";

/** Omits the `-wal` file, and does not keep SQLite from writing during the copy. */
export async function openCopied({ localFolder, targetFolder }: Places): Promise<Store> {
  const file = join(localFolder, databaseName);
  const database = openWal(file, "by-sqlite");
  const insert = database.prepare(insertSql);
  let copying: Promise<void> | undefined;
  const timer = setInterval(() => {
    copying ??= copyFile(file, join(targetFolder, databaseName))
      .catch(() => {}) // "The app continues even if the backup fails."
      .finally(() => {
        copying = undefined;
      });
  }, copyIntervalMs);
  return {
    insert: (row) => {
      insert.run(...row);
    },
    durable: () => undefined,
    close: async () => {
      clearInterval(timer);
      await copying;
      database.close();
    },
  };
}

/** @returns the file of the last copy; undefined if there was none */
export async function recoverCopied(targetFolder: string, localFolder: string): Promise<string | undefined> {
  const [copy, file] = [join(targetFolder, databaseName), join(localFolder, databaseName)];
  if (!existsSync(copy)) return undefined;
  copyFileSync(copy, file);
  return file;
}
