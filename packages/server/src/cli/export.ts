import { createWriteStream, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, extname, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { FORMAT_NAMES, type FormatName } from "../monitor/export/export.ts";
import { shortPath } from "../secrets.ts";
import { addressOf, askServer } from "./ask-server.ts";
import { CommandRefused, runCommand } from "./command.ts";
import { countExchanges } from "./export-count.ts";
import { findSecret } from "./find-secret.ts";
import { type Progress, showProgress } from "./progress.ts";
import type { AskingOptions } from "./server-options.ts";
import { count, formatBytes } from "./text.ts";

/** What chooses exchanges, by the names that the server has for it. */
const FILTERS = [
  ...["endpoint", "from", "to", "kind", "severity", "status", "method", "dialect", "credential"],
  ...["resource", "requestId", "probes", "q"],
] as const;

export type ExportOptions = AskingOptions & {
  readonly format?: FormatName;
  readonly output?: string;
} & { readonly [filter in (typeof FILTERS)[number]]?: string };

/** What was written. */
type Exported = { readonly exchanges: number; readonly bytes: number };

/** `scimtool export`: has a running server write down what it recorded, into a file or on standard output. */
export function exportExchanges({ json, format, output, ...options }: ExportOptions): Promise<void> {
  return runCommand("scimtool export", async (signal) => {
    // People are named in it.
    process.umask(0o077);
    if (output === undefined && json === true) {
      throw new CommandRefused("--json tells what was written into a file. Name one by --output.");
    }
    const file = output === undefined ? undefined : freeFile(output);
    const wanted = format ?? formatOf(output);
    const query = queryOf(options);
    // Whatever is wrong with the server, the secret or the filter is told here.
    const search = `/api/exchanges?${new URLSearchParams({ ...query, limit: "1" })}`;
    const { total } = await askServer<{ total: number }>({ ...options, interruption: signal }, "GET", search, "total");
    const path = `/api/export?${new URLSearchParams({ ...query, format: wanted })}`;
    const answer = await fetchExport(options, path, signal);
    if (file === undefined) {
      await writeOut(answer, signal);
      return;
    }
    const progress = await showProgress("Exporting");
    try {
      const { exchanges, bytes } = await writeFile(answer, file, wanted, total, progress, signal);
      progress.end();
      if (json === true) console.log(JSON.stringify({ file, format: wanted, exchanges, bytes }));
      else console.log(`Exported ${count(exchanges, "exchange")} to ${shortPath(file)} (${formatBytes(bytes)}).`);
    } finally {
      progress.end();
    }
  });
}

/** @throws CommandRefused */
function freeFile(output: string): string {
  const file = resolve(output);
  if (!existsSync(file)) return file;
  throw new CommandRefused(`${shortPath(file)} is there already. Choose another file by --output, or move it away.`);
}

function formatOf(output: string | undefined): FormatName {
  const extension = extname(output ?? "")
    .slice(1)
    .toLowerCase();
  return FORMAT_NAMES.find((format) => format === extension) ?? "ndjson";
}

function queryOf(options: Pick<ExportOptions, (typeof FILTERS)[number]>): Record<string, string> {
  return Object.fromEntries(
    FILTERS.flatMap((name) => {
      const value = options[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

async function fetchExport(options: AskingOptions, path: string, signal: AbortSignal): Promise<Readable> {
  const { secret } = findSecret(options, "admin");
  const url = addressOf(options);
  const headers = { authorization: `Bearer ${secret}` };
  const { ok, status, body } = await fetch(url + path, { headers, redirect: "error", signal });
  if (ok && body !== null) return Readable.fromWeb(body as ReadableStream);
  throw new CommandRefused(`${url} answered ${status}. Try again later.`);
}

async function writeOut(answer: Readable, signal: AbortSignal): Promise<void> {
  try {
    await pipeline(answer, process.stdout, { signal, end: false });
  } catch (error) {
    // Who reads it may have enough, as `head` does.
    if ((error as NodeJS.ErrnoException).code !== "EPIPE") throw brokenOff(error, signal);
  }
}

/** The file is there when it is whole. */
async function writeFile(
  answer: Readable,
  file: string,
  format: FormatName,
  total: number,
  progress: Progress,
  signal: AbortSignal,
): Promise<Exported> {
  const part = `${file}.part`;
  const counter = countExchanges(format);
  let bytes = 0;
  mkdirSync(dirname(file), { recursive: true });
  try {
    await pipeline(
      answer,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          bytes += chunk.length;
          counter.add(chunk);
          // How long it will be is not known: as long for each exchange as so far.
          if (counter.exchanges > 0) progress.update(bytes, Math.max(bytes, (bytes / counter.exchanges) * total));
          yield chunk;
        }
      },
      createWriteStream(part),
      { signal },
    );
    renameSync(part, file);
  } catch (error) {
    rmSync(part, { force: true });
    throw brokenOff(error, signal);
  }
  return { exchanges: counter.exchanges, bytes };
}

function brokenOff(error: unknown, signal: AbortSignal): unknown {
  const { code, message, cause } = error as NodeJS.ErrnoException & { readonly cause?: NodeJS.ErrnoException };
  if (signal.aborted) return error;
  const isOfServer = message === "terminated" || code?.startsWith("UND_") === true || cause?.code?.startsWith("UND_");
  if (isOfServer !== true) return error;
  return new CommandRefused("the server broke off before it had sent everything. Try again.");
}
