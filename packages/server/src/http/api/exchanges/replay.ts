import { randomBytes } from "node:crypto";
import { type Json, type JsonObject, ScimError } from "@scimtool/scim";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { headersOf } from "../../../monitor/export/exchange-json.ts";
import { unrepeatable, urlOf } from "../../../monitor/export/resend.ts";
import type { RecordedExchange } from "../../../store/exchange.ts";
import type { Key } from "../../../store/store.ts";
import type { Served } from "../../serving.ts";
import { servedTo } from "../../serving.ts";
import { administrationPathOf } from "../../urls.ts";
import { optionalMembersOf, textOf } from "../members-of.ts";
import { described, INTEGER, nullable, object, type RouteSchema, TEXT } from "../route-schema.ts";
import { sendJson } from "../send-json.ts";
import { AT_EXCHANGE, HEADERS } from "./exchange-schema.ts";
import { type AtExchange, findExchange, namesIn, sourceOf } from "./find-exchange.ts";

/** Tells in the record of which exchange it is a repetition, and in which one it was recorded. */
const REPLAY_HEADER = "x-scimtool-replay";

/** Of the recorded headers, those that say what is asked for. */
const SENT_AGAIN = ["accept", "content-type", "if-match", "if-none-match", "prefer", "user-agent"];

/** Of the request for a repetition: who asks, that no other site does, and by what name it reaches this server. */
const HANDED_ON = [
  ...["authorization", "cookie", "x-scimtool-request", "origin", "sec-fetch-site"],
  ...["host", "x-forwarded-host", "x-forwarded-proto"],
];

/** Recordings that are looked through for that of a repetition. */
const MAX_LOOKED_AT = 200;

const REPLAY: RouteSchema = {
  summary: "Send an exchange's request again",
  description:
    "To the same endpoint or another one of this server, as an administrator: it is recorded as an exchange of its own, " +
    "by hand, and truly does what it asks for.",
  tags: ["Exchanges"],
  params: AT_EXCHANGE,
  body: object({ endpoint: described("Name of the endpoint that it is sent to; usually its own.", TEXT) }, [
    "endpoint",
  ]),
  response: {
    200: object({
      status: INTEGER,
      headers: HEADERS,
      body: described("JSON, or a text; null where there was none.", {}),
      exchange: described("Id under which the repetition was recorded.", nullable(INTEGER)),
    }),
  },
  problems: { 409: "It cannot be sent again as it was: its body was cut, or secrets were taken out." },
};

/** `/api/exchanges/{id}/replay` */
export function replayRoute(server: FastifyInstance): void {
  server.post<AtExchange>("/exchanges/:id/replay", { schema: REPLAY }, async (request, reply) => {
    const served = servedTo(request);
    const { endpoint: wanted } = optionalMembersOf(request.body, ["endpoint"]);
    const exchange = await findExchange(request);
    const reason = unrepeatable(exchange);
    if (reason !== undefined) throw new ScimError(409, reason);
    const endpoint = endpointOf(served, exchange, wanted === undefined ? undefined : textOf("endpoint", wanted));
    const url = urlWithin(administrationPathOf(endpoint.name), exchange);
    const mark = `${exchange.id} ${randomBytes(8).toString("hex")}`;
    const { exchanges, scope } = sourceOf(served);
    const position = await exchanges.lastPosition(scope);
    const answer = await server.inject({
      method: exchange.method as "GET",
      url,
      headers: { ...headersFor(exchange, request), [REPLAY_HEADER]: mark },
      remoteAddress: request.ip,
      ...(exchange.request.body.length > 0 && { payload: Buffer.from(exchange.request.body) }),
    });
    return sendJson(reply, {
      status: answer.statusCode,
      headers: Object.entries(answer.headers).flatMap(([name, value]) =>
        (Array.isArray(value) ? value : [value]).map((each) => [name, String(each)]),
      ),
      body: bodyOf(answer.payload),
      exchange: (await recordingOf(served, endpoint.key, mark, position)) ?? null,
    });
  });
}

function endpointOf(served: Served, { endpoint: key }: RecordedExchange, wanted: string | undefined) {
  const name = wanted ?? namesIn(served)(key);
  if (name === null) {
    const detail = 'The endpoint of this exchange is not there any more. Name another one: {"endpoint": "…"}.';
    throw new ScimError(409, detail);
  }
  const endpoint = served.endpoints.get(name);
  if (endpoint === undefined) throw new ScimError(404, `There is no endpoint "${name.slice(0, 100)}".`);
  return endpoint;
}

/**
 * Anybody can have a path recorded, and it is asked for with an administrator's rights: it must not lead out of the SCIM
 * protocol (RFC 3986 §5.2.4).
 */
function urlWithin(base: string, exchange: RecordedExchange): string {
  const { pathname, search } = new URL(urlOf(exchange, null, base), "http://localhost");
  if (pathname.startsWith(`${base}/`)) return pathname + search;
  throw new ScimError(409, "Its path leads elsewhere than to the SCIM protocol. Only SCIM requests can be sent again.");
}

function headersFor({ request }: RecordedExchange, { headers }: FastifyRequest): Record<string, string> {
  const recorded = headersOf(request).map(([name, value]) => [name.toLowerCase(), value] as const);
  const handedOn = HANDED_ON.flatMap((name) => {
    const value = headers[name];
    return value === undefined ? [] : [[name, String(value)] as const];
  });
  return Object.fromEntries([...recorded.filter(([name]) => SENT_AGAIN.includes(name)), ...handedOn]);
}

function bodyOf(text: string): Json {
  if (text === "") return null;
  try {
    return JSON.parse(text) as JsonObject;
  } catch {
    return text;
  }
}

/** Id of the exchange that has this mark, recorded behind a position. */
async function recordingOf(served: Served, endpoint: Key, mark: string, position: number): Promise<number | undefined> {
  await served.recorder.flush();
  const { exchanges, scope } = sourceOf(served);
  const filter = { endpoint, dialects: ["manual"] };
  for (const { id } of await exchanges.since(scope, filter, position, MAX_LOOKED_AT)) {
    const found = await exchanges.get(scope, id);
    if (found !== undefined && headersOf(found.request).some(([, value]) => value === mark)) return id;
  }
  return undefined;
}
