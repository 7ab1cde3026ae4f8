import assert from "node:assert/strict";
import { after, describe, type TestContext, test } from "node:test";
import { startIssuer } from "../../auth/testing/issuer.ts";
import { startApplication } from "../../testing/application.ts";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import { recordedExchanges } from "../../testing/recorded-exchanges.ts";
import { user } from "../../testing/scim-bodies.ts";

const server = await startApplication();
const { admin, client, origin } = server;
const anybody = server.connect(undefined);
after(server.close);

const FORM = { "content-type": "application/x-www-form-urlencoded" };

describe("token endpoints", () => {
  test("are where the metadata says, for every endpoint (RFC 8414 §3)", async () => {
    const well = await anybody.get("/.well-known/oauth-authorization-server");
    assert.equal(well.body.token_endpoint, `${origin}/oauth/token`);
    const other = await anybody.get("/.well-known/oauth-authorization-server/scim/endpoints/hr");
    assert.equal(other.body.token_endpoint, `${origin}/scim/endpoints/hr/oauth/token`);
    assert.equal(other.body.issuer, `${origin}/scim/endpoints/hr`);
  });

  test("reject unknown clients in the same way for existing and missing endpoints", async () => {
    const ask = "grant_type=client_credentials&client_id=nobody&client_secret=guessed";
    const [here, nowhere] = [
      await anybody.post("/oauth/token", ask, FORM),
      await anybody.post("/scim/endpoints/nowhere/oauth/token", ask, FORM),
    ];
    assert.deepEqual([here.status, nowhere.status], [401, 401]);
    assert.equal(here.body.error, "invalid_client");
    assert.deepEqual(nowhere.body, here.body);
  });

  test("disclose nothing about endpoints without a valid token", async () => {
    assert.equal((await admin.post("/api/endpoints", { name: "hr" })).status, 201);
    const stranger = server.connect("guessed");
    for (const name of ["hr", "nowhere"]) {
      const there = server.connect(undefined, `/scim/endpoints/${name}/v2`);
      refused(await there.get("/Users"), 401, undefined, /Send the header/);
      refused(await stranger.get(`/scim/endpoints/${name}/v2/Users`), 401, undefined, /not known here/);
    }
    const own = succeeded(await client.post("/Users", user("mine")), 201);
    for (const name of ["hr", "nowhere"]) {
      const crossing = server.connect("test-scim-secret", `/scim/endpoints/${name}/v2`);
      refused(await crossing.get(`/Users/${own.id}`), 403, undefined, /another endpoint/);
    }
  });

  test("accept only POST, and say what to send", async () => {
    for (const path of ["/oauth/token", "/scim/endpoints/hr/oauth/token"]) {
      for (const method of ["GET", "PUT", "DELETE", "OPTIONS", "TRACE"]) {
        const answer = await anybody.send(method, path);
        assert.deepEqual([answer.status, answer.headers["allow"]], [405, "POST"], `${method} ${path}`);
        assert.equal(answer.body.error, "invalid_request");
      }
      for (const type of ["text/xml", "nonsense", ""]) {
        const answer = await anybody.post(path, "grant_type=client_credentials", { "content-type": type });
        assert.equal(answer.status, 400, answer.text);
        assert.equal(answer.body.error_description, "Send the parameters as application/x-www-form-urlencoded.");
      }
    }
  });

  test("record the endpoint of a token that is sent to another one", async () => {
    assert.equal((await admin.post("/api/endpoints", { name: "sales" })).status, 201);
    const { secret } = (await admin.post("/api/endpoints/sales/credentials", { kind: "token", label: "Okta" })).body;
    const crossing = server.connect(secret);
    refused(
      await crossing.get("/scim/v2/Users"),
      403,
      undefined,
      /^This token belongs to another endpoint than "default"\.$/,
    );
    const [exchange] = await recordedExchanges(admin, "endpoint=default&kind=failure.authentication", 1);
    const { authentication } = (await admin.get(`/api/exchanges/${exchange.id}`)).body.details;
    assert.equal(authentication.received, 'the token "Okta" of the endpoint "sales"');
    assert.match(authentication.remedy, /base URL of the token's endpoint, which ends in \/scim\/endpoints\/sales\/v2/);
  });
});

describe("the audience of an assertion", () => {
  /** Sends the request to a chosen host, with an assertion for some audience. */
  async function startTrusting(t: TestContext, publicUrl: string | undefined) {
    const issuer = await startIssuer();
    const own = await startApplication({ publicUrl });
    const office = own.admin;
    t.after(async () => {
      await issuer.close();
      await own.close();
    });
    const trust = { label: "idp", issuer: issuer.issuer, audience: "scim-audience", clientId: "client-1" };
    assert.equal((await office.post("/api/endpoints/default/trusts", trust)).status, 201);
    const ask = async (aud: string, headers: Readonly<Record<string, string>> = {}) => {
      const exp = Date.now() / 1_000 + 600;
      const assertion = await issuer.sign({ iss: issuer.issuer, sub: "client-1", azp: "client-1", aud, exp });
      const type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
      const body = { grant_type: "client_credentials", client_assertion_type: type, client_assertion: assertion };
      return office.post("/oauth/token", new URLSearchParams(body).toString(), {
        ...FORM,
        authorization: undefined,
        ...headers,
      });
    };
    return { own, office, ask };
  }

  const OTHER = { host: "other-service.example", "x-forwarded-proto": "https" };

  test("does not depend on the request, and the record says how to allow the token URL (RFC 7523 §3)", async (t) => {
    const { own, office, ask } = await startTrusting(t, undefined);
    assert.equal((await ask("scim-audience")).status, 200);
    assert.equal((await ask("https://other-service.example/oauth/token", OTHER)).status, 401);
    assert.equal((await ask(`${own.origin}/oauth/token`)).status, 401);
    const [exchange] = await recordedExchanges(office, "kind=failure.token", 2);
    const { body } = await office.get(`/api/exchanges/${exchange.id}`);
    assert.match(JSON.stringify(body), /start the server with --public-url/);
  });

  test("may be the token URL with --public-url, whatever the request says", async (t) => {
    const { ask } = await startTrusting(t, "https://scim.example.com");
    assert.equal((await ask("https://scim.example.com/oauth/token", OTHER)).status, 200);
    assert.equal((await ask("https://other-service.example/oauth/token", OTHER)).status, 401);
  });
});
