import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, type TestContext, test } from "node:test";
import type { IssuerTrust } from "../../store/store.ts";
import { START_MS, trustOf } from "../testing/database.ts";
import { startIssuer, type TestIssuer } from "../testing/issuer.ts";
import { isIssuer } from "./claims.ts";
import { trustProblem } from "./issuer-keys.ts";
import { type JwtOutcome, JwtVerifier } from "./verifier.ts";

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;

/** An issuer, and a verifier that trusts it. Times count from the start. */
async function world(
  t: TestContext,
  changed: (issuer: TestIssuer) => Partial<IssuerTrust> = () => ({}),
  allowedHosts: readonly string[] = [],
) {
  const issuer = await startIssuer();
  t.after(() => issuer.close());
  const trust = {
    key: 1,
    createdMs: START_MS,
    lastUsedMs: undefined,
    ...trustOf(7),
    issuer: issuer.issuer,
    ...changed(issuer),
  };
  const verifier = new JwtVerifier(allowedHosts);
  const sign = () => issuer.sign({ iss: issuer.issuer, aud: "api://6b1f", exp: START_MS / 1_000 + 1_000_000 });
  return {
    issuer,
    sign,
    verifyAt: async (passedMs: number, token?: string) =>
      verifier.verify(token ?? (await sign()), [trust], START_MS + passedMs),
  };
}

function unavailable(outcome: JwtOutcome, received: RegExp, retryAfterMs?: number): void {
  assert.ok(outcome.kind === "unavailable", JSON.stringify(outcome));
  assert.equal(outcome.failed.check, "keys");
  assert.match(outcome.failed.received, received);
  if (retryAfterMs !== undefined) assert.equal(outcome.retryAfterMs, retryAfterMs);
}

/** Lets a background fetch finish. */
async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !condition(); turn++) await new Promise((resolve) => setTimeout(resolve, 2));
  assert.ok(condition());
  await new Promise((resolve) => setTimeout(resolve, 10));
}

describe("keys of an issuer", () => {
  test("are found through its metadata, or where the trust says, and fetched once for many tokens", async (t) => {
    const found = await world(t);
    const tokens = await Promise.all([1, 2, 3].map(() => found.sign()));
    const outcomes = await Promise.all(tokens.map((token) => found.verifyAt(0, token)));
    assert.deepEqual(
      outcomes.map(({ kind }) => kind),
      ["accepted", "accepted", "accepted"],
    );
    assert.deepEqual(found.issuer.asked, ["/.well-known/openid-configuration", "/keys"]);
    const told = await world(t, ({ keysUrl }) => ({ jwksUri: keysUrl }));
    assert.equal((await told.verifyAt(0)).kind, "accepted");
    assert.deepEqual(told.issuer.asked, ["/keys"]);
  });

  test("are fetched again for a new key, at most every 30 seconds", async (t) => {
    const { issuer, verifyAt } = await world(t, ({ keysUrl }) => ({ jwksUri: keysUrl }));
    assert.equal((await verifyAt(0)).kind, "accepted");
    await issuer.rotate();
    assert.equal((await verifyAt(30 * SECOND_MS - 1)).kind, "refused");
    assert.equal(issuer.asked.length, 1);
    assert.equal((await verifyAt(30 * SECOND_MS)).kind, "accepted");
    assert.equal(issuer.asked.length, 2);
    const forged = await issuer.sign({ iss: issuer.issuer }, { kid: "guess" });
    for (let time = 0; time < 5; time++) {
      const outcome = await verifyAt(40 * SECOND_MS, forged);
      assert.equal(outcome.kind === "refused" && outcome.failed.check, "key");
    }
    assert.equal(issuer.asked.length, 2);
  });

  test("that the issuer has withdrawn are rejected after ten minutes", async (t) => {
    const { issuer, sign, verifyAt } = await world(t, ({ keysUrl }) => ({ jwksUri: keysUrl }));
    const old = await sign();
    assert.equal((await verifyAt(0, old)).kind, "accepted");
    await issuer.rotate();
    assert.equal((await verifyAt(600 * SECOND_MS - 1, old)).kind, "accepted");
    assert.equal(issuer.asked.length, 1);
    assert.equal((await verifyAt(600 * SECOND_MS, old)).kind, "accepted", "nobody waits for keys that are there");
    await until(() => issuer.asked.length === 2);
    const outcome = await verifyAt(600 * SECOND_MS + 1, old);
    assert.equal(outcome.kind === "refused" && outcome.failed.check, "key");
  });

  test("are used for a day while the issuer cannot be reached", async (t) => {
    const { issuer, verifyAt } = await world(t, ({ keysUrl }) => ({ jwksUri: keysUrl }));
    assert.equal((await verifyAt(0)).kind, "accepted");
    issuer.answer = (_path, response) => response.writeHead(500).end();
    for (const hours of [1, 12, 23.99]) assert.equal((await verifyAt(hours * HOUR_MS)).kind, "accepted");
    unavailable(await verifyAt(24 * HOUR_MS + 60 * SECOND_MS), /answered with status 500/);
    issuer.answer = undefined;
    assert.equal((await verifyAt(25 * HOUR_MS)).kind, "accepted");
  });

  test("that are unknown while the issuer cannot be reached lead to 503, not to 401", async (t) => {
    const { issuer, verifyAt } = await world(t, ({ keysUrl }) => ({ jwksUri: keysUrl }));
    assert.equal((await verifyAt(0)).kind, "accepted");
    await issuer.rotate();
    issuer.answer = (_path, response) => response.destroy();
    unavailable(await verifyAt(60 * SECOND_MS), /cannot be reached/, 30 * SECOND_MS);
    issuer.answer = undefined;
    unavailable(await verifyAt(80 * SECOND_MS), /cannot be reached/, 10 * SECOND_MS);
    assert.equal((await verifyAt(90 * SECOND_MS)).kind, "accepted");
    const forged = await issuer.sign({ iss: issuer.issuer }, { kid: "guess" });
    assert.equal((await verifyAt(91 * SECOND_MS, forged)).kind, "refused", "now it can be told");
  });

  test("are fetched again after a clock was set back", async (t) => {
    const { verifyAt, issuer } = await world(t);
    issuer.answer = (_path, response) => response.destroy();
    unavailable(await verifyAt(0), /cannot be reached/);
    issuer.answer = undefined;
    assert.equal((await verifyAt(-HOUR_MS)).kind, "accepted");
  });
});

describe("an issuer without usable keys", () => {
  type Reply = NonNullable<TestIssuer["answer"]>;
  const json =
    (value: unknown): Reply =>
    (_path, response) => {
      response.end(JSON.stringify(value));
    };
  const cases: readonly (readonly [string, Reply, RegExp])[] = [
    ["says nothing that is JSON", (_path, response) => response.end("<html>"), /did not answer with a JSON object/],
    ["says something else in JSON", json([]), /did not answer with a JSON object/],
    ["sends elsewhere", (_path, response) => response.writeHead(302, { location: "/keys" }).end(), /status 302/],
    ["says very much", (_path, response) => response.end("x".repeat(600_000)), /more than 524288 bytes/],
    ["has the metadata of another", json({ issuer: "https://other.example.com" }), /metadata of another issuer/],
    [
      "does not say where the keys are",
      (_p, r) => json({ issuer: `http://${r.req.headers.host}` })(_p, r),
      /no jwks_uri/,
    ],
    [
      "has its keys where anybody could alter them",
      (_p, r) => json({ issuer: `http://${r.req.headers.host}`, jwks_uri: "http://example.com/" })(_p, r),
      /must begin with https:/,
    ],
    [
      "has no keys",
      (_p, r) =>
        json({ issuer: `http://${r.req.headers.host}`, jwks_uri: `http://${r.req.headers.host}/`, keys: [] })(_p, r),
      /has no keys/,
    ],
  ];
  for (const [name, answer, received] of cases) {
    test(name, async (t) => {
      const { issuer, verifyAt } = await world(t);
      issuer.answer = answer;
      unavailable(await verifyAt(0), received, 30 * SECOND_MS);
    });
  }

  /** Metadata whose keys are at another URL. */
  const keysAt =
    (jwksUri: string): Reply =>
    (path, response) =>
      json({ issuer: `http://${response.req.headers.host}`, jwks_uri: jwksUri })(path, response);

  test("has its keys at an address that only this machine or its network reaches", async (t) => {
    for (const [url, problem] of [
      ["http://127.0.0.1:9/keys", /must begin with https:/],
      ["http://localhost:9/keys", /must begin with https:/],
      ["https://127.0.0.1:9/keys", /127\.0\.0\.1, which is not public.*ISSUER_HOSTS/],
      ["https://2130706433:9/keys", /127\.0\.0\.1, which is not public/],
      ["https://10.0.0.1/keys", /10\.0\.0\.1, which is not public/],
      ["https://169.254.169.254/keys", /169\.254\.169\.254, which is not public/],
      ["https://[::1]:9/keys", /::1, which is not public/],
      ["https://[::ffff:10.0.0.1]:9/keys", /::ffff:a00:1, which is not public/],
      ["https://[fd00::1]/keys", /fd00::1, which is not public/],
      // A name, which is checked after it is resolved.
      ["https://localhost:9/keys", /^localhost has the address (?:127\.0\.0\.1|::1), which is not public/],
    ] as const) {
      const { issuer, verifyAt } = await world(t);
      issuer.answer = keysAt(url);
      unavailable(await verifyAt(0), problem);
    }
  });

  test("may have them at such an address if the host is allowed, or the trust names it", async (t) => {
    const keys = await world(t);
    const publish = (_path: string, response: ServerResponse) =>
      fetch(keys.issuer.keysUrl).then(async (answer) => response.end(await answer.text()));
    const other = createServer((request, response) => void publish(request.url ?? "", response));
    t.after(() => other.close());
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}/keys`;
    for (const [allowed, jwksUri, kind] of [
      [[], undefined, "unavailable"],
      [["127.0.0.1"], undefined, "accepted"],
      [[], url, "accepted"],
    ] as const) {
      const { issuer, verifyAt } = await world(t, () => ({ jwksUri }), allowed);
      issuer.answer = keysAt(url);
      const exp = START_MS / 1_000 + 1_000_000;
      const token = await keys.issuer.sign({ iss: issuer.issuer, aud: "api://6b1f", exp });
      assert.equal((await verifyAt(0, token)).kind, kind);
    }
  });

  test("does not answer", async (t) => {
    const { issuer, verifyAt } = await world(t);
    issuer.answer = () => undefined;
    const { timeout } = AbortSignal;
    t.mock.method(AbortSignal, "timeout", (delayMs: number) => {
      assert.equal(delayMs, 5_000);
      return timeout(20);
    });
    unavailable(await verifyAt(0), /did not answer within 5 s/);
  });

  test("has unusable keys besides a usable one", async (t) => {
    const { issuer, sign, verifyAt } = await world(t, ({ keysUrl }) => ({ jwksUri: keysUrl }));
    const token = await sign();
    const { keys } = (await (await fetch(issuer.keysUrl)).json()) as { keys: object[] };
    const unusable = [{ kty: "RSA", kid: "key-0" }, { kty: "oct", k: "c2VjcmV0", kid: "key-2" }, {}];
    issuer.answer = json({ keys: [...unusable, ...keys] });
    assert.equal((await verifyAt(0, token)).kind, "accepted");
    const other = await issuer.sign({ iss: issuer.issuer }, { kid: "key-2" });
    assert.equal((await verifyAt(0, other)).kind, "refused");
  });
});

const V1 = "https://sts.windows.net/72f988bf/";
const V2 = "https://login.microsoftonline.com/72f988bf/v2.0";

test("both names of a tenant of Entra ID stand for the same issuer, and no other name does", () => {
  for (const trusted of [V1, V2, V1.slice(0, -1), `${V2}/`]) {
    for (const iss of [V1, V2]) assert.ok(isIssuer(trusted, iss), `${trusted} ${iss}`);
    for (const iss of [
      "https://sts.windows.net/contoso/",
      "https://login.microsoftonline.com/contoso/v2.0",
      "https://login.microsoftonline.com/72f988bf",
      "https://login.microsoftonline.com/72f988bf/v2.0/x",
      "https://sts.windows.net/72f988bf/v2.0",
      "http://sts.windows.net/72f988bf/",
      "https://sts.windows.net.example.com/72f988bf/",
      "https://sts.windows.net//",
      `${V1}/`,
      undefined,
      ["https://sts.windows.net/72f988bf/"],
    ])
      assert.ok(!isIssuer(trusted, iss), `${trusted} ${iss}`);
  }
});

test("an issuer is trusted only if nobody can change its keys on the way", () => {
  const problemOf = (issuer: string, jwksUri?: string) => trustProblem({ ...trustOf(1), issuer, jwksUri });
  for (const url of [V1, V2, "http://localhost:8080", "http://127.0.0.1/x", "http://[::1]:9"]) {
    assert.equal(problemOf(url), undefined, url);
    assert.equal(problemOf("any name", url), undefined, url);
  }
  for (const url of ["http://example.com", "http://127.0.0.1.example.com", "ftp://127.0.0.1", "example.com", ""])
    assert.ok(problemOf(url), url);
  assert.match(problemOf("http://example.com") ?? "", /^The issuer cannot be used: .*must begin with https:/);
  assert.match(problemOf(V1, "https://user:pass@example.com") ?? "", /^The address of the keys .*without a user/);
});

test("a trust needs an audience and scopes", () => {
  assert.match(trustProblem({ ...trustOf(1), issuer: V1, audience: "" }) ?? "", /audience is missing/);
  assert.match(trustProblem({ ...trustOf(1), issuer: V1, scopes: [] }) ?? "", /scopes are missing/);
});
