import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, test } from "node:test";
import { configOptions } from "../config.ts";
import { testFolder } from "../testing/application.ts";
import { runCommand } from "../testing/command.ts";
import { VERSION } from "../version.ts";

const folder = testFolder();
after(() => rmSync(folder, { recursive: true }));

test("--version prints the version, and nothing else", async () => {
  assert.deepEqual(await runCommand(["--version"]), { code: 0, stdout: `${VERSION}\n`, stderr: "" });
});

test("--help names every option with its environment variable, of the program and of serve", async () => {
  for (const args of [["--help"], ["serve", "--help"]]) {
    const { code, stdout, stderr } = await runCommand(args);
    assert.deepEqual([code, stderr], [0, ""]);
    const text = stdout.replace(/\s+/g, " ");
    for (const { long, envVar } of configOptions()) {
      if (long === "--init") {
        assert.match(text, /--init start even if/);
        continue;
      }
      assert.ok(long && envVar && text.includes(`${long} <`), `${long}`);
      assert.match(text, new RegExp(`${long} <[^>]+> (?:(?! --).)*env: ${envVar}\\)`), `${long} with ${envVar}`);
    }
  }
});

test("an unknown flag or command, or a flag without its value, ends with a message and exit code 1", async () => {
  const cases: [string[], RegExp][] = [
    [["--nope"], /unknown option '--nope'/],
    [["--prot", "1"], /unknown option '--prot'\n\(Did you mean --port\?\)/],
    [["serve", "--nope"], /unknown option '--nope'/],
    [["frob"], /unknown command 'frob'/],
    [["tokn", "list"], /unknown command 'tokn'\n\(Did you mean token\?\)/],
    [["--port"], /option '--port <number>' argument missing/],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await runCommand(args);
    assert.deepEqual([code, stdout], [1, ""], args.join(" "));
    assert.match(stderr, message);
    assert.match(stderr, /scimtool --help lists all options/);
  }
});

test("options may come before serve or after it; those after it win", async () => {
  const atFault = async (...args: string[]) => (await runCommand(args)).stderr;
  const taken = ["--host", "192.0.2.1"];
  assert.match(await atFault("--data-dir", folder, ...taken, "serve"), /no address 192\.0\.2\.1/);
  assert.match(await atFault("--data-dir", folder, "serve", ...taken), /no address 192\.0\.2\.1/);
  const both = ["--host", "192.0.2.2", "--data-dir", folder, "serve", ...taken];
  assert.match(await atFault(...both), /no address 192\.0\.2\.1/);
});
