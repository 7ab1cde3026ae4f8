import { type Json, type JsonObject, ScimError } from "@scimtool/scim";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { trustProblem } from "../../auth/jwt/trust.ts";
import { findEndpoint } from "../../endpoint/administration.ts";
import type { AdministrativeVerb, SettingChange } from "../../monitor/happening.ts";
import type { Endpoint, IssuerTrust, NewIssuerTrust, Scope, Store } from "../../store/store.ts";
import { writeHooks } from "../durability.ts";
import type { Served } from "../serving.ts";
import { endpointAdminOf, servedTo } from "../serving.ts";
import { labelOf, scopesOf, shownTime, userOf } from "./access-members.ts";
import type { ApiOptions } from "./administration.ts";
import { changing } from "./credential-office.ts";
import { membersOf, textOf } from "./members-of.ts";
import { changesBetween, reportAdministered } from "./recorded.ts";
import { sendJson } from "./send-json.ts";
import { ADD_TRUST, CHANGE_TRUST, LIST_TRUSTS, REMOVE_TRUST, TRY_TOKEN } from "./trusts-schema.ts";
import { tryToken } from "./try-token.ts";

type AtEndpoint = { Params: { name: string } };
type AtTrust = { Params: { name: string; key: string } };

const MEMBERS = [
  "label",
  "issuer",
  "audience",
  "jwksUri",
  "tenant",
  "clientId",
  "subject",
  "scopes",
  "user",
] as const satisfies readonly (keyof NewIssuerTrust)[];

/** Of a claim's value, or of a URL. */
const MAX_CHARACTERS = 2_000;

/** `/api/endpoints/{name}/trusts`: other issuers whose tokens an endpoint accepts. */
export function trustRoutes(server: FastifyInstance, { backup }: ApiOptions): void {
  const endpointOf = (request: FastifyRequest<AtEndpoint>) =>
    findEndpoint(endpointAdminOf(request), request.params.name);

  server.get<AtEndpoint>("/endpoints/:name/trusts", { schema: LIST_TRUSTS }, async (request, reply) => {
    const { store } = servedTo(request).directory;
    const trusts = await trustsOf(store, await endpointOf(request), store.committed);
    return sendJson(reply, { trusts: trusts.map(shown) });
  });

  server.post<AtEndpoint>(
    "/endpoints/:name/trusts",
    { ...writeHooks(backup), schema: ADD_TRUST },
    async (request, reply) => {
      const served = servedTo(request);
      const { store, now } = served.directory;
      const members = membersOf(request.body, MEMBERS);
      const endpoint = await endpointOf(request);
      const trust = await wanted(served, endpoint, members, undefined);
      const made = await changing(served, (transaction) => store.issuerTrusts.insert(transaction, trust, now()));
      reportTrust(request, "created", endpoint, made, changesBetween({}, recordedMembers(made)));
      reply.code(201).header("location", `/api/endpoints/${endpoint.name}/trusts/${made.key}`);
      return sendJson(reply, shown(made));
    },
  );

  server.patch<AtTrust>(
    "/endpoints/:name/trusts/:key",
    { ...writeHooks(backup), schema: CHANGE_TRUST },
    async (request, reply) => {
      const served = servedTo(request);
      const { store } = served.directory;
      const members = membersOf(request.body, MEMBERS);
      const endpoint = await endpointOf(request);
      const { known, changed } = await changing(served, async (transaction) => {
        const known = await trustAt(store, endpoint, request.params.key, transaction);
        const trust = await wanted(served, endpoint, members, known);
        await store.issuerTrusts.update(transaction, known.key, trust);
        return { known, changed: { ...known, ...trust } };
      });
      const changes = changesBetween(recordedMembers(known), recordedMembers(changed));
      if (changes.length > 0) reportTrust(request, "changed", endpoint, known, changes);
      return sendJson(reply, shown(changed));
    },
  );

  server.delete<AtTrust>(
    "/endpoints/:name/trusts/:key",
    { ...writeHooks(backup), schema: REMOVE_TRUST },
    async (request, reply) => {
      const served = servedTo(request);
      const { store } = served.directory;
      const endpoint = await endpointOf(request);
      const removed = await changing(served, async (transaction) => {
        const trust = await trustAt(store, endpoint, request.params.key, transaction);
        await store.issuerTrusts.remove(transaction, trust.key);
        return trust;
      });
      reportTrust(request, "deleted", endpoint, removed, []);
      return reply.code(204).send();
    },
  );

  server.post<AtEndpoint>("/endpoints/:name/trusts/try", { schema: TRY_TOKEN }, async (request, reply) => {
    const { directory, authority } = servedTo(request);
    const token = textOf("token", membersOf(request.body, ["token"])["token"]).trim();
    const trusts = await trustsOf(directory.store, await endpointOf(request), directory.store.committed);
    return sendJson(reply, await tryToken(authority.verifier, token, trusts, directory.now()));
  });
}

function reportTrust(
  request: FastifyRequest,
  verb: AdministrativeVerb,
  endpoint: Endpoint,
  { label }: IssuerTrust,
  changes: readonly SettingChange[],
): void {
  reportAdministered(request, { verb, object: "trust", label, endpoint: endpoint.name, changes });
}

/** What is told of a trust in the record. */
function recordedMembers(trust: IssuerTrust): JsonObject {
  const { key: _, created: __, ...members } = shown(trust);
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
    `The endpoint "${name}" has no trust ${key.slice(0, 100)}. GET /api/endpoints/${name}/trusts lists those that it has.`,
  );
}

/**
 * What a request asks to be trusted.
 * @param known what members that are left out are taken from; null takes one away
 * @throws ScimError 400
 */
async function wanted(
  served: Served,
  endpoint: Endpoint,
  members: JsonObject,
  known: IssuerTrust | undefined,
): Promise<NewIssuerTrust> {
  const { label, scopes, user } = members;
  const required = (member: "issuer" | "audience") =>
    members[member] === undefined && known !== undefined ? known[member] : (expected(member, members[member]) ?? "");
  const optional = (member: "jwksUri" | "tenant" | "clientId" | "subject") =>
    members[member] === undefined ? known?.[member] : expected(member, members[member]);
  const trust = {
    endpoint: endpoint.key,
    label: label === undefined && known !== undefined ? known.label : labelOf(label),
    issuer: required("issuer"),
    audience: required("audience"),
    jwksUri: optional("jwksUri"),
    tenant: optional("tenant"),
    clientId: optional("clientId"),
    subject: optional("subject"),
    scopes: scopes === undefined && known !== undefined ? known.scopes : scopesOf(scopes),
    user: user === undefined ? known?.user : await userOf(served, endpoint, user),
  };
  const problem = trustProblem(trust);
  if (problem !== undefined) throw new ScimError(400, problem);
  return trust;
}

/** What a claim must be; null and nothing are anything. */
function expected(member: string, value: Json | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  const text = textOf(member, value).trim();
  if (text !== "" && text.length <= MAX_CHARACTERS && !/\p{Cc}/u.test(text)) return text;
  throw new ScimError(400, `"${member}" must have 1 to ${MAX_CHARACTERS} characters and no line breaks.`);
}

/** A trust as it is told of. */
export type ShownTrust = ReturnType<typeof shown>;

function shown(trust: IssuerTrust) {
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
    scopes,
    user: user ?? null,
    created: shownTime(createdMs),
  };
}
