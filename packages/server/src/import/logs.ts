import { isObject, type Json } from "@scimtool/scim";
import type { ServedEndpoint } from "../endpoint/served-endpoint.ts";
import { recogniseDialect } from "../monitor/dialect/recognise.ts";
import { USUAL_LIMITS } from "../monitor/recorder/message.ts";
import { pathBelow } from "../monitor/recorder/path.ts";
import { redactBody } from "../monitor/redact/body.ts";
import { rawHeaders, redactHeaders } from "../monitor/redact/headers.ts";
import type { SecretNames } from "../monitor/redact/secret-names.ts";
import { redactText } from "../monitor/redact/text.ts";
import { redactQuery, redactUrl } from "../monitor/redact/url.ts";
import { type Exchange, exchangeIdAt } from "../store/exchange.ts";
import type { EarlierExchange } from "./earlier-database.ts";

/** Base path of the SCIM API in SCIMTool 0.7 and 0.8. */
const BASE_PATH = "/scim/v2";

const US_PER_MS = 1_000;

/**
 * Converts a logged request to an exchange: without secrets, and cut if it is long. @param nth its number within its
 * millisecond
 */
export function exchangeOf(
  logged: EarlierExchange,
  nth: number,
  endpoint: ServedEndpoint,
  names: SecretNames,
): Exchange {
  const { method, status } = logged;
  const { path, query } = pathBelow(logged.url.replace(/^\/scim(?!\/v2\b)(?=\/)/, BASE_PATH), BASE_PATH);
  const shown = cut(redactUrl(path, names));
  const headers = headersOf(logged.requestHeaders);
  const userAgent = headers.find((_, at) => at % 2 === 1 && headers[at - 1]?.toLowerCase() === "user-agent");
  const { dialect } = recogniseDialect({ method, path, query, userAgent, body: undefined });
  const isRefused = status >= 400;
  const kind = isRefused ? "import.refused" : "import.answered";
  const problem = logged.error === "" ? "" : ` ${redactText(logged.error.slice(0, 500), names)}`;
  const severity = status >= 500 ? "error" : isRefused ? "warning" : "info";
  return {
    id: exchangeIdAt(logged.atMs) + nth,
    endpoint: endpoint.key,
    method,
    path: shown,
    query: query === undefined ? "" : cut(redactQuery(query, names)),
    status,
    durationUs: Math.round(logged.durationMs * US_PER_MS),
    split: { queueUs: 0, databaseUs: 0, durableUs: 0 },
    clientAddress: "",
    userAgent: cut(redactText(userAgent ?? "", names)),
    requestId: "",
    request: messageOf(headers, logged.requestBody, names),
    response: messageOf(headersOf(logged.responseHeaders), logged.responseBody, names),
    credential: status === 401 ? undefined : "earlier version",
    dialect,
    severity,
    isProbe: false,
    sentences: [{ kind, text: `The earlier version answered ${method} ${shown} with ${status}.${problem}` }],
    findings: [],
    resources: resourcesIn(path, endpoint),
    details: {},
  };
}

function cut(text: string): string {
  return text.length <= USUAL_LIMITS.urlCharacters ? text : `${text.slice(0, USUAL_LIMITS.urlCharacters)}…`;
}

function headersOf(headers: Json): string[] {
  if (!isObject(headers)) return [];
  return rawHeaders(headers as Parameters<typeof rawHeaders>[0]);
}

function messageOf(headers: readonly string[], body: string, names: SecretNames): Exchange["request"] {
  // A missing body was logged as the JSON text null.
  const bytes = Buffer.from(body === "null" ? "" : body);
  const { text } = redactBody(bytes, USUAL_LIMITS.bodyBytes, names);
  return { headers: redactHeaders(headers, names), body: Buffer.from(text), bodyBytes: bytes.length };
}

function resourcesIn(path: string, { modelAt }: ServedEndpoint): Exchange["resources"] {
  const [, segment = "", id = ""] = /^\/(\w+)\/([\w-]{1,64})$/.exec(path) ?? [];
  const type = modelAt.get(segment)?.type.name;
  return type === undefined ? [] : [{ type, id, label: "" }];
}
