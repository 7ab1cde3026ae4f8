import { ScimError } from "@scimtool/scim";
import type { FastifyInstance } from "fastify";
import { valueTakenIn } from "../../../directory/refusals.ts";
import { restoreResource } from "../../../directory/restore.ts";
import { withCurrentEndpoint } from "../../../endpoint/endpoints.ts";
import { Draft, type Moment, readState } from "../../../monitor/history/state.ts";
import { writeHooks } from "../../durability.ts";
import { report } from "../../recording.ts";
import { endpointAdminOf, servedTo } from "../../serving.ts";
import type { ApiOptions } from "../api.ts";
import {
  type AtResource,
  bodyOf,
  endpointOf,
  manualSubject,
  momentOf,
  queryOf,
  sendJson,
  shownTime,
} from "../request.ts";
import {
  BOOLEAN,
  described,
  INTEGER,
  JSON_OBJECT,
  list,
  nullable,
  object,
  partial,
  type RouteSchema,
  type Static,
  TEXT,
  TIME,
  wholeNumber,
} from "../schema.ts";
import { AT_RESOURCE, CHANGE } from "./history-schema.ts";

/** Selects a state of a resource by one of the two. */
const STATE_SELECTION = partial({
  revision: described("The state of this version.", wholeNumber(1)),
  at: described("The state at a time: `2026-08-01T12:00:00Z`, a day (its beginning), or how long ago: `24h`.", TEXT),
});

const RESOURCE = described(
  "With its members and without `meta`. Values derived from other resources, such as names, may be newer.",
  JSON_OBJECT,
);

const STATE = object({
  resource: described("null if it did not exist.", nullable(RESOURCE)),
  revision: described("null if it did not exist.", nullable(INTEGER)),
  at: described("Since when; null if unknown, and before its creation.", nullable(TIME)),
  isCurrent: described("Whether this is the current state.", BOOLEAN),
});

const RESTORED = object({
  resource: RESOURCE,
  revision: INTEGER,
  changes: described("Empty if this was already the current state.", list(CHANGE)),
});

const tags = ["History"] as const;

const READ_STATE: RouteSchema = {
  summary: "Read an earlier state of a resource",
  description: "Send either `revision` or `at`.",
  tags,
  params: AT_RESOURCE,
  querystring: STATE_SELECTION,
  response: { 200: STATE },
};

const RESTORE: RouteSchema = {
  summary: "Restore an earlier state of a resource as its newest version",
  description:
    "Send either `revision` or `at`. A deleted resource returns with its ID, and to those of its groups that still " +
    "exist. References to resources that do not exist are removed, unless the endpoint accepts them.",
  tags,
  params: AT_RESOURCE,
  body: STATE_SELECTION,
  response: { 200: RESTORED },
  problems: {
    409: "Another resource has a value that must be unique, the resource did not exist at that time, or the version does not fit the endpoint's current schemas.",
  },
};

/** `/api/endpoints/{name}/history/{id}/state` and `/restore`: read and restore earlier states of resources. */
export function stateRoutes(server: FastifyInstance, { backup, publicUrl }: ApiOptions): void {
  server.get<AtResource>("/endpoints/:name/history/:id/state", { schema: READ_STATE }, async (request, reply) => {
    const { store, now } = servedTo(request).directory;
    const moment = selectedMoment(await queryOf(request, STATE_SELECTION), now());
    const state = await readState(store, endpointOf(request), request.params.id, moment);
    return sendJson<Static<typeof STATE>>(reply, {
      resource: state.resource ?? null,
      revision: state.revision ?? null,
      at: shownTime(state.atMs),
      isCurrent: state.isCurrent,
    });
  });

  server.post<AtResource>(
    "/endpoints/:name/history/:id/restore",
    { ...writeHooks(backup), schema: RESTORE },
    async (request, reply) => {
      const { directory } = servedTo(request);
      const { id } = request.params;
      const moment = selectedMoment(await bodyOf(request, STATE_SELECTION), directory.now());
      const { subject, written } = await withCurrentEndpoint(
        endpointAdminOf(request),
        endpointOf(request),
        async (endpoint) => {
          const { model, resource } = await readState(directory.store, endpoint, id, moment);
          if (resource === undefined) {
            throw new ScimError(409, "The resource did not exist then. Choose a version that its history lists.");
          }
          const subject = manualSubject(request, endpoint, model, publicUrl);
          const written = await restoreResource(directory, subject, id, resource).catch(refuseRestoring);
          return { subject, written };
        },
      );
      report(request, { kind: "written", subject, written, sent: undefined });
      const { stored, changes } = written;
      return sendJson<Static<typeof RESTORED>>(reply, {
        resource: new Draft(subject.model, stored).resource(id),
        revision: stored.revision,
        changes: [...changes],
      });
    },
  );
}

/** The usual advice, to send another value, does not apply: a restore sends none. */
function refuseRestoring(error: unknown): never {
  const reason = valueTakenIn(error);
  if (reason === undefined) throw error;
  const { attribute, value, holder } = reason;
  const by = holder === undefined ? "another resource" : `the ${holder.type} "${holder.label}" (id ${holder.id})`;
  const advice = `Change its ${attribute} or delete it, then restore this one.`;
  throw new ScimError(409, `${attribute} "${value}" is taken by ${by}. ${advice}`, { scimType: "uniqueness", reason });
}

/** @throws ScimError 400 */
function selectedMoment({ revision, at }: Static<typeof STATE_SELECTION>, nowMs: number): Moment {
  const atMs = momentOf("at", at, nowMs);
  if (revision !== undefined && atMs === undefined) return { revision };
  if (atMs !== undefined && revision === undefined) return { atMs };
  throw new ScimError(400, 'Send one of "revision", the number of a version, and "at", a time.');
}
