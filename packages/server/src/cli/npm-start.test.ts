import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { testFolder } from "../testing/application.ts";

const MAIN = join(import.meta.dirname, "main.ts");

const SECRET = "secret-of-the-parent-test";

/** Starts the program below a shell. @returns its address, its process ID, and a function that ends the shell */
async function below(t: TestContext, event: string): Promise<{ url: URL; pid: number; endShell: () => Promise<void> }> {
  const folder = testFolder();
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  // The program does not replace the shell, as with dash, so it prints its own ID.
  const line = `"${process.execPath}" "${MAIN}" --port 0 --data-dir "${folder}" & echo "pid $!"; wait`;
  const { PATH = "" } = process.env;
  const shell = spawn("sh", ["-c", line], {
    env: { PATH, npm_lifecycle_event: event, SCIM_SHARED_SECRET: SECRET },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let [pid, url] = [0, ""];
  for await (const text of createInterface({ input: shell.stdout })) {
    pid ||= Number(/^pid (\d+)$/.exec(text)?.[1] ?? 0);
    url ||= /Status page +(\S+)/.exec(text)?.[1] ?? "";
    if (/Try it/.test(text)) break;
  }
  t.after(() => {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended.
    }
  });
  const endShell = async () => {
    shell.kill("SIGTERM");
    await once(shell, "exit");
  };
  return { url: new URL(url), pid, endShell };
}

async function listens(url: URL): Promise<boolean> {
  return fetch(new URL("/healthz", url)).then(
    ({ ok }) => ok,
    () => false,
  );
}

test("a server of npm start ends after SIGTERM ended npm's shell", async (t) => {
  const { url, endShell } = await below(t, "start");
  await endShell();
  for (let tries = 0; tries < 100 && (await listens(url)); tries++) await delay(100);
  assert.equal(await listens(url), false);
});

test("a server that something else started outlives its parent", async (t) => {
  const { url, endShell } = await below(t, "demo");
  await endShell();
  await delay(2_500);
  assert.equal(await listens(url), true);
});

test("a stopping server lets a request finish even if the shell ends", async (t) => {
  const { url, pid, endShell } = await below(t, "start");
  const body = '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"slow"}';
  const uploading = connect(Number(url.port), "127.0.0.1").setEncoding("utf8");
  uploading.write(
    `POST /scim/v2/Users HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${SECRET}\r\n` +
      `Content-Length: ${body.length}\r\n\r\n${body.slice(0, 10)}`,
  );
  await delay(200);
  process.kill(pid, "SIGTERM");
  await endShell();
  await delay(2_500);
  uploading.write(body.slice(10));
  let answer = "";
  for await (const text of uploading) {
    answer += text;
    break;
  }
  assert.match(answer, /^HTTP\/1\.1 201 /);
});
