import assert from "node:assert/strict";
import { cpSync, existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { NO_BACKUP } from "../backup/backup.ts";
import { testFolder } from "../testing/application.ts";
import { succeeded } from "../testing/assert-answer.ts";
import { type Client, clientOf } from "../testing/client.ts";
import { type Ended, runCommand } from "../testing/command.ts";
import { type Program, startProgram } from "../testing/program.ts";
import { FAKE_STATUS } from "../testing/replica.ts";
import { user } from "../testing/scim-bodies.ts";
import { statusText } from "./backup.ts";

const ADMIN_SECRET = "admin-of-the-test";

function usersIn(file: string): string[] {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return database
      .prepare("SELECT user_name FROM resource ORDER BY user_name")
      .all()
      .map((row) => String(row["user_name"]));
  } finally {
    database.close();
  }
}

/** Asserts exit code 1, one line on standard error with the reason, and nothing else. */
function failed({ code, stdout, stderr }: Ended, message: RegExp): void {
  assert.deepEqual([code, stdout], [1, ""], stderr);
  assert.match(stderr, message);
  assert.equal(stderr.trim().split("\n").length, 1, stderr);
  assert.doesNotMatch(stderr, /^ +at /m);
}

describe("backups by command", () => {
  const folder = testFolder();
  const target = join(folder, "target");
  let program: Program;
  let client: Client;
  let betweenTime = "";
  const url = () => program.baseUrl.replace("/scim/v2", "");
  const asking = (...args: string[]) => runCommand([...args, "--url", url(), "--secret", ADMIN_SECRET]);

  before(async () => {
    program = await startProgram({
      env: { BACKUP_TARGET: target, ADMIN_SECRET, SCIM_SHARED_SECRET: "secret-of-scim" },
    });
    client = clientOf(program.baseUrl, program.secret);
    succeeded(await client.post("/Users", user("early")), 201);
    await delay(50);
    betweenTime = new Date().toISOString();
    await delay(50);
    succeeded(await client.post("/Users", user("late")), 201);
  });
  after(async () => {
    client.close();
    assert.equal(await program.stop(), 0, program.output());
    rmSync(folder, { recursive: true, force: true });
  });

  test("the server reports on the target before its own start lines", () => {
    assert.match(program.output(), /^backup: .*Init complete[\s\S]*SCIM base URL/m);
  });

  test("status asks the server, for people and for programs", async () => {
    const { code, stdout, stderr } = await asking("backup", "status");
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /^Target +.*target$/m);
    assert.match(stdout, /^Role +primary, epoch 1$/m);
    assert.match(stdout, /^Durability +semi-sync$/m);
    const json = JSON.parse((await asking("backup", "status", "--json")).stdout);
    assert.deepEqual([json.mode, json.role, json.lag.commits], ["directory", "primary", 0]);
  });

  test("now makes a plain copy that any SQLite tool opens", async () => {
    const { code, stdout, stderr } = await asking("backup", "now");
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /^Backed up to .*target: the backup is up to date\. Plain copy: 2.*Z \(.* ago\)\.\n$/);
    assert.deepEqual(usersIn(join(target, "scim.db")), ["early", "late"]);
    assert.equal(typeof JSON.parse((await asking("backup", "now", "--json")).stdout).backupCount, "number");
  });

  test("a rejected request or an unreachable server is one line", async () => {
    failed(await runCommand(["backup", "status", "--url", url(), "--secret", "wrong"]), /rejects the secret \(401\)/);
    failed(
      await runCommand(["backup", "now", "--url", url(), "--secret", "secret-of-scim"]),
      /rejects the secret \(403\)/,
    );
    failed(await runCommand(["backup", "status", "--secret", "x", "--url", "http://127.0.0.1:1"]), /cannot reach/);
    failed(await runCommand(["backup", "status", "--secret", "x", "--url", "nonsense"]), /not a URL/);
    failed(await runCommand(["backup", "status", "--secret", "x", "--url", `${url()}/x`]), /answered 404/);
    failed(await runCommand(["backup", "status", "--data-dir", "/nowhere"]), /no secret in .*ADMIN_SECRET/);
  });

  test("list shows the times and snapshots, verify proves that they can be restored", async () => {
    const listed = await runCommand(["backup", "list", "--from", target]);
    assert.equal(listed.code, 0, listed.stderr);
    assert.match(listed.stdout, /^You can restore any time from 2.*Z to 2.*Z\.$/m);
    assert.match(listed.stdout, /^Snapshots\n +2.*Z +[\d.]+ (?:bytes|kB)$/m);
    const json = JSON.parse((await runCommand(["backup", "list", "--json"], { BACKUP_TARGET: target })).stdout);
    assert.ok(json.oldest < betweenTime && betweenTime < json.newest);
    const verified = await runCommand(["backup", "verify", "--from", target]);
    assert.equal(verified.code, 0, verified.stderr);
    assert.match(verified.stdout, /target is OK: .* restored from .* every page and index checked\.\n$/);
    const verdict = JSON.parse((await runCommand(["backup", "verify", "--from", target, "--json"])).stdout);
    assert.deepEqual([verdict.verdict, verdict.warnings], ["ok", []]);
  });

  test("restore writes a new file, of the latest state or of any time", async () => {
    const latest = join(folder, "new folder", "latest.db");
    const { code, stdout, stderr } = await runCommand(["restore", "--from", target, "--to", latest]);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /^Restored .*latest\.db: [\d.]+ kB as of 2.*Z \(transaction \d+\), from \d+ objects? \(/);
    assert.match(stdout, / in [\d.]+ m?s; every page verified\.\n/);
    assert.deepEqual(usersIn(latest), ["early", "late"]);
    const between = join(folder, "between.db");
    const env = { BACKUP_TARGET: target };
    assert.equal((await runCommand(["restore", "--at", betweenTime, "--to", between], env)).code, 0);
    assert.deepEqual(usersIn(between), ["early"]);
  });

  test("restore overwrites nothing, and leaves nothing if it fails", async () => {
    const there = join(folder, "there.db");
    writeFileSync(there, "precious");
    const restore = (...args: string[]) => runCommand(["restore", "--from", target, ...args]);
    failed(await restore("--to", there), /^scimtool restore: .*there\.db already exists/);
    const never = join(folder, "never.db");
    failed(await restore("--to", never, "--at", "3 days ago"), /is before the oldest state/);
    failed(await restore("--to", never, "--at", "yesterday"), /--at "yesterday" is not a time\. .*90m/);
    failed(await restore("--to", never, "--orphan", "replica/orphan/none"), /no object replica\/orphan\/none/);
    failed(await runCommand(["restore", "--from", join(folder, "empty"), "--to", never]), /holds no database/);
    failed(await runCommand(["backup", "list", "--from", join(folder, "empty")]), /holds no database/);
    failed(await runCommand(["backup", "verify", "--from", join(folder, "empty")]), /holds no database/);
    failed(await runCommand(["restore", "--to", never]), /no backup target given\. .*--from or BACKUP_TARGET/);
    failed(await runCommand(["restore", "--from", "ftp://x", "--to", never]), /neither a folder nor a blob container/);
    assert.ok(!existsSync(never) && !existsSync(`${never}.restoring`));
  });

  test("verify and restore report damage of the target", async () => {
    const copy = join(folder, "copy");
    cpSync(target, copy, { recursive: true });
    for (const name of readdirSync(join(copy, "replica/snap"))) writeFileSync(join(copy, "replica/snap", name), "x");
    failed(await runCommand(["backup", "verify", "--from", copy]), /^scimtool backup verify: .*snap/);
    failed(await runCommand(["restore", "--from", copy, "--to", join(folder, "damaged.db")]), /^scimtool restore: /);
  });
});

const NOW_MS = Date.parse("2026-08-01T12:10:00Z");

test("the status names everything that is wrong", () => {
  assert.equal(
    statusText(FAKE_STATUS, NOW_MS),
    `Target          /mnt/backup
Role            primary, epoch 3
Durability      semi-sync; now async, the target is unreachable
Not backed up   4 commits, 81.9 kB, for 1.5 s
Sent            120 segments, 3.0 MB; 12 ms each (p99 48 ms); 5 failures
WAL on disk     1.0 MB
Plain copy      2026-08-01T11:58:00Z (12 min ago)
Restorable      2026-07-25T12:00:00Z to 2026-08-01T12:00:01Z
Restore reads   17 objects
Snapshot        2026-08-01T11:00:00Z (1 h 10 min ago), 9.0 MB in 400 ms
Test restore    ok, 2026-08-01T10:00:00Z (2 h 10 min ago), took 700 ms
Scrub           replica/snap/1 is damaged, 2026-08-01T09:00:00Z (3 h 10 min ago), took 900 ms
Started with    the target's database as of 2026-08-01T08:00:00Z: 15 objects, 7.0 MB in 600 ms
Last error      the target did not answer`,
  );
});

test("the status leaves out unknown values, and is one line without a target", () => {
  const fresh = {
    ...NO_BACKUP,
    mode: "azure-blob",
    target: "https://a.example/c",
    lastPlainCopy: { time: null, succeeded: false },
  } as const;
  assert.equal(
    statusText(fresh, NOW_MS),
    `Target          https://a.example/c
Role            primary, epoch 0
Not backed up   nothing
Sent            0 segments, 0 bytes; 0 failures
WAL on disk     0 bytes
Plain copy      none yet; the last attempt failed
Restore reads   0 objects`,
  );
  assert.match(statusText(NO_BACKUP, NOW_MS), /^This server has no backup target: .*--backup-target\.$/);
});
