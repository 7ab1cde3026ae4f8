import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startApplication, TEST_ADMIN_SECRET, TEST_SECRET } from "../testing/application.ts";
import { type Ended, runCommand, runInBash } from "../testing/command.ts";
import { failed } from "./testing/ended.ts";
import { type Answer, type Fault, startFaultProxy } from "./testing/fault-proxy.ts";

const MAIN = join(import.meta.dirname, "main.ts");
const SECRET = ["--secret", TEST_ADMIN_SECRET];

type Server = Awaited<ReturnType<typeof startApplication>>;

async function newServer(t: TestContext): Promise<Server> {
  const server = await startApplication();
  t.after(server.close);
  return server;
}

async function proxyTo(t: TestContext, server: Server, fault: Fault): Promise<string> {
  const proxy = await startFaultProxy(server.origin, fault);
  t.after(proxy.close);
  return proxy.origin;
}

/** The names of all endpoints except the default one. */
async function otherEndpoints({ origin }: Server): Promise<string[]> {
  const headers = { authorization: `Bearer ${TEST_ADMIN_SECRET}` };
  const response = await fetch(`${origin}/api/endpoints`, { headers });
  const { endpoints } = (await response.json()) as { endpoints: { name: string }[] };
  return endpoints.map(({ name }) => name).filter((name) => name !== "default");
}

describe("scimtool demo", () => {
  test("plays in an endpoint of its own, and deletes it", async (t) => {
    const server = await newServer(t);
    const { code, stdout, stderr } = await runCommand(["demo", "--url", server.origin, ...SECRET]);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /^Entra ID created Joy Young \(201, \d+ ms\)$/m);
    assert.match(stdout, /^Okta deactivated Tomás Silva \(200, \d+ ms\)$/m);
    assert.match(stdout, /^\d+ requests, 1 of them rejected, .* The endpoint demo-\w+ has 7 users and 3 groups\.$/m);
    assert.match(stdout, /^Deleted the endpoint demo-\w+\.\n$/m);
    assert.deepEqual(await otherEndpoints(server), []);
  });

  test("keeps the endpoint with --keep, and prints a line that reads it", async (t) => {
    const server = await newServer(t);
    const { stdout } = await runCommand(["demo", "--url", server.origin, "--keep", ...SECRET]);
    const [line = ""] = /^ {2}curl .*$/m.exec(stdout) ?? [];
    assert.equal(JSON.parse((await runInBash(line.replace("curl", "curl -s"))).stdout).totalResults, 7);
    assert.equal((await otherEndpoints(server)).length, 1);
    assert.equal((await server.client.get("/Users?count=0")).body.totalResults, 0);
  });

  test("says what to do without a secret, with a wrong one, at a wrong address, and without a server", async (t) => {
    const { origin } = await newServer(t);
    const demo = (...args: string[]): Promise<Ended> => runCommand(["demo", ...args]);
    failed(await demo("--data-dir", "/nowhere"), /no secret in \/nowhere\/secrets\/admin.*npm start/);
    failed(await demo("--url", origin, "--secret", TEST_SECRET), /rejects the secret \(403\).*--data-dir/);
    failed(await demo("--url", `${origin}/x`, ...SECRET), /answered 404/);
    failed(
      await demo("--url", `${origin}/scim/v2`, ...SECRET),
      new RegExp(`is a SCIM base URL.* --url ${origin}$`, "m"),
    );
    failed(await demo("--url", "nonsense", ...SECRET), /"nonsense" is not a URL/);
    failed(await demo("--url", "http://127.0.0.1:1", ...SECRET), /cannot reach/);
  });
});

describe("the demo reports a fault of the server, and deletes its endpoint:", () => {
  const error = (status: number, body = ""): Answer => ({ status, headers: {}, body });
  const cases: Record<string, { fault: Fault; message: RegExp }> = {
    "an unexpected status": {
      fault: async ({ method, url, pass }) => (method === "POST" && url.endsWith("/Users") ? error(500) : pass()),
      message: /POST \S*\/Users answered 500; 201 /,
    },
    "a closed connection": {
      fault: async ({ method, url, pass }) => (method === "POST" && url.endsWith("/Users") ? undefined : pass()),
      message: /closed the connection before it answered/,
    },
    "changes that are accepted but not applied": {
      fault: async ({ method, pass }) => (method === "PATCH" ? error(204) : pass()),
      message: /accepted changes that it did not apply .*expected "Financial Analyst", found "Account Manager"/,
    },
    "an error that repeats the token": {
      fault: async ({ method, url, authorization, pass }) =>
        method === "POST" && url.endsWith("/Users")
          ? error(400, JSON.stringify({ detail: `You sent ${authorization}` }))
          : pass(),
      message: /You sent Bearer <secret>/,
    },
  };
  for (const [name, { fault, message }] of Object.entries(cases)) {
    test(name, async (t) => {
      const server = await newServer(t);
      const url = await proxyTo(t, server, fault);
      const { code, stderr } = await runCommand(["demo", "--url", url, ...SECRET]);
      assert.equal(code, 1);
      assert.match(stderr, message);
      assert.equal(stderr.trim().split("\n").length, 1, stderr);
      assert.deepEqual(await otherEndpoints(server), []);
    });
  }
});

test("the demo names the endpoint that it could not delete", async (t) => {
  const server = await newServer(t);
  const url = await proxyTo(t, server, async ({ method, pass }) =>
    method === "DELETE" ? { status: 503, headers: {}, body: "" } : pass(),
  );
  const { code, stderr } = await runCommand(["demo", "--url", url, ...SECRET]);
  assert.equal(code, 1);
  assert.match(stderr, /could not delete the endpoint (demo-\w+): .* Delete it with scimtool endpoint delete \1\.$/m);
});

describe("the demo deletes its endpoint before it ends", () => {
  test("by SIGINT and SIGTERM, also during a request", async (t) => {
    for (const [signal, code] of [
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const) {
      const server = await newServer(t);
      const { promise: isStoring, resolve: stores } = Promise.withResolvers<void>();
      const url = await proxyTo(t, server, async ({ method, url, pass }) => {
        const answer = await pass();
        if (method === "POST" && url.endsWith("/Users")) {
          stores();
          await delay(60_000, undefined, { ref: false });
        }
        return answer;
      });
      const child = spawn(process.execPath, [MAIN, "demo", "--url", url, ...SECRET], {
        stdio: ["ignore", "ignore", "pipe"],
      });
      let printed = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        printed += text;
      });
      await isStoring;
      child.kill(signal);
      const [ended] = await once(child, "close");
      assert.deepEqual([ended, printed], [code, "scimtool demo: interrupted.\n"]);
      assert.deepEqual(await otherEndpoints(server), []);
    }
  });

  test("when nobody reads its output any more", async (t) => {
    const server = await newServer(t);
    const line = `${process.execPath} ${MAIN} demo --url ${server.origin} ${SECRET.join(" ")} | head -n 3; exit \${PIPESTATUS[0]}`;
    const { code, stdout, stderr } = await runInBash(line);
    assert.equal(code, 130);
    assert.match(stderr, /^scimtool demo: interrupted\.$/m);
    assert.doesNotMatch(stderr, /EPIPE|^ +at /m);
    assert.equal(stdout.trim().split("\n").length, 3);
    assert.deepEqual(await otherEndpoints(server), []);
  });
});
