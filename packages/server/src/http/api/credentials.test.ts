import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startApplication, TEST_SECRET } from "../../testing/application.ts";
import { done, isProblem, refused, succeeded } from "../../testing/assert-answer.ts";
import type { Answer } from "../../testing/client.ts";
import { user } from "../../testing/scim-bodies.ts";

const server = await startApplication();
const { admin, client, connect, origin } = server;
after(server.close);

const HOUR_MS = 3_600_000;
const DEFAULT = "/api/endpoints/default/credentials";
const HR = "/api/endpoints/hr/credentials";

done(await admin.post("/api/endpoints", { name: "hr" }), 201);

async function make(label: string, more: object = {}, at = DEFAULT): Promise<Answer["body"]> {
  return done(await admin.post(at, { kind: "token", label, ...more }), 201);
}

async function listed(key: number, at = DEFAULT): Promise<Answer["body"]> {
  const { credentials } = done(await admin.get(at));
  return credentials.find((credential: { key: number }) => credential.key === key);
}

const scim = (secret: string, path = "/scim/v2") => connect(secret, path);

describe("tokens", () => {
  test("are created with a secret that is shown once, and work at once", async () => {
    const made = await admin.post(DEFAULT, { kind: "token", label: "Entra" });
    const { secret, baseUrl, key, ...rest } = done(made, 201);
    assert.equal(made.headers.location, `${DEFAULT}/${key}`);
    assert.equal(made.headers["cache-control"], "no-store");
    assert.match(secret, /^scim_[0-9A-Za-z]{49}$/);
    assert.equal(baseUrl, `${origin}/scim/v2`);
    assert.ok(Math.abs(Date.parse(rest.created) - Date.now()) < 10_000);
    assert.deepEqual(
      { ...rest, created: 0 },
      {
        kind: "token",
        label: "Entra",
        clientId: null,
        scopes: ["read", "write"],
        user: null,
        created: 0,
        expires: null,
        lastUsed: null,
      },
    );
    succeeded(await scim(secret).post("/Users", user("by-token")), 201);
    const { lastUsed, ...kept } = await listed(key);
    assert.ok(Math.abs(Date.parse(lastUsed) - Date.now()) < 10_000, "the use counts before it is in the database");
    assert.deepEqual({ ...kept, lastUsed: null }, { key, ...rest });
    assert.ok(!(await admin.get(DEFAULT)).text.includes(secret.slice(5)));
  });

  test("with read scope cannot write, and may get more scopes", async () => {
    const { key, secret, scopes } = await make("reader", { scopes: ["read"] });
    assert.deepEqual(scopes, ["read"]);
    const reader = scim(secret);
    assert.equal((await reader.get("/Users")).status, 200);
    refused(await reader.post("/Users", user("never")), 403, undefined, /needs the scope "write"/);
    const patched = done(await admin.send("PATCH", `${DEFAULT}/${key}`, { body: { scopes: ["write"] } }));
    assert.deepEqual(patched.scopes, ["read", "write"]);
    succeeded(await reader.post("/Users", user("by-reader")), 201);
  });

  test("expire on time, and the time can be changed", async () => {
    const { key, secret, expires } = await make("ending", { expires: "2h" });
    assert.ok(Math.abs(Date.parse(expires) - Date.now() - 2 * HOUR_MS) < 10_000);
    const time = new Date(Date.now() + 150).toISOString();
    const patch = (body: object) => admin.send("PATCH", `${DEFAULT}/${key}`, { body });
    assert.equal(done(await patch({ expires: time })).expires, time);
    const ending = scim(secret);
    for (let tries = 0; tries < 200 && (await ending.get("/Users")).status === 200; tries++) await delay(10);
    refused(await ending.get("/Users"), 401, undefined, /has expired/);
    assert.equal(done(await patch({ expires: null })).expires, null);
    assert.equal((await ending.get("/Users")).status, 200);
    assert.equal((await make("until a day", { expires: "2099-01-31" })).expires, "2099-01-31T00:00:00.000Z");
  });

  test("are removed at once, with advice if no other credential can write", async () => {
    const first = await make("first", {}, HR);
    const second = await make("second", {}, HR);
    const reader = await make("reader", { scopes: ["read"] }, HR);
    const base = `${origin}/scim/endpoints/hr/v2`;
    assert.equal(first.baseUrl, base);
    assert.equal((await scim(second.secret, new URL(base).pathname).get("/Users")).status, 200);
    const { removed, advice } = done(await admin.delete(`${HR}/${second.key}`));
    assert.deepEqual([removed.label, advice], ["second", null]);
    refused(await scim(second.secret, new URL(base).pathname).get("/Users"), 401, undefined, /not known here/);
    isProblem(await admin.delete(`${HR}/${second.key}`), 404, /no credential/);
    const last = done(await admin.delete(`${HR}/${first.key}`));
    assert.match(
      last.advice,
      /^No credential of "hr" can write now\. Create a token \(POST \/api\/endpoints\/hr\/credentials\)\.$/,
    );
    assert.equal(done(await admin.delete(`${HR}/${reader.key}`)).advice, null, "it could not write itself");
  });

  test("can be bound to a user, by ID or userName", async () => {
    const { id } = succeeded(await client.post("/Users", user("Anna@example.com")), 201);
    const { secret, user: bound, key } = await make("Anna's", { user: "anna@EXAMPLE.com" });
    assert.equal(bound, id);
    assert.equal((await scim(secret).get("/Me")).body.id, id);
    assert.equal((await make("Anna's by id", { user: id })).user, id);
    assert.equal((await listed(key)).user, id);
    isProblem(await admin.post(DEFAULT, { kind: "token", label: "x", user: "nobody" }), 400, /has no User "nobody"/);
    isProblem(await admin.post(HR, { kind: "token", label: "x", user: id }), 400, /endpoint "hr" has no User/);
  });
});

describe("a rotation", () => {
  test("creates another secret with the same label and scopes, and ends the old one after the grace period", async () => {
    const old = await make("rotated", { scopes: ["read"], expires: "90d" });
    const rotate = (key: number, body?: object) =>
      admin.send("POST", `${DEFAULT}/${key}/rotate`, body === undefined ? {} : { body });
    const { secret, replaced, ...made } = done(await rotate(old.key), 201);
    assert.deepEqual([made.label, made.scopes, made.kind], ["rotated", ["read"], "token"]);
    assert.notEqual(made.key, old.key);
    assert.ok(Math.abs(Date.parse(made.expires) - Date.now() - 90 * 24 * HOUR_MS) < 10_000, "it lives as long");
    assert.equal(replaced.key, old.key);
    assert.match(replaced.label, /^rotated \(until 2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\dZ\)$/);
    assert.ok(Math.abs(Date.parse(replaced.expires) - Date.now() - 24 * HOUR_MS) < 10_000);
    assert.deepEqual(await listed(old.key), replaced);
    for (const each of [secret, old.secret]) assert.equal((await scim(each).get("/Users")).status, 200);
    const again = done(await rotate(made.key, { grace: "0s", expires: "1h" }), 201);
    assert.ok(Math.abs(Date.parse(again.expires) - Date.now() - HOUR_MS) < 10_000);
    refused(await scim(secret).get("/Users"), 401, undefined, /has expired/);
    assert.equal((await scim(again.secret).get("/Users")).status, 200);
    isProblem(await rotate(again.key, { grace: "soon" }), 400, /"grace" must be a length of time/);
  });

  test("does not extend the life of the old secret", async () => {
    const old = await make("short", { expires: "1h" });
    const { replaced } = done(await admin.post(`${DEFAULT}/${old.key}/rotate`, { grace: "7d" }), 201);
    assert.equal(replaced.expires, old.expires);
  });

  test("of a client's secret keeps the client", async () => {
    const old = await make("secret", { kind: "client", clientId: "rotating" }, HR);
    const { clientId, kind, tokenUrl } = done(await admin.post(`${HR}/${old.key}/rotate`, {}), 201);
    assert.deepEqual([clientId, kind, tokenUrl], ["rotating", "client", `${origin}/scim/endpoints/hr/oauth/token`]);
  });
});

describe("secrets of OAuth clients", () => {
  test("get an ID or keep the given one, and open nothing by themselves", async () => {
    const { clientId, secret, tokenUrl } = await make("secret", { kind: "client" });
    assert.match(clientId, /^[0-9a-f-]{36}$/);
    assert.match(secret, /^scim_client_/);
    assert.equal(tokenUrl, `${origin}/oauth/token`);
    refused(await scim(secret).get("/Users"), 401, undefined, /This is a client secret/);
    const given = { kind: "client", clientId: "okta" };
    assert.equal((await make("one", given)).clientId, "okta");
    assert.equal((await make("two", given)).clientId, "okta");
    isProblem(await admin.post(DEFAULT, { ...given, label: "two" }), 409, /label "two" is taken.*another/);
    isProblem(await admin.post(DEFAULT, { ...given, label: "x", clientId: "a b" }), 400, /"clientId" may have/);
    isProblem(await admin.post(DEFAULT, { ...given, label: "x", kind: "token" }), 400, /kind "client" only/);
  });
});

describe("administration of credentials", () => {
  test("is for administrators only", async () => {
    const { key } = await make("target");
    const stranger = connect("guessed");
    const provisioner = connect(TEST_SECRET);
    for (const [method, path] of [
      ["GET", DEFAULT],
      ["POST", DEFAULT],
      ["PATCH", `${DEFAULT}/${key}`],
      ["DELETE", `${DEFAULT}/${key}`],
      ["POST", `${DEFAULT}/${key}/rotate`],
    ] as const) {
      const sent = method === "GET" || method === "DELETE" ? {} : { body: {} };
      isProblem(await stranger.send(method, path, sent), 401, /not known here/);
      isProblem(await provisioner.send(method, path, sent), 403, /SCIM secret; it does not open administration/);
    }
    assert.equal((await listed(key)).label, "target");
  });

  test("is limited to the named endpoint", async () => {
    const { key, secret } = await make("only here");
    const admins = done(await admin.get(DEFAULT)).credentials;
    assert.ok(!admins.some(({ label }: { label: string }) => label === "admin secret"));
    assert.equal(await listed(key, HR), undefined);
    isProblem(await admin.send("PATCH", `${HR}/${key}`, { body: { label: "x" } }), 404, /"hr" has no credential/);
    isProblem(await admin.delete(`${HR}/${key}`), 404, /"hr" has no credential/);
    isProblem(await admin.post(`${HR}/${key}/rotate`, {}), 404, /"hr" has no credential/);
    isProblem(await admin.delete(`${HR}/x`), 404, /no credential x/);
    isProblem(await admin.get("/api/endpoints/none/credentials"), 404, /no endpoint "none"/);
    assert.equal((await scim(secret).get("/Users")).status, 200);
    const elsewhere = scim(secret, "/scim/endpoints/hr/v2");
    refused(await elsewhere.get("/Users"), 403, undefined, /another endpoint/);
  });

  test("rejects invalid requests with what is valid", async () => {
    const { key } = await make("taken");
    const refusals: readonly (readonly [body: object, detail: RegExp])[] = [
      [{ label: "x" }, /"kind" must be "token"/],
      [{ kind: "token" }, /"label" must be a string/],
      [{ kind: "token", label: " " }, /"label" must have 1 to 100 characters/],
      [{ kind: "token", label: "a\nb" }, /no line breaks/],
      [{ kind: "token", label: "x", scopes: [] }, /"scopes" must be \["read"\]/],
      [{ kind: "token", label: "x", scopes: ["admin"] }, /"scopes" must be/],
      [{ kind: "token", label: "x", expires: "soon" }, /"expires" must be a time such as/],
      [{ kind: "token", label: "x", expires: "2020-01-01T00:00:00Z" }, /"expires" is in the past/],
      [{ kind: "token", label: "x", expires: "999999999d" }, /"expires" must be a time/],
      [{ kind: "token", label: "x", scope: ["read"] }, /"scope" is not known here\. The members are: kind, label/],
    ];
    for (const [body, detail] of refusals) isProblem(await admin.post(DEFAULT, body), 400, detail);
    isProblem(await admin.post(DEFAULT, { kind: "token", label: "taken" }), 409, /label "taken" is taken/);
    const { key: other } = await make("other");
    isProblem(await admin.send("PATCH", `${DEFAULT}/${other}`, { body: { label: "taken" } }), 409, /is taken/);
    assert.deepEqual([(await listed(key)).label, (await listed(other)).label], ["taken", "other"]);
    assert.equal((await make("taken", {}, HR)).label, "taken", "another endpoint has labels of its own");
  });

  test("may remove the last token of the default endpoint, and says how to regain access", async () => {
    const { credentials } = done(await admin.get(DEFAULT));
    let advice: string | null = null;
    for (const { key } of credentials) ({ advice } = done(await admin.delete(`${DEFAULT}/${key}`)));
    assert.match(String(advice), /Create a token .*, or start the server with SCIM_SHARED_SECRET/);
    refused(await client.get("/Users"), 401, undefined, /not known/);
  });
});
