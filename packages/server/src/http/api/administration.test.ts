import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startApplication, TEST_ADMIN_SECRET } from "../../testing/application.ts";
import type { AnyJson } from "../../testing/client.ts";
import { recordedExchanges, toldOf } from "../../testing/recorded-exchanges.ts";
import { user } from "../../testing/scim-bodies.ts";
import { SKIP_ON_POSTGRES } from "../../testing/store.ts";

const server = await startApplication();
const { admin } = server;
after(server.close);

async function send(method: "POST" | "PATCH" | "DELETE", path: string, body?: object): Promise<AnyJson> {
  const answer = await admin.send(method, path, body === undefined ? {} : { body });
  assert.ok(answer.status < 300, answer.text);
  return answer.body;
}

test("changes by an administrator are recorded without secrets", async () => {
  await send("POST", "/api/endpoints", { name: "acme", settings: { profile: "strict" } });
  const token = await send("POST", "/api/endpoints/acme/credentials", { kind: "token", label: "Entra" });
  const client = await send("POST", "/api/endpoints/acme/credentials", {
    kind: "client",
    label: "App",
    clientId: "app",
  });
  await send("PATCH", `/api/endpoints/acme/credentials/${token.key}`, { scopes: ["read"] });
  const rotated = await send("POST", `/api/endpoints/acme/credentials/${token.key}/rotate`, { expires: "30d" });
  await send("DELETE", `/api/endpoints/acme/credentials/${client.key}`);
  const trust = { label: "Contoso", issuer: "https://login.example.com/", audience: "scim", tenant: "t1" };
  const { key } = await send("POST", "/api/endpoints/acme/trusts", trust);
  await send("PATCH", `/api/endpoints/acme/trusts/${key}`, { audience: "other" });
  await send("DELETE", `/api/endpoints/acme/trusts/${key}`);
  await send("POST", "/api/endpoints/acme/scim/v2/Users", user("anna"));
  await send("PATCH", "/api/endpoints/acme", { settings: { profile: "tolerant", limits: { maxPageSize: 7 } } });
  await send("PATCH", "/api/endpoints/acme", { settings: { limits: { maxPageSize: 7 } } });
  await send("POST", "/api/endpoints/acme/empty", { confirm: "acme" });
  await send("PATCH", "/api/endpoints/acme", { name: "umbra" });
  const exchanges = await recordedExchanges(admin, "kind=endpoint.*&kind=credential.*&kind=trust.*", 12);
  assert.deepEqual(exchanges.flatMap(toldOf), [
    "endpoint.created: An administrator created the endpoint acme",
    'credential.created: An administrator created the token "Entra" of the endpoint acme',
    'credential.created: An administrator created the client secret "App" of the endpoint acme',
    'credential.changed: An administrator changed the scopes of the token "Entra" of the endpoint acme',
    'credential.replaced: An administrator created a new secret for the token "Entra" of the endpoint acme',
    'credential.deleted: An administrator deleted the client secret "App" of the endpoint acme',
    'trust.created: An administrator created the trust "Contoso" of the endpoint acme',
    'trust.changed: An administrator changed the audience of the trust "Contoso" of the endpoint acme',
    'trust.deleted: An administrator deleted the trust "Contoso" of the endpoint acme',
    "endpoint.changed: An administrator changed the settings profile and limits.maxPageSize of the endpoint acme",
    "endpoint.emptied: An administrator emptied the endpoint acme of 1 resource",
    "endpoint.renamed: An administrator renamed the endpoint acme to umbra",
  ]);
  const changesOf = ({ details }: AnyJson) =>
    (details.changes ?? []).map(({ name, before, after: now }: AnyJson) => [name, before ?? null, now ?? null]);
  assert.deepEqual(
    [0, 1, 3, 5, 7, 9].map((at) => changesOf(exchanges[at])),
    [
      [["profile", null, "strict"]],
      [
        ["label", null, "Entra"],
        ["scopes", null, "read, write"],
      ],
      [["scopes", "read, write", "read"]],
      [],
      [["audience", "scim", "other"]],
      [
        ["profile", "strict", "tolerant"],
        ["limits.maxPageSize", null, "7"],
      ],
    ],
  );
  assert.deepEqual(
    exchanges.slice(3, 6).map(({ method, path }) => `${method} ${path}`),
    [
      `PATCH /api/endpoints/acme/credentials/${token.key}`,
      `POST /api/endpoints/acme/credentials/${token.key}/rotate`,
      `DELETE /api/endpoints/acme/credentials/${client.key}`,
    ],
  );
  const again = await admin.send("POST", `/api/exchanges/${exchanges[3].id}/replay`, { body: {} });
  assert.equal(again.status, 409, again.text);
  const shown = await Promise.all(exchanges.map(({ id }) => admin.get(`/api/exchanges/${id}`)));
  for (const { body } of shown) {
    const { request, response, details } = body;
    assert.deepEqual([request.body ?? "", response.body ?? ""], ["", ""]);
    if (response.bodyBytes > 0) assert.match(details.responseNote, /^Not kept/);
  }
  const told = JSON.stringify(shown);
  for (const { secret } of [token, client, rotated]) assert.ok(secret.length > 20 && !told.includes(secret));
});

test("the records of a deleted endpoint are deleted, except the one of its deletion", async () => {
  await send("POST", "/api/endpoints", { name: "gone" });
  await recordedExchanges(admin, "kind=endpoint.created&q=gone", 1);
  await send("DELETE", "/api/endpoints/gone", { confirm: "gone" });
  const [deleted] = await recordedExchanges(admin, "kind=endpoint.deleted", 1);
  assert.deepEqual(
    [toldOf(deleted), deleted.endpoint ?? null],
    [["endpoint.deleted: An administrator deleted the endpoint gone"], null],
  );
  // They are deleted after the response.
  const remaining = async () => (await admin.get("/api/exchanges?kind=endpoint.created&q=gone")).body.total;
  for (let tries = 0; (await remaining()) > 0; tries++) {
    assert.ok(tries < 500, "the records remain");
    await sleep(20);
  }
});

test("failures, changes of nothing and views are not recorded", async () => {
  const refused = await admin.send("POST", "/api/endpoints", { body: { name: "default" } });
  assert.equal(refused.status, 409, refused.text);
  await send("PATCH", "/api/endpoints/default", { settings: {} });
  assert.equal((await admin.get("/api/endpoints/default")).status, 200);
  await send("PATCH", "/api/endpoints/default", { settings: { limits: { maxPageSize: 77 } } });
  const told = await recordedExchanges(admin, "endpoint=default&kind=endpoint.*", 1);
  assert.deepEqual(told.flatMap(toldOf), [
    "endpoint.changed: An administrator changed the setting limits.maxPageSize of the endpoint default",
  ]);
});

test("for a partly emptied endpoint, the removed number is recorded, and the history names that exchange", {
  skip: SKIP_ON_POSTGRES,
}, async () => {
  const base = "/api/endpoints/halved";
  await send("POST", "/api/endpoints", { name: "halved" });
  const ids: string[] = [];
  for (let at = 0; at < 45; at++) ids.push((await send("POST", `${base}/scim/v2/Users`, user(`user${at}`))).id);
  const database = new DatabaseSync(join(server.dataDir, "scim.db"), { timeout: 5_000 });
  database.exec(`CREATE TRIGGER keep BEFORE DELETE ON resource WHEN OLD.id = '${ids.at(-1)}'
    BEGIN SELECT RAISE(ABORT, 'kept by the test'); END`);
  const failed = await admin.send("POST", `${base}/empty`, { body: { confirm: "halved" } });
  assert.equal(failed.status, 500, failed.text);
  assert.match(
    failed.body.detail,
    /^This stopped early: 40 resources were removed, the others remain\. Send the request again\.$/,
  );
  const [emptied] = await recordedExchanges(admin, "endpoint=halved&kind=endpoint.emptied", 1);
  assert.deepEqual(
    [emptied.status, toldOf(emptied)],
    [500, ["endpoint.emptied: An administrator emptied the endpoint halved of 40 resources"]],
  );
  const { entries } = (await admin.get(`${base}/history/${ids[0]}`)).body;
  assert.deepEqual([entries[0].action, entries[0].exchange], ["delete", emptied.id]);
  database.exec("DROP TRIGGER keep");
  database.close();
  assert.deepEqual(await send("POST", `${base}/empty`, { confirm: "halved" }), { removed: 5 });
});

test("a restored version is recorded, and its history names the exchange", async () => {
  const base = "/api/endpoints/default";
  const { id } = await send("POST", `${base}/scim/v2/Users`, user("ida", { displayName: "Ida Old" }));
  await send("PATCH", `${base}/scim/v2/Users/${id}`, {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
    Operations: [{ op: "replace", path: "displayName", value: "Ida New" }],
  });
  await send("POST", `${base}/history/${id}/restore`, { revision: 1 });
  const [restored] = await recordedExchanges(admin, `resource=${id}&method=POST&kind=user.restored`, 1);
  assert.match(toldOf(restored)[0] ?? "", /^user\.restored: An administrator restored Ida Old/);
  assert.deepEqual(
    [restored.endpoint, restored.path, restored.dialect],
    ["default", `${base}/history/${id}/restore`, "manual"],
  );
  const { entries } = (await admin.get(`${base}/history/${id}`)).body;
  assert.equal(entries[0].exchange, restored.id);
});

test("a rejected change is recorded with the failed check, and without the sent values", async (t) => {
  const own = await startApplication({ viewerSecret: "viewer-secret-of-the-test" });
  const office = own.admin;
  const anybody = own.connect(undefined);
  t.after(own.close);
  const signIn = async (secret: string) => (await anybody.post("/api/session", { secret })).status;
  assert.equal(await signIn("hunter2-hunter2"), 401);
  const guessed = { authorization: "Bearer hunter2-hunter2" };
  assert.equal((await anybody.post("/api/endpoints", { name: "x" }, guessed)).status, 401);
  const viewing = { authorization: "Bearer viewer-secret-of-the-test" };
  assert.equal((await anybody.post("/api/endpoints", { name: "x" }, viewing)).status, 403);
  assert.equal((await anybody.get("/api/endpoints", guessed)).status, 401);
  for (let time = 0; time < 10; time++) await signIn("hunter2-hunter2");
  const exchanges = await recordedExchanges(office, "kind=failure.authentication", 13);
  const told = exchanges.flatMap(toldOf);
  assert.deepEqual(told.slice(0, 3), [
    "failure.authentication: A sign-in failed: the secret is unknown here",
    "failure.authentication: An unknown client was rejected: its token is unknown here",
    "failure.authentication: An unknown client was rejected: its token may not do this",
  ]);
  assert.equal(told.at(-1), "failure.authentication: A sign-in failed: too many unknown secrets were sent");
  assert.deepEqual([exchanges[0].path, exchanges[0].status, exchanges.at(-1).status], ["/api/session", 401, 429]);
  for (const { id } of exchanges) {
    const whole = JSON.stringify((await office.get(`/api/exchanges/${id}`)).body);
    assert.ok(!whole.includes("hunter2"), whole);
  }
  assert.equal((await office.get("/api/exchanges")).body.total, 13);
  assert.equal(await signIn(TEST_ADMIN_SECRET), 200);
});
