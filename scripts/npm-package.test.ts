import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "scimtool-npm-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const user = join(folder, "user");
mkdirSync(user);

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const env = { ...process.env, npm_config_prefer_offline: "true", npm_config_audit: "false", npm_config_fund: "false" };

execFileSync(process.execPath, [join(root, "scripts/npm-package.ts"), join(folder, "package")]);
const [packed] = JSON.parse(
  execFileSync("npm", ["pack", join(folder, "package"), "--json", "--pack-destination", folder], { env }).toString(),
);
execFileSync("npm", ["install", join(folder, packed.filename)], { cwd: user, env });

test("the npm package has the bundle, its licences and nothing of the sources", () => {
  const files: string[] = packed.files.map(({ path }: { path: string }) => path);
  for (const wanted of ["package.json", "README.md", "LICENSE", "CHANGELOG.md", "scimtool.js", "dist/scimtool.mjs"]) {
    assert.ok(files.includes(wanted), wanted);
  }
  assert.deepEqual(
    files.filter((file) => /\.(ts|map)$|test/.test(file)),
    [],
  );
  assert.ok(packed.size < 5_000_000, `${packed.size} bytes`);
});

test("installed into an empty folder, npx scimtool answers and starts the server", async () => {
  const npx = (...words: string[]) =>
    spawnSync("npx", ["--no-install", "scimtool", ...words], { cwd: user, env, encoding: "utf8" });
  assert.equal(npx("--version").stdout.trim(), version);
  assert.match(npx("--help").stdout, /scimtool azure --help/);
  const wrong = npx("--port", "nowhere");
  assert.deepEqual([wrong.status, wrong.stdout], [1, ""]);
  await startAndStop(join(user, "node_modules/.bin/scimtool"), dirname(process.execPath));
});

/** Folders of the PATH with a Node.js that is too old for the bundle. */
const older = (process.env["PATH"] ?? "").split(delimiter).filter((path) => {
  const { stdout } = spawnSync(join(path, "node"), ["--version"], { encoding: "utf8" });
  const major = Number(/^v(\d+)\./.exec(stdout ?? "")?.[1]);
  return major >= 20 && major < 26;
});

test("with an older Node.js, the one that npm installed runs the server", {
  skip: older.length === 0 && "there is no older Node.js on the PATH",
}, async () => {
  await startAndStop(join(user, "node_modules/.bin/scimtool"), older[0] ?? "");
});

/** Starts the installed program with the Node.js of a folder, and stops it with SIGTERM. */
async function startAndStop(program: string, nodeFolder: string): Promise<void> {
  const child = spawn(program, ["--port", "0", "--data-dir", join(user, "data")], {
    cwd: user,
    env: { PATH: [nodeFolder, process.env["PATH"]].join(delimiter) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    let page: string | undefined;
    for await (const line of createInterface({ input: child.stdout })) {
      page = /Status page\s+(\S+)/.exec(line)?.[1];
      if (page !== undefined) break;
    }
    assert.equal((await fetch(new URL("/readyz", page))).status, 200);
  } finally {
    child.kill("SIGTERM");
    assert.deepEqual(await once(child, "exit"), [0, null]);
  }
}
