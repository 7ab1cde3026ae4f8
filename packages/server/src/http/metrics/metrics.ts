import type { FastifyInstance } from "fastify";
import { type Backup, type DatabaseServer, statusWithoutTarget } from "../../backup/backup.ts";
import { sendProblem } from "../api/problem.ts";
import { checkAdministrator } from "../auth/administrator.ts";
import type { BufferedBytes } from "../buffered-bytes.ts";
import type { Connections } from "../connections.ts";
import type { Serving } from "../serving.ts";
import type { Metric } from "./backup-samples.ts";
import type { Exposition } from "./exposition.ts";

export type MetricsOptions = {
  readonly serving: Serving;
  /** undefined without a backup target. */
  readonly backup: Backup | undefined;
  /** undefined with a SQLite file. */
  readonly databaseServer: DatabaseServer | undefined;
  readonly connections: Connections;
  readonly buffered: BufferedBytes;
};

/** Serves `/metrics` in Prometheus' text format to administrators. Nothing is measured before the first request. */
export async function metrics(server: FastifyInstance, options: MetricsOptions): Promise<void> {
  const { serving, backup, databaseServer, connections, buffered } = options;
  let exposition: Promise<Exposition> | undefined;
  server.decorateRequest("decision", null);
  server.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  server.get("/metrics", async (request, reply) => {
    await checkAdministrator(request, serving);
    // Loading its library at each start would be wasted if nobody reads metrics.
    exposition ??= import("./exposition.ts").then(({ openExposition }) => openExposition());
    const { contentType, text } = await exposition;
    const status = backup?.status() ?? statusWithoutTarget(databaseServer);
    return reply
      .type(contentType)
      .send(await text(status, serving.current?.recorder, connectionSamples(connections, buffered)));
  });
}

/** Connections and memory for bodies, as Prometheus metrics. */
function connectionSamples({ count, closed }: Connections, { bytes, refused }: BufferedBytes): Metric[] {
  return [
    metric("connections", "Open connections.", "gauge", [{ labels: {}, value: count }]),
    metric(
      "connections_closed_total",
      "Connections refused or closed because of a limit.",
      "counter",
      Object.entries(closed).map(([reason, value]) => ({ labels: { reason }, value })),
    ),
    metric("buffered_bytes", "Bodies of requests and answers in memory, from 64 KiB each.", "gauge", [
      { labels: {}, value: bytes },
    ]),
    metric("buffered_refused_total", "Requests refused because too many bytes were buffered.", "counter", [
      { labels: {}, value: refused },
    ]),
  ];
}

function metric(name: string, help: string, kind: Metric["kind"], samples: Metric["samples"]): Metric {
  return { name: `scimtool_${name}`, help, kind, samples };
}
