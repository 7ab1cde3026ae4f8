import type { AddressInfo } from "node:net";
import { dirname } from "node:path";
import { type Application, openApplication } from "../application.ts";
import { type Config, type ConfigInput, completeConfig, effectiveSettings, type OptionSources } from "../config.ts";
import { listenWhileStarting } from "../http/server.ts";
import { type EndingSignal, endAtOnce, onSignals, SIGNAL_EXIT_CODES } from "./command.ts";
import { standbyLines, startLines } from "./start-lines.ts";

/** After SIGTERM, requests in progress get this long. Container platforms kill after 30 s. */
const DRAIN_MS = 25_000;

/** How often a server started by npm checks that npm still runs. */
const PARENT_CHECK_MS = 1_000;

/** `scimtool serve`: runs until SIGTERM or SIGINT. */
export async function serve(input: ConfigInput, sources: OptionSources): Promise<void> {
  // Only the owner may read the database, the log and the secrets, whatever folder they are in.
  process.umask(0o077);
  let config: Config | undefined;
  let application: Application | undefined;
  stopOnSignal(() => application);
  try {
    config = completeConfig(input);
    const { port, host } = config;
    application = await openApplication(config, {
      log: printLine,
      settings: effectiveSettings(input, sources),
      whileWaiting: () => listenWhileStarting(port, host),
    });
    await application.server.listen({ port: config.port, host: config.host });
  } catch (error) {
    await application?.close();
    console.error(`scimtool cannot start: ${explain(error, config)}`);
    process.exitCode = 1;
    return;
  }
  const { port } = application.server.server.address() as AddressInfo;
  printWhenServing(application, config, port);
}

function printWhenServing(application: Application, config: Config, port: number): void {
  if (!application.isServing()) console.log(standbyLines(config, port));
  let isFirst = true;
  application.onServing((secrets) => {
    console.log(isFirst ? startLines(secrets, config, port) : "SCIMTool has the database again and serves requests.");
    isFirst = false;
  });
}

/** Logs background work: information on standard output, warnings and errors on standard error. */
function printLine(level: "info" | "warn" | "error", line: string, about: "backup" | "server" = "backup"): void {
  if (level === "info") console.log(about === "backup" ? `backup: ${line}` : line);
  else
    console.error(`scimtool: ${about === "backup" ? "backup " : ""}${level === "warn" ? "warning" : "error"}: ${line}`);
}

/** SQLite's result codes (the lowest byte). */
const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;

function explainSqlite(code: number, message: string, config: Config | undefined): string {
  const database = `the database ${config?.databaseFile}`;
  switch (code) {
    case SQLITE_FULL:
      return diskFull(message, config);
    case SQLITE_BUSY:
      // Moving the file while another program writes to it would lose it.
      return `${database} is locked by another program. Stop that program, or choose another folder with --data-dir.`;
    default:
      return `${database}: ${message}. Move the file away, or choose another folder with --data-dir.`;
  }
}

function diskFull(message: string, config: Config | undefined): string {
  const folders = config === undefined ? [] : [config.dataDir, dirname(config.databaseFile)];
  return `no space is left in ${[...new Set(folders)].join(" or ")} (${message}). Free some space there, or choose another folder with --data-dir.`;
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
    case "ENOENT":
      if (syscall !== "mkdir") return message;
      return `${message}. The operating system has no folders there. Choose another folder with --data-dir.`;
    case "EEXIST":
    case "EISDIR":
    case "ENOTDIR":
      return `${message}. A file is where a folder should be, or the other way round. Choose another folder with --data-dir.`;
    case "ENOSPC":
    case "EDQUOT":
      return diskFull(message, config);
    case "ERR_SQLITE_ERROR":
      return explainSqlite(Number((error as { errcode?: number }).errcode) & 0xff, message, config);
    default:
      return message;
  }
}

/** @param current undefined during the start, which can be ended at any moment */
function stopOnSignal(current: () => Application | undefined): void {
  let stopping = false;
  const stop = async (signal: EndingSignal) => {
    const application = current();
    if (application === undefined) process.exit(SIGNAL_EXIT_CODES[signal]);
    if (stopping) endAtOnce();
    stopping = true;
    setTimeout(endAtOnce, DRAIN_MS).unref();
    await application.close(DRAIN_MS);
  };
  onSignals(["SIGTERM", "SIGINT"], stop);
  // After Ctrl-C npm ends first. That must not cut off requests in progress.
  whenNpmEnds(() => {
    if (!stopping) void stop("SIGTERM");
  });
}

/**
 * Calls when the shell of `npm start` has ended: npm sends SIGTERM to that shell, which ends without passing it on. A
 * server that anything else started keeps running without its parent.
 */
function whenNpmEnds(call: () => void): void {
  if (process.env["npm_lifecycle_event"] !== "start") return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    call();
  }, PARENT_CHECK_MS);
  timer.unref();
}
