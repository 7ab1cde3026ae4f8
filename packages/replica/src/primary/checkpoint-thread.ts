import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";

// Copies the log into the database file, with its fsync, where it holds up nobody's event loop.

const database = new DatabaseSync(workerData as string, { timeout: 5_000 });
database.exec("PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -64;");
const statements = {
  PASSIVE: database.prepare("PRAGMA wal_checkpoint(PASSIVE)"),
  TRUNCATE: database.prepare("PRAGMA wal_checkpoint(TRUNCATE)"),
};

parentPort?.on("message", (mode: keyof typeof statements | "close") => {
  if (mode === "close") {
    database.close();
    parentPort?.close();
    return;
  }
  try {
    const row = statements[mode].get() as { busy: number; log: number; checkpointed: number };
    parentPort?.postMessage({ busy: row.busy !== 0, walFrames: row.log, checkpointedFrames: row.checkpointed });
  } catch (error) {
    parentPort?.postMessage({ error: (error as Error).message });
  }
});
