import { readFileSync, realpathSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Profile } from "@scimtool/scim";
import { InvalidArgumentError, Option } from "commander";
import { formatDuration, parseDuration } from "./duration.ts";
import { type ConnectionLimits, DEFAULT_CONNECTION_LIMITS, MEGABYTE } from "./http/connection-limits.ts";
import { isPostgresUrl, readPostgresUrl } from "./postgres-url.ts";

/** Node's timers can wait 24 days at most. */
const LEAST_INTERVAL_MS = 1_000;
const MOST_INTERVAL_MS = 24 * 86_400_000;

const LEAST_CACHE_MB = 4;
const MOST_CACHE_MB = 65_536;

const MOST_CONNECTIONS = 1_000_000;
const MOST_BUFFERED_MB = 65_536;

const LEAST_TIMEOUT_MS = 1_000;
const MOST_TIMEOUT_MS = 3_600_000;

const LEAST_SEARCH_MS = 1_000;
const MOST_SEARCH_MS = 600_000;

const LEAST_RETENTION_MS = 60_000;
const MOST_RETENTION_MS = 3_650 * 86_400_000;

/** The limit on wrong secrets helps only if there are many possible ones. */
const LEAST_SECRET_CHARACTERS = 12;

/** Every setting of the server, validated. */
export type Config = {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  /** URL of the PostgreSQL database; undefined for a SQLite file. It may contain a password. */
  readonly postgresUrl: string | undefined;
  /** Path of the SQLite database file. */
  readonly databaseFile: string;
  /** Memory for the database's page caches; undefined: depends on the memory of the machine or container. */
  readonly cacheMb: number | undefined;
  /** How long a search may take. */
  readonly searchTimeoutMs: number;
  readonly scimSharedSecret: string | undefined;
  readonly adminSecret: string | undefined;
  readonly viewerSecret: string | undefined;
  /** The file that the secret comes from; undefined if it comes from elsewhere. */
  readonly scimSharedSecretFile: string | undefined;
  readonly adminSecretFile: string | undefined;
  readonly viewerSecretFile: string | undefined;
  readonly publicUrl: string | undefined;
  /** Hosts with private addresses that issuers' metadata may name for keys. */
  readonly issuerHosts: readonly string[];
  /** Profile of the default endpoint; undefined leaves it unchanged. */
  readonly profile: Profile | undefined;
  /** Whether requests and responses are recorded. */
  readonly recording: "on" | "off";
  /** Whether the server asks npm's registry for a newer version of itself. */
  readonly updateCheck: "on" | "off";
  readonly logLevel: "trace" | "debug" | "info" | "warn" | "error" | "silent";
  readonly connectionLimits: ConnectionLimits;
  /** Where the database is replicated to: a folder, or the URL of a blob container. */
  readonly backupTarget: string | undefined;
  /** What the response to a write waits for. */
  readonly backupDurability: "async" | "semi-sync" | "sync";
  /** How often a plain copy is made at the target's root. */
  readonly backupIntervalMs: number;
  /** How long any point in time can be restored. */
  readonly backupRetentionMs: number;
  /** Start even if the target's database cannot be restored. */
  readonly init: boolean;
};

/** The values of the options below, as commander reads them from flags and environment. */
export type ConfigInput = Omit<
  Config,
  | "postgresUrl"
  | "databaseFile"
  | "searchTimeoutMs"
  | "backupIntervalMs"
  | "backupRetentionMs"
  | "connectionLimits"
  | "init"
> & {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  readonly headersTimeout: number;
  readonly requestTimeout: number;
  readonly sendTimeout: number;
  readonly maxBufferedMb: number;
  readonly databaseUrl: string | undefined;
  readonly searchTimeout: number;
  readonly backupInterval: number;
  readonly backupRetention: number;
  readonly init?: boolean;
};

/**
 * The settings as command-line options, each with its environment variable. Flags override the environment. An invalid
 * value ends the program with a message that names it.
 */
export function configOptions(): Option[] {
  return [
    new Option("--port <number>", "TCP port to listen on; 0 chooses a free one")
      .env("PORT")
      .default(8080)
      .argParser(readPort),
    new Option("--host <address>", "address to listen on; 0.0.0.0 for all")
      .env("HOST")
      .default("127.0.0.1")
      .argParser(readText),
    new Option("--data-dir <folder>", "folder for the database and the secrets")
      .env("DATA_DIR")
      .default("./data")
      .argParser(readText),
    new Option("--database-url <url>", "database, file:<path> or postgres://… (default: file:<data-dir>/scim.db)").env(
      "DATABASE_URL",
    ),
    new Option(
      "--cache-mb <number>",
      "megabytes for the database's page caches (default: an eighth of the memory, at most 512)",
    )
      .env("CACHE_MB")
      .argParser(readCacheMb),
    new Option("--search-timeout <duration>", "how long a search may take, such as 10s or 1m")
      .env("SEARCH_TIMEOUT")
      .default(10_000, "10s")
      .argParser(durationBetween(LEAST_SEARCH_MS, MOST_SEARCH_MS, "from 1s to 10m")),
    new Option(
      "--scim-shared-secret <secret>",
      "bearer token of the default endpoint (default: created at first start)",
    ).env("SCIM_SHARED_SECRET"),
    new Option("--admin-secret <secret>", "secret for administration (default: created at first start)").env(
      "ADMIN_SECRET",
    ),
    new Option("--viewer-secret <secret>", "secret for read-only administration (default: none)").env("VIEWER_SECRET"),
    new Option("--scim-shared-secret-file <file>", "file with the bearer token of the default endpoint").env(
      "SCIM_SHARED_SECRET_FILE",
    ),
    new Option("--admin-secret-file <file>", "file with the secret for administration").env("ADMIN_SECRET_FILE"),
    new Option("--viewer-secret-file <file>", "file with the secret for read-only administration").env(
      "VIEWER_SECRET_FILE",
    ),
    new Option("--public-url <url>", "address that clients use, such as https://scim.example.com")
      .env("PUBLIC_URL")
      .argParser(readPublicUrl),
    new Option("--issuer-hosts <names>", "hosts with private addresses that may serve keys, separated by commas")
      .env("ISSUER_HOSTS")
      .default([], "none")
      .argParser(readHosts),
    new Option("--profile <name>", "how strictly the default endpoint enforces the RFCs (default: tolerant)")
      .env("SCIM_PROFILE")
      .choices(["tolerant", "strict", "interop"]),
    new Option("--recording <on|off>", "whether to record requests; the history of resources is always recorded")
      .env("RECORDING")
      .choices(["on", "off"])
      .default("on"),
    new Option(
      "--update-check <on|off>",
      "whether to look for a newer version at registry.npmjs.org, once a day at most",
    )
      .env("UPDATE_CHECK")
      .choices(["on", "off"])
      .default("on"),
    new Option("--log-level <level>", "lowest level to log, on standard error")
      .env("LOG_LEVEL")
      .choices(["trace", "debug", "info", "warn", "error", "silent"])
      .default("warn"),
    new Option(
      "--backup-target <place>",
      "where to replicate the database: a folder, or https://<account>.blob.core.windows.net/<container>",
    ).env("BACKUP_TARGET"),
    new Option("--backup-durability <mode>", "what the response to a write waits for")
      .env("BACKUP_DURABILITY")
      .choices(["async", "semi-sync", "sync"])
      .default("semi-sync"),
    new Option("--backup-interval <duration>", "how often to make a plain copy, such as 300, 300s, 5m or 1h")
      .env("BACKUP_INTERVAL")
      .default(300_000, "5m")
      .argParser(durationBetween(LEAST_INTERVAL_MS, MOST_INTERVAL_MS, "from 1s to 24d")),
    new Option("--backup-retention <duration>", "how long you can restore any point in time")
      .env("BACKUP_RETENTION")
      .default(7 * 86_400_000, "7d")
      .argParser(durationBetween(LEAST_RETENTION_MS, MOST_RETENTION_MS, "from 1m to 3650d")),
    ...connectionOptions(),
    new Option("--init", "start even if the backup target holds a database that cannot be restored"),
  ];
}

function connectionOptions(): Option[] {
  const limits = DEFAULT_CONNECTION_LIMITS;
  const timeout = durationBetween(LEAST_TIMEOUT_MS, MOST_TIMEOUT_MS, "from 1s to 1h");
  return [
    new Option("--max-connections <number>", "maximum number of open connections")
      .env("MAX_CONNECTIONS")
      .default(limits.maxConnections)
      .argParser(wholeNumberTo(MOST_CONNECTIONS)),
    new Option("--max-connections-per-address <number>", "maximum number of open connections from one address")
      .env("MAX_CONNECTIONS_PER_ADDRESS")
      .default(limits.maxConnectionsPerAddress)
      .argParser(wholeNumberTo(MOST_CONNECTIONS)),
    new Option("--headers-timeout <duration>", "how long a client may take to send the headers of a request")
      .env("HEADERS_TIMEOUT")
      .default(limits.headersTimeoutMs, "15s")
      .argParser(timeout),
    new Option("--request-timeout <duration>", "how long a client may take to send a whole request")
      .env("REQUEST_TIMEOUT")
      .default(limits.requestTimeoutMs, "60s")
      .argParser(timeout),
    new Option("--send-timeout <duration>", "how long a client may read nothing of a response")
      .env("SEND_TIMEOUT")
      .default(limits.sendTimeoutMs, "30s")
      .argParser(timeout),
    new Option("--max-buffered-mb <number>", "megabytes for large bodies of requests and responses")
      .env("MAX_BUFFERED_MB")
      .default(limits.maxBufferedBytes / MEGABYTE)
      .argParser(wholeNumberTo(MOST_BUFFERED_MB)),
  ];
}

/**
 * Derives the remaining settings, and checks those whose values must not appear in commander's messages.
 * @throws Error for an invalid secret, URL or target, without its value
 */
export function completeConfig(given: ConfigInput): Config {
  const { databaseUrl, ...settings } = given;
  const {
    searchTimeout: searchTimeoutMs,
    backupInterval: backupIntervalMs,
    backupRetention: backupRetentionMs,
    maxConnections,
    maxConnectionsPerAddress,
    headersTimeout,
    requestTimeout,
    sendTimeout,
    maxBufferedMb,
    ...rest
  } = settings;
  const connectionLimits: ConnectionLimits = {
    maxConnections,
    maxConnectionsPerAddress,
    headersTimeoutMs: headersTimeout,
    requestTimeoutMs: requestTimeout,
    sendTimeoutMs: sendTimeout,
    maxBufferedBytes: maxBufferedMb * MEGABYTE,
  };
  const input = { ...rest, ...readSecrets(rest) };
  if (input.scimSharedSecret !== undefined && input.scimSharedSecret === input.adminSecret) {
    throw new Error(
      "SCIM_SHARED_SECRET and ADMIN_SECRET are the same. Set two different secrets: the SCIM secret must not allow administration.",
    );
  }
  if (input.viewerSecret !== undefined && [input.scimSharedSecret, input.adminSecret].includes(input.viewerSecret)) {
    throw new Error("VIEWER_SECRET is the same as another secret. Read-only access needs its own.");
  }
  if (input.publicUrl?.includes("@")) {
    throw new Error("--public-url (PUBLIC_URL) must not contain a user name or password.");
  }
  const dataDir = resolve(input.dataDir);
  // The lock file is beside the database: every path to it must lead to the same lock.
  const postgresUrl = postgresUrlIn(databaseUrl);
  const isFile = databaseUrl !== undefined && postgresUrl === undefined;
  const databaseFile = realPath(isFile ? readDatabaseUrl(databaseUrl) : resolve(dataDir, "scim.db"));
  if (postgresUrl !== undefined && input.backupTarget !== undefined) {
    throw new Error(
      "--backup-target (BACKUP_TARGET) does not apply to a PostgreSQL database. Back it up with the database server's own tools, and remove the setting.",
    );
  }
  checkTarget(input.backupTarget, databaseFile);
  const init = input.init ?? false;
  const durations = { searchTimeoutMs, backupIntervalMs, backupRetentionMs };
  return { ...input, ...durations, dataDir, postgresUrl, databaseFile, connectionLimits, init };
}

/** As commander names them, by option: `cli`, `env`, `default`. */
export type OptionSources = Readonly<Record<string, string | undefined>>;

/** A setting for display. */
export type EffectiveSetting = {
  readonly flag: string;
  readonly variable: string | null;
  readonly description: string;
  /** null if it is not set. Of a secret, only whether it is set. */
  readonly value: string | null;
  readonly source: "default" | "environment" | "flag" | "file";
};

/** The settings as they were given, without secrets. */
export function effectiveSettings(input: ConfigInput, sources: OptionSources): EffectiveSetting[] {
  const given = input as unknown as Readonly<Record<string, unknown>>;
  // A secret's file is part of the secret.
  const options = configOptions().filter(({ long }) => !long?.endsWith("-secret-file"));
  return options.map((option) => {
    const name = option.attributeName();
    const isSecret = SECRETS.some(([secret]) => secret === name);
    const ofFile = isSecret && given[`${name}File`] !== undefined;
    const source = ({ cli: "flag", env: "environment" } as const)[sources[name] ?? ""] ?? "default";
    const value = isSecret && (ofFile || given[name] !== undefined) ? "set" : valueText(option, given[name]);
    return {
      flag: option.long ?? "",
      variable: option.envVar ?? null,
      description: option.description,
      value,
      source: ofFile ? "file" : source,
    };
  });
}

function valueText(option: Option, value: unknown): string | null {
  if (value === undefined || value === null || String(value) === "") return null;
  if (value === option.defaultValue) return option.defaultValueDescription ?? String(value);
  if (option.long?.match(/-(?:timeout|interval|retention)$/)) return formatDuration(Number(value));
  return withoutCredentials(String(value));
}

/** A URL may contain a password, or a token in its query. */
function withoutCredentials(text: string): string {
  return text.replace(/^([a-z]{2,}:\/\/)(?:[^/?#]*@)?([^?#]*).*$/is, "$1$2");
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError("A port is a whole number from 0 to 65535.");
  return port;
}

function readCacheMb(text: string): number {
  const megabytes = Number(text);
  if (!/^\d+$/.test(text) || megabytes < LEAST_CACHE_MB || megabytes > MOST_CACHE_MB) {
    throw new InvalidArgumentError(
      `The cache size is a whole number of megabytes from ${LEAST_CACHE_MB} to ${MOST_CACHE_MB}.`,
    );
  }
  return megabytes;
}

function wholeNumberTo(most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < 1 || number > most)
      throw new InvalidArgumentError(`It must be a whole number from 1 to ${most}.`);
    return number;
  };
}

function readText(text: string): string {
  if (text.trim() === "") throw new InvalidArgumentError("It must not be empty.");
  return text;
}

/** @returns the URL, if it is one of a PostgreSQL database */
function postgresUrlIn(text: string | undefined): string | undefined {
  if (text === undefined || !isPostgresUrl(text)) return undefined;
  try {
    readPostgresUrl(text);
    return text;
  } catch (error) {
    throw new Error(`--database-url (DATABASE_URL) ${(error as Error).message}`);
  }
}

/**
 * Commander must not check it, because its messages repeat the value, which may contain a password. @returns the path
 * of the file
 */
function readDatabaseUrl(text: string): string {
  // Two slashes are followed by the name of a machine (RFC 8089 §2).
  const path = /^file:(?:\/\/(?=\/))?((?!\/\/[^/]).+)$/.exec(text)?.[1];
  if (path !== undefined) return resolve(path);
  throw new Error(
    "--database-url (DATABASE_URL) must be file:<path>, such as file:./data/scim.db or file:///data/scim.db, or postgres://….",
  );
}

function readPublicUrl(text: string): string {
  // Rejected later, because commander's message would repeat the password.
  if (text.includes("@")) return text;
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    throw new InvalidArgumentError("It must have a scheme and a host only, such as https://scim.example.com.");
  }
  return url.origin;
}

function readHosts(text: string): string[] {
  return text.split(",").map((each) => {
    const host = each.trim().toLowerCase();
    if (host === "" || URL.parse(`https://${host}`)?.hostname !== host) {
      throw new InvalidArgumentError("It must be host names without a port, such as login.example.internal,10.0.0.5.");
    }
    return host;
  });
}

function durationBetween(leastMs: number, mostMs: number, range: string): (text: string) => number {
  return (text) => {
    const ms = parseDuration(text);
    if (ms === undefined || ms < leastMs || ms > mostMs) {
      throw new InvalidArgumentError(`It must be a time such as 300, 300s, 5m, 1h or 7d, ${range}.`);
    }
    return ms;
  };
}

/**
 * Opening the target checks the rest. The value may contain a token, so no message here repeats it, and commander,
 * whose messages would, does not check it.
 */
function checkTarget(target: string | undefined, databaseFile: string): void {
  if (target === undefined) return;
  const name = "--backup-target (BACKUP_TARGET)";
  if (target.trim() === "") throw new Error(`${name} is empty. Set a folder, or the URL of a blob container.`);
  if (/^https?:/i.test(target)) return;
  const path = /^file:/i.test(target) ? pathOf(target) : resolve(target);
  if (path === undefined) throw new Error(`${name} is not a file: URL of this machine, such as file:///mnt/backup.`);
  // The plain copy at the target's root has the database's own name.
  if (realPath(path) === realPath(dirname(databaseFile))) {
    throw new Error(
      `${name} is the folder of the database itself. Choose a folder on storage that outlives this machine.`,
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

/** Resolves symbolic links, if the path exists. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

const SECRETS = [
  ["scimSharedSecret", "--scim-shared-secret", "SCIM_SHARED_SECRET"],
  ["adminSecret", "--admin-secret", "ADMIN_SECRET"],
  ["viewerSecret", "--viewer-secret", "VIEWER_SECRET"],
] as const;

/** The secrets that are set, from the settings or their files. @throws Error without the value of a secret */
function readSecrets(given: Partial<ConfigInput>): Partial<Pick<Config, (typeof SECRETS)[number][0]>> {
  const secrets: { [name in (typeof SECRETS)[number][0]]?: string } = {};
  for (const [name, flag, variable] of SECRETS) {
    const file = given[`${name}File`];
    if (file !== undefined && given[name] !== undefined) {
      throw new Error(`Both ${flag} (${variable}) and ${flag}-file (${variable}_FILE) are set. Set one of them.`);
    }
    const secret = file === undefined ? given[name] : readSecretFile(`${flag}-file (${variable}_FILE)`, file);
    if (secret === undefined) continue;
    checkSecret(file === undefined ? `${flag} (${variable})` : `The secret in ${file} (${variable}_FILE)`, secret);
    secrets[name] = secret;
  }
  return secrets;
}

/** White space around the secret does not count: editors end files with a line break. @throws Error */
function readSecretFile(name: string, file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new Error(`${name}: cannot read ${file} (${(error as NodeJS.ErrnoException).code}).`, { cause: error });
  }
}

function checkSecret(name: string, secret: string): void {
  // A bearer token is visible ASCII characters without spaces (RFC 6750 §2.1).
  if (!/^[!-~]+$/.test(secret)) {
    throw new Error(`${name} is not valid: it must be visible ASCII characters without spaces, and not empty.`);
  }
  if (secret.length < LEAST_SECRET_CHARACTERS) {
    throw new Error(
      `${name} has fewer than ${LEAST_SECRET_CHARACTERS} characters and could be guessed. Set a random one: openssl rand -hex 32.`,
    );
  }
}
