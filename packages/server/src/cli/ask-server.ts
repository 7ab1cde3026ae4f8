import { isObject, type JsonObject } from "@scimtool/scim";
import { CommandRefused } from "./command.ts";
import { findSecret } from "./find-secret.ts";
import { withoutSecret } from "./hide-secret.ts";
import type { ServerOptions } from "./server-options.ts";
import { readUrl } from "./server-url.ts";

/** A backup of a large database takes a while. */
const TIMEOUT_MS = 120_000;

type Method = "GET" | "POST" | "PATCH" | "DELETE";

/** A server that is asked until the command is interrupted. */
export type AskedServer = ServerOptions & { readonly interruption: AbortSignal };

/**
 * Asks something of a running server's administration.
 * @param path such as `/api/endpoints`
 * @param has a member that every such answer has: another program may listen there
 * @param body sent as JSON
 * @returns the answer
 * @throws CommandRefused when it cannot be reached or refuses, saying what to do
 */
export async function askServer<Answer extends object>(
  server: AskedServer,
  method: Method,
  path: string,
  has: string & keyof Answer,
  body?: object,
): Promise<Answer> {
  const { response, answer } = await send(server, method, path, body);
  if (response.ok && answer !== undefined && has in answer) return answer as Answer;
  throw refusalOf(server, response, answer);
}

/** As {@link askServer}, where there is nothing to be told in return. */
export async function tellServer(server: AskedServer, method: Method, path: string, body?: object): Promise<void> {
  const { response, answer } = await send(server, method, path, body);
  if (response.status !== 204) throw refusalOf(server, response, answer);
}

type Answered = { readonly response: Response; readonly answer: JsonObject | undefined };

async function send(server: AskedServer, method: Method, path: string, body: object | undefined): Promise<Answered> {
  const { secret } = findSecret(server, "admin");
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
    throw new CommandRefused(`${url} cannot be reached (${reasonOf(error)}). Give the server's address by --url.`);
  });
  const text = await response.text().catch((error: Error) => {
    throw new CommandRefused(`the answer of ${url} cannot be read to its end (${reasonOf(error)}). Try again.`);
  });
  return { response, answer: objectIn(text) };
}

function refusalOf(server: AskedServer, { status, headers }: Response, answer: JsonObject | undefined): Error {
  const url = addressOf(server);
  if (status === 401 || status === 403) {
    return new CommandRefused(
      `the server at ${url} refuses the secret (${status}). Give its admin secret by --secret or ADMIN_SECRET, ` +
        "or its data folder by --data-dir.",
    );
  }
  const told = typeof answer?.["detail"] === "string" ? answer["detail"] : undefined;
  const { secret } = findSecret(server, "admin");
  const detail = told && withoutSecret(told, secret);
  // Administration of this program understood what was asked, and says what is wrong with it.
  const isTold = status < 500 && headers.get("content-type")?.startsWith("application/problem+json") === true;
  if (isTold && detail !== undefined) return new CommandRefused(detail);
  const location = headers.get("location");
  if (location !== null) {
    return new CommandRefused(`${url} answered ${status}, which sends on to ${withoutSecret(location, secret)}`);
  }
  if (detail !== undefined) return new CommandRefused(`${url} answered ${status}: ${detail}`);
  return new CommandRefused(
    status < 500
      ? `${url} answered ${status}: it is no SCIMTool`
      : `${url} answered ${status}. Its log, or that of a proxy before it, has the cause; then try again.`,
  );
}

/**
 * The address without a slash at its end.
 * @throws CommandRefused when it cannot be one of a server
 */
export function addressOf({ url: text }: ServerOptions): string {
  const url = readUrl(text, "the server's address by --url, such as http://127.0.0.1:8080");
  if (url.search !== "")
    throw new CommandRefused(`"${text}" has a query (?). Give the server's address alone by --url.`);
  const address = text.replace(/\/+$/, "");
  const [scimPath] = /\/scim\/(?:endpoints\/[^/]+\/)?v2$/.exec(address) ?? [];
  if (scimPath === undefined) return address;
  throw new CommandRefused(
    `"${text}" is a SCIM base URL. This command asks the server's administration: --url ${address.slice(0, -scimPath.length)}`,
  );
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
