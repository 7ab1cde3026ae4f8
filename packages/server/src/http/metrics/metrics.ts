import type { FastifyInstance } from "fastify";
import type { Backup } from "../../backup/backup.ts";
import { sendProblem } from "../api/problem.ts";
import { checkAdministrator } from "../auth/administrator.ts";
import type { BufferedBytes } from "../buffered-bytes.ts";
import type { Connections } from "../connections.ts";
import type { Serving } from "../serving.ts";
import { connectionSamples } from "./connection-samples.ts";
import type { Exposition } from "./exposition.ts";

export type MetricsOptions = {
  readonly serving: Serving;
  /** undefined without a backup target. */
  readonly backup: Backup | undefined;
  readonly connections: Connections;
  readonly buffered: BufferedBytes;
};

/** Serves `/metrics` in Prometheus' text format to who has the admin secret. Nothing is measured before it is asked for. */
export async function metrics(server: FastifyInstance, options: MetricsOptions): Promise<void> {
  const { serving, backup, connections, buffered } = options;
  let exposition: Promise<Exposition> | undefined;
  server.decorateRequest("decision", null);
  server.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  server.get("/metrics", async (request, reply) => {
    await checkAdministrator(request, serving);
    // Its library would be loaded at each start, which mostly nobody asks for metrics of.
    exposition ??= import("./exposition.ts").then(({ openExposition }) => openExposition());
    const { contentType, text } = await exposition;
    return reply
      .type(contentType)
      .send(await text(backup?.status(), serving.current?.recorder, connectionSamples(connections, buffered)));
  });
}
