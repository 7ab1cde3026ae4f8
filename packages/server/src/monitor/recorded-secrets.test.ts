import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { openTarget, restore } from "@scimtool/replica";
import { startApplication, testFolder } from "../testing/application.ts";
import { type AnyJson, clientOf } from "../testing/client.ts";
import { sendRaw } from "../testing/raw.ts";
import { group, user } from "../testing/scim-bodies.ts";
import { type Found, inDatabase, inFiles } from "./testing/leaks.ts";
import {
  IN_ADMINISTRATION,
  IN_HEADERS,
  IN_OPERATIONS,
  IN_RESOURCES,
  IN_STRANGE_BODIES,
  IN_TOKEN_REQUESTS,
  IN_URLS,
  newSecret,
  type Place,
  unitOf,
  unitsIn,
  VAULT_SETTINGS,
} from "./testing/planted.ts";

// Secrets in every place of every kind of request, and not one of them in anything that is kept: in the database, its
// log, its backup, what is restored from that, and the server's log.

const dataDir = testFolder();
const backupTarget = join(dataDir, "target");
mkdirSync(backupTarget);

/** Where each secret was put, by what it is found by. */
const planted = new Map<string, string>();
const plant = (where: string): string => {
  const secret = newSecret();
  planted.set(unitOf(secret), where);
  return secret;
};
/** Secrets that have another form: those made here, and encoded ones. */
const others = new Map<string, string>();

const [scimSharedSecret, adminSecret, viewerSecret] = ["SCIM", "administration", "viewing"].map(plant) as [
  string,
  string,
  string,
];
const log: string[] = [];
const write = process.stderr.write;
process.stderr.write = (text: string | Uint8Array) => {
  log.push(String(text));
  return true;
};
const server = await startApplication({
  dataDir,
  backupTarget,
  scimSharedSecret,
  adminSecret,
  viewerSecret,
  logLevel: "debug",
});
const { origin } = server;
const admin = clientOf(origin, adminSecret);
const scim = clientOf(`${origin}/scim/v2`, scimSharedSecret);
const anyone = clientOf(origin, undefined);

async function make(path: string, body: object, status = 201): Promise<AnyJson> {
  const answer = await admin.post(path, body);
  assert.equal(answer.status, status, answer.text);
  return answer.body;
}

await make("/api/endpoints", { name: "strict", settings: { profile: "strict" } });
await make("/api/endpoints", { name: "vault", settings: VAULT_SETTINGS });
const tokens = new Map<string, string>([["default", scimSharedSecret]]);
for (const endpoint of ["strict", "vault"]) {
  const { secret } = await make(`/api/endpoints/${endpoint}/credentials`, { kind: "token", label: "made" });
  tokens.set(endpoint, secret);
  others.set(secret, `the token of ${endpoint}`);
}
const alice = (await scim.post("/Users", user("alice", { displayName: "canary-0815" }))).body.id;
const vault = clientOf(`${origin}/scim/endpoints/vault/v2`, tokens.get("vault"));
const guard = (await vault.post("/Users", user("guard"))).body.id;
vault.close();
await scim.post("/Groups", group("Guides", { members: [{ value: alice }] }));

async function sendAll(kind: string, places: readonly Place[]): Promise<void> {
  for (const [where, request] of places) {
    const secret = plant(`${kind}: ${where}`);
    const { method, path, headers, body } = request(secret);
    const url = path
      .replace("$alice", `/scim/v2/Users/${alice}`)
      .replace("$guard", `/scim/endpoints/vault/v2/Users/${guard}`);
    const endpoint = /^\/scim\/endpoints\/(\w+)\/v2/.exec(url)?.[1] ?? "default";
    const token = url.startsWith("/api/") ? adminSecret : tokens.get(endpoint);
    const isOpen = headers?.["authorization"] !== undefined || headers?.["cookie"] !== undefined || token === undefined;
    const authorization = isOpen ? {} : { authorization: `Bearer ${token}` };
    const answer = await anyone.send(method, url, { body, headers: { ...authorization, ...headers } });
    assert.notEqual(answer.status, 500, `${kind}: ${where}`);
    if (process.env["SHOW"]) console.log(answer.status, kind, where);
    const basic = /^Basic (\S{24,})$/.exec(headers?.["authorization"] ?? "")?.[1];
    if (basic !== undefined) others.set(basic.slice(8, -4), `${kind}: ${where}, as it was sent`);
  }
}

await sendAll("headers", IN_HEADERS);
await sendAll("resources", IN_RESOURCES);
await sendAll("operations", IN_OPERATIONS);
await sendAll("strange bodies", IN_STRANGE_BODIES);
await sendAll("URLs", IN_URLS);
await sendAll("token requests", IN_TOKEN_REQUESTS);
await sendAll("administration", IN_ADMINISTRATION);

// Those that are right.
const { secret: clientSecret } = await make("/api/endpoints/vault/credentials", {
  kind: "client",
  label: "app",
  clientId: "app-1",
});
others.set(clientSecret, "a client secret");
const asForm = { "content-type": "application/x-www-form-urlencoded" };
const parameters = { grant_type: "client_credentials", client_id: "app-1", client_secret: clientSecret };
const issued = await anyone.post(
  "/scim/endpoints/vault/oauth/token",
  new URLSearchParams(parameters).toString(),
  asForm,
);
others.set(issued.body.access_token, "an access token");
await anyone.get("/scim/endpoints/vault/v2/Users", { authorization: `Bearer ${issued.body.access_token}` });
await anyone.get(`/scim/v2/Users/${issued.body.access_token}`, { authorization: `Bearer ${scimSharedSecret}` });
const session = await anyone.post("/api/session", { secret: adminSecret }, { "content-type": "application/json" });
assert.equal(session.status, 200, session.text);
const cookie = String(session.headers["set-cookie"]).split(";", 1)[0] ?? "";
others.set(cookie.slice(cookie.indexOf("=") + 1), "a session");
await anyone.get("/api/endpoints/default/scim/v2/Users", { cookie });
await anyone.post("/api/endpoints/default/scim/v2/Users", user("x"), { cookie });
await sendRaw(server.port, [
  `GET /scim/v2/Users?token=${plant("no HTTP: its URL")} HTTP/1.1\r\nAuthorization: Bearer ${plant("no HTTP: its header")}\r\nHost x: y\r\n\r\n`,
]);

for (const client of [scim, anyone, admin]) client.close();
await server.application.close();
process.stderr.write = write;
const restored = join(dataDir, "restored.db");
await restore(await openTarget(backupTarget), restored);
after(server.close);

const KEPT: readonly (readonly [what: string, all: () => Iterable<Found>])[] = [
  ["the data folder and the backup, as they lie there", () => inFiles(dataDir)],
  ["the database", () => inDatabase(join(dataDir, "scim.db"))],
  ["the database that is restored", () => inDatabase(restored)],
  ["the log of the server", () => [{ where: "the log", text: log.join("") }]],
];

describe("no secret is in", () => {
  for (const [what, all] of KEPT) {
    test(what, () => {
      const leaks = new Set<string>();
      let isSeen = false;
      for (const { where, text } of all()) {
        isSeen ||= text.includes("canary-0815");
        for (const unit of unitsIn(text.replaceAll("\0", ""))) {
          if (planted.has(unit)) leaks.add(`${planted.get(unit)} (${where})`);
        }
        for (const [secret, origin] of others) if (text.includes(secret)) leaks.add(`${origin} (${where})`);
      }
      assert.deepEqual([...leaks], []);
      assert.ok(isSeen, "what is no secret was not found either");
    });
  }
});
