import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { ReplicaError } from "@scimtool/replica/errors";
import { newSecret } from "../../../auth/credentials.ts";
import type { Config } from "../../../config.ts";
import { startApplication, TEST_ADMIN_SECRET, TEST_SECRET, testFolder } from "../../../testing/application.ts";
import { fakeReplica, holdAnswersOf } from "../../../testing/replica.ts";
import { restoredFolder, startReplicated } from "../../../testing/replicated.ts";
import { SKIP_ON_POSTGRES } from "../../../testing/store.ts";
import { cookieOf, FROM_OUR_PAGE, signedIn, signInAt } from "./test-support.ts";

async function startStandby(t: TestContext, dataDir?: string, settings: Partial<Config> = {}) {
  const replica = fakeReplica("when-needed");
  const place = { dataDir: dataDir ?? (await restoredFolder()) };
  const running = await startReplicated(t, replica, { ...place, ...settings });
  const promotions = () => replica.events.filter((event) => event === "promote").length;
  return { ...running, replica, promotions };
}

/** A data folder with a database in which somebody is signed in. */
async function folderWithSession(): Promise<{ readonly dataDir: string; readonly cookie: string }> {
  const dataDir = testFolder();
  const first = await startApplication({ dataDir });
  const client = await signedIn(first.origin, TEST_ADMIN_SECRET);
  client.close();
  first.client.close();
  await first.application.close();
  return { dataDir, cookie: client.cookie };
}

test("the correct secret makes a standby the primary, and starts a session there", async (t) => {
  const { root, promotions } = await startStandby(t);
  for (const secret of ["guessed", TEST_SECRET]) await signInAt(root, secret);
  assert.equal(promotions(), 0);
  const answer = await signInAt(root, TEST_ADMIN_SECRET);
  assert.equal(answer.status, 200, answer.text);
  assert.equal(promotions(), 1);
  assert.equal((await root.get("/api/endpoints", { cookie: cookieOf(answer) })).status, 200);
});

test("a standby knows the sessions of its database, and opens it for requests that need it", {
  skip: SKIP_ON_POSTGRES,
}, async (t) => {
  const { dataDir, cookie } = await folderWithSession();
  const { root, promotions } = await startStandby(t, dataDir);
  assert.equal((await root.get("/api/session", { cookie })).body.role, "admin");
  assert.equal((await root.get("/api/backup/status", { cookie })).body.mode, "directory");
  assert.equal(promotions(), 0);
  assert.equal((await root.get("/api/endpoints", { cookie })).status, 200);
  assert.equal(promotions(), 1);
});

test("a session unknown to a standby may exist: 503, and nothing is opened for it", async (t) => {
  const { cookie } = await folderWithSession();
  const { root, promotions } = await startStandby(t);
  for (const answer of [
    await root.get("/api/session", { cookie }),
    await root.get("/api/endpoints", { cookie }),
    await root.delete("/api/session", { cookie, ...FROM_OUR_PAGE }),
  ]) {
    assert.equal(answer.status, 503, answer.text);
    assert.equal(answer.headers["retry-after"], "2");
    assert.equal(answer.headers["set-cookie"], undefined);
  }
  const guessed = await root.delete("/api/session", { cookie: "scimtool_session=guessed", ...FROM_OUR_PAGE });
  assert.equal(guessed.status, 204);
  assert.equal(promotions(), 0);
});

test("signing out at a standby ends the session permanently", { skip: SKIP_ON_POSTGRES }, async (t) => {
  const { dataDir, cookie } = await folderWithSession();
  const { root, promotions } = await startStandby(t, dataDir);
  assert.equal((await root.delete("/api/session", { cookie, ...FROM_OUR_PAGE })).status, 204);
  assert.equal(promotions(), 1);
  assert.equal((await root.get("/api/session", { cookie })).status, 401);
});

test("while another instance is the primary, signing in gets 503 and does not count as a wrong secret", async (t) => {
  const { root, replica } = await startStandby(t);
  replica.promote = async () => {
    throw new ReplicaError("not-primary", "Another instance is the writer.", 4_000);
  };
  for (let time = 0; time < 15; time++) {
    const answer = await signInAt(root, TEST_ADMIN_SECRET);
    assert.equal(answer.status, 503, answer.text);
    assert.match(answer.body.detail, /Another instance is the writer/);
  }
});

test("a secret that cannot be checked without a database does not count as a wrong one", async (t) => {
  const { root } = await startStandby(t);
  for (let time = 0; time < 15; time++) {
    const answer = await signInAt(root, newSecret("token"));
    assert.equal(answer.status, 503, answer.text);
    assert.equal(answer.headers["retry-after"], "2");
  }
});

test("a standby knows the current viewer secret, and no longer the previous one", async (t) => {
  const dataDir = testFolder();
  const first = await startApplication({ dataDir, viewerSecret: "viewer-before" });
  first.client.close();
  await first.application.close();
  const { root } = await startStandby(t, dataDir, { viewerSecret: "viewer-now" });
  const statusWith = async (secret: string) =>
    (await root.get("/api/session", { authorization: `Bearer ${secret}` })).status;
  assert.deepEqual([await statusWith("viewer-now"), await statusWith("viewer-before")], [200, 401]);
});

test("the response with a session waits until the session is durable", async (t) => {
  const replica = fakeReplica("at-once");
  const { root } = await startReplicated(t, replica, { dataDir: await restoredFolder() });
  const { held, release } = holdAnswersOf(replica);
  let isAnswered = false;
  const answer = signInAt(root, TEST_ADMIN_SECRET).then((given) => {
    isAnswered = true;
    return given;
  });
  await held;
  assert.ok(!isAnswered);
  release();
  assert.equal((await answer).status, 200);
});

test("if no write could be durable, signing in is refused before anything is tried", async (t) => {
  const replica = fakeReplica("at-once");
  const { root } = await startReplicated(t, replica, { dataDir: await restoredFolder() });
  replica.refusal = () => ({ reason: "The target is away.", retryAfterMs: 3_000, diskFull: false });
  const answer = await signInAt(root, TEST_ADMIN_SECRET);
  assert.equal(answer.status, 503);
  assert.match(answer.body.detail, /The target is away\. The request changed nothing/);
});
