import {
  described,
  ENDPOINT_NAME,
  INTEGER,
  list,
  named,
  nullable,
  object,
  oneOf,
  type RouteSchema,
  TEXT,
  TIME,
} from "./route-schema.ts";

export const LABEL = described("Which one it is, for people: 1 to 100 characters without line breaks.", TEXT);

export const SCOPES = described(
  "`read` is GET and searches, `write` everything; all of it where nothing is said.",
  list(oneOf("read", "write")),
);

/** Id of a User. */
export const USER = described("Id of the User that `/Me` stands for.", nullable(TEXT));

export const USER_WANTED = described("Id or userName of the User that `/Me` stands for.", nullable(TEXT));

const KIND = described("A bearer token, or a secret of an OAuth client.", oneOf("token", "client"));

const EXPIRES_WANTED = described(
  "A time, or how long from now (`12h`, `90d`); null is never.",
  nullable({ ...TEXT, examples: ["2027-01-31T00:00:00Z", "90d"] }),
);

const SHOWN = {
  key: INTEGER,
  kind: KIND,
  label: LABEL,
  clientId: described("Of a client.", nullable(TEXT)),
  scopes: SCOPES,
  user: USER,
  created: TIME,
  expires: described("null: never.", nullable(TIME)),
  lastUsed: described("To the minute.", nullable(TIME)),
};

const ONCE = {
  secret: described("Shown this once.", TEXT),
  baseUrl: described("Where it is to be used.", TEXT),
  tokenUrl: described("Of a client: where it gets access tokens.", TEXT),
};

const CREDENTIAL = named("Credential", "A token or client secret, without the secret itself.", object(SHOWN));

const MADE = named("MadeCredential", "A credential with its secret.", object({ ...SHOWN, ...ONCE }, ["tokenUrl"]));

const AT_ENDPOINT = object({ name: ENDPOINT_NAME });
const AT_CREDENTIAL = object({ name: ENDPOINT_NAME, key: described("Key of the credential.", INTEGER) });

const LABEL_TAKEN = "Another credential of this kind has this label.";

export const LIST_CREDENTIALS: RouteSchema = {
  summary: "List the tokens and client secrets of an endpoint",
  tags: ["Credentials"],
  params: AT_ENDPOINT,
  response: { 200: object({ credentials: list(CREDENTIAL) }) },
};

export const CREATE_CREDENTIAL: RouteSchema = {
  summary: "Make a bearer token, or a secret of an OAuth client",
  tags: ["Credentials"],
  params: AT_ENDPOINT,
  body: object(
    {
      kind: KIND,
      label: LABEL,
      clientId: described("Of a client: one that is there, for a second secret; else one is made.", TEXT),
      scopes: SCOPES,
      expires: EXPIRES_WANTED,
      user: USER_WANTED,
    },
    ["clientId", "scopes", "expires", "user"],
  ),
  response: { 201: MADE },
  problems: { 409: LABEL_TAKEN },
};

export const CHANGE_CREDENTIAL: RouteSchema = {
  summary: "Change the label, scopes or expiry of a credential",
  tags: ["Credentials"],
  params: AT_CREDENTIAL,
  body: object({ label: LABEL, scopes: SCOPES, expires: EXPIRES_WANTED }, ["label", "scopes", "expires"]),
  response: { 200: CREDENTIAL },
  problems: { 409: LABEL_TAKEN },
};

export const ROTATE_CREDENTIAL: RouteSchema = {
  summary: "Make a secret that takes the place of another",
  description: "Both are valid until the grace time ends.",
  tags: ["Credentials"],
  params: AT_CREDENTIAL,
  isBodyOptional: true,
  body: object(
    {
      grace: described("How long the old secret stays valid.", { ...TEXT, default: "24h" }),
      expires: described("Of the new one; it lives as long as the old one where nothing is said.", EXPIRES_WANTED),
    },
    ["grace", "expires"],
  ),
  response: { 201: object({ ...SHOWN, ...ONCE, replaced: CREDENTIAL }, ["tokenUrl"]) },
  problems: { 409: LABEL_TAKEN },
};

export const REMOVE_CREDENTIAL: RouteSchema = {
  summary: "Remove a credential",
  description: "With the access tokens that were given for it.",
  tags: ["Credentials"],
  params: AT_CREDENTIAL,
  response: {
    200: object({
      removed: CREDENTIAL,
      advice: described("What to do where nothing can write any more.", nullable(TEXT)),
    }),
  },
};
