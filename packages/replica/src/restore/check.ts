import { statSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { DatabaseChecksum } from "../checksum.ts";
import { RestoreImpossible } from "../errors.ts";
import { addPages } from "../snapshot/snapshot.ts";
import type { RestorePoint } from "./plan.ts";

/** How thoroughly SQLite is to look through a database: not at all, its structure, or also whether its indexes are right. */
export type DatabaseCheck = "none" | "quick" | "full";

/** How much of a file is read at a time. */
const CHUNK_BYTES = 4_194_304;

const SQLITE_HEADER = Buffer.from("SQLite format 3\0", "latin1");
const PAGE_SIZE_AT = 16;
/** A page size that has no room in 16 bits is written so. */
const PAGE_SIZE_65536 = 1;

/** Findings that are told; a database that is damaged may have thousands. */
const MAX_FINDINGS = 3;

/**
 * Reads a file and compares it with the state it should be.
 * @returns the checksum of its pages, or in words what is wrong
 */
export async function compareWith(
  file: FileHandle,
  point: RestorePoint,
  signal: AbortSignal | undefined,
): Promise<DatabaseChecksum | string> {
  const { pageSize, databasePages } = point;
  const { size } = await file.stat();
  if (size !== databasePages * pageSize) return `it has ${size} bytes, not ${databasePages} pages of ${pageSize}`;
  const checksum = new DatabaseChecksum(pageSize);
  checksum.resize(databasePages);
  let reading = readChunk(file, 0, size);
  for (let at = 0; at < size; at += CHUNK_BYTES) {
    const chunk = await reading;
    signal?.throwIfAborted();
    if (at === 0 && !isDatabase(chunk, pageSize)) return "it does not begin as a database of SQLite with such pages";
    // The next one is read while this one is looked at.
    reading = readChunk(file, at + CHUNK_BYTES, size);
    reading.catch(() => {});
    await addPages(checksum, at / pageSize + 1, chunk, pageSize);
  }
  if (checksum.value === point.checksum) return checksum;
  return `its checksum is ${checksum.value}, not ${point.checksum}`;
}

async function readChunk(file: FileHandle, at: number, size: number): Promise<Buffer> {
  const chunk = Buffer.allocUnsafeSlow(Math.max(0, Math.min(CHUNK_BYTES, size - at)));
  let length = 0;
  while (length < chunk.length) {
    const { bytesRead } = await file.read(chunk, length, chunk.length - length, at + length);
    if (bytesRead === 0) throw new Error(`The file ended at ${at + length} while it was read.`);
    length += bytesRead;
  }
  return chunk;
}

function isDatabase(chunk: Buffer, pageSize: number): boolean {
  const inHeader = chunk.readUInt16BE(PAGE_SIZE_AT);
  return (
    chunk.subarray(0, SQLITE_HEADER.length).equals(SQLITE_HEADER) &&
    (inHeader === PAGE_SIZE_65536 ? 65_536 : inHeader) === pageSize
  );
}

/** SQLite's codes for a database that is not as it should be, or none; others mean that it could not be looked at. */
const DAMAGE_CODES: readonly number[] = [1, 11, 26];

/** Runs in a thread of its own: SQLite takes seconds for a large database. As text, for programs that are bundled. */
const CHECK_WHOLE = `
const { parentPort, workerData } = require("node:worker_threads");
const { DatabaseSync } = require("node:sqlite");
try {
  const database = new DatabaseSync(new URL(workerData.url), { readOnly: true });
  const rows = database.prepare(workerData.sql).all();
  database.close();
  parentPort.postMessage({ findings: rows.map((row) => String(Object.values(row)[0])) });
} catch ({ message, errcode }) {
  parentPort.postMessage({ message, errcode });
}
`;

export type CheckAnswer =
  | { readonly findings: readonly string[] }
  | { readonly message: string; readonly errcode: number | undefined };

/**
 * Lets SQLite look through a database that nobody has open, without leaving files beside it.
 * @returns what is wrong; undefined when nothing is
 * @throws RestoreImpossible when it could not be looked through
 */
export async function checkDatabase(
  file: string,
  check: DatabaseCheck,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (check === "none") return undefined;
  const url = pathToFileURL(file);
  // Else a database in WAL mode would be given its -wal and -shm.
  url.searchParams.set("immutable", "1");
  return findingsOf(url, check === "full" ? "integrity_check" : "quick_check", signal);
}

/**
 * As {@link checkDatabase}, of one that may have a log beside it, as a process that was killed leaves it.
 */
export async function checkLeftDatabase(file: string): Promise<string | undefined> {
  if (hasContent(`${file}-wal`)) return findingsOf(pathToFileURL(file), "quick_check", undefined);
  // What stands in such a journal has to be undone first, by whoever writes the file.
  return hasContent(`${file}-journal`) ? undefined : checkDatabase(file, "quick", undefined);
}

function hasContent(file: string): boolean {
  return (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

async function findingsOf(
  url: URL,
  pragma: "quick_check" | "integrity_check",
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const sql = `PRAGMA ${pragma}(${MAX_FINDINGS})`;
  return findingIn(await askThread(CHECK_WHOLE, { url: url.href, sql }, signal), fileURLToPath(url));
}

/**
 * @returns what is wrong; undefined when nothing is
 * @throws RestoreImpossible when the file could not be looked through
 */
export function findingIn(answer: CheckAnswer, file: string): string | undefined {
  if ("findings" in answer) {
    const { findings } = answer;
    const wrong = findings.filter((finding) => finding !== "ok");
    return wrong.length === 0 ? undefined : wrong.slice(0, MAX_FINDINGS).join("; ");
  }
  const { message, errcode } = answer;
  // The lowest byte is the kind of error, the others tell it more closely.
  if (errcode !== undefined && DAMAGE_CODES.includes(errcode & 0xff)) return message;
  throw new RestoreImpossible("local", `${file} could not be looked through (${message}). Look after its disk.`);
}

/**
 * Runs such a text.
 * @returns what it posts
 */
export async function askThread<Answer>(
  script: string,
  workerData: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  signal?.throwIfAborted();
  const worker = new Worker(script, { eval: true, workerData });
  const stop = () => void worker.terminate();
  signal?.addEventListener("abort", stop);
  try {
    return await new Promise<Answer>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
      worker.once("exit", () => reject(signal?.reason ?? new Error("The check of the database ended without a word.")));
    });
  } finally {
    signal?.removeEventListener("abort", stop);
    await worker.terminate();
  }
}

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
