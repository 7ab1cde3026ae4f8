import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { testFolder } from "../testing/application.ts";
import { succeeded } from "../testing/assert-answer.ts";
import { type Client, clientOf } from "../testing/client.ts";
import { runCommand } from "../testing/command.ts";
import { type Program, type ProgramOptions, startProgram } from "../testing/program.ts";
import { user } from "../testing/scim-bodies.ts";

/** Settings that make a start one of a made-up next version, with another schema. */
const NEXT = { NODE_OPTIONS: `--import ${new URL("../testing/next-version.ts", import.meta.url).href}` };
const SECRETS = { SCIM_SHARED_SECRET: "secret-of-provisioning", ADMIN_SECRET: "secret-of-admins" };

type Running = { readonly program: Program; readonly client: Client };

function newPlace(t: TestContext) {
  const folder = testFolder();
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const start = async (options: ProgramOptions): Promise<Running> => {
    const program = await startProgram({ ...options, env: { ...SECRETS, ...options.env } });
    t.after(() => program.kill());
    return { program, client: clientOf(program.baseUrl, SECRETS.SCIM_SHARED_SECRET) };
  };
  return { folder, start };
}

function query(file: string, sql: string): unknown[] {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return database.prepare(sql).all().flatMap(Object.values);
  } finally {
    database.close();
  }
}

const schemaIn = (file: string) => query(file, "PRAGMA user_version")[0];
const usersIn = (file: string) => query(file, "SELECT user_name FROM resource ORDER BY user_name");

async function usersOf(client: Client): Promise<string[]> {
  const answer = succeeded(await client.get("/Users?attributes=userName&sortBy=userName"), 200);
  return answer.Resources.map(({ userName }: { userName: string }) => userName);
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
}

test("an upgrade copies the database before it changes the schema; the old version then refuses it and names the copy", async (t) => {
  const { folder: dataDir, start } = newPlace(t);
  const file = join(dataDir, "scim.db");
  const before = await start({ dataDir });
  succeeded(await before.client.post("/Users", user("early")), 201);
  assert.equal(await before.program.stop(), 0);

  const next = await start({ dataDir, env: NEXT });
  const copy = `${file}.schema-1`;
  assert.match(next.program.output(), new RegExp(`^The schema of the database changes from 1 to 2.*${copy}`, "m"));
  succeeded(await next.client.post("/Users", user("late")), 201);
  assert.equal(await next.program.stop(), 0);
  assert.deepEqual([schemaIn(file), schemaIn(copy)], [2, 1]);
  assert.deepEqual([usersIn(file), usersIn(copy)], [["early", "late"], ["early"]]);

  const contents = () => filesIn(dataDir).map((path) => [path, readFileSync(path).toString("base64")]);
  const untouched = contents();
  const { code, stderr } = await runCommand(["--port", "0", "--data-dir", dataDir], SECRETS);
  assert.equal(code, 1);
  assert.match(stderr, /written by a newer SCIMTool \(schema 2, this one knows 1\)\. Start that version\./);
  assert.match(stderr, new RegExp(`put ${copy} in its place \\(docs/upgrade\\.md, "Go back over a schema change"\\)`));
  assert.deepEqual(
    contents().filter(([path]) => !path?.endsWith("-lock")),
    untouched.filter(([path]) => !path?.endsWith("-lock")),
  );

  renameSync(copy, file);
  const back = await start({ dataDir });
  assert.deepEqual(await usersOf(back.client), ["early"]);
});

test("without room for the copy the schema is not changed", async (t) => {
  const { folder: dataDir, start } = newPlace(t);
  const file = join(dataDir, "scim.db");
  const before = await start({ dataDir });
  await before.program.stop();
  mkdirSync(`${file}.schema-1`);
  const { code, stderr } = await runCommand(["--port", "0", "--data-dir", dataDir], { ...SECRETS, ...NEXT });
  assert.equal(code, 1);
  assert.match(stderr, /changes the schema of .* from 1 to 2, but .*cannot be made .*Nothing was changed/);
  assert.equal(schemaIn(file), 1);
});

test("an upgrade with a backup target leaves the copy there; a rollback is refused before anything changes, and goes back with the copy", async (t) => {
  const { folder, start } = newPlace(t);
  const target = join(folder, "target");
  const env = { BACKUP_TARGET: target };
  const machine = (name: string) => join(folder, name);
  const old = await start({ dataDir: machine("old"), env });
  succeeded(await old.client.post("/Users", user("early")), 201);

  const waiting = await start({ dataDir: machine("waiting"), env, standby: true });
  const next = await start({ dataDir: machine("next"), env: { ...env, ...NEXT }, standby: true });
  await untilCreated(next.client, "late");
  assert.match(next.program.output(), /changes from 1 to 2\. Before that it was copied to scim\.db\.schema-1 at /);
  const kept = join(target, "scim.db.schema-1");
  assert.deepEqual([schemaIn(kept), usersIn(kept)], [1, ["early"]]);
  assert.equal(existsSync(join(machine("next"), "scim.db.schema-1")), false, "the copy does not fill the local disk");

  // An old instance that has followed the log does not take over a database that it cannot open.
  await untilFollowed(waiting);
  assert.equal((await waiting.client.get("/Users")).status, 503);
  succeeded(await next.client.post("/Users", user("later")), 201);
  assert.equal(await waiting.program.stop(), 0);
  assert.equal(await old.program.stop(), 0);
  assert.equal(await next.program.stop(), 0);

  const before = filesIn(target);
  const refused = await runCommand(["--port", "0", "--data-dir", machine("rollback")], { ...SECRETS, ...env });
  assert.equal(refused.code, 1);
  assert.match(
    refused.stderr,
    /newer SCIMTool \(schema 2, this one knows 1\)\. Start that version\. Or go back to the copy/,
  );
  assert.match(refused.stderr, /scim\.db\.schema-1: docs\/upgrade\.md/);
  assert.deepEqual(filesIn(target), before);

  const list = await runCommand(["backup", "list", "--from", target]);
  assert.match(list.stdout, /schema change \(scimtool restore --copy <name>\)\n {2}scim\.db\.schema-1\n/);
  const file = join(folder, "before.db");
  const restored = await runCommand(["restore", "--from", target, "--copy", "scim.db.schema-1", "--to", file]);
  assert.equal(restored.code, 0, restored.stderr);
  const args = ["--database-url", `file:${file}`, "--init"];
  const back = await start({ dataDir: machine("back"), env, args });
  assert.deepEqual(await usersOf(back.client), ["early"]);
});

/** Creates a user as soon as the server is the primary. */
async function untilCreated(client: Client, userName: string): Promise<void> {
  for (let attempt = 0; attempt < 40; attempt++) {
    if ((await client.post("/Users", user(userName))).status === 201) return;
    await delay(250);
  }
  assert.fail("503 all the time");
}

/** Waits until the copy of a standby has the next schema. */
async function untilFollowed({ program }: Running): Promise<void> {
  for (let attempt = 0; attempt < 40; attempt++) {
    if (schemaIn(join(program.dataDir, "scim.db")) === 2) return;
    await delay(250);
  }
  assert.fail("the standby does not follow");
}
