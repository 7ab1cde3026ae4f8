import assert from "node:assert/strict";
import { after, beforeEach, describe, test } from "node:test";
import fc from "fast-check";
import { exportJWK, exportSPKI, FlattenedSign, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import type { IssuerTrust } from "../../store/store.ts";
import type { CredentialCheck, FailedCheck } from "../decision.ts";
import { START_MS, trustOf } from "../testing/database.ts";
import { startIssuer } from "../testing/issuer.ts";
import { type JwtAccepted, type JwtOutcome, JwtVerifier } from "./verifier.ts";

const issuer = await startIssuer();
after(() => issuer.close());
beforeEach(() => {
  issuer.answer = undefined;
});

const NOW_S = START_MS / 1_000;
const CLAIMS = {
  iss: issuer.issuer,
  aud: "api://6b1f",
  exp: NOW_S + 3_600,
  nbf: NOW_S,
  tid: "72f988bf",
  azp: "6b1f",
  sub: "9c2e",
};

function trust(changed: Partial<IssuerTrust> = {}): IssuerTrust {
  return { key: 1, createdMs: START_MS, lastUsedMs: undefined, ...trustOf(7), issuer: issuer.issuer, ...changed };
}

function verify(token: string, trusts: readonly IssuerTrust[] = [trust()], nowMs = START_MS): Promise<JwtOutcome> {
  return new JwtVerifier().verify(token, trusts, nowMs);
}

function accepted(outcome: JwtOutcome): JwtAccepted {
  assert.equal(outcome.kind, "accepted", JSON.stringify(outcome));
  return outcome as JwtAccepted;
}

function refused(outcome: JwtOutcome, check: CredentialCheck): FailedCheck {
  assert.ok(outcome.kind === "refused", outcome.kind);
  assert.equal(outcome.failed.check, check, JSON.stringify(outcome.failed));
  assert.ok(outcome.failed.remedy.length > 10);
  return outcome.failed;
}

describe("a token of a trusted issuer", () => {
  test("is accepted until its expiry, with the clock tolerance, for the application that got it", async () => {
    const outcome = accepted(await verify(await issuer.sign(CLAIMS)));
    assert.deepEqual(
      [outcome.trust, outcome.clientId, outcome.expiresMs],
      [trust(), "6b1f", START_MS + 3_600_000 + 60_000],
    );
  });

  test("is accepted if it has everything that the trust expects", async () => {
    const full = trust({ tenant: "72f988bf", clientId: "6b1f", subject: "9c2e", jwksUri: issuer.keysUrl });
    accepted(await verify(await issuer.sign(CLAIMS), [full]));
  });

  test("is accepted with the other usual spelling of its issuer or audience", async () => {
    const ways: readonly (readonly [Partial<IssuerTrust>, object])[] = [
      [{ audience: "6b1f" }, {}],
      [{}, { aud: "6b1f" }],
      [{}, { aud: ["other", "api://6b1f"] }],
      [{ issuer: `${issuer.issuer}/` }, {}],
      [{}, { iss: `${issuer.issuer}/` }],
      [{}, { nbf: undefined }],
    ];
    for (const [changed, claims] of ways)
      accepted(await verify(await issuer.sign({ ...CLAIMS, ...claims }), [trust(changed)]));
  });

  test("is accepted with the application in azp, appid or client_id", async () => {
    for (const name of ["azp", "appid", "client_id"]) {
      const token = await issuer.sign({ ...CLAIMS, azp: undefined, [name]: "app" });
      assert.equal(accepted(await verify(token, [trust({ clientId: "app" })])).clientId, "app");
    }
  });

  test("is accepted by the matching one of several trusts", async () => {
    const trusts = [
      trust({ key: 1, subject: "somebody else" }),
      trust({ key: 2, subject: "9c2e" }),
      trust({ key: 3, issuer: "https://other.example.com" }),
    ];
    assert.equal(accepted(await verify(await issuer.sign(CLAIMS), trusts)).trust.key, 2);
  });

  test("is accepted by the matching trust that grants the most, and by the first of equal ones", async () => {
    const reading = trust({ key: 1, scopes: ["read"] });
    const writing = trust({ key: 2, subject: "9c2e", scopes: ["read", "write"] });
    const token = await issuer.sign(CLAIMS);
    for (const trusts of [
      [reading, writing],
      [writing, reading],
      [reading, { ...writing, jwksUri: issuer.keysUrl }],
      [reading, writing, { ...writing, key: 3 }],
    ]) {
      assert.equal(accepted(await verify(token, trusts)).trust.key, 2);
    }
    assert.equal(accepted(await verify(token, [reading, { ...reading, key: 4 }])).trust.key, 1);
    const other = await issuer.sign({ ...CLAIMS, sub: "somebody else" });
    assert.equal(accepted(await verify(other, [reading, writing])).trust.key, 1);
  });

  for (const algorithm of ["RS256", "PS256", "ES384", "EdDSA"]) {
    test(`is accepted if it is signed with ${algorithm}`, async () => {
      const other = await startIssuer(algorithm);
      const token = await other.sign({ ...CLAIMS, iss: other.issuer });
      accepted(await verify(token, [trust({ issuer: other.issuer })]));
      await other.close();
    });
  }
});

describe("a claim that does not match is rejected, with the expected and the received value", () => {
  const cases: readonly (readonly [string, CredentialCheck, object, Partial<IssuerTrust>, RegExp, RegExp])[] = [
    ["another issuer", "issuer", { iss: "https://evil.example.com" }, {}, /^the claim "iss" "http/, /"https:\/\/evil/],
    ["no issuer", "issuer", { iss: undefined }, {}, /"iss"/, /no such claim/],
    ["an issuer that only begins alike", "issuer", { iss: `${issuer.issuer}.evil` }, {}, /"iss"/, /evil/],
    ["another audience", "audience", { aud: "api://other" }, {}, /"aud" "api:\/\/6b1f"/, /"api:\/\/other"/],
    ["other audiences", "audience", { aud: ["a", 5] }, {}, /"aud"/, /\["a",5\]/],
    ["no audience", "audience", { aud: undefined }, {}, /"aud"/, /no such claim/],
    ["an end that is past", "expiry", { exp: NOW_S - 61 }, {}, /after 2026-03-01T08:00:00/, /2026-03-01T07:58:59/],
    ["no end", "expiry", { exp: undefined }, {}, /"exp"/, /no such claim/],
    ["an end that is no number", "expiry", { exp: "soon" }, {}, /"exp"/, /"soon"/],
    ["a beginning that is to come", "not_before", { nbf: NOW_S + 61 }, {}, /before 2026-03-01T08:00/, /08:01:01/],
    ["a beginning that is no number", "not_before", { nbf: "now" }, {}, /"nbf"/, /"now"/],
    ["another tenant", "tenant", {}, { tenant: "contoso" }, /tid "contoso"/, /"72f988bf"/],
    ["no tenant", "tenant", { tid: undefined }, { tenant: "contoso" }, /tid/, /no such claim/],
    ["another application", "client_id", {}, { clientId: "other" }, /azp, appid or client_id "other"/, /"6b1f"/],
    ["no application", "client_id", { azp: 5 }, { clientId: "other" }, /"other"/, /no such claim/],
    ["another subject", "subject", {}, { subject: "other" }, /sub "other"/, /"9c2e"/],
  ];
  for (const [name, check, claims, changed, expected, received] of cases) {
    test(name, async () => {
      const token = await issuer.sign({ ...CLAIMS, ...claims });
      const failed = refused(await verify(token, [trust(changed)]), check);
      assert.match(failed.expected, expected);
      assert.match(failed.received, received);
    });
  }

  test("at the edge of the clock tolerance it still matches", async () => {
    accepted(await verify(await issuer.sign({ ...CLAIMS, exp: NOW_S - 59, nbf: NOW_S + 60 })));
  });

  test("if the endpoint trusts no issuer, the reason says so", async () => {
    assert.match(refused(await verify(await issuer.sign(CLAIMS), []), "issuer").expected, /trusts no issuer/);
  });

  test("of several trusts, the reason is about the closest one", async () => {
    const trusts = [trust({ audience: "other" }), trust({ subject: "other" }), trust({ tenant: "other" })];
    refused(await verify(await issuer.sign(CLAIMS), trusts), "subject");
  });

  test("a very long value is not recorded whole", async () => {
    const token = await issuer.sign({ ...CLAIMS, aud: "x".repeat(5_000) });
    assert.ok(refused(await verify(token), "audience").received.length < 300);
  });
});

describe("a token that the issuer did not sign is rejected", () => {
  test("without a signature, and with a public secret", async () => {
    refused(await verify(new UnsecuredJWT(CLAIMS).encode()), "algorithm");
    const { publicKey } = await generateKeyPair("RS256", { extractable: true });
    for (const secret of ["secret", await exportSPKI(publicKey)]) {
      const hmac = new SignJWT(CLAIMS).setProtectedHeader({ alg: "HS256", kid: "key-1" });
      refused(await verify(await hmac.sign(new TextEncoder().encode(secret))), "algorithm");
    }
  });

  test("with another key under the name of the issuer's key", async () => {
    const { privateKey } = await generateKeyPair("ES256");
    const forged = await new SignJWT(CLAIMS).setProtectedHeader({ alg: "ES256", kid: "key-1" }).sign(privateKey);
    const failed = refused(await verify(forged), "signature");
    assert.match(failed.expected, /by ES256 with the key "key-1"/);
  });

  test("with a key that comes with the token", async () => {
    const { privateKey } = await generateKeyPair("ES256");
    const jku = "https://evil.example.com/keys";
    const forged = new SignJWT(CLAIMS).setProtectedHeader({ alg: "ES256", kid: "evil", jku });
    const failed = refused(await verify(await forged.sign(privateKey)), "key");
    assert.match(failed.expected, /"key-1"/);
    assert.match(failed.received, /"evil"/);
  });

  test("with an extension that must be understood", async () => {
    const [, payload] = (await issuer.sign(CLAIMS)).split(".");
    const header = Buffer.from(JSON.stringify({ alg: "ES256", kid: "key-1", crit: ["x"], x: 1 })).toString("base64url");
    refused(await verify(`${header}.${payload}.AAAA`), "signature");
  });

  test("with an unencoded payload (RFC 7797 §7), although the signature is right", async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const keys = [{ ...(await exportJWK(publicKey)), alg: "ES256", kid: "own" }];
    issuer.answer = (_path, response) => response.end(JSON.stringify({ keys }));
    const payload = Buffer.from(JSON.stringify(CLAIMS)).toString("base64url");
    const tokenWith = async (b64: boolean) => {
      const header = { alg: "ES256", kid: "own", b64, crit: ["b64"] };
      const signed = new FlattenedSign(b64 ? Buffer.from(JSON.stringify(CLAIMS)) : Buffer.from(payload));
      const { protected: protectedHeader, signature } = await signed.setProtectedHeader(header).sign(privateKey);
      return `${protectedHeader}.${payload}.${signature}`;
    };
    const trusts = [trust({ jwksUri: issuer.keysUrl })];
    accepted(await verify(await tokenWith(true), trusts));
    const failed = refused(await verify(await tokenWith(false), trusts), "token");
    assert.match(failed.received, /"b64": false/);
  });

  test("changed in any way", async () => {
    const token = await issuer.sign(CLAIMS);
    const verifier = new JwtVerifier();
    const bytesOf = (text: string) => text.split(".").map((part) => Buffer.from(part, "base64url"));
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: token.length - 1 }),
        fc.constantFrom(..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."),
        fc.constantFrom("replace", "insert", "remove"),
        async (at, character, edit) => {
          const end = edit === "insert" ? at : at + 1;
          const altered = token.slice(0, at) + (edit === "remove" ? "" : character) + token.slice(end);
          // The last bits of base64url may be unused; then it is the same token.
          fc.pre(!Buffer.concat(bytesOf(altered)).equals(Buffer.concat(bytesOf(token))));
          assert.equal((await verifier.verify(altered, [trust()], START_MS)).kind, "refused", altered);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("not a token at all, or too long", async () => {
    for (const token of ["", "a.b", "a.b.c", "eyJhbGciOiJFUzI1NiJ9.bm8.AAAA"]) refused(await verify(token), "token");
    refused(await verify(await issuer.sign({ ...CLAIMS, groups: "x".repeat(16_000) })), "token");
  });
});
