import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { startApplication, TEST_ADMIN_SECRET } from "../../testing/application.ts";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import { clientOf } from "../../testing/client.ts";
import { user } from "../../testing/scim-bodies.ts";

const server = await startApplication();
const { client, origin } = server;
const anybody = clientOf(origin, undefined);
const admin = clientOf(origin, TEST_ADMIN_SECRET);
after(async () => {
  anybody.close();
  admin.close();
  await server.close();
});

const FORM = { "content-type": "application/x-www-form-urlencoded" };

describe("token endpoints", () => {
  test("are where the metadata says, for every endpoint (RFC 8414 §3)", async () => {
    const well = await anybody.get("/.well-known/oauth-authorization-server");
    assert.equal(well.body.token_endpoint, `${origin}/oauth/token`);
    const other = await anybody.get("/.well-known/oauth-authorization-server/scim/endpoints/hr");
    assert.equal(other.body.token_endpoint, `${origin}/scim/endpoints/hr/oauth/token`);
    assert.equal(other.body.issuer, `${origin}/scim/endpoints/hr`);
  });

  test("refuse who is no client, alike for endpoints that are there and that are not", async () => {
    const ask = "grant_type=client_credentials&client_id=nobody&client_secret=guessed";
    const [here, nowhere] = [
      await anybody.post("/oauth/token", ask, FORM),
      await anybody.post("/scim/endpoints/nowhere/oauth/token", ask, FORM),
    ];
    assert.deepEqual([here.status, nowhere.status], [401, 401]);
    assert.equal(here.body.error, "invalid_client");
    assert.deepEqual(nowhere.body, here.body);
  });

  test("say nothing of endpoints to who has no token of theirs", async () => {
    assert.equal((await admin.post("/api/endpoints", { name: "hr" })).status, 201);
    const stranger = clientOf(origin, "guessed");
    for (const name of ["hr", "nowhere"]) {
      const there = clientOf(`${origin}/scim/endpoints/${name}/v2`, undefined);
      refused(await there.get("/Users"), 401, undefined, /Send the header/);
      refused(await stranger.get(`/scim/endpoints/${name}/v2/Users`), 401, undefined, /not known here/);
      there.close();
    }
    stranger.close();
    const own = succeeded(await client.post("/Users", user("mine")), 201);
    for (const name of ["hr", "nowhere"]) {
      const crossing = clientOf(`${origin}/scim/endpoints/${name}/v2`, "test-scim-secret");
      refused(await crossing.get(`/Users/${own.id}`), 403, undefined, /another endpoint/);
      crossing.close();
    }
  });
});
