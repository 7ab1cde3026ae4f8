import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { hashSecret, newSecret } from "../../auth/credentials.ts";
import type { CredentialCheck } from "../../auth/decision.ts";
import { StoreUnavailable } from "../../store/store.ts";
import type { Answer } from "../../testing/client.ts";
import type { TokenOutcome } from "./oauth.ts";
import { basic, CLIENT_ID, startTokenServer, type TokenServer } from "./test-server.ts";

const GRANT = { grant_type: "client_credentials" };
const HOUR_MS = 3_600_000;

/** Asserts a response of RFC 6749 §5.1, and returns the access token. */
function issued(answer: Answer, scope = "read write"): string {
  assert.equal(answer.status, 200, answer.text);
  assert.match(String(answer.headers["content-type"]), /^application\/json/);
  assert.equal(answer.headers["cache-control"], "no-store");
  const { access_token: token, ...rest } = answer.body;
  assert.deepEqual(rest, { token_type: "Bearer", expires_in: 3_600, scope });
  return token;
}

/** Asserts a response of RFC 6749 §5.2, and returns the recorded outcome. */
function refused({ outcomes }: TokenServer, answer: Answer, status: number, code: string, check: CredentialCheck) {
  assert.deepEqual([answer.status, answer.body.error], [status, code], answer.text);
  assert.equal(answer.headers["cache-control"], "no-store");
  assert.deepEqual(Object.keys(answer.body), ["error", "error_description"]);
  assert.match(answer.body.error_description, /^[\x20-\x21\x23-\x5B\x5D-\x7E]{10,}$/);
  const challenge = answer.headers["www-authenticate"];
  assert.equal(challenge, status === 401 ? 'Basic realm="SCIM", charset="UTF-8"' : undefined);
  const outcome: TokenOutcome | undefined = outcomes.at(-1);
  assert.ok(outcome !== undefined && !outcome.issued);
  assert.equal(outcome.failed.check, check, JSON.stringify(outcome.failed));
  return { description: String(answer.body.error_description), failed: outcome.failed };
}

function secretIn(secret: string) {
  return { ...GRANT, client_id: CLIENT_ID, client_secret: secret };
}

async function withClient(t: TestContext, changed: Parameters<TokenServer["addClient"]>[0] = {}) {
  const server = await startTokenServer(t);
  const client = await server.addClient(changed);
  const decide = (token: string, scope: "read" | "write" = "write") =>
    server.authenticator.authenticate(`Bearer ${token}`, server.endpoint, scope, server.nowMs);
  return { server, ...client, decide };
}

describe("a client with its secret", () => {
  test("gets an access token by HTTP Basic, by form and by JSON, which opens its endpoint for an hour", async (t) => {
    const { server, secret, decide } = await withClient(t, { user: "2819c223" });
    const json = { "content-type": "application/json; charset=utf-8" };
    const answers = [
      await server.post(GRANT, basic(CLIENT_ID, secret)),
      await server.post({ ...GRANT, client_id: CLIENT_ID }, basic(CLIENT_ID, secret)),
      await server.post(secretIn(secret)),
      await server.client.send("POST", "/oauth/token", { body: secretIn(secret), headers: json }),
      await server.client.send("POST", "/oauth/token", {
        body: new URLSearchParams(secretIn(secret)).toString(),
        headers: { "content-type": undefined },
      }),
      await server.post({ ...secretIn(secret), scope: "", client_assertion: "" }, { authorization: "Bearer old" }),
    ];
    const tokens = new Set(answers.map((answer) => issued(answer)));
    assert.equal(tokens.size, answers.length);
    for (const token of tokens) {
      const decision = await decide(token);
      assert.ok(decision.accepted);
      const { kind, clientId, label, user } = decision.credential;
      assert.deepEqual([kind, clientId, label, user], ["access", CLIENT_ID, "first secret", "2819c223"]);
    }
    server.nowMs += HOUR_MS - 1;
    const [token = ""] = tokens;
    assert.ok((await decide(token)).accepted);
    server.nowMs += 1;
    const ended = await decide(token);
    assert.equal(!ended.accepted && ended.failed.check, "expiry");
  });

  test("has its access token stored only as a hash, and recorded without it", async (t) => {
    const { server, secret, key, decide } = await withClient(t);
    const token = issued(await server.post(secretIn(secret)));
    assert.ok(!(decide(token) instanceof Promise), "it is known at once");
    const { credentials, committed } = server.store;
    const [row] = await credentials.byHash(committed, hashSecret(token));
    const client = (await credentials.list(committed)).find((each) => each.key === key);
    assert.equal(client && server.authenticator.lastUsedMs("client", client), server.nowMs);
    assert.deepEqual(row?.origin, { kind: "client", key });
    assert.deepEqual(server.outcomes, [{ issued: true, credential: row }]);
    assert.ok(!JSON.stringify(server.outcomes).includes(token));
  });

  test("must reuse a token until it expires: 429 after 30 at once and one a second, whatever others do", async (t) => {
    const { server, secret } = await withClient(t);
    for (let attempt = 0; attempt < 30; attempt++) issued(await server.post(secretIn(secret)));
    refused(server, await server.post(secretIn(secret)), 429, "temporarily_unavailable", "rate");
    const other = await server.addClient({ clientId: "c2" });
    issued(await server.post({ ...GRANT, client_id: "c2", client_secret: other.secret }));
    refused(server, await server.post(secretIn("guess")), 401, "invalid_client", "client_secret");
    server.nowMs += 1_000;
    issued(await server.post(secretIn(secret)));
    refused(server, await server.post(secretIn(secret)), 429, "temporarily_unavailable", "rate");
  });

  test("may have several secrets at once, each valid until it is removed or expires", async (t) => {
    const { server, secret, key, decide } = await withClient(t);
    const expiresMs = server.nowMs + 1_000;
    const second = await server.addClient({ label: "second secret", expiresMs });
    const first = issued(await server.post(secretIn(secret)));
    const { access_token: ofSecond, expires_in: lifetimeSeconds } = (await server.post(secretIn(second.secret))).body;
    assert.equal(lifetimeSeconds, 1, "no longer than its secret");
    const { store } = server;
    await store.transaction((transaction) => store.credentials.remove(transaction, key));
    await server.authenticator.refresh();
    refused(server, await server.post(secretIn(secret)), 401, "invalid_client", "client_secret");
    assert.ok(!(await decide(first)).accepted, "its access tokens end with it");
    server.nowMs = expiresMs;
    const { description, failed } = refused(
      server,
      await server.post(secretIn(second.secret)),
      401,
      "invalid_client",
      "expiry",
    );
    assert.match(description, /has expired/);
    assert.match(failed.received, /"second secret", valid until 2026-03-01T08:00:01/);
    const ended = await decide(ofSecond);
    assert.equal(!ended.accepted && ended.failed.check, "expiry", "its access tokens end with it");
  });

  test("gets the requested scope, or all that it has", async (t) => {
    const { server, secret, decide } = await withClient(t);
    const token = issued(await server.post({ ...secretIn(secret), scope: "read" }), "read");
    assert.ok((await decide(token, "read")).accepted);
    const writing = await decide(token, "write");
    assert.deepEqual(!writing.accepted && [writing.status, writing.error], [403, "insufficient_scope"]);
    issued(await server.post({ ...secretIn(secret), scope: "write" }));
    issued(await server.post({ ...secretIn(secret), scope: "write read" }));
  });

  test("does not get an unknown scope, or one that it does not have", async (t) => {
    const { server, secret } = await withClient(t, { scopes: ["read"] });
    issued(await server.post(secretIn(secret)), "read");
    for (const scope of ["write", "read write", "admin", 'a"\\\u00e9']) {
      const answer = await server.post({ ...secretIn(secret), scope });
      const { description } = refused(server, answer, 400, "invalid_scope", "scope");
      assert.equal(
        description,
        "This client may have the scope: read. Leave out the parameter scope to get all of it.",
      );
    }
  });

  test("of another endpoint is told so, because it has authenticated", async (t) => {
    const { server, secret } = await withClient(t);
    const answer = await server.post(secretIn(secret), {}, "hr");
    const { description } = refused(server, answer, 400, "unauthorized_client", "endpoint");
    assert.match(description, /another endpoint than 'hr'/);
  });

  test("whose ID and secret have encoded characters is understood", async (t) => {
    const { server } = await withClient(t);
    const [clientId, secret] = ["a b:c%+é", "p:ä+ %s"];
    await server.addClient({ clientId, secretHash: hashSecret(secret) });
    issued(await server.post(GRANT, basic(clientId, secret)));
    const form = new URLSearchParams([[clientId, secret]]).toString().replace("=", ":");
    issued(await server.post(GRANT, { authorization: `Basic ${Buffer.from(form).toString("base64")}` }));
    const plain = { authorization: `Basic ${Buffer.from("x%y:100%").toString("base64")}` };
    await server.addClient({ clientId: "x%y", secretHash: hashSecret("100%") });
    issued(await server.post(GRANT, plain));
  });
});

describe("a client without a valid secret", () => {
  test("gets the same error whether ID or secret is wrong, and the record says which", async (t) => {
    const { server, secret } = await withClient(t);
    await server.add("token-of-the-endpoint");
    await server.authenticator.refresh();
    const cases: readonly (readonly [string, string, CredentialCheck, RegExp])[] = [
      ["nobody", secret, "client_id", /^"nobody"$/],
      [secret, CLIENT_ID, "client_id", /^a secret in its place: 61 characters, fingerprint/],
      [CLIENT_ID, newSecret("client"), "client_secret", /^a secret that is not this client's: 61 characters/],
      [CLIENT_ID, secret.slice(1), "client_secret", /^a secret that is not this client's: 60/],
      [CLIENT_ID, secret.slice(0, -1), "client_secret", /^a part of a secret, or a changed one: 60/],
      [CLIENT_ID, "token-of-the-endpoint", "client_secret", /that is not this client's/],
    ];
    for (const [clientId, wrong, check, received] of cases) {
      for (const answer of [
        await server.post(GRANT, basic(clientId, wrong)),
        await server.post({ ...GRANT, client_id: clientId, client_secret: wrong }),
      ]) {
        const { description, failed } = refused(server, answer, 401, "invalid_client", check);
        assert.equal(description, "The client ID or secret is not valid.");
        assert.match(failed.received, received);
        assert.ok(!JSON.stringify(failed).includes(wrong === CLIENT_ID ? secret : wrong));
      }
    }
  });

  test("and with nothing or half of it is told what to send", async (t) => {
    const { server } = await withClient(t);
    const halves: readonly (readonly [Record<string, string>, CredentialCheck])[] = [
      [{}, "client_id"],
      [{ client_secret: "x" }, "client_id"],
      [{ client_id: CLIENT_ID }, "client_secret"],
      [{ client_id: CLIENT_ID, client_secret: "" }, "client_secret"],
    ];
    for (const [half, check] of halves)
      refused(server, await server.post({ ...GRANT, ...half }), 401, "invalid_client", check);
    for (const text of ["", "nocolon", ":secret", "id:"]) {
      const authorization = `Basic ${Buffer.from(text).toString("base64")}`;
      refused(server, await server.post(GRANT, { authorization }), 401, "invalid_client", "header");
    }
  });

  test("cannot try forever: 429 after a while, for that client and address", async (t) => {
    const { server } = await withClient(t);
    const statuses = [];
    for (let attempt = 0; attempt < 40; attempt++) statuses.push((await server.post(secretIn("guess"))).status);
    assert.deepEqual([...new Set(statuses)], [401, 429]);
    assert.equal(statuses.indexOf(429), 30);
    const limited = await server.post(secretIn("guess"));
    refused(server, limited, 429, "temporarily_unavailable", "rate");
    assert.equal(limited.headers["retry-after"], "2");
    refused(server, await server.post({ ...secretIn("guess"), client_id: "c2" }), 401, "invalid_client", "client_id");
    server.nowMs += 2_000;
    refused(server, await server.post(secretIn("guess")), 401, "invalid_client", "client_secret");
  });

  test("does not lock out a client with the secret, from the same address and with the same ID", async (t) => {
    const { server, secret } = await withClient(t);
    for (let attempt = 0; attempt < 250; attempt++)
      await server.post({ ...secretIn("guess"), client_id: attempt < 40 ? CLIENT_ID : `c${attempt}` });
    refused(server, await server.post(secretIn("guess")), 429, "temporarily_unavailable", "rate");
    issued(await server.post(secretIn(secret)));
    issued(await server.post(GRANT, basic(CLIENT_ID, secret)));
  });

  test("cannot try forever with other IDs either", async (t) => {
    const { server } = await withClient(t);
    const statuses = [];
    for (let attempt = 0; attempt < 210; attempt++)
      statuses.push((await server.post({ ...secretIn("guess"), client_id: `c${attempt}` })).status);
    assert.equal(statuses.indexOf(429), 200);
  });
});

describe("an invalid request for an access token", () => {
  test("is not repeated where it may contain a secret", async (t) => {
    const { server } = await withClient(t);
    const secret = "hunter2-hunter2";
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const sent = async (body: string) => {
      await server.client.send("POST", "/oauth/token", { body, headers: form });
      const outcome = server.outcomes.at(-1);
      return outcome?.issued === false ? outcome.failed.received : "";
    };
    for (const separator of ["\n", "\r\n", " ", "%26"]) {
      const parameters = ["grant_type=client_credentials", "client_id=c1", `client_secret=${secret}`];
      const [grantType = "", ...others] = parameters;
      for (const body of [
        parameters.join(separator),
        `${grantType}&${others.join(separator)}`,
        `${grantType}&client_id=c1&client_assertion_type=x${separator}client_secret=${secret}`,
        `${grantType}&client_id=c1&client_secret=wrong&scope=read${separator}client_secret=${secret}`,
        `grant_type=${secret}&client_id=c1`,
      ]) {
        const received = await sent(body);
        assert.ok(received !== "" && !received.includes("hunter2"), received);
      }
    }
    for (const grantType of ["password", "authorization_code", "urn:ietf:params:oauth:grant-type:device_code"])
      assert.equal(await sent(`grant_type=${grantType}`), `"${grantType}"`);
  });

  test("is answered with the mistake", async (t) => {
    const { server, secret } = await withClient(t);
    const good = secretIn(secret);
    const cases: readonly (readonly [string, Record<string, string>, Record<string, string>, RegExp])[] = [
      ["no grant type", { client_id: CLIENT_ID, client_secret: secret }, {}, /^Send grant_type=client_credentials/],
      ["two ways", good, basic(CLIENT_ID, secret), /once: in the Authorization header or in the body/],
      [
        "two ids",
        { ...GRANT, client_id: "c2" },
        basic(CLIENT_ID, secret),
        /differs from the one in the Authorization header/,
      ],
      ["text", good, { "content-type": "text/plain" }, /^Send the parameters as application\/x-www-form-urlencoded/],
    ];
    for (const [, parameters, headers, told] of cases) {
      const answer = await server.post(parameters, headers);
      assert.match(refused(server, answer, 400, "invalid_request", "request").description, told);
    }
    const answer = await server.post({ ...good, grant_type: "password" });
    refused(server, answer, 400, "unsupported_grant_type", "grant_type");
  });

  test("with an unreadable body is answered with the mistake", async (t) => {
    const { server } = await withClient(t);
    const json = { "content-type": "application/json" };
    const form = { "content-type": "application/x-www-form-urlencoded" };
    for (const [body, headers] of [
      ["{", json],
      ["[]", json],
      ["null", json],
      ['{"grant_type":5}', json],
      ["grant_type=client_credentials&grant_type=client_credentials", form],
      ["", form],
    ] as const) {
      const answer = await server.client.send("POST", "/oauth/token", { body, headers });
      refused(server, answer, 400, "invalid_request", "request");
    }
    const large = await server.client.send("POST", "/oauth/token", { body: "x".repeat(70_000), headers: form });
    assert.deepEqual([large.status, large.body.error], [413, "invalid_request"]);
  });

  test("by another method is told to use POST", async (t) => {
    const { server } = await withClient(t);
    for (const method of ["GET", "PUT", "PATCH", "DELETE"]) {
      const { status, headers, body } = await server.client.send(method, "/oauth/token?client_secret=x");
      assert.deepEqual([status, headers.allow, body.error], [405, "POST", "invalid_request"]);
    }
  });
});

describe("the server", () => {
  test("removes expired access tokens when it creates new ones", async (t) => {
    const { server, secret } = await withClient(t);
    const tokens: string[] = [];
    for (let time = 0; time < 25; time++) tokens.push(issued(await server.post(secretIn(secret))));
    const { credentials, committed } = server.store;
    const left = async () => {
      const rows = await Promise.all(tokens.map((token) => credentials.byHash(committed, hashSecret(token))));
      return rows.flat().length;
    };
    server.nowMs += 2 * HOUR_MS;
    issued(await server.post(secretIn(secret)));
    assert.equal(await left(), 25, "an hour longer, so that a refusal can say that it ended");
    server.nowMs += 1;
    issued(await server.post(secretIn(secret)));
    assert.equal(await left(), 5);
    issued(await server.post(secretIn(secret)));
    assert.equal(await left(), 0);
  });

  test("issues no token for a secret that is removed at that moment", async (t) => {
    const { server, secret, key } = await withClient(t);
    const { store } = server;
    await store.transaction((transaction) => store.credentials.remove(transaction, key));
    refused(server, await server.post(secretIn(secret)), 401, "invalid_client", "client_secret");
  });

  test("opens no database for an unauthenticated client", async (t) => {
    let opened = 0;
    const server = await startTokenServer(t, {
      open: async () => {
        opened++;
        throw new StoreUnavailable("The store is closed.");
      },
    });
    const { secret } = await server.addClient();
    refused(server, await server.post(secretIn("guess")), 401, "invalid_client", "client_secret");
    refused(server, await server.post({ ...secretIn(secret), scope: "admin" }), 400, "invalid_scope", "scope");
    assert.equal(opened, 0);
    const answer = await server.post(secretIn(secret));
    assert.deepEqual([answer.status, answer.body.error], [503, "temporarily_unavailable"]);
    assert.equal(answer.headers["retry-after"], "1");
    assert.equal(opened, 1);
  });

  test("says when it is starting", async (t) => {
    const starting = await startTokenServer(t, { authenticator: () => undefined });
    refused(starting, await starting.post(secretIn("x")), 503, "temporarily_unavailable", "request");
  });

  test("does not disclose details of its own failures", async (t) => {
    const logged: string[] = [];
    const open = () => Promise.reject(new Error("internals"));
    const server = await startTokenServer(t, { open }, (line) => logged.push(line));
    const { secret } = await server.addClient();
    const answer = await server.post(secretIn(secret));
    assert.deepEqual([answer.status, answer.body.error], [500, "server_error"]);
    assert.ok(!answer.text.includes("internals"));
    assert.equal(logged.length, 1);
    assert.match(logged[0] ?? "", /internals/);
    await server.post(secretIn("guess"));
    assert.equal(logged.length, 1, "a refusal is no failure");
  });

  test("describes its token endpoints (RFC 8414)", async (t) => {
    const server = await startTokenServer(t);
    const path = "/.well-known/oauth-authorization-server";
    const own = await server.client.get(path);
    assert.equal(own.status, 200);
    assert.match(String(own.headers["content-type"]), /^application\/json/);
    const { token_endpoint_auth_signing_alg_values_supported: algorithms, ...rest } = own.body;
    assert.deepEqual(rest, {
      issuer: server.origin,
      token_endpoint: server.tokenUrl,
      token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post", "private_key_jwt"],
      grant_types_supported: ["client_credentials"],
      scopes_supported: ["read", "write"],
      response_types_supported: [],
    });
    assert.ok(algorithms.includes("RS256") && !algorithms.some((name: string) => /^HS|none/.test(name)));
    const other = await server.client.get(`${path}/scim/endpoints/hr`);
    assert.equal(other.body.issuer, `${server.origin}/scim/endpoints/hr`);
    assert.equal(other.body.token_endpoint, `${server.origin}/scim/endpoints/hr/oauth/token`);
  });
});
