import { type JsonObject, ScimError } from "@scimtool/scim";
import type { FastifyInstance } from "fastify";
import { trustProblem } from "../../auth/jwt/issuer-keys.ts";
import type { AdministrativeVerb } from "../../monitor/exchange-facts.ts";
import type { Endpoint, IssuerTrust, NewIssuerTrust, Scope, Store } from "../../store/store.ts";
import { writeHooks } from "../durability.ts";
import { type Served, servedTo } from "../serving.ts";
import { changeAccess, LABEL, labelOf, SCOPES_SCHEMA, scopesOf, USER, userOf, WANTED_USER } from "./access.ts";
import { reportChange } from "./administered.ts";
import type { ApiOptions } from "./api.ts";
import { type AtEndpoint, bodyOf, sendJson, shownTime, storedEndpointOf } from "./request.ts";
import {
  AT_ENDPOINT,
  described,
  ENDPOINT_NAME,
  INTEGER,
  list,
  NO_CONTENT,
  named,
  nullable,
  object,
  partial,
  type RouteSchema,
  ruled,
  type Static,
  TEXT,
  TIME,
} from "./schema.ts";
import { TRY_RESULT, type TryResult, tryToken } from "./try-token.ts";

const REQUIRED_CLAIMS = {
  issuer: described("The claim `iss`.", TEXT),
  audience: described(
    "The claim `aud`, or one of its values.",
    ruled("must be a string: without it, tokens issued for other services would be accepted", TEXT),
  ),
};

const OPTIONAL_CLAIMS = {
  jwksUri: described("URL of the issuer's keys; null: the one in the issuer's metadata.", nullable(TEXT)),
  tenant: described("The claim `tid`, for Entra ID.", nullable(TEXT)),
  clientId: described("The claim `azp`, `appid` or `client_id`.", nullable(TEXT)),
  subject: described("The claim `sub`.", nullable(TEXT)),
};

const TRUST = named(
  "Trust",
  "An issuer whose tokens (JWT) an endpoint accepts, and the values that their claims must have; null means any value.",
  object({
    key: INTEGER,
    label: LABEL,
    ...REQUIRED_CLAIMS,
    ...OPTIONAL_CLAIMS,
    scopes: SCOPES_SCHEMA,
    user: USER,
    created: TIME,
    lastUsed: described("When a token was last accepted, to the minute.", nullable(TIME)),
  }),
);
export type ShownTrust = Static<typeof TRUST>;

const TRUSTS = object({ trusts: list(TRUST) });
export type TrustList = Static<typeof TRUSTS>;

const TRUST_CHANGE = partial({
  label: LABEL,
  ...REQUIRED_CLAIMS,
  ...OPTIONAL_CLAIMS,
  scopes: SCOPES_SCHEMA,
  user: WANTED_USER,
});

const NEW_TRUST = object({
  ...TRUST_CHANGE.properties,
  label: LABEL,
  ...REQUIRED_CLAIMS,
});

const TRIED_TOKEN = object({ token: described("A JWT.", TEXT) });

const AT_TRUST = object({ name: ENDPOINT_NAME, key: described("Key of the trust.", INTEGER) });

const tags = ["Trusts"] as const;
const problems = { 409: "Another trust of the endpoint has this label." };

const LIST_TRUSTS: RouteSchema = {
  summary: "List the issuers that an endpoint trusts",
  tags,
  params: AT_ENDPOINT,
  response: { 200: TRUSTS },
};

const ADD_TRUST: RouteSchema = {
  summary: "Trust an issuer",
  tags,
  params: AT_ENDPOINT,
  body: NEW_TRUST,
  response: { 201: TRUST },
  problems,
};

const CHANGE_TRUST: RouteSchema = {
  summary: "Change a trust",
  tags,
  params: AT_TRUST,
  body: TRUST_CHANGE,
  response: { 200: TRUST },
  problems,
};

const REMOVE_TRUST: RouteSchema = {
  summary: "Stop trusting an issuer",
  description: "The access tokens issued for it are removed too.",
  tags,
  params: AT_TRUST,
  response: { 204: NO_CONTENT },
};

const TRY_TOKEN: RouteSchema = {
  summary: "Check whether a token would be accepted, and which claims are wrong",
  description: "The token is not stored.",
  tags,
  params: AT_ENDPOINT,
  body: TRIED_TOKEN,
  response: { 200: TRY_RESULT },
};

type AtTrust = { Params: { name: string; key: string } };

/** Maximum length of a claim's value, or of a URL. */
const MAX_CHARACTERS = 2_000;

/** `/api/endpoints/{name}/trusts`: other issuers whose tokens an endpoint accepts. */
export function trustRoutes(server: FastifyInstance, { backup }: ApiOptions): void {
  server.get<AtEndpoint>("/endpoints/:name/trusts", { schema: LIST_TRUSTS }, async (request, reply) => {
    const served = servedTo(request);
    const { store } = served.directory;
    const trusts = await trustsOf(store, await storedEndpointOf(request), store.committed);
    return sendJson<TrustList>(reply, { trusts: trusts.map((trust) => shown(served, trust)) });
  });

  const adding = { ...writeHooks(backup), schema: ADD_TRUST };
  server.post<AtEndpoint>("/endpoints/:name/trusts", adding, async (request, reply) => {
    const served = servedTo(request);
    const { store, now } = served.directory;
    const wanted = await bodyOf(request, NEW_TRUST);
    const endpoint = await storedEndpointOf(request);
    const trust = await newTrust(served, endpoint, wanted, undefined);
    const made = await changeAccess(served, (transaction) => store.issuerTrusts.insert(transaction, trust, now()));
    reportChange(request, asObject("created", endpoint, made), {}, recordedMembers(served, made));
    reply.code(201).header("location", `/api/endpoints/${endpoint.name}/trusts/${made.key}`);
    return sendJson<ShownTrust>(reply, shown(served, made));
  });

  const changing = { ...writeHooks(backup), schema: CHANGE_TRUST };
  server.patch<AtTrust>("/endpoints/:name/trusts/:key", changing, async (request, reply) => {
    const served = servedTo(request);
    const { store } = served.directory;
    const wanted = await bodyOf(request, TRUST_CHANGE);
    const endpoint = await storedEndpointOf(request);
    const { known, changed } = await changeAccess(served, async (transaction) => {
      const known = await trustAt(store, endpoint, request.params.key, transaction);
      const trust = await newTrust(served, endpoint, wanted, known);
      await store.issuerTrusts.update(transaction, known.key, trust);
      return { known, changed: { ...known, ...trust } };
    });
    const [before, after] = [recordedMembers(served, known), recordedMembers(served, changed)];
    reportChange(request, asObject("changed", endpoint, known), before, after);
    return sendJson<ShownTrust>(reply, shown(served, changed));
  });

  const removing = { ...writeHooks(backup), schema: REMOVE_TRUST };
  server.delete<AtTrust>("/endpoints/:name/trusts/:key", removing, async (request, reply) => {
    const served = servedTo(request);
    const { store } = served.directory;
    const endpoint = await storedEndpointOf(request);
    const removed = await changeAccess(served, async (transaction) => {
      const trust = await trustAt(store, endpoint, request.params.key, transaction);
      await store.issuerTrusts.remove(transaction, trust.key);
      return trust;
    });
    reportChange(request, asObject("deleted", endpoint, removed), {}, {});
    return reply.code(204).send();
  });

  server.post<AtEndpoint>("/endpoints/:name/trusts/try", { schema: TRY_TOKEN }, async (request, reply) => {
    const { directory, authenticator } = servedTo(request);
    const { token } = await bodyOf(request, TRIED_TOKEN);
    const trusts = await trustsOf(directory.store, await storedEndpointOf(request), directory.store.committed);
    return sendJson<TryResult>(reply, await tryToken(authenticator.verifier, token.trim(), trusts, directory.now()));
  });
}

function asObject(verb: AdministrativeVerb, { name }: Endpoint, { label }: IssuerTrust) {
  return { verb, object: "trust", label, endpoint: name } as const;
}

function recordedMembers(served: Served, trust: IssuerTrust): JsonObject {
  const { key: _, created: __, lastUsed: ___, ...members } = shown(served, trust);
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null)) as JsonObject;
}

async function trustsOf({ issuerTrusts }: Store, { key }: Endpoint, scope: Scope): Promise<IssuerTrust[]> {
  return (await issuerTrusts.list(scope)).filter(({ endpoint }) => endpoint === key);
}

async function trustAt(store: Store, endpoint: Endpoint, key: string, scope: Scope): Promise<IssuerTrust> {
  const found = (await trustsOf(store, endpoint, scope)).find((trust) => String(trust.key) === key);
  if (found !== undefined) return found;
  const { name } = endpoint;
  throw new ScimError(
    404,
    `The endpoint "${name}" has no trust ${key.slice(0, 100)}. GET /api/endpoints/${name}/trusts lists them.`,
  );
}

/**
 * @param known the current trust, whose values apply to missing members; null removes a value
 * @throws ScimError 400
 */
async function newTrust(
  served: Served,
  endpoint: Endpoint,
  wanted: Static<typeof TRUST_CHANGE>,
  known: IssuerTrust | undefined,
): Promise<NewIssuerTrust> {
  const { label, scopes, user } = wanted;
  const claim = (member: keyof typeof REQUIRED_CLAIMS | keyof typeof OPTIONAL_CLAIMS) =>
    wanted[member] === undefined ? known?.[member] : claimOf(member, wanted[member]);
  const trust = {
    endpoint: endpoint.key,
    label: label === undefined && known !== undefined ? known.label : labelOf(label ?? ""),
    issuer: claim("issuer") ?? "",
    audience: claim("audience") ?? "",
    jwksUri: claim("jwksUri"),
    tenant: claim("tenant"),
    clientId: claim("clientId"),
    subject: claim("subject"),
    scopes: scopes === undefined && known !== undefined ? known.scopes : scopesOf(scopes),
    user: user === undefined ? known?.user : await userOf(served, endpoint, user),
  };
  const problem = trustProblem(trust);
  if (problem !== undefined) throw new ScimError(400, problem);
  return trust;
}

function claimOf(member: string, value: string | null): string | undefined {
  if (value === null) return undefined;
  const text = value.trim();
  if (text !== "" && text.length <= MAX_CHARACTERS && !/\p{Cc}/u.test(text)) return text;
  throw new ScimError(400, `"${member}" must have 1 to ${MAX_CHARACTERS} characters and no line breaks.`);
}

function shown({ authenticator }: Served, trust: IssuerTrust): ShownTrust {
  const { key, label, issuer, audience, jwksUri, tenant, clientId, subject, scopes, user, createdMs } = trust;
  return {
    key,
    label,
    issuer,
    audience,
    jwksUri: jwksUri ?? null,
    tenant: tenant ?? null,
    clientId: clientId ?? null,
    subject: subject ?? null,
    scopes: [...scopes],
    user: user ?? null,
    created: shownTime(createdMs),
    lastUsed: shownTime(authenticator.lastUsedMs("trust", trust)),
  };
}
