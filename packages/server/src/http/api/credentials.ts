import { type Json, type JsonObject, ScimError } from "@scimtool/scim";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { isClientId, type Made, newClientSecret, newToken } from "../../auth/new-credential.ts";
import { findEndpoint } from "../../endpoint/administration.ts";
import { basePathOf, tokenPathOf } from "../../endpoint/served-endpoint.ts";
import type { AdministrativeVerb, SettingChange } from "../../monitor/happening.ts";
import type { Credential, Endpoint } from "../../store/store.ts";
import { writeHooks } from "../durability.ts";
import type { Served } from "../serving.ts";
import { endpointAdminOf, servedTo } from "../serving.ts";
import { originOf } from "../urls.ts";
import { expiryOf, graceOf, labelOf, scopesOf, shownTime, userOf } from "./access-members.ts";
import type { ApiOptions } from "./administration.ts";
import { adviceWithout } from "./credential-advice.ts";
import { changeCredential, credentialsOf, insertCredential, removeCredential } from "./credential-office.ts";
import {
  CHANGE_CREDENTIAL,
  CREATE_CREDENTIAL,
  LIST_CREDENTIALS,
  REMOVE_CREDENTIAL,
  ROTATE_CREDENTIAL,
} from "./credentials-schema.ts";
import { membersOf, optionalMembersOf, textOf } from "./members-of.ts";
import { changesBetween, reportAdministered } from "./recorded.ts";
import { rotateCredential } from "./rotate-credential.ts";
import { sendJson } from "./send-json.ts";

type AtEndpoint = { Params: { name: string } };
type AtCredential = { Params: { name: string; key: string } };

/** How long a secret stays valid when another takes its place: time to enter that at the identity provider. */
const USUAL_GRACE_MS = 24 * 3_600_000;

/** `/api/endpoints/{name}/credentials`: bearer tokens of an endpoint, and secrets of its OAuth clients. */
export function credentialRoutes(server: FastifyInstance, { backup, publicUrl }: ApiOptions): void {
  const endpointOf = (request: FastifyRequest<AtEndpoint>) =>
    findEndpoint(endpointAdminOf(request), request.params.name);

  /** A credential whose secret is shown this once, with where it is to be used. */
  const shownOnce = (
    request: FastifyRequest,
    { name }: Endpoint,
    credential: Credential,
    secret: string,
  ): MadeCredential => {
    const origin = originOf(request, publicUrl);
    return {
      ...shown(servedTo(request), credential),
      secret,
      baseUrl: origin + basePathOf(name),
      ...(credential.kind === "client" && { tokenUrl: origin + tokenPathOf(name) }),
    };
  };

  server.get<AtEndpoint>("/endpoints/:name/credentials", { schema: LIST_CREDENTIALS }, async (request, reply) => {
    const served = servedTo(request);
    const credentials = await credentialsOf(served.directory.store, await endpointOf(request));
    return sendJson(reply, { credentials: credentials.map((credential) => shown(served, credential)) });
  });

  server.post<AtEndpoint>(
    "/endpoints/:name/credentials",
    { ...writeHooks(backup), schema: CREATE_CREDENTIAL },
    async (request, reply) => {
      const served = servedTo(request);
      const members = membersOf(request.body, ["kind", "label", "clientId", "scopes", "expires", "user"]);
      const endpoint = await endpointOf(request);
      const { secret, credential } = await wanted(served, endpoint, members);
      const made = await insertCredential(served, credential);
      reportCredential(request, "created", endpoint, made, changesBetween({}, recordedMembers(made)));
      reply.code(201).header("location", `/api/endpoints/${endpoint.name}/credentials/${made.key}`);
      return sendJson(reply, shownOnce(request, endpoint, made, secret));
    },
  );

  server.patch<AtCredential>(
    "/endpoints/:name/credentials/:key",
    { ...writeHooks(backup), schema: CHANGE_CREDENTIAL },
    async (request, reply) => {
      const served = servedTo(request);
      const { label, scopes, expires } = membersOf(request.body, ["label", "scopes", "expires"]);
      const nowMs = served.directory.now();
      const endpoint = await endpointOf(request);
      const { known, changed } = await changeCredential(served, endpoint, request.params.key, (credential) => ({
        label: label === undefined ? credential.label : labelOf(label),
        scopes: scopes === undefined ? credential.scopes : scopesOf(scopes),
        expiresMs: expires === undefined ? credential.expiresMs : expiryOf(expires, nowMs),
      }));
      const changes = changesBetween(recordedMembers(known), recordedMembers(changed));
      if (changes.length > 0) reportCredential(request, "changed", endpoint, known, changes);
      return sendJson(reply, shown(served, changed));
    },
  );

  server.post<AtCredential>(
    "/endpoints/:name/credentials/:key/rotate",
    { ...writeHooks(backup), schema: ROTATE_CREDENTIAL },
    async (request, reply) => {
      const served = servedTo(request);
      const { grace, expires } = optionalMembersOf(request.body, ["grace", "expires"]);
      const nowMs = served.directory.now();
      const endpoint = await endpointOf(request);
      const { secret, made, replaced } = await rotateCredential(served, endpoint, request.params.key, nowMs, {
        graceMs: graceOf(grace, nowMs, USUAL_GRACE_MS),
        expiresMs: expiryOf(expires, nowMs),
      });
      reportCredential(request, "replaced", endpoint, made, changesBetween({}, recordedMembers(made)));
      reply.code(201).header("location", `/api/endpoints/${endpoint.name}/credentials/${made.key}`);
      return sendJson(reply, {
        ...shownOnce(request, endpoint, made, secret),
        replaced: shown(served, replaced),
      });
    },
  );

  server.delete<AtCredential>(
    "/endpoints/:name/credentials/:key",
    { ...writeHooks(backup), schema: REMOVE_CREDENTIAL },
    async (request, reply) => {
      const served = servedTo(request);
      const endpoint = await endpointOf(request);
      const removed = await removeCredential(served, endpoint, request.params.key);
      reportCredential(request, "deleted", endpoint, removed, []);
      const advice = await adviceWithout(served, endpoint, removed);
      return sendJson(reply, { removed: shown(served, removed), advice: advice ?? null });
    },
  );
}

function reportCredential(
  request: FastifyRequest,
  verb: AdministrativeVerb,
  endpoint: Endpoint,
  { kind, label }: Credential,
  changes: readonly SettingChange[],
): void {
  const object = kind === "client" ? "client secret" : "token";
  reportAdministered(request, { verb, object, label, endpoint: endpoint.name, changes });
}

/** What is told of a credential in the record. */
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

/** What a request asks to be made. */
async function wanted(served: Served, endpoint: Endpoint, members: JsonObject): Promise<Made> {
  const kind = kindOf(members["kind"]);
  const asked = {
    endpoint: endpoint.key,
    label: labelOf(members["label"]),
    scopes: scopesOf(members["scopes"]),
    expiresMs: expiryOf(members["expires"], served.directory.now()),
    user: await userOf(served, endpoint, members["user"]),
  };
  const clientId = clientIdOf(members["clientId"]);
  if (kind === "client") return newClientSecret({ ...asked, clientId });
  if (clientId !== undefined) throw new ScimError(400, '"clientId" is for credentials of the kind "client" only.');
  return newToken({ ...asked, purpose: "provisioning" });
}

function kindOf(value: Json | undefined): "token" | "client" {
  if (value === "token" || value === "client") return value;
  throw new ScimError(400, '"kind" must be "token" for a bearer token, or "client" for a secret of an OAuth client.');
}

function clientIdOf(value: Json | undefined): string | undefined {
  if (value === undefined) return undefined;
  const clientId = textOf("clientId", value);
  if (isClientId(clientId)) return clientId;
  throw new ScimError(400, '"clientId" may have letters, digits and - . _ ~, 100 characters at most.');
}

/** A token or client secret as it is told of. */
export type ShownCredential = ReturnType<typeof shown>;

/** One whose secret is shown this once. */
export type MadeCredential = ShownCredential & {
  readonly secret: string;
  readonly baseUrl: string;
  /** Of a client. */
  readonly tokenUrl?: string;
};

/** A credential as it is shown: everything but its secret, which nobody knows any more. */
function shown({ authority }: Served, credential: Credential) {
  const { key, kind, label, clientId, scopes, user, createdMs, expiresMs, lastUsedMs } = credential;
  const usedMs = Math.max(lastUsedMs ?? 0, authority.lastUsedMs(key) ?? 0);
  return {
    key,
    kind,
    label,
    clientId: clientId ?? null,
    scopes,
    user: user ?? null,
    created: shownTime(createdMs),
    expires: shownTime(expiresMs),
    // A key may have been another credential's before.
    lastUsed: shownTime(usedMs < createdMs ? undefined : usedMs),
  };
}
