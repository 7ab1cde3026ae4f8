import { createWriteStream, existsSync, renameSync, rmSync } from "node:fs";
import { dirname, extname, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { type Command, Option } from "commander";
import { makeFolder } from "../folder.ts";
import { FORMAT_NAMES, type FormatName } from "../monitor/export/export.ts";
import { shortPath } from "../secrets.ts";
import { type AskedServer, addressOf, askingServer, askServer, findAdminSecret, printAnswer } from "./ask-server.ts";
import { CommandError } from "./command.ts";
import { type Progress, showProgress } from "./terminal.ts";
import { count, formatBytes } from "./text.ts";

/** Filters, by their names in the API. */
const FILTERS = [
  ...["endpoint", "from", "to", "kind", "severity", "status", "method", "dialect", "credential"],
  ...["resource", "requestId", "probes", "q"],
] as const;

type FilterOptions = { readonly [filter in (typeof FILTERS)[number]]?: string };
type ExportOptions = FilterOptions & { readonly format?: FormatName; readonly output?: string };
type Exported = { readonly exchanges: number; readonly bytes: number };

const EXAMPLES = `Examples:
  scimtool export --from 7d --output week.har
  scimtool export --status 4xx,5xx --output failures.csv
  scimtool export --endpoint okta --kind 'user.*' | jq -r '.sentences[].text'`;

export function addExportCommand(program: Command): void {
  askingServer(program.command("export"), exportExchanges)
    .description("export recorded requests and responses of a running server")
    .addOption(
      new Option("--format <format>", "format (default: from the name of the file, else ndjson)").choices(FORMAT_NAMES),
    )
    .option("--output <file>", "file to write; it must not exist (default: standard output)")
    .option("--from <time>", "from this time on: 2026-08-01T12:00:00Z, a day, or 24h")
    .option("--to <time>", "before this time")
    .option("--endpoint <name>", "requests to this endpoint")
    .option("--kind <kinds>", 'kinds of events: user.created, "failure.*"')
    .option("--severity <severities>", "info, notice, warning, error")
    .option("--status <statuses>", "response status: 404, 4xx, 400-499")
    .option("--method <methods>", "POST,PATCH")
    .option("--dialect <dialects>", "clients of this kind: entra, okta-wizard")
    .option("--credential <labels>", "requests with the credential of this label")
    .option("--resource <id>", "requests that read or wrote this resource")
    .option("--request-id <id>", "the request with this ID")
    .addOption(
      new Option("--probes <which>", "connection tests (default: include)").choices(["include", "exclude", "only"]),
    )
    .option("--q <words>", "requests that contain all of these words")
    .addHelpText("after", `\n${EXAMPLES}`);
}

async function exportExchanges(server: AskedServer & ExportOptions): Promise<void> {
  const { output, interruption } = server;
  // The file holds personal data: only its owner may read it.
  process.umask(0o077);
  if (output === undefined && server.json === true) {
    throw new CommandError("--json describes the written file. Name one by --output.");
  }
  const file = output === undefined ? undefined : newFile(output);
  const format = server.format ?? formatOf(output);
  const query = queryOf(server);
  // This small request reports anything wrong with the server, the secret or the filter.
  const search = `/api/exchanges?${new URLSearchParams({ ...query, limit: "1" })}`;
  const { total } = await askServer<{ total: number }>(server, "GET", search, "total");
  const answer = await fetchExport(server, `/api/export?${new URLSearchParams({ ...query, format })}`);
  if (file === undefined) {
    await writeToOutput(answer, interruption);
    return;
  }
  const progress = await showProgress("Exporting");
  try {
    const { exchanges, bytes } = await writeFile(answer, file, format, total, progress, interruption);
    progress.end();
    const text = `Exported ${count(exchanges, "exchange")} to ${shortPath(file)} (${formatBytes(bytes)}).`;
    printAnswer(server, { file, format, exchanges, bytes }, text);
  } finally {
    progress.end();
  }
}

/** @throws CommandError */
function newFile(output: string): string {
  const file = resolve(output);
  if (!existsSync(file)) return file;
  throw new CommandError(`${shortPath(file)} already exists. Choose another file with --output, or move it away.`);
}

function formatOf(output: string | undefined): FormatName {
  const extension = extname(output ?? "")
    .slice(1)
    .toLowerCase();
  return FORMAT_NAMES.find((format) => format === extension) ?? "ndjson";
}

function queryOf(options: FilterOptions): Record<string, string> {
  return Object.fromEntries(
    FILTERS.flatMap((name) => {
      const value = options[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

async function fetchExport(server: AskedServer, path: string): Promise<Readable> {
  const url = addressOf(server);
  const headers = { authorization: `Bearer ${findAdminSecret(server)}` };
  const { ok, status, body } = await fetch(url + path, { headers, redirect: "error", signal: server.interruption });
  if (ok && body !== null) return Readable.fromWeb(body as ReadableStream);
  throw new CommandError(`${url} answered ${status}. Try again later.`);
}

async function writeToOutput(answer: Readable, signal: AbortSignal): Promise<void> {
  try {
    await pipeline(answer, process.stdout, { signal, end: false });
  } catch (error) {
    // The reader may stop early, as `head` does.
    if ((error as NodeJS.ErrnoException).code !== "EPIPE") throw explainFailure(error, signal);
  }
}

/** The file appears only when it is complete. */
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
  makeFolder(dirname(file));
  try {
    await pipeline(
      answer,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          bytes += chunk.length;
          counter.add(chunk);
          // The total size is an estimate: as many bytes per exchange as so far.
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
    throw explainFailure(error, signal);
  }
  return { exchanges: counter.exchanges, bytes };
}

function explainFailure(error: unknown, signal: AbortSignal): unknown {
  const { code, message, cause } = error as NodeJS.ErrnoException & { readonly cause?: NodeJS.ErrnoException };
  if (signal.aborted) return error;
  const isServerFailure =
    message === "terminated" || code?.startsWith("UND_") === true || cause?.code?.startsWith("UND_");
  if (isServerFailure !== true) return error;
  return new CommandError("the server closed the connection before the export was complete. Try again.");
}

type ExchangeCounter = { readonly exchanges: number; readonly add: (chunk: Uint8Array) => void };

const LINE_FEED = 10;

/** Counts the exchanges of an export while it is written. */
export function countExchanges(format: FormatName): ExchangeCounter {
  return format === "csv" ? countByFirstValue() : countByLine(format === "har" ? HAR_FRAME_LINES : 0);
}

/** The first and last line of a HAR file hold no exchange. */
const HAR_FRAME_LINES = 2;

function countByLine(frameLines: number): ExchangeCounter {
  let lines = 0;
  return {
    get exchanges() {
      return Math.max(0, lines - frameLines);
    },
    add: (chunk) => {
      for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, at + 1)) lines++;
    },
  };
}

/** An exchange is one or more consecutive lines that begin with its id. */
function countByFirstValue(): ExchangeCounter {
  let [exchanges, last, rest] = [0, "", ""];
  return {
    get exchanges() {
      return exchanges;
    },
    add: (chunk) => {
      // IDs, commas and line ends are ASCII.
      const lines = (rest + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString("latin1")).split("\r\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const [, id = last] = /^(\d+),/.exec(line) ?? [];
        if (id !== last) exchanges++;
        last = id;
      }
    },
  };
}
