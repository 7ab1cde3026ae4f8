import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { startApplication, TEST_ADMIN_SECRET } from "../testing/application.ts";
import { bulkRequest, post } from "../testing/bulk.ts";
import { type Answer, type AnyJson, type Client, clientOf, PATCH_OP, type Sent } from "../testing/client.ts";
import { sendRaw } from "../testing/raw.ts";
import { fakeReplica, replicaError } from "../testing/replica.ts";
import { startReplicated } from "../testing/replicated.ts";
import { group, user } from "../testing/scim-bodies.ts";

// Every way in which a request ends otherwise than a read or a write that was carried out, with what is recorded of it.
// Each is told from the others by its User-Agent.

const VIEWER_SECRET = "viewer-secret-of-the-test";
const GUESS = "nobody-has-this-secret";

const server = await startApplication({ viewerSecret: VIEWER_SECRET });
const { origin, port } = server;
const admin = clientOf(origin, TEST_ADMIN_SECRET);
const anyone = clientOf(origin, undefined);
after(async () => {
  admin.close();
  anyone.close();
  await server.close();
});

async function make(path: string, body: object): Promise<AnyJson> {
  const answer = await admin.post(path, body);
  assert.equal(answer.status, 201, answer.text);
  return answer.body;
}

async function token(endpoint: string, label: string, more: object = {}): Promise<string> {
  return (await make(`/api/endpoints/${endpoint}/credentials`, { kind: "token", label, ...more })).secret;
}

await make("/api/endpoints", { name: "other" });
await make("/api/endpoints", { name: "busy", settings: { limits: { requestsPerSecond: 1 } } });
const strict = { limits: { maxBodyBytes: 1_024 }, requireEtag: true, profile: "strict" };
await make("/api/endpoints", { name: "strict", settings: strict });
const secrets = {
  idp: await token("default", "idp"),
  other: await token("other", "other"),
  reader: await token("other", "reader", { scopes: ["read"] }),
  expired: await token("other", "expired", { expires: new Date(Date.now() + 1_000).toISOString() }),
  busy: await token("busy", "busy"),
  strict: await token("strict", "strict"),
  app: (await make("/api/endpoints/other/credentials", { kind: "client", label: "app", clientId: "app-1" })).secret,
};

const BASE = "/scim/v2";
const OTHER = "/scim/endpoints/other/v2";
const BY_HAND = "/api/endpoints/default/scim/v2";

const idp = clientOf(origin + BASE, secrets.idp);
after(() => idp.close());
const alice = (await idp.post("/Users", user("alice", { displayName: "Alice Young" }))).body.id;
const gone = (await idp.post("/Users", user("gone", { displayName: "Gone Girl" }))).body.id;
await idp.delete(`/Users/${gone}`);
const GONE = { type: "User", id: gone, label: "Gone Girl" };
const ALICE = { type: "User", id: alice, label: "Alice Young" };
await setTimeout(1_000);

type Expected = {
  /** Each as `kind: text`. */
  readonly told: string | readonly string[];
  readonly status: number;
  readonly endpoint?: string | null;
  /** As it was sent, where nothing else is said. */
  readonly path?: string;
  readonly query?: string;
  readonly credential?: string;
  readonly dialect?: string;
  readonly severity?: string;
  readonly check?: string;
  readonly diagnosis?: string;
  readonly resources?: readonly object[];
};

type Case = {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly sent: Sent & { readonly secret?: string };
  readonly expected: Expected;
};

/** A request to the default endpoint with its token, unless another path or secret is given. */
function idpCase(name: string, request: string, sent: Sent, expected: Expected): Case {
  const [method = "", path = ""] = request.split(" ");
  const known = { credential: "idp", dialect: "rfc-clean", path: path.replace(/\?.*/, "") };
  return { name, method, path: BASE + path, sent: { secret: secrets.idp, ...sent }, expected: { ...known, ...expected } };
}

function openCase(name: string, request: string, sent: Case["sent"], expected: Expected): Case {
  const [method = "", path = ""] = request.split(" ");
  return { name, method, path, sent, expected };
}

function refusal(check: string, because: string): Pick<Expected, "told" | "check" | "diagnosis"> {
  const told = `failure.authentication: A request was refused: ${because}`;
  return { told, check, diagnosis: `authentication.${check}` };
}

const NOT_LET_IN: readonly Case[] = [
  openCase("without a token", `GET ${BASE}/Users`, {}, { status: 401, path: "/Users", ...refusal("header", "it has no bearer token") }),
  openCase("with a wrong token", `GET ${BASE}/Users`, { secret: GUESS }, { status: 401, path: "/Users", ...refusal("token", "its token is not known here") }),
  openCase("with the token of another endpoint", `GET ${BASE}/Users`, { secret: secrets.other }, { status: 403, path: "/Users", ...refusal("endpoint", "its token belongs to another endpoint") }),
  openCase("with an expired token", `GET ${OTHER}/Users`, { secret: secrets.expired }, { status: 401, endpoint: "other", path: "/Users", ...refusal("expiry", "its token has expired") }),
  openCase("without the scope", `POST ${OTHER}/Users`, { secret: secrets.reader, body: user("x") }, { status: 403, endpoint: "other", path: "/Users", ...refusal("scope", "its token may not do this") }),
  openCase("with the secret of administration", `GET ${BASE}/Users`, { secret: TEST_ADMIN_SECRET }, { status: 403, path: "/Users", ...refusal("purpose", "its secret is for something else") }),
  openCase("to an endpoint that there is not", "GET /scim/endpoints/nope/v2/Users", { secret: GUESS }, { status: 401, endpoint: null, ...refusal("token", "its token is not known here") }),
];
