import { isObject, type JsonObject } from "@scimtool/scim";
import { CommandRefused } from "./command.ts";
import { findSecret } from "./find-secret.ts";
import type { ServerOptions } from "./server-options.ts";

/** A backup of a large database takes a while. */
const TIMEOUT_MS = 120_000;

type Method = "GET" | "POST" | "PATCH" | "DELETE";

/**
 * Asks something of a running server's administration.
 * @param path such as `/api/endpoints`
 * @param has a member that every such answer has: another program may listen there
 * @param body sent as JSON
 * @returns the answer
 * @throws CommandRefused when it cannot be reached or refuses, saying what to do
 */
export async function askServer<Answer extends object>(
  options: ServerOptions,
  method: Method,
  path: string,
  has: string & keyof Answer,
  body?: object,
): Promise<Answer> {
  const { response, answer } = await send(options, method, path, body);
  if (response.ok && answer !== undefined && has in answer) return answer as Answer;
  throw refusalOf(options, response, answer);
}

/** As {@link askServer}, where there is nothing to be told in return. */
export async function tellServer(options: ServerOptions, method: Method, path: string, body?: object): Promise<void> {
  const { response, answer } = await send(options, method, path, body);
  if (response.status !== 204) throw refusalOf(options, response, answer);
}

type Answered = { readonly response: Response; readonly answer: JsonObject | undefined };

async function send(options: ServerOptions, method: Method, path: string, body: object | undefined): Promise<Answered> {
  const { secret } = findSecret(options, "admin");
  const url = addressOf(options);
  if (!URL.canParse(url)) throw new CommandRefused(`"${options.url}" is not a URL. Give the server's by --url.`);
  const response = await fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${secret}`,
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    redirect: "error",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: Error) => {
    throw new CommandRefused(`${url} cannot be reached (${reasonOf(error)}). Give the server's address by --url.`);
  });
  return { response, answer: await jsonOf(response) };
}

function refusalOf(options: ServerOptions, { status, headers }: Response, answer: JsonObject | undefined): Error {
  const url = addressOf(options);
  if (status === 401 || status === 403) {
    return new CommandRefused(
      `the server at ${url} refuses the secret (${status}). Give its admin secret by --secret or ADMIN_SECRET, ` +
        "or its data folder by --data-dir.",
    );
  }
  const detail = typeof answer?.["detail"] === "string" ? answer["detail"] : undefined;
  // Administration of this program understood what was asked, and says what is wrong with it.
  const isTold = status < 500 && headers.get("content-type")?.startsWith("application/problem+json") === true;
  if (isTold && detail !== undefined) return new CommandRefused(detail);
  return new CommandRefused(`${url} answered ${status}: ${detail ?? "it is no SCIMTool"}`);
}

function addressOf({ url }: ServerOptions): string {
  return url.replace(/\/+$/, "");
}

function reasonOf(error: Error): string {
  const cause = error.cause as { code?: string; message?: string } | undefined;
  return cause?.code ?? cause?.message ?? error.message;
}

async function jsonOf(response: Response): Promise<JsonObject | undefined> {
  try {
    const value: unknown = await response.json();
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
