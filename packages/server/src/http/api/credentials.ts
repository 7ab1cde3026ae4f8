import { type JsonObject, ScimError } from "@scimtool/scim";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { isClientId, type NewSecret, newClientSecret, newToken } from "../../auth/credentials.ts";
import { basePathOf, tokenPathOf } from "../../endpoint/served-endpoint.ts";
import type { AdministrativeVerb } from "../../monitor/exchange-facts.ts";
import type { Credential, Endpoint } from "../../store/store.ts";
import { writeHooks } from "../durability.ts";
import { type Served, servedTo } from "../serving.ts";
import { originOf } from "../urls.ts";
import { expiryOf, graceOf, LABEL, labelOf, SCOPES_SCHEMA, scopesOf, USER, userOf, WANTED_USER } from "./access.ts";
import { reportChange } from "./administered.ts";
import type { ApiOptions } from "./api.ts";
import {
  adviceWithout,
  changeCredential,
  credentialsOf,
  insertCredential,
  removeCredential,
  rotateCredential,
} from "./credential-store.ts";
import { type AtEndpoint, bodyOf, optionalBodyOf, sendJson, shownTime, storedEndpointOf } from "./request.ts";
import {
  AT_ENDPOINT,
  described,
  ENDPOINT_NAME,
  INTEGER,
  list,
  named,
  nullable,
  object,
  oneOf,
  optional,
  partial,
  type RouteSchema,
  ruled,
  type Static,
  TEXT,
  TIME,
} from "./schema.ts";

const KIND = described(
  "A bearer token, or a secret of an OAuth client.",
  ruled('must be "token" for a bearer token, or "client" for a secret of an OAuth client', oneOf("token", "client")),
);

const WANTED_EXPIRY = described("A time, or how long from now (`12h`, `90d`); null: never.", {
  ...nullable(TEXT),
  examples: ["2027-01-31T00:00:00Z", "90d"],
});

/** How long a replaced secret stays valid: time to enter the new one at the identity provider. */
const DEFAULT_GRACE = "24h";

const SHOWN = {
  key: INTEGER,
  kind: KIND,
  label: LABEL,
  clientId: described("Of a client.", nullable(TEXT)),
  scopes: SCOPES_SCHEMA,
  user: USER,
  created: TIME,
  expires: described("null: never.", nullable(TIME)),
  lastUsed: described("To the minute.", nullable(TIME)),
};

const SHOWN_ONCE = {
  ...SHOWN,
  secret: described("Shown only in this response.", TEXT),
  baseUrl: described("The SCIM base URL to use it with.", TEXT),
  tokenUrl: optional(described("For a client: the URL at which it requests access tokens.", TEXT)),
};

const CREDENTIAL = named("Credential", "A token or client secret, without the secret itself.", object(SHOWN));
export type ShownCredential = Static<typeof CREDENTIAL>;

const MADE = named("MadeCredential", "A credential with its secret.", object(SHOWN_ONCE));
export type MadeCredential = Static<typeof MADE>;

const CREDENTIALS = object({ credentials: list(CREDENTIAL) });
export type CredentialList = Static<typeof CREDENTIALS>;

const ROTATED = object({ ...SHOWN_ONCE, replaced: CREDENTIAL });
export type RotatedCredential = Static<typeof ROTATED>;

const REMOVED = object({
  removed: CREDENTIAL,
  advice: described("What to do if no credential with write access is left.", nullable(TEXT)),
});
export type RemovedCredential = Static<typeof REMOVED>;

const NEW_CREDENTIAL = object({
  kind: KIND,
  label: LABEL,
  clientId: optional(described("Of a client: an existing one gets a second secret. Default: a new client ID.", TEXT)),
  scopes: optional(SCOPES_SCHEMA),
  expires: optional(WANTED_EXPIRY),
  user: optional(WANTED_USER),
});

const CREDENTIAL_CHANGE = partial({ label: LABEL, scopes: SCOPES_SCHEMA, expires: WANTED_EXPIRY });

const ROTATION = partial({
  grace: described("How long the old secret stays valid.", { ...TEXT, default: DEFAULT_GRACE }),
  expires: described("Of the new secret. Default: the lifetime of the old one.", WANTED_EXPIRY),
});

const AT_CREDENTIAL = object({ name: ENDPOINT_NAME, key: described("Key of the credential.", INTEGER) });

const tags = ["Credentials"] as const;
const problems = { 409: "Another credential of this kind has this label." };

const LIST_CREDENTIALS: RouteSchema = {
  summary: "List the tokens and client secrets of an endpoint",
  tags,
  params: AT_ENDPOINT,
  response: { 200: CREDENTIALS },
};

const CREATE_CREDENTIAL: RouteSchema = {
  summary: "Create a bearer token or a client secret",
  tags,
  params: AT_ENDPOINT,
  body: NEW_CREDENTIAL,
  response: { 201: MADE },
  problems,
};

const CHANGE_CREDENTIAL: RouteSchema = {
  summary: "Change the label, scopes or expiry of a credential",
  tags,
  params: AT_CREDENTIAL,
  body: CREDENTIAL_CHANGE,
  response: { 200: CREDENTIAL },
  problems,
};

const ROTATE_CREDENTIAL: RouteSchema = {
  summary: "Rotate a credential",
  description: "Creates a new secret. Both are valid until the grace period ends.",
  tags,
  params: AT_CREDENTIAL,
  isBodyOptional: true,
  body: ROTATION,
  response: { 201: ROTATED },
  problems,
};

const REMOVE_CREDENTIAL: RouteSchema = {
  summary: "Remove a credential",
  description: "The access tokens issued for it are removed too.",
  tags,
  params: AT_CREDENTIAL,
  response: { 200: REMOVED },
};

type AtCredential = { Params: { name: string; key: string } };

const CREDENTIALS_URL = "/endpoints/:name/credentials";

/** `/api/endpoints/{name}/credentials`: bearer tokens of an endpoint, and secrets of its OAuth clients. */
export function credentialRoutes(server: FastifyInstance, { backup, publicUrl }: ApiOptions): void {
  const shownOnce = (request: FastifyRequest, { name }: Endpoint, made: Credential, secret: string): MadeCredential => {
    const origin = originOf(request, publicUrl);
    return {
      ...shown(servedTo(request), made),
      secret,
      baseUrl: origin + basePathOf(name),
      ...(made.kind === "client" && { tokenUrl: origin + tokenPathOf(name) }),
    };
  };

  server.get<AtEndpoint>(CREDENTIALS_URL, { schema: LIST_CREDENTIALS }, async (request, reply) => {
    const served = servedTo(request);
    const credentials = await credentialsOf(served.directory.store, await storedEndpointOf(request));
    return sendJson<CredentialList>(reply, { credentials: credentials.map((each) => shown(served, each)) });
  });

  const creating = { ...writeHooks(backup), schema: CREATE_CREDENTIAL };
  server.post<AtEndpoint>(CREDENTIALS_URL, creating, async (request, reply) => {
    const served = servedTo(request);
    const wanted = await bodyOf(request, NEW_CREDENTIAL);
    const endpoint = await storedEndpointOf(request);
    const { secret, credential } = await newCredential(served, endpoint, wanted);
    const made = await insertCredential(served, credential);
    reportChange(request, asObject("created", endpoint, made), {}, recordedMembers(made));
    reply.code(201).header("location", `/api/endpoints/${endpoint.name}/credentials/${made.key}`);
    return sendJson<MadeCredential>(reply, shownOnce(request, endpoint, made, secret));
  });

  const changing = { ...writeHooks(backup), schema: CHANGE_CREDENTIAL };
  server.patch<AtCredential>(`${CREDENTIALS_URL}/:key`, changing, async (request, reply) => {
    const served = servedTo(request);
    const { label, scopes, expires } = await bodyOf(request, CREDENTIAL_CHANGE);
    const nowMs = served.directory.now();
    const endpoint = await storedEndpointOf(request);
    const { known, changed } = await changeCredential(served, endpoint, request.params.key, (credential) => ({
      label: label === undefined ? credential.label : labelOf(label),
      scopes: scopes === undefined ? credential.scopes : scopesOf(scopes),
      expiresMs: expires === undefined ? credential.expiresMs : expiryOf(expires, nowMs),
    }));
    reportChange(request, asObject("changed", endpoint, known), recordedMembers(known), recordedMembers(changed));
    return sendJson<ShownCredential>(reply, shown(served, changed));
  });

  const rotating = { ...writeHooks(backup), schema: ROTATE_CREDENTIAL };
  server.post<AtCredential>(`${CREDENTIALS_URL}/:key/rotate`, rotating, async (request, reply) => {
    const served = servedTo(request);
    const { grace = DEFAULT_GRACE, expires } = await optionalBodyOf(request, ROTATION);
    const nowMs = served.directory.now();
    const endpoint = await storedEndpointOf(request);
    const { secret, made, replaced } = await rotateCredential(served, endpoint, request.params.key, nowMs, {
      graceMs: graceOf(grace, nowMs),
      expiresMs: expiryOf(expires, nowMs),
    });
    reportChange(request, asObject("replaced", endpoint, made), {}, recordedMembers(made));
    const answer = { ...shownOnce(request, endpoint, made, secret), replaced: shown(served, replaced) };
    reply.code(201).header("location", `/api/endpoints/${endpoint.name}/credentials/${made.key}`);
    return sendJson<RotatedCredential>(reply, answer);
  });

  const removing = { ...writeHooks(backup), schema: REMOVE_CREDENTIAL };
  server.delete<AtCredential>(`${CREDENTIALS_URL}/:key`, removing, async (request, reply) => {
    const served = servedTo(request);
    const endpoint = await storedEndpointOf(request);
    const removed = await removeCredential(served, endpoint, request.params.key);
    reportChange(request, asObject("deleted", endpoint, removed), {}, {});
    const advice = await adviceWithout(served, endpoint, removed);
    return sendJson<RemovedCredential>(reply, { removed: shown(served, removed), advice: advice ?? null });
  });
}

function asObject(verb: AdministrativeVerb, { name }: Endpoint, { kind, label }: Credential) {
  return { verb, object: kind === "client" ? "client secret" : "token", label, endpoint: name } as const;
}

function recordedMembers({ label, clientId, scopes, user, expiresMs }: Credential): JsonObject {
  const expires = shownTime(expiresMs);
  return {
    label,
    scopes: [...scopes],
    ...(clientId !== undefined && { clientId }),
    ...(user !== undefined && { user }),
    ...(expires !== null && { expires }),
  };
}

async function newCredential(
  served: Served,
  endpoint: Endpoint,
  { kind, label, clientId, scopes, expires, user }: Static<typeof NEW_CREDENTIAL>,
): Promise<NewSecret> {
  const wanted = {
    endpoint: endpoint.key,
    label: labelOf(label),
    scopes: scopesOf(scopes),
    expiresMs: expiryOf(expires, served.directory.now()),
    user: await userOf(served, endpoint, user),
  };
  if (clientId !== undefined && !isClientId(clientId)) {
    throw new ScimError(400, '"clientId" may have letters, digits and - . _ ~, 100 characters at most.');
  }
  if (kind === "client") return newClientSecret({ ...wanted, clientId });
  if (clientId !== undefined) throw new ScimError(400, '"clientId" is for credentials of the kind "client" only.');
  return newToken({ ...wanted, purpose: "provisioning" });
}

/** A credential without its secret, which is not stored. */
function shown({ authenticator }: Served, credential: Credential): ShownCredential {
  const { key, kind, label, clientId, scopes, user, createdMs, expiresMs } = credential;
  return {
    key,
    // Access tokens are not listed.
    kind: kind === "client" ? "client" : "token",
    label,
    clientId: clientId ?? null,
    scopes: [...scopes],
    user: user ?? null,
    created: shownTime(createdMs),
    expires: shownTime(expiresMs),
    lastUsed: shownTime(authenticator.lastUsedMs("token", credential)),
  };
}
