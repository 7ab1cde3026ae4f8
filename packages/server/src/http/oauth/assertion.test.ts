import assert from "node:assert/strict";
import { after, describe, type TestContext, test } from "node:test";
import { hashSecret } from "../../auth/credentials.ts";
import type { CredentialCheck } from "../../auth/decision.ts";
import { START_MS } from "../../auth/testing/database.ts";
import { startIssuer } from "../../auth/testing/issuer.ts";
import type { NewIssuerTrust } from "../../store/store.ts";
import { basic, startTokenServer } from "./test-server.ts";

const issuer = await startIssuer();
after(() => issuer.close());

const JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const NOW_S = START_MS / 1_000;

async function withTrust(t: TestContext, changed: Partial<NewIssuerTrust> = {}) {
  const server = await startTokenServer(t);
  const trust = await server.addTrust({ issuer: issuer.issuer, subject: "9c2e", ...changed });
  await server.authenticator.refresh();
  const sign = (claims: Record<string, unknown> = {}) =>
    issuer.sign({ iss: issuer.issuer, aud: "api://6b1f", sub: "9c2e", azp: "app", exp: NOW_S + 600, ...claims });
  const send = (assertion: string, parameters: Record<string, string> = {}, headers: Record<string, string> = {}) =>
    server.post(
      {
        grant_type: "client_credentials",
        client_assertion_type: JWT_BEARER,
        client_assertion: assertion,
        ...parameters,
      },
      headers,
    );
  const refusedAs = async (answer: ReturnType<typeof send>): Promise<unknown[]> => {
    const { status, body } = await answer;
    const outcome = server.outcomes.at(-1);
    return [status, body.error, outcome?.issued === false ? outcome.failed.check : undefined];
  };
  return { server, trust, sign, send, refusedAs };
}

const refusal = (check: CredentialCheck) => [401, "invalid_client", check];

describe("a client with an assertion of a trusted issuer", () => {
  test("gets an access token with the scopes of the trust", async (t) => {
    const { server, trust, sign, send } = await withTrust(t, { scopes: ["read"], user: "2819c223" });
    const { status, body } = await send(await sign());
    assert.deepEqual([status, body.token_type, body.scope], [200, "Bearer", "read"]);
    const decision = await server.authenticator.authenticate(
      `Bearer ${body.access_token}`,
      server.endpoint,
      "read",
      START_MS,
    );
    assert.ok(decision.accepted);
    const { kind, label, clientId, user } = decision.credential;
    assert.deepEqual([kind, label, clientId, user], ["access", "Entra", "app", "2819c223"]);
    const { credentials, committed } = server.store;
    const [row] = await credentials.byHash(committed, hashSecret(body.access_token));
    assert.deepEqual(row?.origin, { kind: "trust", key: trust.key });
  });

  test("may use the token endpoint as its audience", async (t) => {
    const { server, sign, send, refusedAs } = await withTrust(t);
    assert.equal((await send(await sign({ aud: server.tokenUrl }))).status, 200);
    assert.deepEqual(await refusedAs(send(await sign({ aud: server.origin }))), refusal("audience"));
  });

  test("may send its ID: the application or subject of the assertion, or that of the trust", async (t) => {
    const { sign, send, refusedAs } = await withTrust(t);
    for (const client_id of ["app", "9c2e", ""])
      assert.equal((await send(await sign(), { client_id })).status, 200, client_id);
    assert.deepEqual(await refusedAs(send(await sign(), { client_id: "other" })), refusal("client_id"));
  });

  test("without an application is named by its subject", async (t) => {
    const { server, sign, send } = await withTrust(t);
    await send(await sign({ azp: undefined }));
    const outcome = server.outcomes.at(-1);
    assert.equal(outcome?.issued === true && outcome.credential.clientId, "9c2e");
  });

  test("uses an assertion with jti once, and one without as long as it is valid", async (t) => {
    const { sign, send, refusedAs } = await withTrust(t);
    for (const jti of ["one", 5, "x".repeat(10_000)]) {
      const once = await sign({ jti });
      assert.equal((await send(once)).status, 200);
      assert.deepEqual(await refusedAs(send(once)), refusal("replay"));
    }
    const often = await sign();
    for (let time = 0; time < 3; time++) assert.equal((await send(often)).status, 200);
  });

  test("uses it once, even if it is sent twice at the same moment", async (t) => {
    const { server, trust, sign, send } = await withTrust(t);
    const once = await sign({ jti: "one" });
    const statuses = (await Promise.all([send(once), send(once), send(once)])).map(({ status }) => status);
    assert.deepEqual(statuses.sort(), [200, 401, 401]);
    const use = () =>
      server.store.transaction((transaction) => {
        const assertion = { trust: trust.key, idHash: hashSecret("one"), expiresMs: START_MS + 660_000 };
        return server.store.issuerTrusts.useAssertion(transaction, assertion);
      });
    assert.equal(await use(), false, "it is in the database, for other instances and after a restart");
    server.nowMs += 660_000;
    await send(await sign({ exp: NOW_S + 1_200 }));
    assert.equal(await use(), false);
    server.nowMs += 1;
    await send(await sign({ exp: NOW_S + 1_200 }));
    assert.equal(await use(), true, "when it has ended it is forgotten");
  });

  test("does not use it up if it is rejected for another reason", async (t) => {
    const { sign, send, refusedAs } = await withTrust(t);
    const once = await sign({ jti: "one" });
    assert.deepEqual(await refusedAs(send(once, { scope: "admin" })), [400, "invalid_scope", "scope"]);
    assert.equal((await send(once)).status, 200);
  });

  test("loses its access tokens with the trust", async (t) => {
    const { server, trust, sign, send, refusedAs } = await withTrust(t);
    const { body } = await send(await sign());
    const { store, authenticator, endpoint } = server;
    await store.transaction((transaction) => store.issuerTrusts.remove(transaction, trust.key));
    assert.deepEqual(await refusedAs(send(await sign())), refusal("issuer"), "in that moment");
    await authenticator.refresh();
    assert.deepEqual(await refusedAs(send(await sign())), refusal("issuer"));
    assert.ok(!(await authenticator.authenticate(`Bearer ${body.access_token}`, endpoint, "read", START_MS)).accepted);
  });
});

describe("an assertion is rejected", () => {
  const cases: readonly (readonly [string, Record<string, unknown>, CredentialCheck])[] = [
    ["of another issuer", { iss: "https://evil.example.com" }, "issuer"],
    ["of another subject", { sub: "other" }, "subject"],
    ["for another audience", { aud: "api://other" }, "audience"],
    ["that has ended", { exp: NOW_S - 61 }, "expiry"],
    ["that does not end", { exp: undefined }, "expiry"],
    ["that is valid for very long", { exp: NOW_S + 8 * 86_400 }, "expiry"],
  ];
  for (const [name, claims, check] of cases) {
    test(`${name}, and the client does not learn why`, async (t) => {
      const { sign, send, refusedAs } = await withTrust(t);
      const answer = send(await sign(claims));
      assert.deepEqual(await refusedAs(answer), refusal(check));
      assert.match((await answer).body.error_description, /^The server rejected this assertion\./);
    });
  }

  test("that is invalid or sent in the wrong way", async (t) => {
    const { sign, send, refusedAs } = await withTrust(t);
    assert.deepEqual(await refusedAs(send("none")), refusal("token"));
    const malformed = [400, "invalid_request", "request"];
    assert.deepEqual(await refusedAs(send("")), malformed);
    assert.deepEqual(await refusedAs(send(await sign(), { client_assertion_type: "" })), malformed);
    assert.deepEqual(await refusedAs(send(await sign(), { client_assertion_type: "saml2-bearer" })), malformed);
    assert.deepEqual(await refusedAs(send(await sign(), { client_secret: "x" })), malformed);
    assert.deepEqual(await refusedAs(send(await sign(), {}, basic("c1", "x"))), malformed);
  });

  test("temporarily while the issuer's keys are not available", async (t) => {
    const unreachable = await startIssuer();
    await unreachable.close();
    const { sign, send, refusedAs } = await withTrust(t, { issuer: unreachable.issuer });
    const answer = send(await sign({ iss: unreachable.issuer }));
    assert.deepEqual(await refusedAs(answer), [503, "temporarily_unavailable", "keys"]);
    assert.equal((await answer).headers["retry-after"], "30");
  });
});
