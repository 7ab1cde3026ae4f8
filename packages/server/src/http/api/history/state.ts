import { ScimError } from "@scimtool/scim";
import type { FastifyInstance } from "fastify";
import { valueTakenIn } from "../../../directory/refusals.ts";
import { restoreResource } from "../../../directory/restore.ts";
import { withEndpointInForce } from "../../../endpoint/in-force.ts";
import { Draft } from "../../../monitor/history/draft.ts";
import { readState } from "../../../monitor/history/state.ts";
import { writeHooks } from "../../durability.ts";
import { report } from "../../recording.ts";
import { endpointAdminOf, servedTo } from "../../serving.ts";
import { shownTime } from "../access-members.ts";
import type { ApiOptions } from "../administration.ts";
import { type AtResource, endpointOf } from "../endpoint-of.ts";
import { manualSubject } from "../manual-subject.ts";
import { sendJson } from "../send-json.ts";
import { READ_STATE, RESTORE } from "./history-schema.ts";
import { momentOfBody, momentOfQuery } from "./moment-of.ts";

/** `/api/endpoints/{name}/history/{id}/state` and `/restore`: what a resource was, and that it be so again. */
export function stateRoutes(server: FastifyInstance, { backup, publicUrl }: ApiOptions): void {
  server.get<AtResource>("/endpoints/:name/history/:id/state", { schema: READ_STATE }, async (request, reply) => {
    const { store, now } = servedTo(request).directory;
    const moment = momentOfQuery(request, now());
    const state = await readState(store, endpointOf(request), request.params.id, moment);
    return sendJson(reply, {
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
      const moment = momentOfBody(request, directory.now());
      const { subject, written } = await withEndpointInForce(
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
      return sendJson(reply, {
        resource: new Draft(subject.model, stored).resource(id),
        revision: stored.revision,
        changes,
      });
    },
  );
}

/** Who restores sends no values, and cannot send others, as a client is advised to. */
function refuseRestoring(error: unknown): never {
  const reason = valueTakenIn(error);
  if (reason === undefined) throw error;
  const { attribute, value, holder } = reason;
  const by = holder === undefined ? "another resource" : `the ${holder.type} "${holder.label}" (id ${holder.id})`;
  const advice = `Give that one another ${attribute}, or delete it, and restore this one then.`;
  throw new ScimError(409, `${attribute} "${value}" is taken by ${by}. ${advice}`, { scimType: "uniqueness", reason });
}
