import type { Command } from "commander";

/** The options of a command, with those before it that it has as well. */
export type OptionsOf = <T>(command: Command) => T;

/** Which server a command asks, and with what secret. */
export type ServerOptions = { readonly url: string; readonly secret?: string; readonly dataDir: string };

/** Options of a command that asks a running server, and prints what it is told. */
export type AskingOptions = ServerOptions & { readonly json?: boolean };

/** Gives a command the options of those that ask a running server. */
export function askingServer(command: Command): Command {
  return command
    .helpOption("--help", "print this help")
    .option("--url <url>", "address of the server", `http://127.0.0.1:${process.env["PORT"] || "8080"}`)
    .option("--secret <secret>", "admin secret (default: ADMIN_SECRET, or the file in --data-dir)")
    .option("--data-dir <folder>", "data folder of the server", process.env["DATA_DIR"] || "./data")
    .option("--json", "print JSON");
}
