import { statSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { DatabaseChecksum } from "../checksum.ts";
import { RestoreImpossible } from "../errors.ts";
import { addPages } from "../snapshot/snapshot.ts";
import type { RestorePoint } from "./plan.ts";

/** How thoroughly SQLite checks a database: not at all, its structure, or also its indexes. */
export type DatabaseCheck = "none" | "quick" | "full";

const CHUNK_BYTES = 4_194_304;

const SQLITE_HEADER = Buffer.from("SQLite format 3\0", "latin1");
const PAGE_SIZE_AT = 16;
/** How the header stores a page size of 65,536, which does not fit into 16 bits. */
const PAGE_SIZE_65536 = 1;

/** Findings that are reported. A damaged database may have thousands. */
const MAX_FINDINGS = 3;

/**
 * Reads a file and compares it with the expected state.
 * @returns the checksum of its pages, or what is wrong
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
    // Read the next chunk while this one is checked.
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

/** SQLite's codes for a damaged database. Others mean that it could not be checked. */
const DAMAGE_CODES: readonly number[] = [1, 11, 26];

/** Runs in a thread, because SQLite takes seconds for a large database. As text, for bundled programs. */
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

type CheckAnswer =
  | { readonly findings: readonly string[] }
  | { readonly message: string; readonly errcode: number | undefined };

/**
 * Runs SQLite's integrity check on a database that nothing has open, without leaving files beside it.
 * @returns what is wrong; undefined if nothing is
 * @throws RestoreImpossible when it could not be checked
 */
export async function checkDatabase(
  file: string,
  check: DatabaseCheck,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (check === "none") return undefined;
  const url = pathToFileURL(file);
  // Otherwise SQLite would create -wal and -shm for a database in WAL mode.
  url.searchParams.set("immutable", "1");
  return findingsOf(url, check === "full" ? "integrity_check" : "quick_check", signal);
}

/**
 * As {@link checkDatabase}, for one that may have a WAL, as a killed process leaves it.
 */
export async function checkLeftDatabase(file: string): Promise<string | undefined> {
  if (hasContent(`${file}-wal`)) return findingsOf(pathToFileURL(file), "quick_check", undefined);
  // The next writer must roll such a journal back first.
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
 * @returns what is wrong; undefined if nothing is
 * @throws RestoreImpossible when the file could not be checked
 */
function findingIn(answer: CheckAnswer, file: string): string | undefined {
  if ("findings" in answer) {
    const { findings } = answer;
    const wrong = findings.filter((finding) => finding !== "ok");
    return wrong.length === 0 ? undefined : wrong.slice(0, MAX_FINDINGS).join("; ");
  }
  const { message, errcode } = answer;
  // The lowest byte is the kind of error.
  if (errcode !== undefined && DAMAGE_CODES.includes(errcode & 0xff)) return message;
  throw new RestoreImpossible("local", `${file} could not be checked (${message}). Check its disk.`);
}

/**
 * Runs this text in a thread.
 * @returns its message
 */
async function askThread<Answer>(
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
      worker.once("exit", () =>
        reject(signal?.reason ?? new Error("The check of the database ended without a result.")),
      );
    });
  } finally {
    signal?.removeEventListener("abort", stop);
    await worker.terminate();
  }
}

/**
 * Checks one table at a time, with pauses, because the WAL cannot restart during a read. Skips tables that were dropped
 * meanwhile, and free pages, which only a check of everything at once would cover.
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
 * Runs SQLite's integrity check during writes, outside the event loop. Takes about a second for a gigabyte in memory.
 * @returns what is wrong; undefined if nothing is
 * @throws RestoreImpossible when it could not be checked
 */
export async function checkLive(file: string, signal?: AbortSignal): Promise<string | undefined> {
  return findingIn(await askThread<CheckAnswer>(CHECK_TABLES, { file }, signal), file);
}
