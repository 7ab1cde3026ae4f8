import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startApplication, TEST_ADMIN_SECRET } from "../../testing/application.ts";
import type { Answer } from "../../testing/client.ts";
import { user } from "../../testing/scim-bodies.ts";
import { SKIP_ON_POSTGRES } from "../../testing/store.ts";
import type { ShownRestorePoints, ShownVerification } from "./backup.ts";
import { answerCheck } from "./openapi/test-support.ts";

const VIEWER_SECRET = "test-viewer-secret";

const target = mkdtempSync(join(tmpdir(), "scimtool-restore-points-"));
const server = await startApplication({
  backupTarget: target,
  viewerSecret: VIEWER_SECRET,
  logLevel: "silent",
  backupDurability: "sync",
});
const { admin } = server;
const viewer = server.connect(VIEWER_SECRET);
const alone = await startApplication();
const aloneAdmin = alone.admin;
after(async () => {
  await server.close();
  await alone.close();
  rmSync(target, { recursive: true, force: true });
});

const { check } = answerCheck((await admin.get("/api/openapi.json")).body);

function done<T>(answer: Answer, status = 200): T {
  assert.equal(answer.status, status, answer.text);
  return answer.body;
}

async function download(query = "", secret = TEST_ADMIN_SECRET): Promise<Response> {
  return fetch(`${server.origin}/api/backup/database${query}`, { headers: { authorization: `Bearer ${secret}` } });
}

/** The userNames in a downloaded database. */
async function usersIn(answer: Response): Promise<string[]> {
  assert.equal(answer.status, 200, answer.status === 200 ? "" : await answer.text());
  const file = join(target, "downloaded.db");
  const bytes = Buffer.from(await answer.arrayBuffer());
  assert.equal(Number(answer.headers.get("content-length")), bytes.length);
  writeFileSync(file, bytes);
  const database = new DatabaseSync(file, { readOnly: true });
  const rows = database.prepare("SELECT body ->> 'userName' AS name FROM resource ORDER BY name").all();
  database.close();
  rmSync(file);
  return rows.map(({ name }) => String(name));
}

const leftovers = () => readdirSync(tmpdir()).filter((name) => name.startsWith("scimtool-download-"));

describe("restores beside a running server", () => {
  test("start with the restore points of the target", async () => {
    const points = done<ShownRestorePoints>(await viewer.get("/api/backup/restore-points"));
    check("GET", "/api/backup/restore-points", await viewer.get("/api/backup/restore-points"));
    assert.ok(points.oldest <= points.newest && points.snapshots.length > 0 && points.bytes > 0);
    assert.deepEqual([points.warnings, points.orphans, points.schemaCopies], [[], [], []]);
  });

  test("verify the backup on request", async () => {
    assert.equal((await admin.get("/api/backup/verification")).body.verification, null);
    assert.equal((await viewer.send("POST", "/api/backup/verification")).status, 403);
    const started = done<ShownVerification>(await admin.send("POST", "/api/backup/verification"), 202);
    assert.equal(started.state, "running");
    let verification = started;
    for (let tries = 0; verification.state === "running" && tries < 200; tries++) {
      await delay(50);
      ({ verification } = done<{ verification: ShownVerification }>(await admin.get("/api/backup/verification")));
    }
    check("GET", "/api/backup/verification", await viewer.get("/api/backup/verification"));
    assert.deepEqual([verification.state, verification.detail], ["ok", null]);
    assert.ok((verification.objects ?? 0) > 0 && (verification.bytes ?? 0) > 0 && verification.restored !== null);
  });

  test("download the database as of now and of an earlier time, which is recorded", async () => {
    assert.equal((await server.client.post("/Users", user("anna"))).status, 201);
    await delay(1_100);
    const between = new Date().toISOString();
    await delay(1_100);
    assert.equal((await server.client.post("/Users", user("berta"))).status, 201);
    const latest = await download();
    assert.match(latest.headers.get("content-disposition") ?? "", /^attachment; filename="scim-\d{8}T\d{6}Z\.db"$/);
    assert.deepEqual(await usersIn(latest), ["anna", "berta"]);
    assert.deepEqual(await usersIn(await download(`?at=${between}`)), ["anna"]);
    let downloads: { credential: string; sentences: { text: string }[] }[] = [];
    for (let tries = 0; downloads.length < 2 && tries < 100; tries++) {
      await delay(50);
      downloads = (await admin.get("/api/exchanges?kind=database.downloaded")).body.exchanges;
    }
    assert.deepEqual(
      downloads.map(({ credential }) => credential),
      ["admin secret", "admin secret"],
    );
    assert.match(downloads[0]?.sentences[0]?.text ?? "", /downloaded the database as of \d{4}-/);
    assert.deepEqual(leftovers(), []);
  });

  test("are refused to viewers, and for a time that does not exist", async () => {
    assert.equal((await download("", VIEWER_SECRET)).status, 403);
    assert.equal((await download("", "guessed")).status, 401);
    assert.equal((await download("?at=2999-01-01")).status, 400);
    const early = await download("?at=2001-01-01");
    assert.equal(early.status, 409);
    assert.match(((await early.json()) as { detail: string }).detail, /2001/);
    assert.deepEqual(leftovers(), []);
  });

  test("are refused without a target", { skip: SKIP_ON_POSTGRES }, async () => {
    for (const path of ["restore-points", "verification", "database"]) {
      const answer = await aloneAdmin.get(`/api/backup/${path}`);
      assert.equal(answer.status, 409, path);
      assert.match(answer.body.detail, /no backup target.*--backup-target/);
    }
  });
});
