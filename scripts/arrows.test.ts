import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

// biome.json contains the rules. These tests prove what each rejects and accepts.

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "scimtool-arrows-"));
after(() => rmSync(folder, { recursive: true, force: true }));
cpSync(join(root, "biome.json"), join(folder, "biome.json"));

/** Whether the linter allows a file at this path to import the module. */
function allows(file: string, module: string): boolean {
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `import { thing } from "${module}";\n\nconsole.log(thing);\n`);
  const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
  const args = [biome, "lint", "--colors=off", "--only=style/noRestrictedImports", path];
  try {
    execFileSync(process.execPath, args, { cwd: folder, stdio: "pipe" });
    return true;
  } catch (error) {
    const output = String((error as { stdout: Buffer }).stdout) + String((error as { stderr: Buffer }).stderr);
    assert.match(output, /noRestrictedImports/, output);
    return false;
  } finally {
    rmSync(path);
  }
}

const REFUSED: readonly (readonly [file: string, module: string])[] = [
  ["packages/scim/src/filter/x.ts", "node:fs"],
  ["packages/scim/src/filter/x.ts", "fastify"],
  ["packages/scim/src/filter/x.ts", "@scimtool/server"],
  ["packages/replica/src/wal/x.ts", "@scimtool/scim"],
  ["packages/web/src/x.ts", "@scimtool/scim"],
  ["packages/web/src/x.ts", "node:fs"],
  ["packages/check/src/x.ts", "@scimtool/server"],
  ["packages/server/src/directory/x.ts", "../http/server.ts"],
  ["packages/server/src/directory/x.ts", "../store/sqlite/store.ts"],
  ["packages/server/src/directory/x.ts", "node:sqlite"],
  ["packages/server/src/http/scim/x.ts", "../../store/sqlite/store.ts"],
  ["packages/server/src/auth/x.ts", "../http/server.ts"],
  ["packages/server/src/monitor/x.ts", "../http/server.ts"],
  ["packages/server/src/monitor/words/x.ts", "../../directory/directory.ts"],
  ["packages/server/src/monitor/recorder/x.ts", "../../http/server.ts"],
  ["packages/server/src/monitor/sentence/x.ts", "../recorder/recorder.ts"],
  ["packages/server/src/auth/x.ts", "fastify"],
  ["packages/server/src/endpoint/x.ts", "../directory/directory.ts"],
  ["packages/server/src/endpoint/x.ts", "../store/sqlite/store.ts"],
  ["packages/server/src/http/x.ts", "node:sqlite"],
  ["packages/server/src/store/sqlite/x.ts", "../../directory/directory.ts"],
  ["packages/server/src/store/x.ts", "../http/server.ts"],
];

const ALLOWED: readonly (readonly [file: string, module: string])[] = [
  ["packages/scim/src/filter/x.ts", "../json.ts"],
  ["packages/scim/src/filter/x.ts", "./parse.ts"],
  ["packages/replica/src/wal/x.ts", "node:fs"],
  ["packages/check/src/x.ts", "@scimtool/scim"],
  ["packages/server/src/directory/x.ts", "../store/store.ts"],
  ["packages/server/src/directory/x.ts", "../endpoint/served-endpoint.ts"],
  ["packages/server/src/endpoint/x.ts", "../store/store.ts"],
  ["packages/server/src/auth/x.ts", "../store/store.ts"],
  ["packages/server/src/monitor/x.ts", "../store/monitor.ts"],
  ["packages/server/src/monitor/recorder/x.ts", "../../directory/directory.ts"],
  ["packages/server/src/directory/x.ts", "@scimtool/scim"],
  ["packages/server/src/http/scim/x.ts", "../../directory/directory.ts"],
  ["packages/server/src/store/sqlite/x.ts", "../store.ts"],
  ["packages/server/src/application.ts", "./store/sqlite/store.ts"],
];

for (const [file, module] of REFUSED) {
  test(`${file} must not import ${module}`, () => assert.equal(allows(file, module), false));
}

for (const [file, module] of ALLOWED) {
  test(`${file} may import ${module}`, () => assert.equal(allows(file, module), true));
}
