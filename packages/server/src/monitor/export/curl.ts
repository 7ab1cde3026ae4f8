import type { RecordedExchange } from "../../store/exchange.ts";
import { base64Of, headersOf, holdsPlaceholder, isAbsent, isCut, textOf, timeOf } from "./exchange-json.ts";
import { urlOf } from "./resend.ts";

/** On Linux, an argument has at most 128 KiB; longer bodies are piped. */
const MAX_ARGUMENT_BYTES = 100_000;

/** Headers that curl sets itself, and those that proxies add. */
const NOT_REPEATED =
  /^(?:host|content-length|transfer-encoding|connection|keep-alive|te|trailer|upgrade|expect|accept-encoding|via|forwarded|x-forwarded-.*)$/i;

/** Headers that curl sends by default. */
const SENT_BY_CURL = ["Accept", "User-Agent"];

/**
 * The request as a command for a POSIX shell, with `$SCIM_TOKEN` instead of the credential.
 * @param endpoint name of its endpoint; null if there is none
 * @param origin of this server, without a trailing slash
 */
export function curlOf(exchange: RecordedExchange, endpoint: string | null, origin: string): string {
  const { method, request } = exchange;
  const url = urlOf(exchange, endpoint, origin);
  const headers = headersOf(request).filter(([name]) => !NOT_REPEATED.test(name));
  const lost = headers.filter(([name, value]) => !isAuthorization(name) && holdsPlaceholder(name + value));
  const { source, argument } = bodyOf(exchange);
  const options = [
    method === "HEAD" ? "--head" : `--request ${quoted(method)}`,
    // Brackets of a filter are not ranges, and dots of a path are not folders.
    "--globoff --path-as-is",
    quoted(url),
    ...headers.filter((header) => !lost.includes(header)).map(headerOption),
    ...missing(headers, argument !== undefined).map((name) => `--header ${quoted(`${name}:`)}`),
    ...(argument === undefined ? [] : [argument]),
  ];
  const command = `${source}curl ${options.join(" \\\n  ")}`;
  const names = lost.map(([name]) => name);
  return `${[...comments(exchange, endpoint, names), command].join("\n")}\n`;
}

function comments(exchange: RecordedExchange, endpoint: string | null, lost: readonly string[]): string[] {
  const { id, path, query, request } = exchange;
  const text = textOf(request) ?? "";
  return [
    `# Exchange ${id}, ${timeOf(exchange)}. SCIM_TOKEN is to hold the credential.`,
    ...(exchange.endpoint !== undefined && endpoint === null ? ["# Its endpoint is not there any more."] : []),
    ...(isCut(request) ? [lostBody(request)] : []),
    ...(holdsPlaceholder(text) ? ["# Secrets in the body were replaced: put yours in their place."] : []),
    ...(holdsPlaceholder(path + query) ? ["# Secrets in the URL were replaced: put yours in their place."] : []),
    ...(lost.length > 0 ? [`# Left out, since they held secrets: ${lost.map(inComment).join(", ")}`] : []),
  ];
}

function lostBody(request: RecordedExchange["request"]): string {
  return isAbsent(request)
    ? "# The body was not recorded: put one in its place."
    : "# The body was cut when it was recorded: this is not all of it.";
}

/** A line break would end the comment, and the shell would run the rest. */
function inComment(name: string): string {
  return name.replaceAll(/[^\w.-]/g, "?");
}

function headerOption([name, value]: readonly [string, string]): string {
  if (isAuthorization(name)) {
    const scheme = /^([A-Za-z]{1,20}) \[secret,/.exec(value)?.[1] ?? "Bearer";
    return `--header "Authorization: ${scheme} $SCIM_TOKEN"`;
  }
  // After a colon without a value, curl would omit the header.
  return `--header ${quoted(value.trim() === "" ? `${name};` : `${name}: ${value}`)}`;
}

function missing(headers: readonly (readonly [string, string])[], hasBody: boolean): string[] {
  const names = new Set(headers.map(([name]) => name.toLowerCase()));
  const sent = hasBody ? [...SENT_BY_CURL, "Content-Type"] : SENT_BY_CURL;
  return sent.filter((name) => !names.has(name.toLowerCase()));
}

/** @returns `source`, which precedes the command; `argument`, undefined if there is no body */
function bodyOf({ request }: RecordedExchange): { readonly source: string; readonly argument: string | undefined } {
  if (request.body.length === 0) return { source: "", argument: undefined };
  const text = textOf(request);
  // An argument cannot contain NUL.
  if (text === undefined || text.includes("\0")) {
    return { source: `printf %s ${quoted(base64Of(request))} | base64 --decode | `, argument: "--data-binary @-" };
  }
  if (request.body.length > MAX_ARGUMENT_BYTES) {
    return { source: `printf %s ${quoted(text)} | `, argument: "--data-binary @-" };
  }
  return { source: "", argument: `--data-raw ${quoted(text)}` };
}

function isAuthorization(name: string): boolean {
  return name.toLowerCase() === "authorization";
}

/** A word for a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
