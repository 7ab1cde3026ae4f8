import { monitorEventLoopDelay } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import { ScimError } from "@scimtool/scim";
import type { FastifyInstance } from "fastify";
import type { EffectiveSetting } from "../../config.ts";
import type { Credential } from "../../store/store.ts";
import { checkAdministrator, roleOf } from "../auth/administrator.ts";
import { sessionSecretOf } from "../auth/browser-session.ts";
import type { BufferedBytes } from "../buffered-bytes.ts";
import type { ConnectionLimits } from "../connection-limits.ts";
import type { Connections } from "../connections.ts";
import { writeHooks } from "../durability.ts";
import { servedTo } from "../serving.ts";
import { changeAccess } from "./access.ts";
import { reportAdministered } from "./administered.ts";
import type { ApiOptions } from "./api.ts";
import { sendJson, shownTime } from "./request.ts";
import {
  BOOLEAN,
  described,
  INTEGER,
  list,
  NO_CONTENT,
  NUMBER,
  named,
  nullable,
  object,
  oneOf,
  type RouteSchema,
  type Static,
  TEXT,
  TIME,
} from "./schema.ts";

const SETTINGS = object({
  settings: list(
    named(
      "ServerSetting",
      "A setting of the server, and where its value comes from.",
      object({
        flag: TEXT,
        variable: described("Its environment variable.", nullable(TEXT)),
        description: TEXT,
        value: described("null if it is not set. Of a secret, only whether it is set.", nullable(TEXT)),
        source: oneOf("default", "environment", "flag", "file"),
      }),
    ),
  ),
});

const LOAD = named(
  "ServerLoad",
  "The current load of the process, and its limits.",
  object({
    connections: INTEGER,
    maxConnections: INTEGER,
    bufferedBytes: described("Bodies of requests and answers in memory, from 64 KiB each.", INTEGER),
    maxBufferedBytes: INTEGER,
    eventLoopDelayMs: described(
      "How late timers were since the last request for the load; null at the first one.",
      nullable(object({ p50: NUMBER, p99: NUMBER, max: NUMBER })),
    ),
    memory: described(
      "Of the whole process, and of JavaScript objects.",
      object({ residentBytes: INTEGER, heapBytes: INTEGER, maxHeapBytes: INTEGER }),
    ),
  }),
);
type ServerLoad = Static<typeof LOAD>;

const ADMINISTRATOR_SESSION = named(
  "AdministratorSession",
  "A browser that is signed in.",
  object({
    key: INTEGER,
    role: oneOf("admin", "viewer"),
    secret: described("Label of the secret that it was started with.", TEXT),
    started: TIME,
    expires: nullable(TIME),
    isOwn: described("Whether it is the sender's own session.", BOOLEAN),
  }),
);
const SESSIONS = object({ sessions: list(ADMINISTRATOR_SESSION) });

const READ_SETTINGS: RouteSchema = {
  summary: "Read the settings of the server",
  tags: ["Server"],
  response: { 200: SETTINGS },
};

const READ_LOAD: RouteSchema = {
  summary: "Read the load of the server",
  tags: ["Server"],
  response: { 200: LOAD },
};

const LIST_SESSIONS: RouteSchema = {
  summary: "List the sessions of browsers",
  tags: ["Session"],
  response: { 200: SESSIONS },
};

const END_SESSION: RouteSchema = {
  summary: "End a session",
  tags: ["Session"],
  params: object({ key: described("Key of the session.", INTEGER) }),
  response: { 204: NO_CONTENT },
};

/** The sources of the load and its limits. */
type LoadSources = {
  readonly connections: Connections;
  readonly buffered: BufferedBytes;
  readonly limits: ConnectionLimits;
};

export type ServerRoutesOptions = Pick<ApiOptions, "serving"> & {
  readonly settings: readonly EffectiveSetting[];
  readonly load: LoadSources;
};

/** `/api/settings`, `/api/load`. A standby answers too. */
export async function serverRoutes(
  server: FastifyInstance,
  { serving, settings, load: { connections, buffered, limits } }: ServerRoutesOptions,
): Promise<void> {
  server.get("/settings", { schema: READ_SETTINGS }, async (request, reply) => {
    await checkAdministrator(request, serving);
    return sendJson<Static<typeof SETTINGS>>(reply, { settings: [...settings] });
  });

  // Measuring starts with the first request.
  let delay: ReturnType<typeof monitorEventLoopDelay> | undefined;
  server.get("/load", { schema: READ_LOAD }, async (request, reply) => {
    await checkAdministrator(request, serving);
    const measured = delay;
    const eventLoopDelayMs =
      measured === undefined || measured.count === 0
        ? null
        : { p50: inMs(measured.percentile(50)), p99: inMs(measured.percentile(99)), max: inMs(measured.max) };
    measured?.reset();
    if (delay === undefined) {
      delay = monitorEventLoopDelay({ resolution: 20 });
      delay.enable();
    }
    const { rss, heapUsed } = process.memoryUsage();
    return sendJson<ServerLoad>(reply, {
      connections: connections.count,
      maxConnections: limits.maxConnections,
      bufferedBytes: buffered.bytes,
      maxBufferedBytes: limits.maxBufferedBytes,
      eventLoopDelayMs,
      memory: { residentBytes: rss, heapBytes: heapUsed, maxHeapBytes: getHeapStatistics().heap_size_limit },
    });
  });
  server.addHook("onClose", async () => delay?.disable());
}

function inMs(nanoseconds: number): number {
  return Math.round(nanoseconds / 10_000) / 100;
}

type AtSession = { Params: { key: string } };

/** `/api/sessions`: the browsers that are signed in. */
export function sessionListRoutes(server: FastifyInstance, { backup }: ApiOptions): void {
  server.get("/sessions", { schema: LIST_SESSIONS }, async (request, reply) => {
    const { directory, authenticator } = servedTo(request);
    const { store, now } = directory;
    const own = authenticator.sessionOf(sessionSecretOf(request) ?? "")?.key;
    const sessions = (await store.credentials.list(store.committed)).filter((each) => isSession(each, now()));
    return sendJson<Static<typeof SESSIONS>>(reply, {
      sessions: sessions.map(({ key, scopes, label, createdMs, expiresMs }) => ({
        key,
        role: roleOf(scopes),
        secret: label,
        started: shownTime(createdMs),
        expires: shownTime(expiresMs),
        isOwn: key === own,
      })),
    });
  });

  server.delete<AtSession>("/sessions/:key", { ...writeHooks(backup), schema: END_SESSION }, async (request, reply) => {
    const served = servedTo(request);
    const { store, now } = served.directory;
    const ended = await changeAccess(served, async (transaction) => {
      const session = (await store.credentials.list(transaction)).find(
        (each) => String(each.key) === request.params.key && isSession(each, now()),
      );
      if (session === undefined) throw new ScimError(404, "This session has already ended.");
      await store.credentials.remove(transaction, session.key);
      return session;
    });
    reportAdministered(request, { verb: "ended", object: "session", label: ended.label, endpoint: "", changes: [] });
    return reply.code(204).send();
  });
}

function isSession({ kind, expiresMs = Number.POSITIVE_INFINITY }: Credential, nowMs: number): boolean {
  return kind === "session" && expiresMs > nowMs;
}
