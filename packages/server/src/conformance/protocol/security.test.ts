import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { startIssuer } from "../../auth/testing/issuer.ts";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import { group, user } from "../../testing/scim-bodies.ts";
import { storedFiles } from "../../testing/store.ts";
import { shows } from "../shows.ts";
import { startWorld } from "../world.ts";

const world = await startWorld();
const { client, admin, unique, newUser, newGroup, read } = world;

const ENDS_AFTER_MS = 800;

shows("RFC 7644 §2-1", "every 401 names the authentication scheme", async () => {
  for (const path of ["/Users", "/Groups/x", "/ServiceProviderConfig", "/Schemas", "/Me", "/Nothing"]) {
    for (const authorization of [undefined, "Bearer guessed", "Basic YTpi"]) {
      const answer = await client.get(path, { authorization });
      assert.equal(answer.status, 401);
      assert.match(String(answer.headers["www-authenticate"]), /^Bearer realm="SCIM"/);
    }
  }
  const { authenticationSchemes } = await read("/ServiceProviderConfig");
  assert.equal(authenticationSchemes[0].type, "oauthbearertoken");
});

shows(["RFC 7644 §2-2", "RFC 7644 §6-1"], "a token opens its endpoint, and no other", async () => {
  const [one, other] = [await world.newEndpoint(), await world.newEndpoint()];
  const [ofOne, ofOther] = [await world.clientWith({ endpoint: one }), await world.clientWith({ endpoint: other })];
  const made = await newUser({}, ofOne);
  succeeded(await ofOne.get(made.path), 200);
  refused(await ofOther.get(made.path), 404, undefined, /no User with the id/);
  refused(await client.get(made.path), 404, undefined, /no User with the id/);
  const foreign = { authorization: `Bearer test-scim-secret` };
  for (const each of [ofOne, ofOther]) {
    const answer = await each.get("/Users", foreign);
    assert.ok([401, 403].includes(answer.status), answer.text);
    assert.match(answer.body.detail, /./);
  }
  assert.equal(succeeded(await ofOther.get("/Users"), 200).totalResults, 0);
});

shows(["RFC 7644 §2-3", "RFC 7644 §2.1-1", "RFC 7644 §7.7-3"], "a token permits what its scopes allow", async () => {
  const made = await newUser();
  const reader = await world.clientWith({ scopes: ["read"], user: made.id });
  succeeded(await reader.get("/Users"), 200);
  succeeded(await reader.get("/Me"), 200);
  const search = { schemas: ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"] };
  succeeded(await reader.post("/Users/.search", search), 200);
  const operations = [{ op: "replace", path: "title", value: "T" }];
  for (const answer of [
    await reader.post("/Users", user(unique())),
    await reader.put(made.path, user(unique())),
    await reader.patch(made.path, operations),
    await reader.patch("/Me", operations),
    await reader.delete(made.path),
  ]) {
    refused(answer, 403, undefined, /scope "write"/);
    assert.match(String(answer.headers["www-authenticate"]), /error="insufficient_scope"/);
  }
  assert.deepEqual(await read(made), made.body);
});

shows("RFC 7644 §6-2", "each endpoint has its own externalIds and names", async () => {
  const other = await world.clientWith({ endpoint: await world.newEndpoint() });
  const { body } = await newUser({ externalId: "e" });
  const again = await other.post("/Users", user(body.userName, { externalId: "e" }));
  succeeded(again, 201);
  const readers = await newGroup({ externalId: "e" });
  succeeded(await other.post("/Groups", group(readers.body.displayName, { externalId: "e" })), 201);
  const filter = `/Users?filter=${encodeURIComponent('externalId eq "e"')}`;
  assert.equal((await read(filter)).totalResults, 1);
  assert.equal((await read(filter, other)).Resources[0].id, again.body.id);
});

shows(["RFC 7644 §5-1", "RFC 7644 §7.8-1"], "names are equal in any composition, width or letter case", async () => {
  const [composed, decomposed, wide] = ["Zo\u00eb", "ZOE\u0308", "\uff3a\uff2f\u00cb"];
  const made = await newUser({ userName: composed });
  assert.equal(made.body.userName, composed);
  for (const userName of [decomposed, wide]) {
    refused(await client.post("/Users", user(userName)), 409, "uniqueness", /is taken/);
    const filter = encodeURIComponent(`userName eq "${userName}"`);
    assert.equal((await read(`/Users?filter=${filter}`)).Resources[0].id, made.id);
  }
  const titled = await newUser({ title: decomposed });
  assert.equal(titled.body.title, decomposed);
  const filter = encodeURIComponent(`title eq "${composed}"`);
  assert.equal((await read(`/Users?filter=${filter}`)).Resources[0].id, titled.id);
});

shows("RFC 7644 §7.4-3", "a token expires on time", async () => {
  const lasting = await world.clientWith({ expires: "1h" });
  const ending = await world.clientWith({ expires: new Date(Date.now() + ENDS_AFTER_MS).toISOString() });
  await delay(ENDS_AFTER_MS + 20);
  succeeded(await lasting.get("/Users"), 200);
  const answer = await ending.get("/Users");
  refused(answer, 401, undefined, /expired/);
  assert.match(String(answer.headers["www-authenticate"]), /error="invalid_token"/);
});

shows("RFC 7644 §7.4-1", "a secret cannot be guessed: 256 bits of randomness, and no two alike", async () => {
  const secrets = new Set<string>();
  for (let index = 0; index < 20; index++) {
    const wanted = { kind: "token", label: unique("token") };
    const { secret } = (await admin.post("/api/endpoints/default/credentials", wanted)).body;
    // 62 letters and digits: 43 of them have 256 bits; the checksum reveals a mistyped secret.
    assert.match(secret, /^scim_[0-9A-Za-z]{43,}$/);
    secrets.add(secret.slice(5, 25));
  }
  assert.equal(secrets.size, 20);
  for (const file of storedFiles(world.dataDir)) {
    const bytes = readFileSync(file);
    for (const part of secrets) assert.ok(!bytes.includes(part), file);
  }
});

shows(["RFC 7644 §2.1-2", "RFC 7644 §7.3-1"], "an assertion opens its endpoint, once, and in its time", async () => {
  const issuer = await startIssuer();
  try {
    const tokenUrl = `${world.origin}/oauth/token`;
    const trust = { label: "issuer", issuer: issuer.issuer, audience: tokenUrl, subject: "app" };
    const made = await admin.post("/api/endpoints/default/trusts", trust);
    assert.equal(made.status, 201, made.text);
    const nowSeconds = Math.floor(Date.now() / 1_000);
    const usual = { iss: issuer.issuer, sub: "app", aud: tokenUrl, exp: nowSeconds + 300 };
    let assertions = 0;
    const sign = (claims: object = {}) => issuer.sign({ ...usual, jti: `j${++assertions}`, ...claims });
    const exchange = (assertion: string) => {
      const form = new URLSearchParams({
        grant_type: "client_credentials",
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion: assertion,
      });
      const headers = { "content-type": "application/x-www-form-urlencoded", authorization: undefined };
      return admin.send("POST", "/oauth/token", { body: form.toString(), headers });
    };
    const good = await sign();
    const token = (await exchange(good)).body.access_token;
    succeeded(await client.get("/Users", { authorization: `Bearer ${token}` }), 200);
    for (const bad of [
      good,
      await sign({ aud: "https://elsewhere.example" }),
      await sign({ sub: "another" }),
      await sign({ exp: nowSeconds - 3_600 }),
      `${good.slice(0, -4)}AAAA`,
    ]) {
      const answer = await exchange(bad);
      assert.deepEqual([answer.status, answer.body.error], [401, "invalid_client"], answer.text);
    }
  } finally {
    await issuer.close();
  }
});
