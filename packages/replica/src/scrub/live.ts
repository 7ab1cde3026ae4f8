import { askThread, type CheckAnswer, findingIn } from "../restore/check.ts";

/**
 * A table at a time, with a pause between them: the log cannot begin anew as long as somebody reads. A table that is gone
 * since is passed over; so are free pages, of which only a look at everything at once would tell.
 */
const CHECK_TABLES = `
const { parentPort, workerData } = require("node:worker_threads");
const { DatabaseSync } = require("node:sqlite");
const PAUSE_MS = 50;
const ERROR = 1;
const pause = new Int32Array(new SharedArrayBuffer(4));
const findings = [];
try {
  const database = new DatabaseSync(workerData.file, { readOnly: true, timeout: 5000 });
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0").all();
  for (const { name } of tables) {
    try {
      const rows = database.prepare('PRAGMA quick_check("' + name.replaceAll('"', '""') + '")').all();
      findings.push(...rows.map((row) => String(Object.values(row)[0])));
    } catch (error) {
      if (error.errcode !== ERROR) throw error;
    }
    Atomics.wait(pause, 0, 0, PAUSE_MS);
  }
  database.close();
  parentPort.postMessage({ findings });
} catch ({ message, errcode }) {
  parentPort.postMessage({ message, errcode });
}
`;

/**
 * Lets SQLite look through a database while others write it, beside the event loop. Takes about a second for a gigabyte
 * that the system has in memory.
 * @returns what is wrong; undefined when nothing is
 * @throws RestoreImpossible when it could not be looked through
 */
export async function checkLive(file: string, signal?: AbortSignal): Promise<string | undefined> {
  return findingIn(await askThread<CheckAnswer>(CHECK_TABLES, { file }, signal), file);
}
