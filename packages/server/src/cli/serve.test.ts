import assert from "node:assert/strict";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { testFolder } from "../testing/application.ts";
import { refused, succeeded } from "../testing/assert-answer.ts";
import { type Client, clientOf } from "../testing/client.ts";
import { runCommand, runInBash } from "../testing/command.ts";
import { type Program, type ProgramOptions, startProgram } from "../testing/program.ts";
import { user } from "../testing/scim-bodies.ts";

/** Starts programs that end with the test. */
function starter(t: TestContext) {
  return async (options: ProgramOptions): Promise<{ program: Program; client: Client }> => {
    const program = await startProgram(options);
    t.after(() => program.kill());
    return { program, client: clientOf(program.baseUrl, program.secret) };
  };
}

function newFolder(t: TestContext, name = ""): string {
  const folder = testFolder();
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, name);
}

const withToken = (program: Program, token: string) => clientOf(program.baseUrl, token).get("/Users?count=0");
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

test("the first start creates secrets that only the owner can read; the second prints none and keeps secrets and data", async (t) => {
  const start = starter(t);
  const dataDir = newFolder(t, "data");
  const first = await start({ dataDir });
  const adminSecret = readFileSync(join(dataDir, "secrets", "admin"), "utf8").trim();
  assert.ok(first.program.output().includes(first.program.secret));
  assert.match(first.program.secret, /^[\w-]{43}$/);
  assert.notEqual(adminSecret, first.program.secret);
  assert.deepEqual([mode(dataDir), mode(join(dataDir, "secrets"))], ["700", "700"]);
  assert.deepEqual([mode(join(dataDir, "secrets/scim")), mode(join(dataDir, "secrets/admin"))], ["600", "600"]);
  assert.deepEqual([mode(join(dataDir, "scim.db")), mode(join(dataDir, "scim.db-wal"))], ["600", "600"]);
  const { id } = succeeded(await first.client.post("/Users", user("kept")), 201);
  assert.equal(await first.program.stop(), 0);

  const second = await start({ dataDir });
  assert.equal(second.program.secret, first.program.secret);
  for (const secret of [adminSecret, first.program.secret]) assert.ok(!second.program.output().includes(secret));
  assert.match(second.program.output(), /SCIM secret +in the file .*secrets\/scim\n +Admin secret +in the file/);
  assert.equal(succeeded(await second.client.get(`/Users/${id}`), 200).userName, "kept");
  refused(await withToken(second.program, adminSecret), 403, undefined, /administration/);
});

test("an empty environment variable counts as unset", async (t) => {
  const start = starter(t);
  const dataDir = newFolder(t);
  const env = { SCIM_SHARED_SECRET: "", ADMIN_SECRET: "", PUBLIC_URL: "", SCIM_PROFILE: "", DATABASE_URL: "" };
  const { program } = await start({ dataDir, env });
  const made = readFileSync(join(dataDir, "secrets/scim"), "utf8").trim();
  assert.ok(program.output().includes(made));
  succeeded(await withToken(program, made), 200);
});

test("secrets from the environment replace the previous ones, are not printed, and stay valid without it", async (t) => {
  const start = starter(t);
  const dataDir = newFolder(t);
  const made = await start({ dataDir });
  assert.equal(await made.program.stop(), 0);

  const env = { SCIM_SHARED_SECRET: "given-by-environment", ADMIN_SECRET: "given-as-well" };
  const given = await start({ dataDir, env });
  assert.match(given.program.output(), /SCIM secret +set by SCIM_SHARED_SECRET\n +Admin secret +set by ADMIN_SECRET/);
  assert.doesNotMatch(given.program.output(), /given-/);
  succeeded(await withToken(given.program, "given-by-environment"), 200);
  refused(await withToken(given.program, "given-as-well"), 403, undefined, /administration/);
  refused(await withToken(given.program, made.program.secret), 401, undefined, /not known here/);
  assert.equal(await given.program.stop(), 0);

  const later = await start({ dataDir, secret: env.SCIM_SHARED_SECRET });
  assert.match(later.program.output(), /SCIM secret +unchanged, but not stored in a file; set SCIM_SHARED_SECRET/);
  succeeded(await withToken(later.program, "given-by-environment"), 200);
  refused(await withToken(later.program, made.program.secret), 401, undefined, /not known here/);
});

test("secrets can come from files, also for commands that ask the server", async (t) => {
  const start = starter(t);
  const folder = newFolder(t);
  const [scim, admin] = [join(folder, "scim"), join(folder, "admin")];
  writeFileSync(scim, "scim-secret-of-a-file\n");
  writeFileSync(admin, "admin-secret-of-a-file\n");
  const env = { SCIM_SHARED_SECRET_FILE: scim, ADMIN_SECRET_FILE: admin };
  const { program } = await start({ env, secret: "scim-secret-of-a-file" });
  assert.match(program.output(), /SCIM secret +in the file .*scim\n +Admin secret +in the file .*admin\n/);
  assert.doesNotMatch(program.output(), /-secret-of-a-file/);
  succeeded(await withToken(program, "scim-secret-of-a-file"), 200);
  const url = program.baseUrl.replace("/scim/v2", "");
  const listed = await runCommand(["token", "list", "--url", url], { ADMIN_SECRET_FILE: admin });
  assert.deepEqual([listed.code, listed.stderr], [0, ""]);
});

test("a database that moves without its secrets folder keeps its tokens valid", async (t) => {
  const start = starter(t);
  const [dataDir, elsewhere] = [newFolder(t), newFolder(t)];
  const { program } = await start({ dataDir });
  assert.equal(await program.stop(), 0);
  cpSync(join(dataDir, "scim.db"), join(elsewhere, "moved.db"));
  const env = { DATABASE_URL: `file:${join(elsewhere, "moved.db")}` };
  const { client } = await start({ dataDir: newFolder(t), env, secret: program.secret });
  succeeded(await client.get("/Users?count=0"), 200);
});

/** The signal may arrive later. */
async function untilNobodyListens({ baseUrl, secret }: Program): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const connecting = clientOf(baseUrl, secret);
    const error: unknown = await connecting.get("/Users?count=0").then(
      () => undefined,
      (error) => error,
    );
    connecting.close();
    if (error !== undefined) {
      assert.match(String(error), /ECONNREFUSED|ECONNRESET|hang up/);
      return;
    }
    await delay(50);
  }
  assert.fail("it takes connections all the time");
}

test("SIGTERM lets a slow upload finish, accepts no new connection, and ends with exit code 0", async (t) => {
  const dataDir = newFolder(t);
  const { program, client } = await starter(t)({ dataDir });
  const { port } = new URL(program.baseUrl);
  const idle = connect(Number(port), "127.0.0.1");
  const uploading = connect(Number(port), "127.0.0.1").setEncoding("utf8");
  await Promise.all([once(idle, "connect"), once(uploading, "connect")]);
  const body = JSON.stringify(user("slow"));
  uploading.write(
    `POST /scim/v2/Users HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${program.secret}\r\n` +
      `Content-Length: ${body.length}\r\n\r\n${body.slice(0, 10)}`,
  );
  succeeded(await client.get("/Users?count=0"), 200);
  client.close();

  const stopped = program.stop();
  await untilNobodyListens(program);
  uploading.write(body.slice(10));
  const [answer] = await once(uploading, "data");
  assert.match(String(answer), /^HTTP\/1\.1 201 /);
  assert.equal(await stopped, 0);
  idle.destroy();

  const again = await starter(t)({ dataDir });
  assert.equal((await again.client.get('/Users?filter=userName+eq+"slow"')).body.totalResults, 1);
});

/** The line after "Try it:". */
function curlLine(program: Program): string {
  return /Try it:\n +(curl .*)\n/.exec(program.output())?.[1] ?? assert.fail(program.output());
}

test("the printed curl line works in bash, at every start and for any folder", async (t) => {
  const start = starter(t);
  const dataDir = newFolder(t, "it's a $HOME folder");
  mkdirSync(dataDir);
  const env = { SCIM_SHARED_SECRET: "given-by-environment" };
  for (const options of [{ dataDir }, { dataDir }, { dataDir, env }, { dataDir, args: ["--host", "0.0.0.0"], env }]) {
    const { program } = await start(options);
    const { code, stdout, stderr } = await runInBash(curlLine(program), "env" in options ? env : {});
    assert.equal(code, 0, stderr);
    assert.equal(JSON.parse(stdout).totalResults, 0, stdout);
    await program.stop();
  }
});

test("the start lines show the address that clients use", async (t) => {
  const { program } = await starter(t)({ env: { PUBLIC_URL: "https://scim.example.com/" } });
  const printed = program.output();
  assert.match(printed, /Status page +https:\/\/scim\.example\.com\/\n/);
  assert.match(printed, /SCIM base URL +https:\/\/scim\.example\.com\/scim\/v2\n/);
  assert.match(printed, /Tenant URL +https:\/\/scim\.example\.com\/scim\/v2\?aadOptscim062020\n/);
  assert.doesNotMatch(printed, /--public-url/);
});
