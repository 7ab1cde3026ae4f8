import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { MIGRATIONS } from "../store/sqlite/migrations.ts";
import { testFolder } from "../testing/application.ts";
import { succeeded } from "../testing/assert-answer.ts";
import { type Client, clientOf } from "../testing/client.ts";
import { runCommand } from "../testing/command.ts";
import { type Program, type ProgramOptions, startProgram } from "../testing/program.ts";
import { user } from "../testing/scim-bodies.ts";

/** Settings that turn a start into one of a fictitious next version with another schema. */
const NEXT = { NODE_OPTIONS: `--import ${new URL("../testing/next-version.ts", import.meta.url).href}` };
/** The schema of this version, and of the next one. */
const THIS = MIGRATIONS.length;
const LATER = THIS + 1;
const SCHEMAS = `\\(schema ${LATER}, this one knows ${THIS}\\)\\.`;
const COPY = `scim.db.schema-${THIS}`;
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
  const copy = join(dataDir, COPY);
  assert.match(
    next.program.output(),
    new RegExp(`^The schema of the database changes from ${THIS} to ${LATER}.*${copy}`, "m"),
  );
  succeeded(await next.client.post("/Users", user("late")), 201);
  assert.equal(await next.program.stop(), 0);
  assert.deepEqual([schemaIn(file), schemaIn(copy)], [LATER, THIS]);
  assert.deepEqual([usersIn(file), usersIn(copy)], [["early", "late"], ["early"]]);

  const contents = () => filesIn(dataDir).map((path) => [path, readFileSync(path).toString("base64")]);
  const untouched = contents();
  const { code, stderr } = await runCommand(["--port", "0", "--data-dir", dataDir], SECRETS);
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`written by a newer SCIMTool ${SCHEMAS} Start that version\\.`));
  assert.match(stderr, new RegExp(`put ${copy} in its place \\(docs/upgrade\\.md, "Go back over a schema change"\\)`));
  assert.deepEqual(
    contents().filter(([path]) => !path?.endsWith("-lock")),
    untouched.filter(([path]) => !path?.endsWith("-lock")),
  );

  renameSync(copy, file);
  const back = await start({ dataDir });
  assert.deepEqual(await usersOf(back.client), ["early"]);
});

test("without disk space for the copy the schema is not changed", async (t) => {
  const { folder: dataDir, start } = newPlace(t);
  const file = join(dataDir, "scim.db");
  const before = await start({ dataDir });
  await before.program.stop();
  mkdirSync(join(dataDir, COPY));
  const { code, stderr } = await runCommand(["--port", "0", "--data-dir", dataDir], { ...SECRETS, ...NEXT });
  assert.equal(code, 1);
  assert.match(
    stderr,
    new RegExp(`changes the schema of .* from ${THIS} to ${LATER}, but .*cannot be made .*Nothing was changed`),
  );
  assert.equal(schemaIn(file), THIS);
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
  assert.match(
    next.program.output(),
    new RegExp(`changes from ${THIS} to ${LATER}\\. Before that it was copied to ${COPY} at `),
  );
  const kept = join(target, COPY);
  assert.deepEqual([schemaIn(kept), usersIn(kept)], [THIS, ["early"]]);
  assert.equal(existsSync(join(machine("next"), COPY)), false, "the copy does not fill the local disk");

  // An old instance that follows the log does not take over a database that it cannot open.
  await untilFollowed(waiting);
  assert.equal((await waiting.client.get("/Users")).status, 503);
  succeeded(await next.client.post("/Users", user("later")), 201);
  assert.equal(await waiting.program.stop(), 0);
  assert.equal(await old.program.stop(), 0);
  assert.equal(await next.program.stop(), 0);

  const before = filesIn(target);
  const refused = await runCommand(["--port", "0", "--data-dir", machine("rollback")], { ...SECRETS, ...env });
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, new RegExp(`newer SCIMTool ${SCHEMAS} Start that version\\. Or go back to the copy`));
  assert.match(refused.stderr, new RegExp(`${COPY}: docs/upgrade\\.md`));
  assert.deepEqual(filesIn(target), before);

  const list = await runCommand(["backup", "list", "--from", target]);
  assert.match(list.stdout, new RegExp(`schema change \\(scimtool restore --copy <name>\\)\\n {2}${COPY}\\n`));
  const file = join(folder, "before.db");
  const restored = await runCommand(["restore", "--from", target, "--copy", COPY, "--to", file]);
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
    if (schemaIn(join(program.dataDir, "scim.db")) === LATER) return;
    await delay(250);
  }
  assert.fail("the standby does not follow");
}
