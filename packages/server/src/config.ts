import { resolve } from "node:path";
import { InvalidArgumentError, Option } from "commander";

/** Every setting of the server, validated. */
export type Config = {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  /** Path of the SQLite database file. */
  readonly databaseFile: string;
  readonly scimSharedSecret: string | undefined;
  readonly adminSecret: string | undefined;
  readonly publicUrl: string | undefined;
  readonly profile: "tolerant" | "strict";
  readonly logLevel: "trace" | "debug" | "info" | "warn" | "error" | "silent";
};

/** What commander makes of flags and environment, by the names of the options below. */
export type ConfigInput = Omit<Config, "databaseFile"> & { readonly databaseUrl: string | undefined };

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
    new Option("--database-url <url>", "database, file:<path> (default: file:<data-dir>/scim.db)")
      .env("DATABASE_URL")
      .argParser(readDatabaseUrl),
    new Option(
      "--scim-shared-secret <secret>",
      "bearer token of the default endpoint (default: made on first start)",
    ).env("SCIM_SHARED_SECRET"),
    new Option("--admin-secret <secret>", "secret for administration (default: made on first start)").env(
      "ADMIN_SECRET",
    ),
    new Option("--public-url <url>", "address under which clients reach this server, such as https://scim.example.com")
      .env("PUBLIC_URL")
      .argParser(readPublicUrl),
    new Option("--profile <name>", "how closely clients are held to the RFCs")
      .env("SCIM_PROFILE")
      .choices(["tolerant", "strict"])
      .default("tolerant"),
    new Option("--log-level <level>", "least level of log lines, which go to standard error")
      .env("LOG_LEVEL")
      .choices(["trace", "debug", "info", "warn", "error", "silent"])
      .default("warn"),
  ];
}

/**
 * Completes the settings with what follows from others.
 * @throws Error naming a secret that cannot be one; its value is kept out of the message
 */
export function completeConfig({ databaseUrl, ...input }: ConfigInput): Config {
  checkSecret("--scim-shared-secret (SCIM_SHARED_SECRET)", input.scimSharedSecret);
  checkSecret("--admin-secret (ADMIN_SECRET)", input.adminSecret);
  if (input.scimSharedSecret !== undefined && input.scimSharedSecret === input.adminSecret) {
    throw new Error("SCIM_SHARED_SECRET and ADMIN_SECRET are the same; provisioning must not open administration.");
  }
  const dataDir = resolve(input.dataDir);
  return { ...input, dataDir, databaseFile: resolve(databaseUrl ?? `${dataDir}/scim.db`) };
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

/** @returns the path behind `file:` */
function readDatabaseUrl(text: string): string {
  const path = /^file:(?:\/\/(?=\/))?(.+)$/.exec(text)?.[1];
  if (path === undefined) throw new InvalidArgumentError("It has the form file:<path>, such as file:./data/scim.db.");
  return path;
}

function readPublicUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    throw new InvalidArgumentError("It has a scheme and a host only, such as https://scim.example.com.");
  }
  return url.origin;
}

/** A bearer token travels in a header: visible ASCII characters without blanks (RFC 6750 §2.1). */
function checkSecret(name: string, secret: string | undefined): void {
  if (secret !== undefined && !/^[!-~]+$/.test(secret)) {
    throw new Error(`${name} is not usable: it must have visible ASCII characters and no blanks, and not be empty.`);
  }
}
