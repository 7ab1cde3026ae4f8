import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isObject, type JsonObject } from "@scimtool/scim";
import type { Command } from "commander";
import { shortPath } from "../secrets.ts";
import { CommandError, fullName, optionsOf, runCommand } from "./command.ts";

/** A backup of a large database takes a while. */
const TIMEOUT_MS = 120_000;

/** A secret shorter than this would match ordinary words when it is hidden. */
const SHORTEST_HIDDEN_SECRET = 6;

/** The server that a command asks, and the secret. */
export type ServerOptions = { readonly url: string; readonly secret?: string; readonly dataDir: string };

/** The server a command asks, until the command is interrupted, and whether the command prints JSON. */
export type AskedServer = ServerOptions & { readonly json?: boolean; readonly interruption: AbortSignal };

/**
 * Makes a command one that asks a running server: gives it the options for that.
 * @param work gets these and the command's own options, then the command's arguments
 */
export function askingServer<Options extends object>(
  command: Command,
  // biome-ignore lint/suspicious/noExplicitAny: commander passes each argument as the command declares it.
  work: (server: AskedServer & Options, ...args: any[]) => Promise<void>,
): Command {
  return addServerOptions(command)
    .option("--json", "print JSON")
    .action((...args: unknown[]) => {
      const options = optionsOf<ServerOptions & Options>(command);
      return runCommand(fullName(command), (interruption) => work({ ...options, interruption }, ...args.slice(0, -2)));
    });
}

export function addServerOptions(command: Command): Command {
  return command
    .helpOption("--help", "print this help")
    .option("--url <url>", "address of the server", `http://127.0.0.1:${process.env["PORT"] || "8080"}`)
    .option("--secret <secret>", "admin secret (default: ADMIN_SECRET, ADMIN_SECRET_FILE, or the file in --data-dir)")
    .option("--data-dir <folder>", "data folder of the server", process.env["DATA_DIR"] || "./data");
}

/** Prints the server's response, as JSON if the command line asks for it. */
export function printAnswer({ json }: AskedServer, answer: unknown, text: string): void {
  console.log(json === true ? JSON.stringify(answer) : text);
}

/**
 * Sends a request to the administration API of a running server.
 * @param path such as `/api/endpoints`
 * @param member a member of every such response; without it, another program listens there
 * @param body sent as JSON
 * @throws CommandError with what to do if the server cannot be reached or rejects the request
 */
export async function askServer<Answer extends object>(
  server: AskedServer,
  method: "GET" | "POST" | "PATCH" | "DELETE",
  path: string,
  member: string & keyof Answer,
  body?: object,
): Promise<Answer> {
  const { response, answer } = await send(server, method, path, body);
  if (response.ok && answer !== undefined && member in answer) return answer as Answer;
  throw refusalOf(server, response, answer);
}

/** Sends a DELETE with an empty response. @throws CommandError */
export async function deleteOnServer(server: AskedServer, path: string, body?: object): Promise<void> {
  const { response, answer } = await send(server, "DELETE", path, body);
  if (response.status !== 204) throw refusalOf(server, response, answer);
}

type Answered = { readonly response: Response; readonly answer: JsonObject | undefined };

async function send(server: AskedServer, method: string, path: string, body: object | undefined): Promise<Answered> {
  const secret = findAdminSecret(server);
  const url = addressOf(server);
  const response = await fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${secret}`,
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    redirect: "manual",
    signal: AbortSignal.any([server.interruption, AbortSignal.timeout(TIMEOUT_MS)]),
  }).catch((error: Error) => {
    throw new CommandError(`cannot reach ${url} (${reasonOf(error)}). Give the server's address with --url.`);
  });
  const text = await response.text().catch((error: Error) => {
    throw new CommandError(`the response of ${url} ended early (${reasonOf(error)}). Try again.`);
  });
  return { response, answer: objectIn(text) };
}

function refusalOf(server: AskedServer, { status, headers }: Response, answer: JsonObject | undefined): Error {
  const url = addressOf(server);
  if (status === 401 || status === 403) {
    return new CommandError(
      `the server at ${url} rejects the secret (${status}). Give its admin secret with --secret or ADMIN_SECRET, ` +
        "or its data folder with --data-dir.",
    );
  }
  const secret = findAdminSecret(server);
  const detail = typeof answer?.["detail"] === "string" ? hideSecret(answer["detail"], secret) : undefined;
  // A problem document below 500 comes from this program, and says what is wrong with the request.
  const isProblem = status < 500 && headers.get("content-type")?.startsWith("application/problem+json") === true;
  if (isProblem && detail !== undefined) return new CommandError(detail);
  const location = headers.get("location");
  if (location !== null) {
    return new CommandError(`${url} answered ${status} and redirects to ${hideSecret(location, secret)}`);
  }
  if (detail !== undefined) return new CommandError(`${url} answered ${status}: ${detail}`);
  return new CommandError(
    status < 500
      ? `${url} answered ${status}: this is not SCIMTool`
      : `${url} answered ${status}. See its log, or the log of a proxy in front of it; then try again.`,
  );
}

/**
 * The address without a trailing slash.
 * @throws CommandError if it cannot be a server's address. The message does not repeat a password in it
 */
export function addressOf({ url: text }: ServerOptions): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === "") {
    const shown = text.includes("@") ? "the value of --url" : `"${text}"`;
    throw new CommandError(
      `${shown} is not a URL. Give the server's address with --url, such as http://127.0.0.1:8080.`,
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new CommandError(
      "the URL contains a user name or password, which SCIMTool does not use. Remove them, and give the secret with --secret.",
    );
  }
  if (/[?#]/.test(text)) throw new CommandError(`"${text}" has a query (?) or fragment (#). Remove it.`);
  const address = text.replace(/\/+$/, "");
  const [scimPath] = /\/scim\/(?:endpoints\/[^/]+\/)?v2$/.exec(address) ?? [];
  if (scimPath === undefined) return address;
  throw new CommandError(
    `"${text}" is a SCIM base URL. This command needs the server's address: --url ${address.slice(0, -scimPath.length)}`,
  );
}

/**
 * The admin secret: from the option, the environment, its file, or the data folder.
 * @throws CommandError without one, or with one that a header cannot carry. The message does not repeat it
 */
export function findAdminSecret({ secret, dataDir }: ServerOptions): string {
  if (secret !== undefined && secret !== "") return checkSecret(secret, "--secret");
  const { ADMIN_SECRET: ofEnvironment = "" } = process.env;
  if (ofEnvironment !== "") return checkSecret(ofEnvironment, "ADMIN_SECRET");
  const file = process.env["ADMIN_SECRET_FILE"] || join(dataDir, "secrets", "admin");
  const kept = readSecretFile(file);
  if (kept !== "") return checkSecret(kept, shortPath(file));
  throw new CommandError(
    `there is no secret in ${shortPath(file)}. Start the server first, in another terminal and from this folder, ` +
      "with npm start; or give its admin secret with --secret or ADMIN_SECRET, or its data folder with --data-dir.",
  );
}

/** @returns an empty text if the file does not exist */
function readSecretFile(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return "";
    throw new CommandError(
      `cannot read ${shortPath(file)} (${code}). Run this as the user that the server runs as; ` +
        "or give its admin secret with --secret or ADMIN_SECRET.",
    );
  }
}

/** Visible ASCII characters without spaces (RFC 6750 §2.1). */
function checkSecret(secret: string, source: string): string {
  if (/^[!-~]+$/.test(secret)) return secret;
  throw new CommandError(
    `the secret from ${source} cannot be sent: it must be one line of visible ASCII characters without spaces.`,
  );
}

/** An error from elsewhere may repeat the secret that was sent. */
export function hideSecret(text: string, secret: string): string {
  return secret.length < SHORTEST_HIDDEN_SECRET ? text : text.replaceAll(secret, "<secret>");
}

/**
 * Finds an item by its label, or else by its key.
 * @param noun what the items are: `token`
 * @throws CommandError if none or several match
 */
export function pickOne<T extends { readonly key: number; readonly label: string }>(
  noun: string,
  endpoint: string,
  all: readonly T[],
  text: string,
): T {
  const labelled = all.filter(({ label }) => label === text);
  const [found, another] = labelled.length > 0 ? labelled : all.filter(({ key }) => String(key) === text);
  if (found === undefined) {
    const existing = all.length === 0 ? "It has none." : `It has: ${all.map(({ label }) => label).join(", ")}.`;
    throw new CommandError(`the endpoint "${endpoint}" has no ${noun} "${text}". ${existing}`);
  }
  if (another === undefined) return found;
  const keys = labelled.map(({ key }) => key).join(", ");
  throw new CommandError(`several have the label "${text}". Use one of the keys: ${keys}.`);
}

function reasonOf(error: Error): string {
  const cause = error.cause as { code?: string; message?: string } | undefined;
  return cause?.code ?? cause?.message ?? error.message;
}

function objectIn(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
