import type { AddressInfo } from "node:net";
import { dirname } from "node:path";
import { type Application, openApplication } from "../application.ts";
import { type Config, type ConfigInput, completeConfig } from "../config.ts";
import { whenNpmEnds } from "./parent.ts";
import { onSignals } from "./signals.ts";
import { standbyLines, startLines } from "./start-lines.ts";

/** After SIGTERM, requests under way get this long; container platforms kill after 30 s. */
const DRAIN_MS = 25_000;

/** `scimtool serve`: runs until SIGTERM or SIGINT. */
export async function serve(input: ConfigInput): Promise<void> {
  // Database, log and secrets hold what is nobody else's business, also in a folder that others may read.
  process.umask(0o077);
  let config: Config | undefined;
  let application: Application | undefined;
  try {
    config = completeConfig(input);
    application = await openApplication(config, { log: printLine });
    // Before the first line tells anybody that the server is there to be stopped.
    stopOnSignal(application);
    await application.server.listen({ port: config.port, host: config.host });
  } catch (error) {
    await application?.close();
    console.error(`scimtool cannot start: ${explain(error, config)}`);
    process.exitCode = 1;
    return;
  }
  const { port } = application.server.server.address() as AddressInfo;
  tellWhenServing(application, config, port);
}

function tellWhenServing(application: Application, config: Config, port: number): void {
  if (!application.isServing()) console.log(standbyLines(config, port));
  let isFirst = true;
  application.onServing((secrets) => {
    console.log(isFirst ? startLines(secrets, config, port) : "SCIMTool has the database again, and serves.");
    isFirst = false;
  });
}

/** What goes on behind the requests: what goes as it should on standard output, the rest on standard error. */
function printLine(level: "info" | "warn" | "error", line: string, about: "backup" | "server" = "backup"): void {
  if (level === "info") console.log(`backup: ${line}`);
  else
    console.error(`scimtool: ${about === "backup" ? "backup " : ""}${level === "warn" ? "warning" : "error"}: ${line}`);
}

/** SQLite's codes (the lowest byte) for a database that somebody else keeps locked, and for a disk without room. */
const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;

function ofSqlite(code: number, message: string, config: Config | undefined): string {
  const database = `the database ${config?.databaseFile}`;
  switch (code) {
    case SQLITE_FULL:
      return withoutRoom(message, config);
    case SQLITE_BUSY:
      // Whoever has it may be writing it: a file that is moved away then is lost.
      return `${database} is in use by another program, which keeps it locked. End that, or choose another folder with --data-dir.`;
    default:
      return `${database}: ${message}. Move the file away, or choose another folder with --data-dir.`;
  }
}

function withoutRoom(message: string, config: Config | undefined): string {
  const folders = config === undefined ? [] : [config.dataDir, dirname(config.databaseFile)];
  return `no space is left in ${[...new Set(folders)].join(" or ")} (${message}). Make room there, or choose another folder with --data-dir.`;
}

function explain(error: unknown, config: Config | undefined): string {
  const { code, message, syscall } = error as NodeJS.ErrnoException;
  switch (code) {
    case "EADDRINUSE":
      return `port ${config?.port} on ${config?.host} is in use. Stop the other program, or choose another port with --port.`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `this machine has no address ${config?.host}. Choose another with --host.`;
    case "EACCES":
    case "EPERM":
    case "EROFS":
      if (syscall === "listen") return `${message}. Choose a port above 1023 with --port.`;
      return `${message}. Make it writable for the user who starts the server, or choose another folder with --data-dir.`;
    case "EEXIST":
    case "EISDIR":
    case "ENOTDIR":
      return `${message}. A file stands where a folder belongs, or the reverse: choose another folder with --data-dir.`;
    case "ENOSPC":
    case "EDQUOT":
      return withoutRoom(message, config);
    case "ERR_SQLITE_ERROR":
      return ofSqlite(Number((error as { errcode?: number }).errcode) & 0xff, message, config);
    default:
      return message;
  }
}

function stopOnSignal(application: Application): void {
  let stopping = false;
  const stop = async () => {
    if (stopping) process.exit(1);
    stopping = true;
    setTimeout(() => process.exit(1), DRAIN_MS).unref();
    await application.close(DRAIN_MS);
  };
  onSignals(["SIGTERM", "SIGINT"], stop);
  // After Ctrl-C npm goes first: requests under way must not be cut off by that.
  whenNpmEnds(() => {
    if (!stopping) void stop();
  });
}
