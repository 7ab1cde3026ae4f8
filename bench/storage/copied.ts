/** The database on local disk, and a timer that copies its file to the target while it is written to. */
import { copyFileSync, existsSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { copyIntervalMs, type Places } from "./arrangements.ts";
import { databaseName, insertSql, openWal } from "./rows.ts";
import type { Store } from "./service.ts";

/** The `-wal` file is left behind, and nothing keeps SQLite from writing while the copy is made. */
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

/** @returns the file as the last copy gives it; undefined when there was none */
export async function recoverCopied(targetFolder: string, localFolder: string): Promise<string | undefined> {
  const [copy, file] = [join(targetFolder, databaseName), join(localFolder, databaseName)];
  if (!existsSync(copy)) return undefined;
  copyFileSync(copy, file);
  return file;
}
