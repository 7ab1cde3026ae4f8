import type { FastifyInstance } from "fastify";
import { forecastOf } from "../../../monitor/clients/forecast.ts";
import { type Cycle, healthOfClients, SPAN_MS } from "../../../monitor/clients/health.ts";
import { describeDialect } from "../../../monitor/dialect/client.ts";
import { servedTo } from "../../serving.ts";
import { type AtEndpoint, endpointOf, sendJson, shownTime } from "../request.ts";
import {
  AT_ENDPOINT,
  described,
  INTEGER,
  list,
  named,
  nullable,
  object,
  oneOf,
  type RouteSchema,
  type Static,
  TEXT,
  TIME,
} from "../schema.ts";

/** Cycles begin every 40 minutes, so there are enough of them. */
const SEEN_MS = 24 * 3_600_000;

const CYCLE = named(
  "ClientCycle",
  "Requests of a client without a pause of 10 minutes.",
  object({ start: TIME, end: TIME, requests: INTEGER, failures: INTEGER }),
);

const CLIENT = named(
  "ClientHealth",
  "The health of a client with a credential in the last 24 hours.",
  object({
    credential: described("Label of the credential; null for requests without a valid one.", nullable(TEXT)),
    credentialExpires: described("null if it never expires or is not known.", nullable(TIME)),
    dialect: described("Kind of client.", TEXT),
    dialectName: described("Kind of client, for display.", TEXT),
    requests: INTEGER,
    failures: described("Without reads of resources that do not exist.", INTEGER),
    lastRequest: TIME,
    lastSuccess: nullable(TIME),
    lastFailures: described(
      "The last of each kind and status, the newest first.",
      list(object({ kind: TEXT, status: INTEGER, count: INTEGER, last: TIME })),
    ),
    cycle: described("The last cycle.", nullable(CYCLE)),
    cycleBefore: nullable(CYCLE),
    cycleKind: described(
      "`incremental` if there was a cycle before; `initial` if the credential was created in these 24 hours.",
      oneOf("initial", "incremental", "unknown"),
    ),
    periodMs: described("From cycle to cycle, in milliseconds; null for fewer than two cycles.", nullable(INTEGER)),
    quarantine: described(
      "Whether Entra ID will put provisioning into quarantine, by its own rules; null for other clients.",
      nullable(
        object({
          outlook: oneOf("none", "possible", "expected"),
          reason: TEXT,
          remedy: described("What would prevent it.", nullable(TEXT)),
        }),
      ),
    ),
  }),
);

const CLIENTS = object({ clients: list(CLIENT) });
type ClientsAnswer = Static<typeof CLIENTS>;

const LIST_CLIENTS: RouteSchema = {
  summary: "List the clients of an endpoint and their health",
  description: "From the exchanges of the last 24 hours, the last active first.",
  tags: ["Statistics"],
  params: AT_ENDPOINT,
  response: { 200: CLIENTS },
};

/** `/api/endpoints/{name}/clients` */
export function clientRoutes(server: FastifyInstance): void {
  server.get<AtEndpoint>("/endpoints/:name/clients", { schema: LIST_CLIENTS }, async (request, reply) => {
    const { store, now } = servedTo(request).directory;
    const { key } = endpointOf(request);
    const nowMs = now();
    const activity = await store.monitor.exchanges.activity(store.committed, key, nowMs - SEEN_MS, SPAN_MS);
    const credentials = (await store.credentials.list(store.committed)).filter(({ endpoint }) => endpoint === key);
    const clients = healthOfClients(activity).map((health): ClientsAnswer["clients"][number] => {
      const { credential, dialect, requests, failures, cycle, cycleBefore } = health;
      const known = credentials.find(({ label }) => label === credential);
      const { outlook, reason, remedy = null } = forecastOf(health, known?.expiresMs, nowMs) ?? {};
      const isNew = known !== undefined && nowMs - known.createdMs < SEEN_MS;
      return {
        credential: credential ?? null,
        credentialExpires: shownTime(known?.expiresMs),
        dialect,
        dialectName: describeDialect(dialect),
        requests,
        failures,
        lastRequest: shownTime(health.lastRequestMs),
        lastSuccess: shownTime(health.lastSuccessMs),
        lastFailures: health.lastFailures.map(({ lastMs, ...failure }) => ({ ...failure, last: shownTime(lastMs) })),
        cycle: shownCycle(cycle),
        cycleBefore: shownCycle(cycleBefore),
        cycleKind: cycleBefore !== undefined ? "incremental" : isNew ? "initial" : "unknown",
        periodMs: health.periodMs ?? null,
        quarantine: outlook === undefined || reason === undefined ? null : { outlook, reason, remedy },
      };
    });
    return sendJson<ClientsAnswer>(reply, { clients });
  });
}

function shownCycle(cycle: Cycle | undefined): Static<typeof CYCLE> | null {
  if (cycle === undefined) return null;
  const { startMs, endMs, requests, failures } = cycle;
  return { start: shownTime(startMs), end: shownTime(endMs), requests, failures };
}
