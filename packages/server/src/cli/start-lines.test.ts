import assert from "node:assert/strict";
import { test } from "node:test";
import { Command } from "commander";
import { completeConfig, configOptions } from "../config.ts";
import { startLines } from "./start-lines.ts";

function linesOf(args: string[], port = 8080): string {
  const command = new Command();
  for (const option of configOptions()) command.addOption(option);
  command.parse(args, { from: "user" });
  return startLines({ scim: { kind: "given" }, admin: { kind: "given" } }, completeConfig(command.opts()), port);
}

test("the start lines mention recording only if it is off", () => {
  assert.match(linesOf(["--recording", "off"]), /^ {2}Recording is off: the page shows earlier requests only/m);
  assert.doesNotMatch(linesOf(["--recording", "on"]), /Recording/);
});

test("with PostgreSQL, the start lines name the database without its password, and who backs it up", () => {
  const lines = linesOf(["--database-url", "postgres://scimtool:hunter2@127.0.0.1:5433/scim?sslmode=disable"]);
  assert.match(lines, /^ {2}Database {8}PostgreSQL at 127\.0\.0\.1:5433\/scim; backups are made by its server/m);
  assert.doesNotMatch(lines, /hunter2/);
  assert.doesNotMatch(linesOf([]), /Database/);
});

test("an address with brackets is quoted: some shells look for files of that name", () => {
  assert.match(linesOf(["--host", "::1"]), /^ {4}curl .* 'http:\/\/\[::1\]:8080\/scim\/v2\/Users'$/m);
  assert.match(linesOf([]), /^ {4}curl .*" http:\/\/127\.0\.0\.1:8080\/scim\/v2\/Users$/m);
});

test("the demo command names this server, unless the demo finds it by its defaults", (t) => {
  const demo = (args: string[], port?: number) => /second terminal: {2}(.*)$/m.exec(linesOf(args, port))?.[1];
  assert.equal(demo([]), "npm run demo");
  assert.equal(demo(["--host", "0.0.0.0"]), "npm run demo");
  assert.equal(demo([], 9000), "npm run demo -- --url http://127.0.0.1:9000");
  assert.equal(demo(["--data-dir", "it's mine"]), "npm run demo -- --data-dir 'it'\\''s mine'");
  const [, program = ""] = process.argv;
  t.after(() => {
    process.argv[1] = program;
  });
  process.argv[1] = "/my tools/scimtool.mjs";
  assert.equal(demo([]), "node '/my tools/scimtool.mjs' demo");
  for (const installed of ["/usr/local/bin/scimtool", "C:\\npm\\node_modules\\scimtool\\scimtool.js"]) {
    process.argv[1] = installed;
    assert.equal(demo([]), "npx scimtool demo");
  }
  process.argv[1] = "/app/scimtool.mjs";
  const folder = "--data-dir /data";
  assert.equal(
    demo(["--data-dir", "/data"], 9000),
    `node /app/scimtool.mjs demo --url http://127.0.0.1:9000 ${folder}`,
  );
});
