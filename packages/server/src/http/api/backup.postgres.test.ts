import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { statusText } from "../../cli/backup.ts";
import { type Cluster, startCluster } from "../../store/postgres/testing/cluster.ts";
import { type RunningApplication, startApplication, TEST_ADMIN_SECRET } from "../../testing/application.ts";
import { type Client, clientOf } from "../../testing/client.ts";
import { answerCheck } from "./openapi/test-support.ts";

let cluster: Cluster;
let postgresUrl: string;
let server: RunningApplication;
let admin: Client;
const logged: string[] = [];
const log = (_level: string, line: string) => logged.push(line);
before(async () => {
  cluster = await startCluster();
  postgresUrl = await cluster.createDatabase();
  server = await startApplication({ postgresUrl }, { log });
  admin = clientOf(`${server.origin}/api`, TEST_ADMIN_SECRET);
});
after(async () => {
  admin?.close();
  await server?.close();
  await cluster.stop();
});

const statusOf = async () => (await admin.get("/backup/status")).body;

describe("the backup of a PostgreSQL database", () => {
  test("is the task of its server, which status, metrics and command say without the password", async () => {
    const { check } = answerCheck((await admin.get("/openapi.json")).body);
    const answer = await admin.get("/backup/status");
    check("GET", "/api/backup/status", answer);
    const { mode, target, databaseServer } = answer.body;
    const { host, pathname } = new URL(postgresUrl);
    assert.deepEqual([mode, target, databaseServer.warnings], ["database-server", null, []]);
    assert.equal(databaseServer.name, `${host}${pathname}`);
    assert.match(databaseServer.version, /^\d\d\.\d/);
    assert.match(
      statusText(answer.body, 0),
      /^Database +PostgreSQL \d\d.* at .*\nBackup +made by the database server;/,
    );
    const { sqlite, postgres } = (await admin.get("/version")).body;
    assert.deepEqual([sqlite, postgres], [null, databaseServer.version]);
    const metrics = await fetch(`${server.origin}/metrics`, {
      headers: { authorization: `Bearer ${TEST_ADMIN_SECRET}` },
    });
    const samples = (await metrics.text()).split("\n").filter((line) => /^scimtool_backup_/.test(line));
    assert.equal(samples.length, 4);
    assert.ok(samples.includes('scimtool_backup_mode{mode="database-server"} 1'), samples.join("\n"));
  });

  test("cannot be made, verified or downloaded here: 409 says where", async () => {
    for (const [method, path] of [
      ["post", "/backup/trigger"],
      ["post", "/backup/verification"],
      ["get", "/backup/verification"],
      ["get", "/backup/restore-points"],
      ["get", "/backup/database"],
    ] as const) {
      const answer = method === "post" ? await admin.post(path, {}) : await admin.get(path);
      assert.equal(answer.status, 409, `${path} ${answer.text}`);
      assert.match(answer.body.detail, /PostgreSQL, whose server makes the backups/);
    }
  });
});

test("a replica warns of secrets that it does not share with the others", async () => {
  assert.deepEqual(logged, []);
  const own = { scimSharedSecret: undefined };
  const other = await startApplication({ postgresUrl, ...own }, { log });
  const fresh = await startApplication({ postgresUrl: await cluster.createDatabase(), ...own }, { log });
  try {
    assert.equal(logged.length, 2);
    assert.match(
      logged[0] ?? "",
      /^SCIM_SHARED_SECRET is not set\. .*Set the same SCIM_SHARED_SECRET for every replica/,
    );
    assert.match(logged[1] ?? "", /^This start created the SCIM secret in .*secrets\/scim, a file that other replicas/);
    const client = other.admin;
    const { warnings } = (await client.get("/api/backup/status")).body.databaseServer;
    assert.deepEqual(warnings, [logged[0]]);
    assert.deepEqual((await statusOf()).databaseServer.warnings, []);
  } finally {
    await other.close();
    await fresh.close();
  }
});

test("a replica warns of secrets that another one has replaced, until they are the same again", async () => {
  const database = await cluster.createDatabase();
  const told: string[] = [];
  const first = await startApplication(
    { postgresUrl: database, viewerSecret: "first-viewer-secret" },
    { log: (_level, line) => told.push(line) },
  );
  const restart = async (adminSecret: string, viewerSecret?: string) => {
    await (await startApplication({ postgresUrl: database, adminSecret, viewerSecret })).close();
  };
  /** As soon as there are so many. */
  const warningsSeenBy = async (secret: string, count: number): Promise<string[]> => {
    const client = clientOf(first.origin, secret);
    for (const endMs = performance.now() + 5_000; ; await sleep(20)) {
      const { warnings } = (await client.get("/api/backup/status")).body.databaseServer;
      if (warnings.length !== count && performance.now() < endMs) continue;
      client.close();
      return warnings;
    }
  };
  try {
    assert.deepEqual([await warningsSeenBy(TEST_ADMIN_SECRET, 0), told], [[], []]);
    await restart("another-admin-secret");
    const warnings = await warningsSeenBy("another-admin-secret", 2);
    assert.match(
      warnings[0] ?? "",
      /^The ADMIN_SECRET of this replica is not valid: a replica that started later has another/,
    );
    assert.match(
      warnings[1] ?? "",
      /^The VIEWER_SECRET of this replica is not valid: .*Set the same VIEWER_SECRET for every/,
    );
    assert.deepEqual([warnings.length, told], [2, warnings]);
    assert.doesNotMatch(warnings.join(), /another-admin-secret|first-viewer-secret|test-/);
    await restart(TEST_ADMIN_SECRET, "first-viewer-secret");
    assert.deepEqual([await warningsSeenBy(TEST_ADMIN_SECRET, 0), told.length], [[], 2]);
  } finally {
    await first.close();
  }
});
