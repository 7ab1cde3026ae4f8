import { isObject, type JsonObject } from "@scimtool/scim";
import type { BackupStatus } from "../backup/backup.ts";
import { CommandRefused } from "./command.ts";
import { findSecret } from "./find-secret.ts";

/** A backup of a large database takes a while. */
const TIMEOUT_MS = 120_000;

/** Which server a command asks, and with what secret. */
export type ServerOptions = { readonly url: string; readonly secret?: string; readonly dataDir: string };

/**
 * Asks a running server for its backup status.
 * @throws CommandRefused when it cannot be reached or refuses, saying what to do
 */
export async function askServer(
  options: ServerOptions,
  method: "GET" | "POST",
  path: "/api/backup/status" | "/api/backup/trigger",
): Promise<BackupStatus> {
  const { secret } = findSecret(options, "admin");
  const url = options.url.replace(/\/+$/, "");
  if (!URL.canParse(url)) throw new CommandRefused(`"${options.url}" is not a URL. Give the server's by --url.`);
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${secret}` },
    redirect: "error",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: Error) => {
    throw new CommandRefused(`${url} cannot be reached (${reasonOf(error)}). Give the server's address by --url.`);
  });
  const body = await jsonOf(response);
  if (response.ok && isObject(body) && "role" in body) return body as unknown as BackupStatus;
  if (response.status === 401 || response.status === 403) {
    throw new CommandRefused(
      `the server at ${url} refuses the secret (${response.status}). Give its admin secret by --secret or ADMIN_SECRET, ` +
        "or its data folder by --data-dir.",
    );
  }
  const detail = isObject(body) && typeof body["detail"] === "string" ? body["detail"] : "it is no SCIMTool";
  throw new CommandRefused(`${url} answered ${response.status}: ${detail}`);
}

function reasonOf(error: Error): string {
  const cause = error.cause as { code?: string; message?: string } | undefined;
  return cause?.code ?? cause?.message ?? error.message;
}

async function jsonOf(response: Response): Promise<JsonObject | undefined> {
  try {
    return (await response.json()) as JsonObject;
  } catch {
    return undefined;
  }
}
