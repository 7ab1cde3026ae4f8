import type { Json } from "@scimtool/scim";

/** Entra ID gives an answer 60 seconds; a client that waits longer would hide that. */
const ANSWER_TIMEOUT_MS = 60_000;

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** How an identity provider's HTTP client differs from others. */
export type ClientHeaders = {
  /** Empty sends the header without a value, as Entra ID and OneLogin do. */
  readonly userAgent: string;
  readonly contentType: string;
  readonly accept: string;
  /** How a blank is written in a URL's query. */
  readonly blank: "+" | "%20";
};

/** One request and its answer. */
export type Exchange = {
  readonly method: Method;
  /** As sent, with its query, relative to the base URL. */
  readonly path: string;
  readonly requestBody: Json | undefined;
  readonly status: number;
  readonly headers: Headers;
  /** The JSON of the answer; its text where it is none; undefined where it is empty. */
  readonly responseBody: Json | undefined;
  readonly durationMs: number;
};

export type ClientOptions = {
  /** SCIM base URL, the tenant URL of Entra ID; it may carry a query such as `?aadOptscim062020`. */
  readonly baseUrl: string;
  readonly token: string;
  readonly headers: ClientHeaders;
  /** Called after every exchange. */
  readonly observe?: (exchange: Exchange) => void;
  /** Gives up the request under way and all later ones, by its reason. */
  readonly signal?: AbortSignal;
  /** How long an answer is waited for. */
  readonly answerTimeoutMs?: number;
};

type Query = Readonly<Record<string, string | number>>;

/** A SCIM client of one tenant. Every exchange is kept, in the order of the answers. */
export type ScimClient = {
  readonly baseUrl: string;
  readonly exchanges: readonly Exchange[];
  readonly get: (path: string, query?: Query) => Promise<Exchange>;
  readonly post: (path: string, body: Json) => Promise<Exchange>;
  readonly put: (path: string, body: Json) => Promise<Exchange>;
  readonly patch: (path: string, body: Json) => Promise<Exchange>;
  /** @param ifMatch the version that is meant (RFC 7644 §3.14), where the server wants it named */
  readonly delete: (path: string, ifMatch?: string) => Promise<Exchange>;
};

/** The server did not answer. The message says why and what to do. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
}

/**
 * Makes a client. Its functions answer whatever the status is.
 * @throws from each of its functions NoAnswer when the server cannot be reached or does not answer in time, and the
 *   signal's reason
 */
export function scimClient(options: ClientOptions): ScimClient {
  const [base = "", flags = ""] = options.baseUrl.split("?", 2);
  const baseUrl = base.replace(/\/+$/, "");
  const exchanges: Exchange[] = [];

  async function exchange(method: Method, path: string, body?: Json, ifMatch?: string): Promise<Exchange> {
    const url = `${baseUrl}${withFlags(path, flags)}`;
    const begin = performance.now();
    const { response, text } = await send(url, method, body, ifMatch, options);
    const exchange: Exchange = {
      method,
      path: withFlags(path, flags),
      requestBody: body,
      status: response.status,
      headers: response.headers,
      responseBody: readBody(text),
      durationMs: performance.now() - begin,
    };
    exchanges.push(exchange);
    options.observe?.(exchange);
    return exchange;
  }

  return {
    baseUrl,
    exchanges,
    get: (path, query = {}) => exchange("GET", withQuery(path, query, options.headers.blank)),
    post: (path, body) => exchange("POST", path, body),
    put: (path, body) => exchange("PUT", path, body),
    patch: (path, body) => exchange("PATCH", path, body),
    delete: (path, ifMatch) => exchange("DELETE", path, undefined, ifMatch),
  };
}

function withQuery(path: string, query: Query, blank: string): string {
  const parameters = Object.entries(query).map(([name, value]) => {
    return `${name}=${encodeURIComponent(value).replaceAll("%20", blank)}`;
  });
  if (parameters.length === 0) return path;
  return `${path}${path.includes("?") ? "&" : "?"}${parameters.join("&")}`;
}

/** The flags of the tenant URL stand before the parameters of the request. */
function withFlags(path: string, flags: string): string {
  if (flags === "") return path;
  const [resource = "", parameters] = path.split("?", 2);
  return `${resource}?${flags}${parameters === undefined ? "" : `&${parameters}`}`;
}

async function send(
  url: string,
  method: Method,
  body: Json | undefined,
  ifMatch: string | undefined,
  options: ClientOptions,
): Promise<{ response: Response; text: string }> {
  const { token, headers, signal, answerTimeoutMs = ANSWER_TIMEOUT_MS } = options;
  const timeout = AbortSignal.timeout(answerTimeoutMs);
  try {
    const response = await fetch(url, {
      method,
      redirect: "manual",
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      headers: {
        authorization: `Bearer ${token}`,
        accept: headers.accept,
        "user-agent": headers.userAgent,
        ...(body === undefined ? {} : { "content-type": headers.contentType }),
        ...(ifMatch === undefined ? {} : { "if-match": ifMatch }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { response, text: await response.text() };
  } catch (error) {
    signal?.throwIfAborted();
    throw new NoAnswer(explain(error as Error, url, options), { cause: error });
  }
}

function readBody(text: string): Json | undefined {
  if (text === "") return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function explain(error: Error, url: string, options: ClientOptions): string {
  const { baseUrl, token, answerTimeoutMs = ANSWER_TIMEOUT_MS } = options;
  const { origin, username = "", password = "" } = URL.parse(url) ?? {};
  if (username !== "" || password !== "")
    return "A URL with a user name or a password is not for SCIM. Leave them out.";
  if (origin === undefined || origin === "null") {
    return `"${baseUrl}" is not a URL. Give the SCIM base URL, such as http://127.0.0.1:8080/scim/v2.`;
  }
  if (error.name === "TimeoutError") return `${origin} did not answer within ${answerTimeoutMs / 1_000} seconds.`;
  const { code, message = error.message } = (error.cause ?? {}) as { code?: string; message?: string };
  switch (code) {
    case "ECONNREFUSED":
      return `Nothing listens at ${origin}. Start the server, or correct the URL.`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `The host of ${origin} is not known. Correct the URL.`;
    case "ECONNRESET":
    case "UND_ERR_SOCKET":
      return `${origin} closed the connection before it answered.`;
    default:
      // Of a token that no header can carry, the message has the whole header.
      return `${origin} cannot be reached: ${message.replaceAll(token, "<token>")}.`;
  }
}
