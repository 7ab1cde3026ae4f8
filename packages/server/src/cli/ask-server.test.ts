import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startApplication, TEST_ADMIN_SECRET, testFolder } from "../testing/application.ts";
import { type Ended, runCommand, runInBash } from "../testing/command.ts";
import { failed } from "./testing/ended.ts";
import { startFaultProxy } from "./testing/fault-proxy.ts";

const MAIN = join(import.meta.dirname, "main.ts");

const server = await startApplication();
after(server.close);
const { origin } = server;
const asking = ["--url", origin, "--secret", TEST_ADMIN_SECRET];

describe("Ctrl-C ends at once a command that waits for", () => {
  const { PATH = "" } = process.env;

  async function end(child: ChildProcess): Promise<{ code: number | null; stderr: string }> {
    let stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.kill("SIGINT");
    const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
    const [code] = await once(child, "close");
    clearTimeout(timer);
    return { code, stderr };
  }

  test("a server", async (t) => {
    const hanging = createServer();
    await new Promise<void>((resolve) => hanging.listen(0, "127.0.0.1", resolve));
    t.after(() => {
      hanging.closeAllConnections();
      hanging.close();
    });
    const url = `http://127.0.0.1:${(hanging.address() as AddressInfo).port}`;
    for (const args of [
      ["token", "list"],
      ["endpoint", "empty", "default"],
      ["export"],
      ["trust", "try", "x.y.z"],
      ["demo"],
    ]) {
      const asked = once(hanging, "request");
      const child = spawn(process.execPath, [MAIN, ...args, "--url", url, "--secret", "any"], {
        env: { PATH },
        stdio: ["ignore", "ignore", "pipe"],
      });
      await asked;
      const { code, stderr } = await end(child);
      assert.equal(code, 130, args.join(" "));
      assert.match(stderr, /^scimtool [a-z ]+: interrupted\.\n$/);
    }
  });

  test("standard input", async () => {
    // It does not report that it waits, so wait longer if the start is slow.
    for (let waitMs = 1_000; ; waitMs *= 2) {
      const child = spawn(process.execPath, [MAIN, "trust", "try", ...asking], { env: { PATH }, stdio: "pipe" });
      await delay(waitMs);
      const { code, stderr } = await end(child);
      if (code === null && child.signalCode === "SIGINT" && waitMs < 8_000) continue;
      assert.deepEqual([code, stderr], [130, "scimtool trust try: interrupted.\n"]);
      return;
    }
  });
});

test("neither a password nor a secret is repeated", async (t) => {
  const withPassword = origin.replace("http://", "http://anna:s3cret@");
  const brokenUrl = withPassword.replace("127", " 127");
  const lines = ["--secret", "two\nlines"];
  const echoing = await startFaultProxy(origin, async ({ authorization }) => ({
    status: 400,
    headers: { "content-type": "application/problem+json" },
    body: JSON.stringify({ detail: `You sent ${authorization}` }),
  }));
  t.after(echoing.close);
  const sendingOn = await startFaultProxy(origin, async ({ authorization }) => ({
    status: 302,
    headers: { location: `/sign-in?as=${authorization.replace(" ", "+")}` },
    body: "",
  }));
  t.after(sendingOn.close);
  const [tokens, demo, broken, secret, demoSecret, echoed, sentOn] = await Promise.all([
    runCommand(["token", "list", "--url", withPassword, "--secret", "any"]),
    runCommand(["demo", "--url", withPassword, "--secret", "any"]),
    runCommand(["demo", "--url", brokenUrl, "--secret", "any"]),
    runCommand(["token", "list", "--url", origin, ...lines]),
    runCommand(["demo", "--url", origin, ...lines]),
    runCommand(["token", "list", "--url", echoing.origin, "--secret", TEST_ADMIN_SECRET]),
    runCommand(["token", "list", "--url", sendingOn.origin, "--secret", TEST_ADMIN_SECRET]),
  ]);
  for (const each of [tokens, demo]) failed(each, /contains a user name or password/);
  failed(broken, /the value of --url is not a URL/);
  for (const each of [secret, demoSecret]) failed(each, /the secret from --secret cannot be sent/);
  failed(echoed, /You sent Bearer <secret>/);
  failed(sentOn, /answered 302 and redirects to \/sign-in\?as=Bearer\+<secret>/);
  for (const { stderr } of [tokens, demo, broken, secret, demoSecret, echoed, sentOn]) {
    assert.doesNotMatch(stderr, /s3cret|lines\b.*two|two\s*lines/);
    assert.ok(!stderr.includes(TEST_ADMIN_SECRET));
  }
});

test("an address that is not the server's is rejected with the right one", async (t) => {
  const moved = await startFaultProxy(origin, async ({ url }) => {
    return { status: 301, headers: { location: `https://elsewhere.example${url}` }, body: "" };
  });
  t.after(moved.close);
  const secret = ["--secret", TEST_ADMIN_SECRET];
  const [base, endpoint, query, elsewhere, demo, fragment] = await Promise.all([
    runCommand(["token", "list", "--url", `${origin}/scim/v2/`, ...secret]),
    runCommand(["export", "--url", `${origin}/scim/endpoints/hr/v2`, ...secret]),
    runCommand(["token", "list", "--url", `${origin}?x`, ...secret]),
    runCommand(["token", "list", "--url", moved.origin, ...secret]),
    runCommand(["demo", "--url", moved.origin, ...secret]),
    runCommand(["demo", "--url", `${origin}#x`, ...secret]),
  ]);
  for (const each of [base, endpoint]) failed(each, new RegExp(`is a SCIM base URL\\. .* --url ${origin}\n$`));
  failed(query, /has a query \(\?\) or fragment/);
  for (const each of [elsewhere, demo]) {
    failed(each, /answered 301 and redirects to https:\/\/elsewhere\.example\/api/);
  }
  failed(fragment, /has a query \(\?\) or fragment/);
});

test("an answer that ends early and an error of a proxy are reported as such", async (t) => {
  const cutting = createServer((_, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": "100" });
    response.write('{"credentials":', () => response.destroy());
  });
  await new Promise<void>((resolve) => cutting.listen(0, "127.0.0.1", resolve));
  t.after(() => cutting.close());
  const cut = `http://127.0.0.1:${(cutting.address() as AddressInfo).port}`;
  const gateway = await startFaultProxy(origin, async () => ({
    status: 502,
    headers: {},
    body: "<h1>Bad gateway</h1>",
  }));
  t.after(gateway.close);
  const secret = ["--secret", TEST_ADMIN_SECRET];
  const [ofCut, ofGateway, demo] = await Promise.all([
    runCommand(["token", "list", "--url", cut, ...secret]),
    runCommand(["token", "list", "--url", gateway.origin, ...secret]),
    runCommand(["demo", "--url", gateway.origin, ...secret]),
  ]);
  failed(ofCut, /the response of http:\S+ ended early \(.*\)\. Try again\.$/m);
  for (const each of [ofGateway, demo]) failed(each, /answered 502\. See its log, or the log of a proxy/);
});

test("a name that no endpoint can have is rejected without a request", async () => {
  for (const name of ["", ".", ".."]) {
    failed(await runCommand(["endpoint", "show", name, ...asking]), /"\.{0,2}" cannot be the name of an endpoint/);
    failed(
      await runCommand(["token", "list", "--endpoint", name, ...asking]),
      /"\.{0,2}" cannot be the name of an endpoint/,
    );
  }
});

test("an unreadable secret file is reported", async (t) => {
  const folder = testFolder();
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "secrets/admin"), { recursive: true });
  const asked = await runCommand(["token", "list", "--url", origin, "--data-dir", folder]);
  failed(asked, /cannot read .*secrets\/admin \(EISDIR\)\. .* or give its admin secret with --secret or ADMIN_SECRET/);
});

test("a command that asks a server ignores the server's variables and rejects its flags", async () => {
  const env = { LOG_LEVEL: "verbose", PUBLIC_URL: "nonsense", BACKUP_RETENTION: "x", PORT: "x" };
  const listed = await runCommand(["token", "list", ...asking], env);
  assert.deepEqual([listed.code, listed.stderr], [0, ""]);
  for (const args of [[], ["serve"]]) {
    assert.match((await runCommand(args, { LOG_LEVEL: "verbose" })).stderr, /value 'verbose' from env 'LOG_LEVEL'/);
  }
  const { code, stderr } = await runCommand(["--port", "9999", "token", "list", ...asking]);
  assert.equal(code, 1);
  assert.match(stderr, /--port is an option of the server; scimtool token list does not have it\. .*--url/);
  const before = await runCommand(["--data-dir", "/nowhere", "token", "list", "--url", origin]);
  failed(before, /no secret in \/nowhere/);
});

describe("lost output is reported with exit code 1", () => {
  const run = (line: string): Promise<Ended> => runInBash(`${process.execPath} ${MAIN} ${line}`);

  test("on a full disk", { skip: !existsSync("/dev/full") }, async () => {
    for (const command of ["token list", "token create lost", "endpoint list --json"]) {
      const { code, stderr } = await run(`${command} ${asking.join(" ")} > /dev/full`);
      assert.equal(code, 1, command);
      assert.match(stderr, /^scimtool: cannot write to standard output \(ENOSPC\): the output is lost\.$/m);
    }
  });

  test("without a reader", async () => {
    const { code, stderr } = await run(`token list ${asking.join(" ")} > >(exec true; ) ; exit $?`);
    assert.equal(code, 1);
    assert.match(stderr, /cannot write to standard output \(EPIPE\)/);
    assert.doesNotMatch(stderr, /^ +at /m);
  });
});

test("one SIGTERM ends a command even if it waits for a target that hangs", { timeout: 30_000 }, async (t) => {
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const hanging = createServer(() => resolve());
  await new Promise<void>((listening) => hanging.listen(0, "127.0.0.1", listening));
  t.after(() => {
    hanging.closeAllConnections();
    hanging.close();
  });
  const { port } = hanging.address() as AddressInfo;
  const { PATH = "" } = process.env;
  const key = Buffer.from("key").toString("base64");
  const connection = `DefaultEndpointsProtocol=http;AccountName=account;AccountKey=${key};BlobEndpoint=http://127.0.0.1:${port}/account;`;
  const child = spawn(
    process.execPath,
    [MAIN, "backup", "list", "--from", `http://127.0.0.1:${port}/account/container`],
    { env: { PATH, AZURE_STORAGE_CONNECTION_STRING: connection }, stdio: "inherit" },
  );
  t.after(() => child.kill("SIGKILL"));
  await asked;
  const startedMs = performance.now();
  child.kill("SIGTERM");
  const [code] = await once(child, "exit");
  assert.equal(code, 143);
  assert.ok(performance.now() - startedMs < 10_000);
});
