import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Program, startProgram } from "../testing/program.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));

describe("npm run demo", () => {
  let program: Program;
  before(async () => {
    program = await startProgram();
  });
  after(async () => {
    assert.equal(await program.stop(), 0, program.output());
  });

  async function demo(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const { PATH = "", HOME = "" } = process.env;
    return new Promise((resolve) => {
      execFile(process.execPath, [MAIN, "demo", ...args], { env: { PATH, HOME } }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      });
    });
  }

  async function countOf(path: string): Promise<number> {
    const headers = { authorization: `Bearer ${program.secret}` };
    const response = await fetch(`${program.baseUrl}${path}`, { headers });
    return ((await response.json()) as { totalResults: number }).totalResults;
  }

  test("tells what it does, and leaves nothing", async () => {
    const { code, stdout, stderr } = await demo("--url", program.baseUrl, "--data-dir", program.dataDir);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^Entra ID created Joy Young \(201, \d+ ms\)$/m);
    assert.match(stdout, /^Okta deactivated Tomás Silva \(200, \d+ ms\)$/m);
    assert.ok(stdout.includes(`'${program.baseUrl}/Users'`));
    assert.ok(!stdout.includes(program.secret));
    assert.equal(await countOf("/Users"), 0);
    assert.equal(await countOf("/Groups"), 0);
  });

  test("leaves what it made with --keep, and can be played again, also with Entra ID's flag", async () => {
    const secret = ["--secret", program.secret, "--keep"];
    assert.equal((await demo("--url", program.baseUrl, ...secret)).code, 0);
    const users = await countOf("/Users");
    assert.ok(users > 0);
    assert.equal((await demo("--url", `${program.baseUrl}?aadOptscim062020`, ...secret)).code, 0);
    assert.equal(await countOf("/Users"), 2 * users);
  });

  test("says what to do without a secret, with a wrong one, at a wrong address, and where no server is", async () => {
    const refused = async (args: string[], pattern: RegExp) => {
      const { code, stdout, stderr } = await demo(...args);
      assert.equal(code, 1);
      assert.equal(stdout, "");
      assert.match(stderr, pattern);
      assert.equal(stderr.trim().split("\n").length, 1, "one line");
    };
    await refused(["--data-dir", "/nowhere"], /no secret in \/nowhere\/secrets\/scim.*npm start/);
    await refused(["--url", program.baseUrl, "--secret", "wrong"], /refuses the secret \(401\).*--data-dir/);
    await refused(["--url", `${program.baseUrl}/x`, "--secret", program.secret], /not a SCIM base URL.*--url/);
    await refused(["--url", "nonsense", "--secret", "any"], /"nonsense" is not a URL/);
    await refused(["--url", "http://127.0.0.1:1/scim/v2", "--secret", "any"], /cannot be reached|Nothing listens/);
  });
});
