import {
  described,
  NO_CONTENT,
  named,
  nullable,
  object,
  oneOf,
  type RouteSchema,
  TEXT,
  TIME,
} from "../route-schema.ts";

const SESSION = named(
  "Session",
  "Whose requests these are.",
  object({
    role: described("`admin` may do everything, `viewer` may look at everything.", oneOf("admin", "viewer")),
    expires: described("When it ends; null: never, as for a secret sent as a bearer token.", nullable(TIME)),
  }),
);

export const SIGN_IN: RouteSchema = {
  summary: "Sign in with a secret",
  description:
    "Begins a session of 12 hours, in the cookie `scimtool_session`. Requests with it that change something need the header `X-SCIMTool-Request: 1`.",
  tags: ["Session"],
  security: [],
  body: object({ secret: described("The admin secret or the viewer's secret.", TEXT) }),
  response: { 200: SESSION },
  problems: {
    401: "The secret is not known.",
    403: "The secret is of an endpoint, or the request comes from another site.",
    429: "Too many wrong secrets were tried; `Retry-After` tells when to try again.",
    503: "It cannot be told at the moment; `Retry-After` tells when to try again.",
  },
};

export const READ_SESSION: RouteSchema = {
  summary: "Tell whose requests these are",
  tags: ["Session"],
  response: { 200: SESSION },
};

export const SIGN_OUT: RouteSchema = {
  summary: "Sign out",
  description: "Ends the session of the cookie at once. Without one nothing happens.",
  tags: ["Session"],
  security: [],
  response: { 204: NO_CONTENT },
  problems: { 403: "The request comes from another site.", 503: "No database is open; try again." },
};
