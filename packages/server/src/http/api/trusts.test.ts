import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { decodeJwt, SignJWT, UnsecuredJWT } from "jose";
import { startIssuer } from "../../auth/testing/issuer.ts";
import { startApplication, TEST_ADMIN_SECRET, TEST_SECRET } from "../../testing/application.ts";
import { done, isProblem, refused, succeeded } from "../../testing/assert-answer.ts";
import type { Answer } from "../../testing/client.ts";
import { user } from "../../testing/scim-bodies.ts";
import type { TryResult } from "./try-token.ts";

const server = await startApplication();
const issuer = await startIssuer();
const { admin, client, connect } = server;
after(async () => {
  await issuer.close();
  await server.close();
});

done(await admin.post("/api/endpoints", { name: "hr" }), 201);

const DEFAULT = "/api/endpoints/default/trusts";
const HR = "/api/endpoints/hr/trusts";
const AUDIENCE = "api://6b1f";

function sign(claims: Record<string, unknown> = {}): Promise<string> {
  const exp = Math.floor(Date.now() / 1_000) + 600;
  return issuer.sign({ iss: issuer.issuer, aud: AUDIENCE, exp, azp: "app", sub: "subject", ...claims });
}

const usual = (more: object = {}) => ({ label: "issuer", issuer: issuer.issuer, audience: AUDIENCE, ...more });

describe("trusts", () => {
  test("make tokens of another issuer valid at once, until they are removed or changed", async () => {
    const token = await sign();
    const bearer = connect(token, "/scim/v2");
    refused(await bearer.get("/Users"), 401, undefined, /rejected this token/);
    const made = await admin.post(DEFAULT, usual({ clientId: "app" }));
    const trust = done(made, 201);
    assert.equal(made.headers.location, `${DEFAULT}/${trust.key}`);
    assert.deepEqual(done(await admin.get(DEFAULT)).trusts, [trust]);
    succeeded(await bearer.post("/Users", user("by-issuer")), 201);
    assert.equal(trust.lastUsed, null);
    const patch = async (body: object) => done(await admin.send("PATCH", `${DEFAULT}/${trust.key}`, { body }));
    const changed = await patch({ scopes: ["read"], subject: "subject" });
    assert.ok(Date.parse(changed.lastUsed) >= Date.parse(trust.created));
    assert.deepEqual(changed, { ...trust, lastUsed: changed.lastUsed, scopes: ["read"], subject: "subject" });
    refused(await bearer.post("/Users", user("never")), 403, undefined, /scope "write"/);
    assert.deepEqual(await patch({ subject: "somebody else", clientId: null }), {
      ...changed,
      subject: "somebody else",
      clientId: null,
    });
    refused(await bearer.get("/Users"), 401, undefined, /rejected this token/);
    await patch({ subject: null, label: "renamed" });
    assert.equal((await bearer.get("/Users")).status, 200);
    assert.equal((await admin.delete(`${DEFAULT}/${trust.key}`)).status, 204);
    refused(await bearer.get("/Users"), 401, undefined, /rejected this token/);
    isProblem(await admin.delete(`${DEFAULT}/${trust.key}`), 404, /"default" has no trust/);
  });

  test("keep simultaneous changes", async () => {
    const { key } = done(await admin.post(DEFAULT, usual({ label: "changed at once" })), 201);
    const parts = [{ tenant: "t" }, { clientId: "c" }, { subject: "s" }, { scopes: ["read"] }, { audience: "other" }];
    const several = parts.map(() => connect(TEST_ADMIN_SECRET));
    // So that none has to connect first.
    await Promise.all(several.map((each) => each.get(DEFAULT)));
    await Promise.all(
      parts.map(async (body, at) => done((await several[at]?.send("PATCH", `${DEFAULT}/${key}`, { body })) as Answer)),
    );
    const kept = done(await admin.get(DEFAULT)).trusts.find((each: { key: number }) => each.key === key);
    assert.deepEqual({ ...kept, ...Object.assign({}, ...parts) }, kept);
    assert.equal((await admin.delete(`${DEFAULT}/${key}`)).status, 204);
  });

  test("can be bound to a user of their endpoint", async () => {
    const { id } = succeeded(await client.post("/Users", user("service")), 201);
    const trust = done(await admin.post(DEFAULT, usual({ label: "bound", user: "service" })), 201);
    assert.equal(trust.user, id);
    assert.equal((await connect(await sign(), "/scim/v2").get("/Me")).body.id, id);
    isProblem(await admin.post(HR, usual({ user: id })), 400, /"hr" has no User/);
    done(await admin.delete(`${DEFAULT}/${trust.key}`), 204);
  });

  test("that accept too much, or cannot be checked, are rejected", async () => {
    const refusals: readonly (readonly [body: object, detail: RegExp])[] = [
      [{ ...usual(), audience: undefined }, /^"audience" must be a string: without it/],
      [{ ...usual(), issuer: undefined }, /^"issuer" must be a string/],
      [usual({ issuer: "http://example.com" }), /must begin with https:/],
      [usual({ jwksUri: "ftp://example.com" }), /^The address of the keys cannot be used/],
      [usual({ label: undefined }), /"label" must be a string/],
      [usual({ subject: "" }), /"subject" must have 1 to/],
      [usual({ tenant: 5 }), /"tenant" must be a string/],
      [usual({ aud: "x" }), /"aud" is not known here\. The members are: label, issuer, audience/],
    ];
    for (const [body, detail] of refusals) isProblem(await admin.post(DEFAULT, body), 400, detail);
    assert.deepEqual(done(await admin.get(DEFAULT)).trusts, []);
    const { key } = done(await admin.post(DEFAULT, usual()), 201);
    isProblem(await admin.post(DEFAULT, usual()), 409, /label "issuer" is taken/);
    const patch = (body: object, at = DEFAULT) => admin.send("PATCH", `${at}/${key}`, { body });
    isProblem(await patch({ audience: null }), 400, /^"audience" must be a string: without it/);
    isProblem(await patch({ label: "x" }, HR), 404, /"hr" has no trust/);
    isProblem(await admin.delete(`${HR}/${key}`), 404, /"hr" has no trust/);
    assert.equal(done(await admin.post(HR, usual()), 201).label, "issuer");
    done(await admin.delete(`${DEFAULT}/${key}`), 204);
  });

  test("are for administrators only", async () => {
    const stranger = connect("guessed");
    const provisioner = connect(TEST_SECRET);
    for (const [method, path] of [
      ["GET", DEFAULT],
      ["POST", DEFAULT],
      ["PATCH", `${DEFAULT}/1`],
      ["DELETE", `${DEFAULT}/1`],
      ["POST", `${DEFAULT}/try`],
    ] as const) {
      const sent = method === "GET" || method === "DELETE" ? {} : { body: {} };
      isProblem(await stranger.send(method, path, sent), 401, /not known here/);
      isProblem(await provisioner.send(method, path, sent), 403, /does not open administration/);
    }
  });
});

describe("a tried token", () => {
  const tried = async (token: string): Promise<TryResult> => done(await admin.post(`${DEFAULT}/try`, { token }));
  const verdicts = ({ trusts: [trust] }: TryResult) =>
    Object.fromEntries((trust?.checks ?? []).map(({ check, verdict }) => [check, verdict]));

  test("is compared claim by claim", async () => {
    const nothing = await tried(await sign());
    assert.deepEqual([nothing.accepted, nothing.failed?.check, nothing.trusts], [false, "issuer", []]);
    const more = { tenant: "tenant", clientId: "app", scopes: ["read"] };
    const { key } = done(await admin.post(DEFAULT, usual(more)), 201);
    const token = await sign({ tid: "tenant" });
    const good = await tried(`\n${token} `);
    assert.deepEqual(
      [good.accepted, good.by, good.scopes, good.clientId, good.failed],
      [true, "issuer", ["read"], "app", null],
    );
    assert.ok(Date.parse(String(good.expires)) > Date.now());
    assert.deepEqual(verdicts(good), {
      issuer: "fits",
      signature: "fits",
      expiry: "fits",
      not_before: "fits",
      audience: "fits",
      tenant: "fits",
      client_id: "fits",
      subject: "fits",
    });
    const audience = good.trusts[0]?.checks.find(({ check }) => check === "audience");
    assert.deepEqual([audience?.expected, audience?.received], [`"${AUDIENCE}"`, `"${AUDIENCE}"`]);
    const subject = good.trusts[0]?.checks.find(({ check }) => check === "subject");
    assert.deepEqual([subject?.expected, subject?.received], [null, '"subject"']);

    const bad = await tried(await sign({ aud: "api://other", azp: "another", exp: 1_000, nbf: 9_999_999_999 }));
    assert.deepEqual([bad.accepted, bad.by, bad.failed?.check], [false, null, "expiry"]);
    assert.deepEqual(verdicts(bad), {
      issuer: "fits",
      signature: "fits",
      expiry: "fails",
      not_before: "fails",
      audience: "fails",
      tenant: "fails",
      client_id: "fails",
      subject: "fits",
    });
    const failed = bad.trusts[0]?.checks.find(({ check }) => check === "audience");
    assert.match(String(failed?.expected), /"api:\/\/6b1f"/);
    assert.match(String(failed?.received), /"api:\/\/other"/);
    assert.match(String(failed?.remedy), /change the audience of the trust "issuer"/);

    const forged = await tried(`${token.slice(0, -20)}${"A".repeat(20)}`);
    assert.deepEqual([verdicts(forged)["signature"], forged.failed?.check], ["fails", "signature"]);

    const unsigned = [
      new UnsecuredJWT(decodeJwt(token)).encode(),
      await new SignJWT(decodeJwt(token)).setProtectedHeader({ alg: "HS256" }).sign(Buffer.alloc(32, "x")),
    ];
    for (const [at, algorithm] of ["none", "HS256"].entries()) {
      const looked = await tried(unsigned[at] ?? "");
      assert.deepEqual([looked.accepted, looked.failed?.check], [false, "algorithm"]);
      assert.deepEqual(verdicts(looked), { ...verdicts(good), signature: "fails" });
      const signature = looked.trusts[0]?.checks.find(({ check }) => check === "signature");
      assert.match(String(signature?.expected), /^a signature by one of RS256/);
      assert.equal(signature?.received, `"${algorithm}"`);
    }
    const strange = await tried(new UnsecuredJWT({ ...decodeJwt(token), iss: "https://other.example.com" }).encode());
    assert.deepEqual(verdicts(strange), { ...verdicts(good), issuer: "fails", signature: "fails" });
    const foreign = verdicts(await tried(await sign({ iss: "https://other.example.com" })));
    assert.deepEqual([foreign["issuer"], foreign["signature"], foreign["audience"]], ["fails", "unknown", "fits"]);
    assert.equal((await tried("nonsense")).failed?.check, "token");
    isProblem(await admin.post(`${DEFAULT}/try`, {}), 400, /"token" must be a string/);
    done(await admin.delete(`${DEFAULT}/${key}`), 204);
  });

  test("may be undecided while the issuer cannot be reached", async (t) => {
    const silent = await startIssuer();
    t.after(() => silent.close());
    silent.answer = (_path, response) => response.writeHead(500).end();
    const { key } = done(await admin.post(DEFAULT, usual({ issuer: silent.issuer })), 201);
    const result = await tried(await sign({ iss: silent.issuer }));
    assert.deepEqual(
      [result.accepted, result.failed?.check, verdicts(result)["signature"]],
      [false, "keys", "unknown"],
    );
    assert.match(String(result.trusts[0]?.checks[1]?.received), /answered with status 500/);
    done(await admin.delete(`${DEFAULT}/${key}`), 204);
  });

  test("gets no access by that", async () => {
    const token = await sign();
    const { key } = done(await admin.post(HR, usual({ label: "only hr" })), 201);
    assert.equal((await tried(token)).accepted, false, "another endpoint's trusts do not count");
    refused(await connect(token, "/scim/v2").get("/Users"), 401, undefined, /rejected this token/);
    done(await admin.delete(`${HR}/${key}`), 204);
  });
});
