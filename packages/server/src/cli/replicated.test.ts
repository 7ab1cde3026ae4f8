import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { testFolder } from "../testing/application.ts";
import { succeeded } from "../testing/assert-answer.ts";
import { type Answer, type Client, clientOf } from "../testing/client.ts";
import { runCommand } from "../testing/command.ts";
import { type Program, type ProgramOptions, startProgram } from "../testing/program.ts";
import { user } from "../testing/scim-bodies.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

/** A target, and starts with it, each on a separate machine. */
function newTarget(t: TestContext) {
  const folder = testFolder();
  const target = join(folder, "target");
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const env = { BACKUP_TARGET: target, SCIM_SHARED_SECRET: "secret-of-scim", ADMIN_SECRET: "secret-of-admins" };
  const start = async (options: ProgramOptions = {}): Promise<{ program: Program; client: Client }> => {
    const program = await startProgram({ env, ...options });
    t.after(() => program.kill());
    return { program, client: clientOf(program.baseUrl, env.SCIM_SHARED_SECRET) };
  };
  return { folder, target, env, start };
}

async function namesOf(client: Client): Promise<string[]> {
  const names: string[] = [];
  for (let cursor: string | undefined = ""; cursor !== undefined; ) {
    const page: Answer["body"] = succeeded(
      await client.get(`/Users?count=1000&attributes=userName&sortBy=userName&cursor=${cursor}`),
      200,
    );
    names.push(...(page.Resources ?? []).map(({ userName }: { userName: string }) => userName));
    cursor = page.nextCursor;
  }
  return names;
}

/** Repeats a request until it is no longer answered 503. */
async function untilServed(client: Client): Promise<string[]> {
  for (let attempt = 0; attempt < 30; attempt++) {
    if ((await client.get("/Users?count=0")).status === 200) return namesOf(client);
    await delay(500);
  }
  return assert.fail("503 all the time");
}

test("a machine that dies during writes, with its disk, loses no acknowledged change", async (t) => {
  const { start } = newTarget(t);
  const first = await start();
  const acknowledged: string[] = [];
  const write = async (name: string) => {
    for (let index = 0; ; index++) {
      if ((await first.client.post("/Users", user(`${name}${index}`))).status === 201)
        acknowledged.push(`${name}${index}`);
    }
  };
  const writers = Array.from({ length: 4 }, (_, index) => write(`w${index}n`).catch(() => undefined));
  await delay(1_000);
  await first.program.kill();
  await Promise.all(writers);
  assert.ok(acknowledged.length > 10, `${acknowledged.length} writes`);

  // Another folder, because the first one is lost.
  const second = await start({ standby: true });
  assert.match(second.program.output(), /^backup: Database restored: .* every page verified\.$/m);
  const found = new Set(await untilServed(second.client));
  assert.deepEqual(
    acknowledged.filter((name) => !found.has(name)),
    [],
  );
  assert.match(second.program.output(), /SCIM base URL/);
  assert.equal(await second.program.stop(), 0);
});

test("a deployment hands the database over at the first request, without losing or repeating a write", async (t) => {
  const { start } = newTarget(t);
  const before = await start();
  succeeded(await before.client.post("/Users", user("one")), 201);
  const next = await start({ standby: true });
  const origin = next.program.baseUrl.replace("/scim/v2", "");
  assert.equal((await clientOf(origin, undefined).get("/readyz")).text, "ready (standby)\n");
  succeeded(await before.client.post("/Users", user("two")), 201);
  succeeded(await next.client.post("/Users", user("three")), 201);
  assert.equal((await before.client.post("/Users", user("refused"))).status, 503);
  assert.deepEqual(await namesOf(next.client), ["one", "three", "two"]);
  assert.equal(await before.program.stop(), 0);
  assert.deepEqual(await namesOf(next.client), ["one", "three", "two"]);
  assert.equal(await next.program.stop(), 0);
  const last = await start();
  assert.match(last.program.output(), /Database restored/);
  assert.deepEqual(await namesOf(last.client), ["one", "three", "two"]);
  assert.equal(await last.program.stop(), 0);
});

test("a container that restarts with its disk continues without a restore", async (t) => {
  const { start, folder } = newTarget(t);
  const dataDir = join(folder, "data");
  const first = await start({ dataDir });
  succeeded(await first.client.post("/Users", user("kept")), 201);
  await first.program.kill();
  const second = await start({ dataDir });
  assert.match(second.program.output(), /continues where it stopped; nothing had to be restored/);
  assert.deepEqual(await namesOf(second.client), ["kept"]);
  assert.equal(await second.program.stop(), 0);
});

async function damagedTarget(t: TestContext) {
  const place = newTarget(t);
  const { program, client } = await place.start();
  succeeded(await client.post("/Users", user("lost")), 201);
  assert.equal(await program.stop(), 0);
  const snapshots = join(place.target, "replica/snap");
  for (const name of readdirSync(snapshots)) writeFileSync(join(snapshots, name), "x");
  return place;
}

test("a target that cannot be restored stops the start and says what to do", async (t) => {
  const { env, folder } = await damagedTarget(t);
  const dataDir = join(folder, "data");
  const { code, stdout, stderr } = await runCommand(["--port", "0", "--data-dir", dataDir], env);
  assert.equal(code, 1, stdout);
  assert.match(stderr, /^scimtool cannot start: The database at .* cannot be restored\..*--init/m);
  assert.doesNotMatch(stderr, /^ +at /m);
  assert.doesNotMatch(stdout, /SCIM base URL/);
});

test("with --init a server starts without the database that cannot be restored", async (t) => {
  const { start } = await damagedTarget(t);
  const anew = await start({ args: ["--init"] });
  assert.deepEqual(await namesOf(anew.client), []);
  assert.match(anew.program.output(), /^scimtool: backup warning: Starting without the database .* because of --init/m);
  assert.equal(await anew.program.stop(), 0);
});

for (const isOldPlace of [false, true]) {
  const where = isOldPlace ? "restored to where the server had its own" : "of a name of its own";
  test(`a restored earlier state can replace the target's (${where})`, async (t) => {
    const { start, folder, env } = newTarget(t);
    const file = join(folder, "restored.db");
    const first = await start(isOldPlace ? { args: ["--database-url", `file:${file}`] } : {});
    succeeded(await first.client.post("/Users", user("wanted")), 201);
    await delay(20);
    const at = new Date().toISOString();
    await delay(20);
    succeeded(await first.client.post("/Users", user("accident")), 201);
    assert.equal(await first.program.stop(), 0);
    if (isOldPlace) renameSync(file, `${file}.old`);
    const restored = await runCommand(["restore", "--at", at, "--to", file], env);
    assert.equal(restored.code, 0, restored.stderr);
    assert.match(restored.stdout, /scimtool --database-url 'file:.*restored\.db' --init\n$/);
    const args = ["--database-url", `file:${file}`, "--init"];
    const second = await start({ args });
    assert.deepEqual(await namesOf(second.client), ["wanted"]);
    assert.equal(await second.program.stop(), 0);
    const third = await start();
    assert.deepEqual(await namesOf(third.client), ["wanted"]);
    assert.equal(await third.program.stop(), 0);
  });
}

/** Nothing can be written below the target until the file is removed. */
function fullTarget(folder: string, target: string): { readonly NODE_OPTIONS: string; readonly free: () => void } {
  const [preload, marker] = [join(folder, "full.mjs"), join(folder, "full")];
  writeFileSync(marker, "");
  writeFileSync(
    preload,
    `import { existsSync } from "node:fs";
    import files from "node:fs/promises";
    import { syncBuiltinESMExports } from "node:module";
    const { open } = files;
    files.open = (path, flags, ...rest) => {
      const isRefused = String(path).startsWith(${JSON.stringify(target)}) && /[wxa]/.test(flags) && existsSync(${JSON.stringify(marker)});
      if (!isRefused) return open(path, flags, ...rest);
      return Promise.reject(Object.assign(new Error("ENOSPC: no space left"), { code: "ENOSPC", syscall: "open" }));
    };
    syncBuiltinESMExports();`,
  );
  return { NODE_OPTIONS: `--import ${preload}`, free: () => rmSync(marker) };
}

test("a start waits for a full target, answers the platform meanwhile, and can be stopped", async (t) => {
  const { start, folder, target, env } = newTarget(t);
  const holder = createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const port = String((holder.address() as AddressInfo).port);
  holder.close();
  const { free, NODE_OPTIONS } = fullTarget(folder, target);
  const options = { args: ["--port", port], env: { ...env, NODE_OPTIONS } };
  const platform = clientOf(`http://127.0.0.1:${port}`, undefined);
  t.after(() => platform.close());
  const answers = async () => {
    for (;;) {
      const answer = await platform.get("/healthz").catch(() => undefined);
      if (answer?.status === 200) break;
      await delay(50);
    }
    return [(await platform.get("/readyz")).text, (await platform.get("/scim/v2/Users")).status];
  };

  const stopped = spawn(process.execPath, [MAIN, "--data-dir", join(folder, "stopped"), ...options.args], options);
  assert.deepEqual(await answers(), ["starting\n", 503]);
  stopped.kill("SIGTERM");
  const [[code], stderr] = await Promise.all([once(stopped, "exit"), text(stopped.stderr)]);
  assert.equal(code, 143);
  assert.match(
    stderr,
    /^scimtool: backup warning: The backup target .* has no space left\. .* Retrying for 200 s\.\n$/,
  );

  const starting = start(options);
  assert.deepEqual(await answers(), ["starting\n", 503]);
  free();
  const { program, client } = await starting;
  succeeded(await client.post("/Users", user("kept")), 201);
  assert.equal(await program.stop(), 0);
});

test("an invalid target is reported without its token", async (t) => {
  const dataDir = testFolder();
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  const cases: [string, RegExp][] = [
    ["ftp://example.com/x", /begins with ftp:, which is neither a folder nor a blob container/],
    ["https://account.blob.core.windows.net/?sig=hunter2", /names no container/],
    ["https://account.blob.core.windows.net/backup?signature=hunter2", /is not a SAS/],
  ];
  for (const [target, message] of cases) {
    for (const [args, env] of [
      [["--backup-target", target], {}],
      [[], { BACKUP_TARGET: target }],
    ] as const) {
      const { code, stdout, stderr } = await runCommand(["--port", "0", "--data-dir", dataDir, ...args], env);
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(stderr, /^scimtool cannot start: --backup-target \(BACKUP_TARGET\): /);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /hunter2/);
    }
  }
});
