import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { azureBlobTarget } from "../azure-blob.ts";
import { openTarget } from "../open-target.ts";
import { startAzurite } from "./azurite.ts";

const isRunning = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function ends(pid: number): Promise<boolean> {
  for (let attempt = 0; attempt < 100 && isRunning(pid); attempt++) await new Promise((wait) => setTimeout(wait, 20));
  return !isRunning(pid);
}

test("Azurite starts empty, responds, and is gone once stopped", async () => {
  const azurite = await startAzurite();
  const env = { AZURE_STORAGE_CONNECTION_STRING: azurite.connectionString };
  const target = await openTarget(`${azurite.accountUrl}/backup`, env);
  assert.deepEqual(await target.list(""), []);
  assert.equal(await target.create("a", Buffer.from("x")), "created");
  await azurite.stop();
  assert.ok(!isRunning(azurite.pid));
  await azurite.stop();
  await assert.rejects(azureBlobTarget({ containerUrl: `${azurite.accountUrl}/backup` }).list(""), /ECONNREFUSED/);
});

for (const end of ["process.exit(0)", "undefined", "process.kill(process.pid, 'SIGKILL')"]) {
  test(`Azurite does not outlive its parent, and ends by: ${end}`, async () => {
    const module = JSON.stringify(new URL("./azurite.ts", import.meta.url).href);
    const program = `import { startAzurite } from ${module}; console.log((await startAzurite()).pid); ${end};`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program]).catch(
      (error: { stdout: string }) => error,
    );
    assert.match(stdout, /^\d+\n$/);
    assert.ok(await ends(Number(stdout)));
  });
}
