import { realpathSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Profile } from "@scimtool/scim";
import { InvalidArgumentError, Option } from "commander";
import { parseDuration } from "./duration.ts";

/** No timer of Node's is longer than 24 days. */
const LEAST_INTERVAL_MS = 1_000;
const MOST_INTERVAL_MS = 24 * 86_400_000;

const LEAST_RETENTION_MS = 60_000;
const MOST_RETENTION_MS = 3_650 * 86_400_000;

/**
 * Of a secret of administration that people set: its guesses are limited, which helps where there are many possible ones.
 * Of SCIM secrets nothing is asked: short ones are tried out with.
 */
const LEAST_SECRET_CHARACTERS = 12;

/** Every setting of the server, validated. */
export type Config = {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  /** Path of the SQLite database file. */
  readonly databaseFile: string;
  readonly scimSharedSecret: string | undefined;
  readonly adminSecret: string | undefined;
  readonly viewerSecret: string | undefined;
  readonly publicUrl: string | undefined;
  /** Of the default endpoint; undefined leaves it as it is set. */
  readonly profile: Profile | undefined;
  /** Whether what is answered is recorded. */
  readonly recording: "on" | "off";
  readonly logLevel: "trace" | "debug" | "info" | "warn" | "error" | "silent";
  /** Durable storage to which the database is replicated: a folder, or the URL of a blob container. */
  readonly backupTarget: string | undefined;
  /** What an answer waits for. */
  readonly backupDurability: "async" | "semi-sync" | "sync";
  /** Period of the plain copy at the target's root. */
  readonly backupIntervalMs: number;
  /** How long any point in time stays restorable. */
  readonly backupRetentionMs: number;
  /** Start although the target's database cannot be restored. */
  readonly init: boolean;
};

/** What commander makes of flags and environment, by the names of the options below. */
export type ConfigInput = Omit<Config, "databaseFile" | "backupIntervalMs" | "backupRetentionMs" | "init"> & {
  readonly databaseUrl: string | undefined;
  readonly backupInterval: number;
  readonly backupRetention: number;
  readonly init?: boolean;
};

/**
 * The settings as command-line options; each may also be given by an environment variable. Flags win.
 * A value that cannot be used stops the program with a message that names it.
 */
export function configOptions(): Option[] {
  return [
    new Option("--port <number>", "TCP port to listen on; 0 takes a free one")
      .env("PORT")
      .default(8080)
      .argParser(readPort),
    new Option("--host <address>", "address to listen on; 0.0.0.0 for all")
      .env("HOST")
      .default("127.0.0.1")
      .argParser(readText),
    new Option("--data-dir <folder>", "where database and secrets are kept")
      .env("DATA_DIR")
      .default("./data")
      .argParser(readText),
    new Option("--database-url <url>", "database, file:<path> (default: file:<data-dir>/scim.db)").env("DATABASE_URL"),
    new Option(
      "--scim-shared-secret <secret>",
      "bearer token of the default endpoint (default: made on first start)",
    ).env("SCIM_SHARED_SECRET"),
    new Option("--admin-secret <secret>", "secret for administration (default: made on first start)").env(
      "ADMIN_SECRET",
    ),
    new Option("--viewer-secret <secret>", "secret for looking at administration (default: none)").env("VIEWER_SECRET"),
    new Option("--public-url <url>", "address under which clients reach this server, such as https://scim.example.com")
      .env("PUBLIC_URL")
      .argParser(readPublicUrl),
    new Option(
      "--profile <name>",
      "how closely clients of the default endpoint are held to the RFCs (default: tolerant)",
    )
      .env("SCIM_PROFILE")
      .choices(["tolerant", "strict", "interop"]),
    new Option("--recording <on|off>", "whether what is answered is recorded; the history of resources always is")
      .env("RECORDING")
      .choices(["on", "off"])
      .default("on"),
    new Option("--log-level <level>", "least level of log lines, which go to standard error")
      .env("LOG_LEVEL")
      .choices(["trace", "debug", "info", "warn", "error", "silent"])
      .default("warn"),
    new Option(
      "--backup-target <place>",
      "where the database is replicated to: a folder, or https://<account>.blob.core.windows.net/<container>",
    ).env("BACKUP_TARGET"),
    new Option("--backup-durability <mode>", "what an answer to a write waits for")
      .env("BACKUP_DURABILITY")
      .choices(["async", "semi-sync", "sync"])
      .default("semi-sync"),
    new Option("--backup-interval <duration>", "how often a plain copy is made, such as 300, 300s, 5m or 1h")
      .env("BACKUP_INTERVAL")
      .default(300_000, "5m")
      .argParser(durationBetween(LEAST_INTERVAL_MS, MOST_INTERVAL_MS, "from 1s to 24d")),
    new Option("--backup-retention <duration>", "how long any point in time stays restorable")
      .env("BACKUP_RETENTION")
      .default(7 * 86_400_000, "7d")
      .argParser(durationBetween(LEAST_RETENTION_MS, MOST_RETENTION_MS, "from 1m to 3650d")),
    new Option("--init", "start although the backup target holds a database that cannot be restored"),
  ];
}

/**
 * Completes the settings with what follows from others.
 * @throws Error naming a secret that cannot be one, whose value is kept out of the message, or a target that cannot be one
 */
export function completeConfig(given: ConfigInput): Config {
  const { databaseUrl, backupInterval: backupIntervalMs, backupRetention: backupRetentionMs, ...input } = given;
  checkSecret("--scim-shared-secret (SCIM_SHARED_SECRET)", input.scimSharedSecret);
  checkSecret("--admin-secret (ADMIN_SECRET)", input.adminSecret);
  checkSecret("--viewer-secret (VIEWER_SECRET)", input.viewerSecret);
  if (input.scimSharedSecret !== undefined && input.scimSharedSecret === input.adminSecret) {
    throw new Error("SCIM_SHARED_SECRET and ADMIN_SECRET are the same; provisioning must not open administration.");
  }
  if (input.viewerSecret !== undefined && [input.scimSharedSecret, input.adminSecret].includes(input.viewerSecret)) {
    throw new Error("VIEWER_SECRET is the same as another secret; who may only look must have one of their own.");
  }
  checkLength("--admin-secret (ADMIN_SECRET)", input.adminSecret);
  checkLength("--viewer-secret (VIEWER_SECRET)", input.viewerSecret);
  if (input.publicUrl?.includes("@")) {
    throw new Error("--public-url (PUBLIC_URL) has a scheme and a host only, and nobody who signs in.");
  }
  const dataDir = resolve(input.dataDir);
  // Its lock stands beside it, and would be another one by another name.
  const databaseFile = realPath(databaseUrl === undefined ? resolve(dataDir, "scim.db") : readDatabaseUrl(databaseUrl));
  checkTarget(input.backupTarget, databaseFile);
  return { ...input, dataDir, databaseFile, backupIntervalMs, backupRetentionMs, init: input.init ?? false };
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError("A port is a whole number from 0 to 65535.");
  return port;
}

function readText(text: string): string {
  if (text.trim() === "") throw new InvalidArgumentError("It must not be empty.");
  return text;
}

/** Not checked by commander, whose messages have the value: there may be a password in it. @returns the path of the file */
function readDatabaseUrl(text: string): string {
  // What follows two slashes alone names a machine (RFC 8089 §2).
  const path = /^file:(?:\/\/(?=\/))?((?!\/\/[^/]).+)$/.exec(text)?.[1];
  if (path !== undefined) return resolve(path);
  throw new Error(
    "--database-url (DATABASE_URL) has the form file:<path>, such as file:./data/scim.db or file:///data/scim.db.",
  );
}

function readPublicUrl(text: string): string {
  // Refused later: commander's messages have the value, and there may be a password in it.
  if (text.includes("@")) return text;
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    throw new InvalidArgumentError("It has a scheme and a host only, such as https://scim.example.com.");
  }
  return url.origin;
}

function durationBetween(leastMs: number, mostMs: number, range: string): (text: string) => number {
  return (text) => {
    const ms = parseDuration(text);
    if (ms === undefined || ms < leastMs || ms > mostMs) {
      throw new InvalidArgumentError(`It is a time such as 300, 300s, 5m, 1h or 7d, ${range}.`);
    }
    return ms;
  };
}

/**
 * The rest is checked by who opens the target. Its value may hold a token, so it is in no message here, and not checked
 * by commander, whose messages have it.
 */
function checkTarget(target: string | undefined, databaseFile: string): void {
  if (target === undefined) return;
  const name = "--backup-target (BACKUP_TARGET)";
  if (target.trim() === "") throw new Error(`${name} is empty. It is a folder, or the URL of a blob container.`);
  if (/^https?:/i.test(target)) return;
  const path = /^file:/i.test(target) ? pathOf(target) : resolve(target);
  if (path === undefined) throw new Error(`${name} is no file: URL of this machine, such as file:///mnt/backup.`);
  // The target's root holds a plain copy of the database, by the database's own name.
  if (realPath(path) === realPath(dirname(databaseFile))) {
    throw new Error(
      `${name} is the folder of the database itself. Choose another, on storage that outlives this machine.`,
    );
  }
}

function pathOf(fileUrl: string): string | undefined {
  try {
    return fileURLToPath(fileUrl);
  } catch {
    return undefined;
  }
}

/** As it is behind symbolic links, as far as it exists. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** A bearer token travels in a header: visible ASCII characters without blanks (RFC 6750 §2.1). */
function checkSecret(name: string, secret: string | undefined): void {
  if (secret !== undefined && !/^[!-~]+$/.test(secret)) {
    throw new Error(`${name} is not usable: it must have visible ASCII characters and no blanks, and not be empty.`);
  }
}

function checkLength(name: string, secret: string | undefined): void {
  if (secret !== undefined && secret.length < LEAST_SECRET_CHARACTERS) {
    throw new Error(
      `${name} has less than ${LEAST_SECRET_CHARACTERS} characters and could be guessed. Set a random one, such as openssl rand -hex 32 prints.`,
    );
  }
}
