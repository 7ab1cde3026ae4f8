import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { openTarget } from "@scimtool/replica";
import { startAzurite } from "../../../replica/src/target/testing/azurite.ts";
import { testFolder } from "../testing/application.ts";
import { succeeded } from "../testing/assert-answer.ts";
import { type AnyJson, clientOf } from "../testing/client.ts";
import { runCommand } from "../testing/command.ts";
import { groupId, LOGGED_TOKEN, userId, writeEarlierDatabase } from "../testing/earlier-database.ts";
import { startProgram } from "../testing/program.ts";

const SECRETS = { SCIM_SHARED_SECRET: "secret-of-provisioning", ADMIN_SECRET: "secret-of-admins" };

function newFolders(t: TestContext) {
  const folder = testFolder();
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const copies = join(folder, "copies");
  mkdirSync(copies);
  return { folder, copies, dataDir: join(folder, "data") };
}

async function serve(t: TestContext, dataDir: string, env: Record<string, string> = {}) {
  const program = await startProgram({ dataDir, env: { ...SECRETS, ...env } });
  t.after(() => program.kill());
  return { program, client: clientOf(program.baseUrl, SECRETS.SCIM_SHARED_SECRET) };
}

test("import takes users, groups, memberships and logs with their IDs, lists the rest, and can be repeated", async (t) => {
  const { copies, dataDir } = newFolders(t);
  writeEarlierDatabase(join(copies, "scim.db"), 150);
  const run = () => runCommand(["import", "--from", copies, "--data-dir", dataDir], { ...SECRETS, TZ: "Asia/Tokyo" });
  const first = await run();
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /Imported 152 users, 2 groups, 152 memberships, 3 logged requests\./);
  for (const missed of [
    /User "ADA@example\.com" \(1{8}.*3\): .*userName/,
    /Manager nobody of user 1{8}.*2: there is no such user/,
    /User "bad@example\.com" .*familyName/,
    /User "ada@example\.com" .*emails\[type eq "broken: /,
    /Member nobody of group 2{8}/,
    /1 logged request: older than the exchange log is kept/,
  ]) {
    assert.match(first.stdout, missed);
  }
  const again = await run();
  assert.match(
    again.stdout,
    /Imported 0 users \(152 more were here already\), 0 groups \(2 more .*\), 0 memberships \(152 more/,
  );

  const { client, program } = await serve(t, dataDir);
  const ada = succeeded(await client.get(`/Users/${userId(1)}`), 200);
  assert.equal(ada.userName, "ada@example.com");
  assert.equal(ada.emails[0].value, "ada@example.com");
  assert.equal(ada.password, undefined);
  assert.equal(ada.meta.created, "2025-10-01T08:00:00.001Z");
  const enterprise = ada["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"];
  assert.deepEqual([enterprise.department, enterprise.manager.value], ["Engines", userId(2)]);
  const grace = succeeded(await client.get(`/Users/${userId(2)}`), 200);
  assert.deepEqual([grace.userName, grace.active], ["grace@example.com", false]);
  assert.equal(grace.meta.created, "2025-10-01T08:00:00.000Z");
  const everybody = succeeded(await client.get(`/Groups/${groupId(2)}`), 200);
  assert.equal(everybody.members.length, 151);
  assert.ok(everybody.members.some(({ value }: { value: string }) => value === groupId(1)));
  const origin = program.baseUrl.replace("/scim/v2", "");
  const headers = { authorization: `Bearer ${SECRETS.ADMIN_SECRET}` };
  const from = new Date(Date.now() - 2 * 3_600_000).toISOString();
  const to = new Date(Date.now() - 1_800_000).toISOString();
  const log = (await (await fetch(`${origin}/api/exchanges?from=${from}&to=${to}`, { headers })).json()) as AnyJson;
  assert.deepEqual(
    log.exchanges.map(({ method, status }: { method: string; status: number }) => [method, status]),
    [
      ["GET", 404],
      ["GET", 200],
      ["POST", 201],
    ],
  );
  await program.stop();
  assert.ok(!readFileSync(join(dataDir, "scim.db")).includes(LOGGED_TOKEN), "the token is in the database");
});

test("the newest intact copy is used when scim.db is torn; without one, nothing is imported", async (t) => {
  const { copies, dataDir } = newFolders(t);
  writeEarlierDatabase(join(copies, "scim-2025-11-01T08-00-00"), 0);
  writeEarlierDatabase(join(copies, "scim-2025-12-01T08-00-00"), 300);
  writeEarlierDatabase(join(copies, "scim.db"), 600);
  truncateSync(join(copies, "scim.db"), 40_960);
  const run = () => runCommand(["import", "--from", copies, "--data-dir", dataDir], SECRETS);
  const { code, stdout, stderr } = await run();
  assert.equal(code, 0, stderr);
  assert.match(stderr, /Skipped scim\.db: .*not a complete database/);
  assert.match(stdout, /Found scim-2025-12-01T08-00-00 .*\n.*Imported 302 users/);
  for (const name of ["scim-2025-11-01T08-00-00", "scim-2025-12-01T08-00-00"]) truncateSync(join(copies, name), 40_960);
  const none = await run();
  assert.equal(none.code, 1);
  assert.match(none.stderr, /no copy at .* is intact/);
  const file = join(copies, "damaged.db");
  writeEarlierDatabase(file, 300);
  writeFileSync(file, readFileSync(file).fill(0x2a, 65_536, 69_632));
  const alone = await runCommand(["import", "--from", file, "--data-dir", dataDir], SECRETS);
  assert.equal(alone.code, 1);
  assert.match(alone.stderr, /damaged\.db cannot be imported: .*Try an older copy\./);
});

test("import takes the newest intact copy of a blob container, into another container", async (t) => {
  const { folder, copies, dataDir } = newFolders(t);
  const { accountUrl, connectionString, stop } = await startAzurite();
  t.after(stop);
  const env = { AZURE_STORAGE_CONNECTION_STRING: connectionString };
  const source = `${accountUrl}/scimtool-backups`;
  const container = await openTarget(source, env);
  const upload = async (name: string, users: number, bytes?: number) => {
    const file = join(copies, name);
    writeEarlierDatabase(file, users);
    if (bytes !== undefined) truncateSync(file, bytes);
    await container.replace(name, readFileSync(file));
  };
  await upload("scim-2025-12-01T08-00-00-000Z", 0);
  await upload("scim-2025-12-01T08-05-00-000Z", 300);
  await upload("scim-2025-12-01T08-10-00-000Z", 600, 40_960);
  const target = { ...env, BACKUP_TARGET: `${accountUrl}/scimtool` };
  const run = () => runCommand(["import", "--from", source, "--data-dir", dataDir], { ...SECRETS, ...target });
  const { code, stdout, stderr } = await run();
  assert.equal(code, 0, stderr);
  assert.match(stderr, /Skipped scim-2025-12-01T08-10-00-000Z: .*not a complete database/);
  assert.match(stdout, /Found scim-2025-12-01T08-05-00-000Z at .*scimtool-backups.*\n.*Imported 302 users/);

  // A server elsewhere has it, and none starts with the container of the earlier product.
  const { client } = await serve(t, join(folder, "elsewhere"), target);
  assert.equal(succeeded(await client.get("/Users?count=1"), 200).totalResults, 302);
  const args = ["--port", "0", "--data-dir", join(folder, "another")];
  const refused = await runCommand(args, { ...SECRETS, ...env, BACKUP_TARGET: source });
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /holds copies of a SCIMTool 0\.7 or 0\.8 database .*scimtool import --from/);
  const untouched = ["scim-2025-12-01T08-00-00-000Z", "scim-2025-12-01T08-05-00-000Z", "scim-2025-12-01T08-10-00-000Z"];
  assert.deepEqual(await container.list(""), untouched);

  for (const name of untouched) await container.replace(name, readFileSync(join(copies, name)).subarray(0, 40_960));
  const none = await run();
  assert.equal(none.code, 1);
  assert.match(none.stderr, /no copy at .* is intact/);
});

test("a start recognises such a database, here and at the backup target, intact or torn, and says what to do", async (t) => {
  const { folder, copies, dataDir } = newFolders(t);
  const old = join(folder, "old");
  mkdirSync(old);
  writeEarlierDatabase(join(old, "scim.db"));
  const here = await runCommand(["--port", "0", "--data-dir", old], SECRETS);
  assert.equal(here.code, 1);
  assert.match(here.stderr, /one of SCIMTool 0\.7 or 0\.8\..*scimtool import --from/);
  writeEarlierDatabase(join(copies, "scim.db"), 600);
  truncateSync(join(copies, "scim.db"), 40_960);
  const there = await runCommand(["--port", "0", "--data-dir", dataDir], { ...SECRETS, BACKUP_TARGET: copies });
  assert.equal(there.code, 1);
  assert.match(there.stderr, /holds copies of a SCIMTool 0\.7 or 0\.8 database \(scim\.db\)\..*scimtool import --from/);
});

test("import into a backup target reaches it before it reports", async (t) => {
  const { folder, copies, dataDir } = newFolders(t);
  const target = join(folder, "target");
  writeEarlierDatabase(join(copies, "scim.db"));
  const env = { BACKUP_TARGET: target };
  const done = await runCommand(["import", "--from", join(copies, "scim.db"), "--data-dir", dataDir], {
    ...SECRETS,
    ...env,
  });
  assert.equal(done.code, 0, done.stderr);
  const { client } = await serve(t, join(folder, "elsewhere"), env);
  succeeded(await client.get(`/Users/${userId(1)}`), 200);
  const source = new DatabaseSync(join(copies, "scim.db"), { readOnly: true });
  assert.equal(source.prepare("SELECT count(*) AS n FROM ScimUser").get()?.["n"], 4);
  source.close();
});
