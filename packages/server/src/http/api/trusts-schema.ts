import { LABEL, SCOPES, USER, USER_WANTED } from "./credentials-schema.ts";
import {
  BOOLEAN,
  described,
  ENDPOINT_NAME,
  INTEGER,
  list,
  NO_CONTENT,
  named,
  nullable,
  object,
  oneOf,
  type RouteSchema,
  TEXT,
  TIME,
} from "./route-schema.ts";

const MEMBERS = {
  label: LABEL,
  issuer: described("The claim `iss`.", TEXT),
  audience: described("The claim `aud`, or one of its values.", TEXT),
  jwksUri: described("Where the issuer's keys are; null: where its own metadata says.", nullable(TEXT)),
  tenant: described("The claim `tid`, for Entra ID.", nullable(TEXT)),
  clientId: described("The claim `azp`, `appid` or `client_id`.", nullable(TEXT)),
  subject: described("The claim `sub`.", nullable(TEXT)),
  scopes: SCOPES,
};

const TRUST = named(
  "Trust",
  "Another issuer whose tokens (JWT) an endpoint accepts, and which of them; null is any.",
  object({ key: INTEGER, ...MEMBERS, user: USER, created: TIME }),
);

const WANTED = { ...MEMBERS, user: USER_WANTED };

const AT_ENDPOINT = object({ name: ENDPOINT_NAME });
const AT_TRUST = object({ name: ENDPOINT_NAME, key: described("Key of the trust.", INTEGER) });

const FAILED = {
  check: described("What was looked at.", TEXT),
  expected: nullable(TEXT),
  received: nullable(TEXT),
  remedy: described("How to mend it.", nullable(TEXT)),
};

const LABEL_TAKEN = "Another trust of the endpoint has this label.";

export const LIST_TRUSTS: RouteSchema = {
  summary: "List the issuers that an endpoint trusts",
  tags: ["Trusts"],
  params: AT_ENDPOINT,
  response: { 200: object({ trusts: list(TRUST) }) },
};

export const ADD_TRUST: RouteSchema = {
  summary: "Trust an issuer",
  tags: ["Trusts"],
  params: AT_ENDPOINT,
  body: object(WANTED, ["jwksUri", "tenant", "clientId", "subject", "scopes", "user"]),
  response: { 201: TRUST },
  problems: { 409: LABEL_TAKEN },
};

export const CHANGE_TRUST: RouteSchema = {
  summary: "Change what is trusted",
  tags: ["Trusts"],
  params: AT_TRUST,
  body: object(WANTED, Object.keys(WANTED)),
  response: { 200: TRUST },
  problems: { 409: LABEL_TAKEN },
};

export const REMOVE_TRUST: RouteSchema = {
  summary: "Trust an issuer no more",
  description: "The access tokens that were given for it end as well.",
  tags: ["Trusts"],
  params: AT_TRUST,
  response: { 204: NO_CONTENT },
};

export const TRY_TOKEN: RouteSchema = {
  summary: "Tell whether a token would be let in, and what speaks against it",
  description: "Nothing of the token is kept.",
  tags: ["Trusts"],
  params: AT_ENDPOINT,
  body: object({ token: described("A JWT.", TEXT) }),
  response: {
    200: object({
      accepted: BOOLEAN,
      by: described("Label of the trust that lets it in.", nullable(TEXT)),
      scopes: SCOPES,
      clientId: nullable(TEXT),
      expires: nullable(TIME),
      failed: described("Of the trust that comes closest.", nullable(object(FAILED))),
      trusts: list(
        object({
          key: INTEGER,
          label: TEXT,
          accepted: BOOLEAN,
          checks: list(object({ ...FAILED, verdict: oneOf("fits", "fails", "unknown") })),
        }),
      ),
    }),
  },
};
