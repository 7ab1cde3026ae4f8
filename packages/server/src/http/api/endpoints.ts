import { type JsonObject, ScimError } from "@scimtool/scim";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { TSchema, TUnsafe } from "typebox";
import { NO_ROWS } from "../../directory/context.ts";
import { removeIn } from "../../directory/writes.ts";
import {
  changeEndpoint,
  createEndpoint,
  deleteEndpoint,
  emptyEndpoint,
  listEndpoints,
  type RemoveOne,
  tryChange,
} from "../../endpoint/administration.ts";
import { PRESETS } from "../../endpoint/presets.ts";
import { basePathOf } from "../../endpoint/served-endpoint.ts";
import { completeSettings, type EndpointSettings, SETTINGS_SCHEMA } from "../../endpoint/settings.ts";
import { counted } from "../../monitor/words/values.ts";
import { idOf } from "../../store/resource-body.ts";
import type { Endpoint } from "../../store/store.ts";
import { writeHooks } from "../durability.ts";
import { toScimError } from "../errors.ts";
import { endpointAdminOf, servedTo } from "../serving.ts";
import { originOf } from "../urls.ts";
import { changesBetween, reportAdministered, reportChange } from "./administered.ts";
import type { ApiOptions } from "./api.ts";
import {
  type AtEndpoint,
  bodyOf,
  manualSubject,
  optionalBodyOf,
  sendJson,
  shownTime,
  storedEndpointOf,
} from "./request.ts";
import {
  ANY_VALUE,
  AT_ENDPOINT,
  described,
  INTEGER,
  JSON_OBJECT,
  list,
  NO_CONTENT,
  named,
  object,
  objectOf,
  optional,
  partial,
  type RouteSchema,
  type Static,
  TEXT,
  TIME,
} from "./schema.ts";

const SETTINGS = named(
  "EndpointSettings",
  "How an endpoint behaves; missing settings have their defaults.",
  SETTINGS_SCHEMA as TSchema,
);

const SETTINGS_PATCH = described(
  "A JSON Merge Patch (RFC 7396) of the EndpointSettings: null restores a default.",
  JSON_OBJECT,
);

const NAME = described("Lower-case letters, digits and hyphens, as in URLs.", TEXT);

const ENDPOINT = named(
  "Endpoint",
  "A tenant with its own resources, credentials and settings.",
  object({
    name: NAME,
    baseUrl: described("The SCIM base URL for the identity provider.", TEXT),
    created: TIME,
    settings: described("Settings that differ from the defaults.", SETTINGS as TUnsafe<JsonObject>),
    inForce: described("All settings with their current values.", SETTINGS as TUnsafe<EndpointSettings>),
    resources: described("Number of resources by type.", objectOf(INTEGER)),
  }),
);
export type ShownEndpoint = Static<typeof ENDPOINT>;

const ENDPOINTS = object({ endpoints: list(ENDPOINT) });
export type EndpointList = Static<typeof ENDPOINTS>;

const EMPTIED = object({ removed: described("Number of resources.", INTEGER) });
export type EmptiedEndpoint = Static<typeof EMPTIED>;

const SETTINGS_GUIDE = object({
  schema: described("JSON Schema of the settings, with descriptions and defaults.", JSON_OBJECT),
  presets: described(
    "A set of settings for a new endpoint.",
    list(object({ name: TEXT, label: TEXT, description: TEXT, settings: JSON_OBJECT })),
  ),
});

const CHECKED_SETTINGS = object({
  changes: described(
    "The differences, with their paths; absent values are defaults.",
    list(object({ name: TEXT, before: optional(ANY_VALUE), after: optional(ANY_VALUE) })),
  ),
});

const NEW_ENDPOINT = object({ name: NAME, settings: optional(SETTINGS) });
/** Only the members that `settingsCheck` does not check. */
const NEW_ENDPOINT_FORM = object({ name: NAME, settings: optional(JSON_OBJECT) });
const SETTINGS_CHANGE = object({ settings: SETTINGS_PATCH });
const ENDPOINT_CHANGE = partial({ name: NAME, settings: SETTINGS_PATCH });
const CONFIRMATION = object({
  confirm: described("The name of the endpoint again, because this cannot be undone.", TEXT),
});

const tags = ["Endpoints"] as const;

const READ_SETTINGS_GUIDE: RouteSchema = {
  summary: "Read the schema and the presets of endpoint settings",
  tags,
  response: { 200: SETTINGS_GUIDE },
};

const CHECK_SETTINGS: RouteSchema = {
  summary: "Check new settings of an endpoint without changing anything",
  description: "Returns the same result as the change itself, with the differences.",
  tags,
  params: AT_ENDPOINT,
  body: SETTINGS_CHANGE,
  response: { 200: CHECKED_SETTINGS },
  problems: { 409: "Resources do not fit the settings." },
};

const LIST_ENDPOINTS: RouteSchema = {
  summary: "List the endpoints",
  tags,
  response: { 200: ENDPOINTS },
};

const CREATE_ENDPOINT: RouteSchema = {
  summary: "Create an endpoint",
  description: "It has no credentials yet: next, create a token, a client or a trust.",
  tags,
  body: NEW_ENDPOINT,
  response: { 201: ENDPOINT },
  problems: { 409: "Another endpoint has this name." },
};

const READ_ENDPOINT: RouteSchema = {
  summary: "Read an endpoint",
  tags,
  params: AT_ENDPOINT,
  response: { 200: ENDPOINT },
};

const CHANGE_ENDPOINT: RouteSchema = {
  summary: "Rename an endpoint, or change its settings",
  description: "A new name changes its URLs.",
  tags,
  params: AT_ENDPOINT,
  body: ENDPOINT_CHANGE,
  response: { 200: ENDPOINT },
  problems: {
    409: "Another endpoint has this name, the endpoint is the default one, or resources do not fit the settings.",
  },
};

const EMPTY_ENDPOINT: RouteSchema = {
  summary: "Remove every resource of an endpoint",
  tags,
  params: AT_ENDPOINT,
  body: CONFIRMATION,
  response: { 200: EMPTIED },
};

const DELETE_ENDPOINT: RouteSchema = {
  summary: "Delete an endpoint",
  description:
    "Also deletes its resources and credentials. The endpoint is no longer served; its data is removed in the background.",
  tags,
  params: AT_ENDPOINT,
  body: CONFIRMATION,
  response: { 204: NO_CONTENT },
  problems: { 409: "The default endpoint cannot be deleted." },
};

/** `/api/endpoints`: tenants with their own resources, credentials and settings. */
export function endpointRoutes(server: FastifyInstance, { backup, publicUrl }: ApiOptions): void {
  const shown = async (
    request: FastifyRequest,
    { key, name, settings, createdMs }: Endpoint,
  ): Promise<ShownEndpoint> => {
    const { store } = servedTo(request).directory;
    return {
      name,
      baseUrl: `${originOf(request, publicUrl)}${basePathOf(name)}`,
      created: shownTime(createdMs),
      settings,
      inForce: completeSettings(settings),
      resources: Object.fromEntries(await store.endpoints.population(store.committed, key)),
    };
  };

  server.get("/endpoints", { schema: LIST_ENDPOINTS }, async (request, reply) => {
    const endpoints = await listEndpoints(endpointAdminOf(request));
    const answer = { endpoints: await Promise.all(endpoints.map((endpoint) => shown(request, endpoint))) };
    return sendJson<EndpointList>(reply, answer);
  });

  server.post("/endpoints", { ...writeHooks(backup), schema: CREATE_ENDPOINT }, async (request, reply) => {
    const { name, settings = {} } = await bodyOf(request, NEW_ENDPOINT_FORM);
    const made = await createEndpoint(endpointAdminOf(request), name, settings);
    reportChange(request, { verb: "created", ...asObject(made.name) }, {}, made.settings);
    reply.code(201).header("location", `/api/endpoints/${made.name}`);
    return sendJson<ShownEndpoint>(reply, await shown(request, made));
  });

  server.get("/endpoint-settings", { schema: READ_SETTINGS_GUIDE }, async (_request, reply) =>
    sendJson(reply, { schema: SETTINGS_SCHEMA, presets: PRESETS }),
  );

  const checking = { ...writeHooks(backup), schema: CHECK_SETTINGS };
  server.post<AtEndpoint>("/endpoints/:name/check", checking, async (request, reply) => {
    const change = await bodyOf(request, SETTINGS_CHANGE);
    const { known, changed } = await tryChange(endpointAdminOf(request), request.params.name, change);
    return sendJson<Static<typeof CHECKED_SETTINGS>>(reply, {
      changes: changesBetween(known.settings, changed.settings),
    });
  });

  server.get<AtEndpoint>("/endpoints/:name", { schema: READ_ENDPOINT }, async (request, reply) => {
    return sendJson<ShownEndpoint>(reply, await shown(request, await storedEndpointOf(request)));
  });

  const changing = { ...writeHooks(backup), schema: CHANGE_ENDPOINT };
  server.patch<AtEndpoint>("/endpoints/:name", changing, async (request, reply) => {
    const change = await bodyOf(request, ENDPOINT_CHANGE);
    const { known, changed } = await changeEndpoint(endpointAdminOf(request), request.params.name, change);
    const verb = known.name === changed.name ? "changed" : "renamed";
    const object = { ...asObject(changed.name), label: known.name };
    reportChange(request, { verb, ...object }, known.settings, changed.settings);
    return sendJson<ShownEndpoint>(reply, await shown(request, changed));
  });

  const emptying = { ...writeHooks(backup), schema: EMPTY_ENDPOINT };
  server.post<AtEndpoint>("/endpoints/:name/empty", emptying, async (request, reply) => {
    const { name } = request.params;
    checkConfirmation(name, (await bodyOf(request, CONFIRMATION_ATTEMPT)).confirm);
    let removed = 0;
    const reportRemoved = () =>
      reportAdministered(request, { verb: "emptied", ...asObject(name), changes: [], removed });
    try {
      await emptyEndpoint(endpointAdminOf(request), name, removalBy(request, publicUrl), (some) => {
        removed += some;
      });
    } catch (error) {
      if (removed === 0) throw error;
      // The history of the removed resources refers to this exchange.
      reportRemoved();
      request.log.error({ reqId: request.id, err: error }, "emptying interrupted");
      throw interrupted(error, removed);
    }
    reportRemoved();
    return sendJson<EmptiedEndpoint>(reply, { removed });
  });

  const deleting = { ...writeHooks(backup), schema: DELETE_ENDPOINT };
  server.delete<AtEndpoint>("/endpoints/:name", deleting, async (request, reply) => {
    const { name } = request.params;
    checkConfirmation(name, (await optionalBodyOf(request, CONFIRMATION_ATTEMPT)).confirm);
    const { removed } = await deleteEndpoint(endpointAdminOf(request), name);
    reportAdministered(request, { verb: "deleted", ...asObject(name), changes: [] });
    const { authenticator } = servedTo(request);
    // It is no longer served; the next start continues an interrupted removal.
    removed
      .then(() => authenticator.refresh())
      .catch((error: unknown) => request.log.error({ reqId: request.id, err: error }, "removal interrupted"));
    return reply.code(204).send();
  });
}

/** A missing or wrong confirmation gets one message that says what to send. */
const CONFIRMATION_ATTEMPT = partial({ confirm: ANY_VALUE });

function checkConfirmation(name: string, confirm: unknown): void {
  if (confirm === name) return;
  throw new ScimError(400, `This removes every resource of "${name}". To confirm, send {"confirm": "${name}"}.`);
}

function asObject(name: string) {
  return { object: "endpoint", label: name, endpoint: name } as const;
}

/** Removes a resource and records it in the history. */
function removalBy(request: FastifyRequest<AtEndpoint>, publicUrl: string | undefined): RemoveOne {
  const { store, now } = servedTo(request).directory;
  return (transaction, endpoint, model, resource) => {
    const subject = manualSubject(request, endpoint, model, publicUrl);
    const context = { store, transaction, subject, nowMs: now(), include: NO_ROWS };
    return removeIn(context, idOf(resource), undefined);
  };
}

function interrupted(error: unknown, removed: number): ScimError {
  const { status, headers } = toScimError(error);
  const gone = counted(removed, "resource");
  return new ScimError(status, `This stopped early: ${gone} were removed, the others remain. Send the request again.`, {
    headers,
    cause: error,
  });
}
