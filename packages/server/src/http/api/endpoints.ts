import { isObject, type Json, type JsonObject, ScimError } from "@scimtool/scim";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { removeIn } from "../../directory/writes.ts";
import {
  changeEndpoint,
  createEndpoint,
  deleteEndpoint,
  emptyEndpoint,
  findEndpoint,
  listEndpoints,
  type RemoveOne,
} from "../../endpoint/administration.ts";
import { basePathOf } from "../../endpoint/served-endpoint.ts";
import { completeSettings } from "../../endpoint/settings.ts";
import { counted } from "../../monitor/words/time-text.ts";
import { idOf } from "../../store/resource-body.ts";
import type { Endpoint } from "../../store/store.ts";
import { writeHooks } from "../durability.ts";
import { toScimError } from "../errors.ts";
import { endpointAdminOf, servedTo } from "../serving.ts";
import { originOf } from "../urls.ts";
import type { ApiOptions } from "./administration.ts";
import {
  CHANGE_ENDPOINT,
  CREATE_ENDPOINT,
  DELETE_ENDPOINT,
  EMPTY_ENDPOINT,
  LIST_ENDPOINTS,
  READ_ENDPOINT,
} from "./endpoints-schema.ts";
import { manualSubject } from "./manual-subject.ts";
import { membersOf, optionalMembersOf, textOf } from "./members-of.ts";
import { changesBetween, reportAdministered } from "./recorded.ts";
import { sendJson } from "./send-json.ts";

type Named = { Params: { name: string } };

/** `/api/endpoints`: tenants, each with resources, credentials and settings of its own. */
export function endpointRoutes(server: FastifyInstance, { backup, publicUrl }: ApiOptions): void {
  /** An endpoint as it is shown. */
  const shown = async (request: FastifyRequest, { key, name, settings, createdMs }: Endpoint) => {
    const { store } = servedTo(request).directory;
    return {
      name,
      baseUrl: `${originOf(request, publicUrl)}${basePathOf(name)}`,
      created: new Date(createdMs).toISOString(),
      settings,
      inForce: completeSettings(settings),
      resources: Object.fromEntries(await store.endpoints.population(store.committed, key)),
    };
  };

  server.get("/endpoints", { schema: LIST_ENDPOINTS }, async (request, reply) => {
    const endpoints = await listEndpoints(endpointAdminOf(request));
    return sendJson(reply, { endpoints: await Promise.all(endpoints.map((endpoint) => shown(request, endpoint))) });
  });

  server.post("/endpoints", { ...writeHooks(backup), schema: CREATE_ENDPOINT }, async (request, reply) => {
    const { name, settings } = membersOf(request.body, ["name", "settings"]);
    const made = await createEndpoint(endpointAdminOf(request), textOf("name", name), settingsOf(settings) ?? {});
    reportChange(request, "created", { name: made.name, settings: {} }, made);
    reply.code(201).header("location", `/api/endpoints/${made.name}`);
    return sendJson(reply, await shown(request, made));
  });

  server.get<Named>("/endpoints/:name", { schema: READ_ENDPOINT }, async (request, reply) =>
    sendJson(reply, await shown(request, await findEndpoint(endpointAdminOf(request), request.params.name))),
  );

  server.patch<Named>(
    "/endpoints/:name",
    { ...writeHooks(backup), schema: CHANGE_ENDPOINT },
    async (request, reply) => {
      const { name, settings } = membersOf(request.body, ["name", "settings"]);
      const { known, changed } = await changeEndpoint(endpointAdminOf(request), request.params.name, {
        name: name === undefined ? undefined : textOf("name", name),
        settings: settingsOf(settings),
      });
      reportChange(request, known.name === changed.name ? "changed" : "renamed", known, changed);
      return sendJson(reply, await shown(request, changed));
    },
  );

  server.post<Named>(
    "/endpoints/:name/empty",
    { ...writeHooks(backup), schema: EMPTY_ENDPOINT },
    async (request, reply) => {
      const { name } = request.params;
      confirm(name, membersOf(request.body, ["confirm"])["confirm"]);
      let removed = 0;
      const told = () => reportAdministered(request, { verb: "emptied", ...asObject(name), changes: [], removed });
      try {
        await emptyEndpoint(endpointAdminOf(request), name, removalBy(request, publicUrl), (some) => {
          removed += some;
        });
      } catch (error) {
        if (removed === 0) throw error;
        // The history of what went names this exchange.
        told();
        request.log.error({ reqId: request.id, err: error }, "emptying interrupted");
        throw interrupted(error, removed);
      }
      told();
      return sendJson(reply, { removed });
    },
  );

  server.delete<Named>(
    "/endpoints/:name",
    { ...writeHooks(backup), schema: DELETE_ENDPOINT },
    async (request, reply) => {
      const { confirm: given } = optionalMembersOf(request.body, ["confirm"]);
      confirm(request.params.name, given);
      const { name } = request.params;
      const { removed } = await deleteEndpoint(endpointAdminOf(request), name);
      reportAdministered(request, { verb: "deleted", ...asObject(name), changes: [] });
      const { authority } = servedTo(request);
      // It is not served any more; an interruption is made up for at the next start.
      removed
        .then(() => authority.refresh())
        .catch((error: unknown) => request.log.error({ reqId: request.id, err: error }, "removal interrupted"));
      return reply.code(204).send();
    },
  );
}

function asObject(name: string) {
  return { object: "endpoint", label: name, endpoint: name } as const;
}

function reportChange(
  request: FastifyRequest,
  verb: "created" | "changed" | "renamed",
  before: Pick<Endpoint, "name" | "settings">,
  after: Endpoint,
): void {
  const changes = changesBetween(before.settings, after.settings);
  if (verb === "changed" && changes.length === 0) return;
  reportAdministered(request, { verb, object: "endpoint", label: before.name, endpoint: after.name, changes });
}

/** A resource that an administrator removes leaves its end in the history. */
function removalBy(request: FastifyRequest<Named>, publicUrl: string | undefined): RemoveOne {
  const { directory } = servedTo(request);
  return (transaction, endpoint, model, resource) => {
    const subject = manualSubject(request, endpoint, model, publicUrl);
    return removeIn({ directory, transaction, subject }, idOf(resource), undefined);
  };
}

/** The refusal of what was not carried out to its end. */
function interrupted(error: unknown, removed: number): ScimError {
  const { status, headers } = toScimError(error);
  const gone = counted(removed, "resource");
  return new ScimError(status, `This ended early: ${gone} went, the others are still there. Send it again.`, {
    headers,
    cause: error,
  });
}

/** What cannot be undone needs the name said once more. */
function confirm(name: string, given: Json | undefined): void {
  if (given === name) return;
  throw new ScimError(400, `This removes every resource of "${name}". To confirm, send {"confirm": "${name}"}.`);
}

function settingsOf(value: Json | undefined): JsonObject | undefined {
  if (value === undefined || isObject(value)) return value;
  throw new ScimError(400, '"settings" must be an object.');
}
