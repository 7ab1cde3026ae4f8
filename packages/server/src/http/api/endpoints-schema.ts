import { SETTINGS_SCHEMA } from "../../endpoint/settings-schema.ts";
import {
  described,
  ENDPOINT_NAME,
  INTEGER,
  JSON_OBJECT,
  list,
  NO_CONTENT,
  named,
  object,
  objectOf,
  type RouteSchema,
  TEXT,
  TIME,
} from "./route-schema.ts";

const SETTINGS = named("EndpointSettings", "How an endpoint behaves; what is left out is as usual.", SETTINGS_SCHEMA);

const SETTINGS_PATCH = described(
  "A JSON Merge Patch (RFC 7396) of the EndpointSettings: null brings a default back.",
  JSON_OBJECT,
);

const NAME = described("Letters, digits and hyphens, as it stands in URLs.", TEXT);

const ENDPOINT = named(
  "Endpoint",
  "A tenant, with resources, credentials and settings of its own.",
  object({
    name: NAME,
    baseUrl: described("The SCIM base URL, to be entered at an identity provider.", TEXT),
    created: TIME,
    settings: described("What was set.", SETTINGS),
    inForce: described("What was set, completed with what is usual.", SETTINGS),
    resources: described("Number of resources by their type.", objectOf(INTEGER)),
  }),
);

const CONFIRM = described("The name of the endpoint once more, since this cannot be undone.", TEXT);

const AT_ENDPOINT = object({ name: ENDPOINT_NAME });

export const LIST_ENDPOINTS: RouteSchema = {
  summary: "List the endpoints",
  tags: ["Endpoints"],
  response: { 200: object({ endpoints: list(ENDPOINT) }) },
};

export const CREATE_ENDPOINT: RouteSchema = {
  summary: "Create an endpoint",
  description: "It has no credentials yet: make a token, a client or a trust next.",
  tags: ["Endpoints"],
  body: object({ name: NAME, settings: SETTINGS }, ["settings"]),
  response: { 201: ENDPOINT },
  problems: { 409: "Another endpoint has this name." },
};

export const READ_ENDPOINT: RouteSchema = {
  summary: "Read an endpoint",
  tags: ["Endpoints"],
  params: AT_ENDPOINT,
  response: { 200: ENDPOINT },
};

export const CHANGE_ENDPOINT: RouteSchema = {
  summary: "Rename an endpoint, or change its settings",
  description: "With another name it has other URLs.",
  tags: ["Endpoints"],
  params: AT_ENDPOINT,
  body: object({ name: NAME, settings: SETTINGS_PATCH }, ["name", "settings"]),
  response: { 200: ENDPOINT },
  problems: {
    409: "Another endpoint has this name, or it is that of the default one, or resources do not fit the settings.",
  },
};

export const EMPTY_ENDPOINT: RouteSchema = {
  summary: "Remove every resource of an endpoint",
  tags: ["Endpoints"],
  params: AT_ENDPOINT,
  body: object({ confirm: CONFIRM }),
  response: { 200: object({ removed: described("Number of resources.", INTEGER) }) },
};

export const DELETE_ENDPOINT: RouteSchema = {
  summary: "Delete an endpoint",
  description: "With its resources and credentials. It is not served any more at once; the rest is removed behind it.",
  tags: ["Endpoints"],
  params: AT_ENDPOINT,
  body: object({ confirm: CONFIRM }),
  response: { 204: NO_CONTENT },
  problems: { 409: "The default endpoint cannot be deleted." },
};
