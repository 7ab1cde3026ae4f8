import type { MonitoredMessage, RecordedExchange } from "../../store/exchange.ts";
import { describeClient } from "../dialect/client.ts";
import { base64Of, headersOf, holdsPlaceholder, isAbsent, isCut, textOf, timeOf } from "./exchange-json.ts";
import type { Format, Surroundings } from "./export.ts";
import { urlOf } from "./resend.ts";

// HTTP Archive 1.2 (https://w3c.github.io/web-performance/specs/HAR/Overview.html): what browsers and tools for looking
// into HTTP read. Fields that begin with an underscore are our own, which it allows. Cookies are secrets and left out.

/** In this format: the size is unknown. */
const UNKNOWN = -1;

/** The server's version of HTTP. */
const HTTP_VERSION = "HTTP/1.1";

/** One file for all exchanges, with a line for each entry of its list. */
export function har(surroundings: Surroundings): Format {
  const creator = { name: "SCIMTool", version: surroundings.version };
  return {
    mediaType: "application/json",
    extension: "har",
    begin: `{"log":{"version":"1.2","creator":${JSON.stringify(creator)},"pages":[],"entries":[\n`,
    between: ",",
    end: "]}}\n",
    wants: "exchanges",
    write: (exchange) => `${JSON.stringify(entryOf(exchange, surroundings))}\n`,
  };
}

function entryOf(exchange: RecordedExchange, surroundings: Surroundings) {
  const { nameOf, origin } = surroundings;
  const { id, sentences, split, severity, dialect, credential, clientAddress, requestId, resources } = exchange;
  const endpoint = nameOf(exchange.endpoint);
  const waitMs = Math.max(0, exchange.durationUs - split.queueUs) / 1_000;
  const blockedMs = split.queueUs / 1_000;
  return {
    startedDateTime: timeOf(exchange),
    time: blockedMs + waitMs,
    request: requestOf(exchange, urlOf(exchange, endpoint, origin)),
    response: responseOf(exchange, surroundings),
    cache: {},
    timings: { blocked: blockedMs, dns: UNKNOWN, connect: UNKNOWN, ssl: UNKNOWN, send: 0, wait: waitMs, receive: 0 },
    comment: sentences.map(({ text }) => text).join("\n"),
    _scimtool: {
      ...{ id, endpoint, severity, dialect, dialectName: describeClient(exchange), credential: credential ?? null },
      ...{ clientAddress, requestId, split, sentences, resources },
    },
  };
}

function requestOf({ method, query, request }: RecordedExchange, url: string) {
  const text = textOf(request);
  const hasBody = request.bodyBytes > 0;
  return {
    method,
    url,
    httpVersion: HTTP_VERSION,
    cookies: [],
    headers: namedHeaders(request),
    queryString: [...new URLSearchParams(query)].map(([name, value]) => ({ name, value })),
    ...(hasBody && {
      postData: {
        mimeType: headerOf(request, "content-type"),
        // Instead of `params`. The format has base64 in responses only.
        text: text ?? "",
        ...commentOn(request),
      },
    }),
    headersSize: UNKNOWN,
    bodySize: request.bodyBytes,
  };
}

function responseOf({ status, response }: RecordedExchange, { reasonOf }: Surroundings) {
  const text = textOf(response);
  return {
    status,
    statusText: reasonOf(status),
    httpVersion: HTTP_VERSION,
    cookies: [],
    headers: namedHeaders(response),
    content: {
      size: response.bodyBytes,
      mimeType: headerOf(response, "content-type"),
      ...(text === undefined ? { text: base64Of(response), encoding: "base64" } : { text }),
      ...commentOn(response),
    },
    redirectURL: headerOf(response, "location"),
    headersSize: UNKNOWN,
    bodySize: response.bodyBytes,
  };
}

function commentOn(message: MonitoredMessage): { readonly comment?: string } {
  const remarks = [
    ...(isCut(message)
      ? [isAbsent(message) ? "The body was not recorded." : "The body was cut when it was recorded."]
      : []),
    ...(holdsPlaceholder(textOf(message) ?? "") ? ["Secrets in it were replaced."] : []),
  ];
  return remarks.length === 0 ? {} : { comment: remarks.join(" ") };
}

function namedHeaders(message: MonitoredMessage): { readonly name: string; readonly value: string }[] {
  return headersOf(message).map(([name, value]) => ({ name, value }));
}

function headerOf(message: MonitoredMessage, wanted: string): string {
  return headersOf(message).find(([name]) => name.toLowerCase() === wanted)?.[1] ?? "";
}
