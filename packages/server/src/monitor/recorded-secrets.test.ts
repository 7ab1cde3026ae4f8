import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { openTarget, restore } from "@scimtool/replica";
import { startIssuer } from "../auth/testing/issuer.ts";
import { startApplication, testFolder } from "../testing/application.ts";
import type { AnyJson } from "../testing/client.ts";
import { sendRaw } from "../testing/raw.ts";
import { user } from "../testing/scim-bodies.ts";
import { IN_OPERATIONS, IN_RESOURCES, IN_STRANGE_BODIES, VAULT_SETTINGS } from "./testing/body-places.ts";
import { type Found, inDatabase, inFiles } from "./testing/leaks.ts";
import { IN_ADMINISTRATION, IN_HEADERS, IN_TOKEN_REQUESTS, IN_URLS, type Place } from "./testing/places.ts";
import { Planted } from "./testing/planted.ts";

// Secrets in every place of every kind of request, and not one of them in anything that is kept: in the database and its
// log, in the backup and what is restored from it, in the log of the server.

/** What is no secret is found wherever secrets are looked for. */
const CANARY = "canary-0815";

const LAST = "canary-4711";

const planted = new Planted();
const dataDir = testFolder();
const backupTarget = join(dataDir, "target");
mkdirSync(backupTarget);

const log: string[] = [];
const write = process.stderr.write;
process.stderr.write = (text: string | Uint8Array) => {
  log.push(String(text));
  return true;
};
const scimSharedSecret = planted.plant("the secret of SCIM");
const adminSecret = planted.plant("the secret of administration");
const viewerSecret = planted.plant("the secret of viewers");
const own = { scimSharedSecret, adminSecret, viewerSecret };
const warnings: string[] = [];
const server = await startApplication(
  { dataDir, backupTarget, logLevel: "debug", ...own },
  { log: (_level, line) => warnings.push(line) },
);
const { port } = server;
const admin = server.connect(adminSecret);
const anyone = server.connect(undefined);
const issuer = await startIssuer();

async function make(path: string, body: object): Promise<AnyJson> {
  const answer = await admin.post(path, body);
  assert.equal(answer.status, 201, answer.text);
  return answer.body;
}

async function makeSecret(endpoint: string, kind: "token" | "client", more: object = {}): Promise<string> {
  const made = await make(`/api/endpoints/${endpoint}/credentials`, { kind, label: kind, ...more });
  return planted.know(made.secret, `a ${kind} of ${endpoint}`);
}

await make("/api/endpoints", { name: "strict", settings: { profile: "strict" } });
await make("/api/endpoints", { name: "vault", settings: VAULT_SETTINGS });
const tokens: Readonly<Record<string, string>> = {
  default: scimSharedSecret,
  strict: await makeSecret("strict", "token"),
  vault: await makeSecret("vault", "token"),
};
const alice = (await make("/api/endpoints/default/scim/v2/Users", user("alice", { displayName: CANARY }))).id;
const guard = (await make("/api/endpoints/vault/scim/v2/Users", user("guard"))).id;

/** With the secret that opens what is asked for, unless another one is planted in its place. */
async function sendAll(kind: string, places: readonly Place[]): Promise<void> {
  for (const [where, request] of places) {
    const { method, path, headers = {}, body } = request(planted.plant(`${kind}: ${where}`));
    const { authorization, cookie } = headers;
    const url = path
      .replace("$alice", `/scim/v2/Users/${alice}`)
      .replace("$guard", `/scim/endpoints/vault/v2/Users/${guard}`);
    const endpoint = /^\/scim\/endpoints\/(\w+)\/v2/.exec(url)?.[1] ?? "default";
    const secret = url.startsWith("/api/") ? adminSecret : tokens[endpoint];
    const isOpened = authorization === undefined && cookie === undefined;
    const all = { ...(isOpened && { authorization: `Bearer ${secret}` }), ...headers };
    const { status } = await anyone.send(method, url, { body, headers: all });
    assert.notEqual(status, 500, `${kind}: ${where}`);
    const encoded = /^Basic (\S{24,})$/.exec(authorization ?? "")?.[1];
    // Its ends may be encoded otherwise in the middle of something.
    if (encoded !== undefined) planted.know(encoded.slice(8, -4), `${kind}: ${where}, as it was sent`);
  }
}

await sendAll("headers", IN_HEADERS);
await sendAll("resources", IN_RESOURCES);
await sendAll("operations", IN_OPERATIONS);
await sendAll("strange bodies", IN_STRANGE_BODIES);
await sendAll("URLs", IN_URLS);
await sendAll("token requests", IN_TOKEN_REQUESTS);
await sendAll("administration", IN_ADMINISTRATION);
await sendRight();
await sendRaw(port, [
  `GET /scim/v2/Users?token=${planted.plant("no HTTP: its URL")} HTTP/1.1\r\nHost x: y\r\n`,
  `Authorization: Bearer ${planted.plant("no HTTP: its header")}\r\n\r\n`,
]);

for (const [path, authorization] of [
  ["/scim/v2/Users", "Bearer x"],
  ["/scim/v2/nothing", `Bearer ${scimSharedSecret}`],
  ["/nothing", "Bearer x"],
] as const) {
  await sendRaw(port, [
    `GET http://user:${planted.plant(`who signs in before ${path}`)}@host${path} HTTP/1.1\r\nHost: host\r\n`,
    `Authorization: ${authorization}\r\nConnection: close\r\n\r\n`,
  ]);
}

// The configured secrets, where none of them belongs.
for (const secret of [scimSharedSecret, adminSecret, viewerSecret]) {
  const encoded = secret.replace("q", "%71");
  for (const authorization of ["Bearer x", `Bearer ${scimSharedSecret}`]) {
    for (const path of [secret, encoded, `x?y=${secret}`, `x?filter=title%20eq%20%22${encoded}%22`]) {
      await anyone.get(`/scim/v2/Users/${path}`, { authorization, "x-note": secret });
    }
  }
  await anyone.post("/scim/v2/Users", user(secret, { title: secret }), { authorization: "Bearer x" });
}

/** Those that open what they are for. */
async function sendRight(): Promise<void> {
  const users = "/scim/endpoints/vault/v2/Users";
  const tokenRequest = async (parameters: Readonly<Record<string, string>>) => {
    const body = new URLSearchParams({ grant_type: "client_credentials", ...parameters }).toString();
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const { status, text, body: issued } = await anyone.post("/scim/endpoints/vault/oauth/token", body, headers);
    assert.equal(status, 200, text);
    return planted.know(issued.access_token, "an access token");
  };
  const clientSecret = await makeSecret("vault", "client", { clientId: "app-1" });
  await make("/api/endpoints/vault/trusts", { label: "issuer", issuer: issuer.issuer, audience: "scim" });
  const exp = Math.floor(Date.now() / 1_000) + 600;
  const jwt = planted.know(await issuer.sign({ iss: issuer.issuer, aud: "scim", sub: "app-1", exp }), "a JWT");
  const type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
  const accessTokens = [
    await tokenRequest({ client_id: "app-1", client_secret: clientSecret }),
    await tokenRequest({ client_assertion_type: type, client_assertion: jwt }),
  ];
  for (const secret of [...accessTokens, jwt]) {
    const headers = { authorization: `Bearer ${secret}` };
    assert.equal((await anyone.get(users, headers)).status, 200);
    // Where none of them belongs.
    assert.equal((await anyone.get(`${users}/${secret.slice(0, 300)}`, headers)).status, 404);
    assert.equal((await anyone.get(`${users}?q=${secret}`, { ...headers, "user-agent": secret })).status, 200);
  }
  const signedIn = await anyone.post("/api/session", { secret: adminSecret }, { "content-type": "application/json" });
  const cookie = String(signedIn.headers["set-cookie"]).split(";", 1)[0] ?? "";
  planted.know(cookie.slice(cookie.indexOf("=") + 1), "a session");
  const byHand = "/api/endpoints/default/scim/v2/Users";
  assert.equal((await anyone.get(byHand, { cookie })).status, 200);
  assert.equal((await anyone.post(byHand, user("x"), { cookie })).status, 403);
}

// The last of all.
await anyone.get(`/scim/v2/Users?filter=title%20eq%20%22${LAST}%22`, { authorization: `Bearer ${scimSharedSecret}` });
await issuer.close();
await server.application.close();
process.stderr.write = write;
const restored = join(dataDir, "restored.db");
await restore(await openTarget(backupTarget), restored);
after(server.close);

type Where = (where: string) => boolean;
const only = (all: Iterable<Found>, isMeant: Where) => () => [...all].filter(({ where }) => isMeant(where));

const KEPT: readonly (readonly [what: string, all: () => Iterable<Found>])[] = [
  ["a file of the data folder or the backup, as it lies there", () => inFiles(dataDir)],
  ["what is compressed in the backup", only(inFiles(join(backupTarget, "replica")), (at) => at.includes("compressed"))],
  ["the records of the database", only(inDatabase(join(dataDir, "scim.db")), (at) => at.startsWith("exchange."))],
  ["the history of the database", only(inDatabase(join(dataDir, "scim.db")), (at) => at.startsWith("history."))],
  ["anything in the database", () => inDatabase(join(dataDir, "scim.db"))],
  ["anything in the database that is restored", () => inDatabase(restored)],
  ["the log of the server", () => [{ where: "the log", text: log.join("") }]],
];

test("everything is recorded", () => {
  assert.deepEqual(
    warnings.filter((line) => line.includes("recorded")),
    [],
  );
  const records = [...inDatabase(restored)].filter(({ where }) => where.startsWith("exchange."));
  assert.ok(records.some(({ text }) => text.includes(LAST)));
});

describe(`none of ${planted.size} secrets is in`, () => {
  for (const [what, all] of KEPT) {
    test(what, () => {
      const found = [...all()];
      assert.deepEqual([...new Set(found.flatMap((each) => planted.leaksIn(each)))], []);
      assert.ok(found.some(({ text }) => text.includes(CANARY)));
    });
  }
});
