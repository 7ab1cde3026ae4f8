import { DatabaseSync } from "node:sqlite";
import { workerData } from "node:worker_threads";

// Copies the write-ahead log into the database once, and ends: see checkpoints.ts.

const database = new DatabaseSync((workerData as { readonly file: string }).file);
database.exec("PRAGMA synchronous = NORMAL; PRAGMA wal_checkpoint(PASSIVE)");
database.close();
