import { randomBytes } from "node:crypto";
import { type Json, type JsonObject, ScimError } from "@scimtool/scim";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { administrationPathOf } from "../../../endpoint/served-endpoint.ts";
import { headersOf } from "../../../monitor/export/exchange-json.ts";
import { unrepeatable, urlOf } from "../../../monitor/export/resend.ts";
import type { RecordedExchange } from "../../../store/exchange.ts";
import type { Key } from "../../../store/store.ts";
import type { Served } from "../../serving.ts";
import { servedTo } from "../../serving.ts";
import { optionalBodyOf, sendJson } from "../request.ts";
import {
  ANY_VALUE,
  described,
  INTEGER,
  nullable,
  object,
  partial,
  type RouteSchema,
  type Static,
  TEXT,
} from "../schema.ts";
import { EXCHANGE_ID, HEADERS } from "./exchange-schema.ts";
import { type AtExchange, findExchange, namesIn, sourceOf } from "./exchanges.ts";

/** Marks the repeated request in the record: the ID of the original and a random part to find it by. */
const REPLAY_HEADER = "x-scimtool-replay";

/** Recorded headers that are sent again. */
const SENT_AGAIN = ["accept", "content-type", "if-match", "if-none-match", "prefer", "user-agent"];

/** Headers of the replay request that are passed on: authentication, protection from other sites, and this host. */
const HANDED_ON = [
  ...["authorization", "cookie", "x-scimtool-request", "origin", "sec-fetch-site"],
  ...["host", "x-forwarded-host", "x-forwarded-proto"],
];

/** New exchanges that are searched for the mark. */
const MAX_LOOKED_AT = 200;

const TARGET = partial({ endpoint: described("Name of the endpoint to send it to. Default: its own.", TEXT) });

const ANSWER = object({
  status: INTEGER,
  headers: HEADERS,
  body: described("JSON or a text; null without a body.", ANY_VALUE),
  exchange: described("ID of the new exchange.", nullable(INTEGER)),
});
type ReplayAnswer = Static<typeof ANSWER>;

const REPLAY: RouteSchema = {
  summary: "Send an exchange's request again",
  description:
    "To an endpoint of this server, as an administrator. The request takes effect and is recorded as a new exchange.",
  tags: ["Exchanges"],
  params: object({ id: EXCHANGE_ID }),
  isBodyOptional: true,
  body: TARGET,
  response: { 200: ANSWER },
  problems: { 409: "The request cannot be repeated: its body was cut, or secrets were removed." },
};

/** `/api/exchanges/{id}/replay` */
export function replayRoute(server: FastifyInstance): void {
  server.post<AtExchange>("/exchanges/:id/replay", { schema: REPLAY }, async (request, reply) => {
    const served = servedTo(request);
    const { endpoint: wanted } = await optionalBodyOf(request, TARGET);
    const exchange = await findExchange(request);
    const reason = unrepeatable(exchange);
    if (reason !== undefined) throw new ScimError(409, reason);
    const endpoint = endpointOf(served, exchange, wanted);
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
    return sendJson<ReplayAnswer>(reply, {
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
 * Anybody can get a path recorded, and it is requested with an administrator's rights. It must not leave the SCIM
 * protocol (RFC 3986 §5.2.4).
 */
function urlWithin(base: string, exchange: RecordedExchange): string {
  const { pathname, search } = new URL(urlOf(exchange, null, base), "http://localhost");
  if (pathname.startsWith(`${base}/`)) return pathname + search;
  throw new ScimError(409, "Its path is not a SCIM path. Only SCIM requests can be sent again.");
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

/** ID of the exchange with this mark, recorded after a position. */
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
