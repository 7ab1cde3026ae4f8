import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, describe, type TestContext, test } from "node:test";
import { startApplication, TEST_ADMIN_SECRET, TEST_SECRET, testFolder } from "../../../testing/application.ts";
import { isProblem } from "../../../testing/assert-answer.ts";
import { FAKE_STATUS, fakeReplica } from "../../../testing/replica.ts";
import { cookieOf, FROM_OUR_PAGE, signedIn, signInAt } from "./test-support.ts";

const VIEWER_SECRET = "test-viewer-secret";
const HOUR_MS = 3_600_000;

const replica = fakeReplica();
replica.status = FAKE_STATUS;
const settings = { viewerSecret: VIEWER_SECRET, backupTarget: "/mnt/backup" };
const server = await startApplication(settings, replica.environment);
const anybody = server.connect(undefined);
const admin = await signedIn(server.origin, TEST_ADMIN_SECRET);
const viewer = await signedIn(server.origin, VIEWER_SECRET);

after(async () => {
  for (const client of [anybody, admin, viewer]) client.close();
  await server.close();
});

async function startOwn(t: TestContext, changed: Parameters<typeof startApplication>[0] = {}) {
  const own = await startApplication(changed);
  const client = own.connect(undefined);
  t.after(own.close);
  return { ...own, client };
}

describe("signing in", () => {
  test("returns the role and its expiry, with a cookie that no script and no other site can use", async () => {
    const beforeMs = Date.now();
    const answer = await signInAt(anybody, TEST_ADMIN_SECRET);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers["cache-control"], "no-store");
    const { role, expires, ...rest } = answer.body;
    assert.deepEqual([role, rest], ["admin", {}]);
    const lastsMs = Date.parse(expires) - beforeMs;
    assert.ok(lastsMs >= 12 * HOUR_MS && lastsMs < 12 * HOUR_MS + 5_000, expires);
    const [cookie = ""] = answer.headers["set-cookie"] ?? [];
    assert.match(
      cookie,
      /^scimtool_session=scim_session_[0-9A-Za-z]{49}; Max-Age=43200; Path=\/api; HttpOnly; SameSite=Strict$/,
    );
    assert.ok(!answer.text.includes("scim_session_"));
  });

  test("marks the cookie as Secure only if the server is reached over https", async (t) => {
    const [forwarded = ""] =
      (await signInAt(anybody, TEST_ADMIN_SECRET, { "x-forwarded-proto": "https" })).headers["set-cookie"] ?? [];
    assert.match(forwarded, /; Secure/);
    const { client } = await startOwn(t, { publicUrl: "https://scim.example.com" });
    const [configured = ""] = (await signInAt(client, TEST_ADMIN_SECRET)).headers["set-cookie"] ?? [];
    assert.match(configured, /; Secure/);
  });

  test("ignores blanks around the secret, and two people may be signed in at once", async () => {
    const second = await signInAt(anybody, ` ${VIEWER_SECRET}\n`);
    assert.deepEqual([second.status, second.body.role], [200, "viewer"]);
    assert.notEqual(cookieOf(second), viewer.cookie);
    assert.equal((await viewer.get("/api/session")).status, 200);
  });

  test("rejects other secrets, and says which one is needed", async (t) => {
    const { client } = await startOwn(t);
    isProblem(await signInAt(client, "guessed"), 401, /^This secret is not known here\. Copy the admin secret/);
    isProblem(await signInAt(client, TEST_SECRET), 403, /SCIM secret; it does not open administration/);
    for (const empty of ["", " \n"]) isProblem(await signInAt(client, empty), 400, /"secret" is empty/);
    isProblem(await signInAt(client, undefined), 400, /"secret" must be a string/);
    isProblem(await signInAt(client, 7), 400, /"secret" must be a string/);
    isProblem(await client.post("/api/session", { secret: "x", user: "x" }), 400, /"user" is not known here/);
    isProblem(await client.send("POST", "/api/session"), 400, /JSON object with secret/);
    const viewing = await signInAt(client, VIEWER_SECRET);
    isProblem(viewing, 401, /not known/);
    assert.equal(viewing.headers["set-cookie"], undefined);
  });

  test("is refused as a form, which any page could send, and to pages of other sites", async () => {
    const asForm = { "content-type": "application/x-www-form-urlencoded" };
    const form = await anybody.send("POST", "/api/session", { body: `secret=${TEST_ADMIN_SECRET}`, headers: asForm });
    isProblem(form, 415, /application\/json/);
    for (const headers of [{ "sec-fetch-site": "cross-site" }, { origin: "https://evil.example" }])
      isProblem(await signInAt(anybody, TEST_ADMIN_SECRET, headers), 403, /page of another site/);
  });

  test("allows ten wrong secrets, then 429 until its time; an address with an earlier success still works", async (t) => {
    t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
    const { client } = await startOwn(t);
    for (let time = 0; time < 20; time++) assert.equal((await signInAt(client, TEST_ADMIN_SECRET)).status, 200);
    for (let time = 0; time < 10; time++) assert.equal((await signInAt(client, `guess ${time}`)).status, 401);
    const answer = await signInAt(client, "guess");
    isProblem(answer, 429, /^Too many wrong secrets\. Try again in 10 seconds\.$/);
    assert.equal(answer.headers["retry-after"], "10");
    assert.equal((await signInAt(client, TEST_ADMIN_SECRET)).status, 200);
    t.mock.timers.tick(10_000);
    assert.equal((await signInAt(client, "guess")).status, 401);
    assert.equal((await signInAt(client, "guess")).status, 429);
  });

  test("shares this limit with every other request with a secret", async (t) => {
    const { client } = await startOwn(t);
    const authorized = (secret: string) => ({ authorization: `Bearer ${secret}` });
    for (let time = 0; time < 5; time++) {
      assert.equal((await client.get("/api/session", authorized(`guess-${time}`))).status, 401);
      assert.equal((await signInAt(client, `guess ${time}`)).status, 401);
    }
    for (const secret of ["guess", TEST_ADMIN_SECRET]) {
      for (const path of ["/api/session", "/api/endpoints", "/metrics"])
        isProblem(await client.get(path, authorized(secret)), 429, /^Too many wrong secrets/);
      isProblem(await signInAt(client, secret), 429, /^Too many wrong secrets/);
    }
  });

  test("with a secret that cannot be guessed always works", async (t) => {
    const adminSecret = randomBytes(32).toString("base64url");
    const { client } = await startOwn(t, { adminSecret });
    for (let time = 0; time < 30; time++) await signInAt(client, `guess ${time}`);
    assert.equal((await client.get("/api/endpoints", { authorization: `Bearer ${adminSecret}` })).status, 200);
    assert.equal((await signInAt(client, adminSecret)).status, 200);
  });

  test("does not disclose at an endpoint that a secret opens administration after many wrong ones", async (t) => {
    const { client } = await startOwn(t);
    const detailOf = async (secret: string) =>
      (await client.get("/scim/v2/Users", { authorization: `Bearer ${secret}` })).body.detail;
    assert.match(await detailOf(TEST_ADMIN_SECRET), /administration secret; it does not open SCIM/);
    for (let time = 0; time < 100; time++) await detailOf(`guess-${time}`);
    assert.equal(await detailOf(TEST_ADMIN_SECRET), await detailOf("guess"));
  });

  test("logs the reason of a failure, without any secret", async (t) => {
    const lines: string[] = [];
    const { client } = await startOwn(t, { logLevel: "info" });
    t.mock.method(process.stderr, "write", (line: string) => lines.push(String(line)) > 0);
    await signInAt(client, "hunter2-hunter2");
    for (let time = 0; time < 10; time++) await signInAt(client, "hunter2-hunter2");
    await client.get("/api/endpoints", { authorization: "Bearer hunter2-hunter2" });
    const log = lines.join("");
    assert.match(log, /"url":"\/api\/endpoints".*"msg":"not authenticated"/);
    assert.match(log, /not signed in/);
    assert.match(log, /fingerprint/);
    assert.match(log, /too many wrong secrets/);
    assert.ok(!log.includes("hunter2"));
  });
});

describe("a session", () => {
  test("opens every route of administration, and metrics", async () => {
    assert.equal((await admin.get("/api/endpoints")).status, 200);
    assert.deepEqual((await admin.get("/api/backup/status")).body, FAKE_STATUS);
    assert.equal((await admin.get("/metrics")).status, 200);
    const made = await admin.post("/api/endpoints", { name: "by-cookie" });
    assert.equal(made.status, 201, made.text);
    const { role, expires } = (await admin.get("/api/session")).body;
    assert.equal(role, "admin");
    assert.ok(Date.parse(expires) > Date.now());
  });

  test("does not open SCIM", async () => {
    const answer = await admin.get("/scim/v2/Users");
    assert.equal(answer.status, 401);
  });

  test("is ignored if there is an Authorization header", async () => {
    isProblem(await admin.get("/api/session", { authorization: "Bearer guessed" }), 401, /not known here/);
    isProblem(await admin.get("/api/backup/status", { authorization: "Bearer guessed" }), 401, /not known here/);
    const answer = await admin.get("/api/session", { authorization: `Bearer ${VIEWER_SECRET}` });
    assert.deepEqual(answer.body, { role: "viewer", expires: null });
    const headers = { authorization: `Bearer ${TEST_ADMIN_SECRET}`, "x-scimtool-request": undefined };
    const made = await admin.post("/api/endpoints", { name: "by-secret" }, headers);
    assert.equal(made.status, 201, made.text);
  });

  test("that is unknown gets 401, even for a resource with a public part", async () => {
    isProblem(await anybody.get("/api/session"), 401, /Send the header/);
    for (const secret of ["", "guessed", TEST_ADMIN_SECRET]) {
      const headers = { cookie: `scimtool_session=${secret}` };
      isProblem(await anybody.get("/api/endpoints", headers), 401, /session has ended\. Sign in again/);
      isProblem(await anybody.get("/api/backup/status", headers), 401, /Sign in again/);
    }
    assert.equal((await anybody.get("/api/backup/status", { cookie: "other=1" })).status, 200);
  });

  test("is found among other cookies", async () => {
    const cookie = `theme=dark; ${admin.cookie}; scimtool=x`;
    assert.equal((await anybody.get("/api/session", { cookie })).body.role, "admin");
  });

  test("ends after twelve hours", async (t) => {
    t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
    const own = await startOwn(t);
    const client = await signedIn(own.origin, TEST_ADMIN_SECRET);
    t.mock.timers.tick(12 * HOUR_MS - 1);
    assert.equal((await client.get("/api/endpoints")).status, 200);
    t.mock.timers.tick(1);
    isProblem(await client.get("/api/endpoints"), 401, /session has ended/);
  });

  test("ends when its owner signs out, and the browser removes the cookie", async () => {
    const client = await signedIn(server.origin, VIEWER_SECRET);
    const out = await client.delete("/api/session");
    assert.deepEqual([out.status, out.text], [204, ""]);
    assert.match(
      String(out.headers["set-cookie"]),
      /^scimtool_session=; Max-Age=0; Path=\/api; HttpOnly; SameSite=Strict$/,
    );
    isProblem(await client.get("/api/session"), 401, /session has ended/);
    const again = await client.delete("/api/session");
    assert.equal(again.status, 204);
    assert.match(String(again.headers["set-cookie"]), /Max-Age=0/);
    assert.equal((await viewer.get("/api/session")).status, 200);
  });

  test("that does not exist can be signed out", async () => {
    const out = await anybody.delete("/api/session");
    assert.deepEqual([out.status, out.headers["set-cookie"]], [204, undefined]);
  });
});

describe("a viewer", () => {
  test("reads everything, by cookie and by secret", async () => {
    const bearer = server.connect(VIEWER_SECRET);
    for (const client of [viewer, bearer]) {
      for (const path of ["/api/session", "/api/endpoints", "/api/endpoints/default/credentials", "/metrics"])
        assert.equal((await client.get(path)).status, 200, path);
      assert.deepEqual((await client.get("/api/backup/status")).body, FAKE_STATUS);
    }
  });

  test("changes nothing, and gets the reason", async () => {
    const bearer = server.connect(VIEWER_SECRET);
    for (const client of [viewer, bearer]) {
      for (const [method, path] of [
        ["POST", "/api/endpoints"],
        ["PATCH", "/api/endpoints/default"],
        ["DELETE", "/api/endpoints/default"],
        ["POST", "/api/endpoints/default/credentials"],
        ["POST", "/api/backup/trigger"],
      ] as const) {
        const answer = await client.send(method, path, { body: {} });
        isProblem(answer, 403, /^Viewers can see everything here and change nothing\. This needs the admin secret\.$/);
      }
    }
  });

  test("exists only while its secret is set", async (t) => {
    const dataDir = testFolder();
    const first = await startApplication({ dataDir, viewerSecret: VIEWER_SECRET });
    const client = await signedIn(first.origin, VIEWER_SECRET);
    first.client.close();
    await first.application.close();
    const second = await startOwn(t, { dataDir });
    isProblem(await second.client.get("/api/session", { cookie: client.cookie }), 401, /has ended/);
    isProblem(await second.client.get("/api/session", { authorization: `Bearer ${VIEWER_SECRET}` }), 401, /not known/);
  });
});

describe("a change by cookie", () => {
  const create = (headers: Record<string, string | undefined>) =>
    admin.post("/api/endpoints", { name: "forged" }, { "sec-fetch-site": undefined, ...headers });

  test("needs a header that no other site can send", async () => {
    for (const value of [undefined, "", "0", "true"])
      isProblem(await create({ "x-scimtool-request": value }), 403, /needs the header X-SCIMTool-Request: 1/);
    isProblem(await admin.delete("/api/session", { "x-scimtool-request": undefined }), 403, /needs the header/);
    isProblem(
      await admin.send("PATCH", "/api/endpoints/default", { body: {}, headers: { "x-scimtool-request": "" } }),
      403,
      /needs/,
    );
    assert.equal((await admin.get("/api/session", { "x-scimtool-request": undefined })).status, 200);
  });

  test("is refused if the browser says that another site caused it", async () => {
    const host = new URL(server.origin).host;
    for (const headers of [
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { "sec-fetch-site": "cross-site", origin: server.origin },
      { origin: "https://evil.example" },
      { origin: `http://${host}.evil.example` },
      { origin: "http://127.0.0.1:1" },
      { origin: "null" },
    ]) {
      isProblem(await create(headers), 403, /page of another site/);
    }
    isProblem(await admin.delete("/api/session", { "sec-fetch-site": "cross-site" }), 403, /another site/);
    assert.equal((await admin.get("/api/endpoints/forged")).status, 404);
  });

  test("is accepted from this server's own pages, also behind a proxy, and from programs", async () => {
    for (const headers of [
      FROM_OUR_PAGE,
      { "sec-fetch-site": "none" },
      { "sec-fetch-site": "same-origin", origin: "https://scim.example.com" },
      { origin: server.origin },
      { origin: "https://scim.example.com", "x-forwarded-host": "scim.example.com" },
      {},
    ]) {
      const answer = await create(headers);
      assert.equal(answer.status, 201, `${JSON.stringify(headers)} ${answer.text}`);
      const removed = await admin.send("DELETE", "/api/endpoints/forged", { body: { confirm: "forged" } });
      assert.equal(removed.status, 204, removed.text);
    }
  });
});

test("works for the page at --public-url, whatever Host the proxy sends", async (t) => {
  const { client } = await startOwn(t, { publicUrl: "http://scim.internal" });
  const ours = { origin: "http://scim.internal", host: "upstream:8080" };
  const secret = { secret: TEST_ADMIN_SECRET };
  const answer = await client.post("/api/session", secret, ours);
  assert.equal(answer.status, 200, answer.text);
  const session = { ...ours, cookie: cookieOf(answer), "x-scimtool-request": "1" };
  assert.equal((await client.post("/api/endpoints", { name: "by-page" }, session)).status, 201);
  for (const origin of ["http://scim.internal.evil.example", "https://scim.internal", "http://evil.example"]) {
    isProblem(await client.post("/api/session", secret, { ...ours, origin }), 403, /page of another site/);
    isProblem(await client.post("/api/endpoints", { name: "forged" }, { ...session, origin }), 403, /another site/);
  }
});

describe("after a restart", () => {
  test("a session stays, unless its secret was replaced", async (t) => {
    const dataDir = testFolder();
    const first = await startApplication({ dataDir });
    const client = await signedIn(first.origin, TEST_ADMIN_SECRET);
    const { cookie } = client;
    first.client.close();
    await first.application.close();

    const second = await startApplication({ dataDir });
    const again = second.connect(undefined);
    assert.equal((await again.get("/api/endpoints", { cookie })).status, 200);
    second.client.close();
    await second.application.close();

    const third = await startOwn(t, { dataDir, adminSecret: "another-admin-secret" });
    isProblem(await third.client.get("/api/endpoints", { cookie }), 401, /session has ended/);
  });
});
