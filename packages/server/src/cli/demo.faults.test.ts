import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startApplication, TEST_SECRET } from "../testing/application.ts";
import { succeeded } from "../testing/assert-answer.ts";
import { type Ended, runCommand, runInBash } from "../testing/command.ts";
import { user } from "../testing/scim-bodies.ts";
import { type Answer, type Fault, startFaultProxy } from "./testing/fault-proxy.ts";

const MAIN = join(import.meta.dirname, "main.ts");

const error = (status: number, headers = {}): Answer => ({ status, headers, body: "" });

/** A demo against a server of its own that is faulty; what it leaves there. */
async function demoAgainst(t: TestContext, fault: Fault): Promise<Ended & { left: number }> {
  const server = await startApplication();
  t.after(() => server.close());
  const proxy = await startFaultProxy(server.origin, fault);
  t.after(proxy.close);
  const ended = await runCommand(["demo", "--url", `${proxy.origin}/scim/v2`, "--secret", TEST_SECRET]);
  return { ...ended, left: await leftAt(server) };
}

async function leftAt({ client }: Awaited<ReturnType<typeof startApplication>>): Promise<number> {
  const [users, groups] = [await client.get("/Users?count=0"), await client.get("/Groups?count=0")];
  return users.body.totalResults + groups.body.totalResults;
}

/** What is asked of a fault that goes wrong only at creations. */
const atPost =
  (change: (answer: Answer, nth: number) => Answer | undefined): Fault =>
  async ({ method, nth, pass }) => {
    const answer = await pass();
    return method === "POST" && answer.status === 201 ? change(answer, nth) : answer;
  };

describe("the demo leaves nothing, and tells what went wrong first, where", () => {
  const cases: Record<string, { fault: Fault; code: number; told: RegExp }> = {
    "a server is busy when things are deleted": {
      fault: async ({ method, nth, pass }) =>
        method === "DELETE" && nth === 2 ? error(429, { "retry-after": "1" }) : pass(),
      code: 0,
      told: /^$/,
    },
    "a deletion is answered 404 though it was carried out": {
      fault: async ({ method, nth, pass }) => {
        const answer = await pass();
        return method === "DELETE" && nth === 2 ? error(404) : answer;
      },
      code: 0,
      told: /^$/,
    },
    "deletions are answered 200": {
      fault: async ({ method, pass }) => {
        const answer = await pass();
        return method === "DELETE" ? { ...answer, status: 200, body: "{}" } : answer;
      },
      code: 0,
      told: /^$/,
    },
    "a deletion has to name the version that is meant": {
      fault: async ({ method, ifMatch, pass }) => (method === "DELETE" && ifMatch === "" ? error(428) : pass()),
      code: 0,
      told: /^$/,
    },
    "filters are ignored": {
      fault: async ({ url, pass }) => pass(url.replace(/filter=[^&]*/, "a=1")),
      code: 1,
      told: /nothing but what the filter matches \(RFC 7644 §3\.4\.2\.2\) is needed/,
    },
    "creations are answered 200": {
      fault: atPost((answer) => ({ ...answer, status: 200 })),
      code: 1,
      told: /POST \/Users answered 200; 201 \(RFC 7644 §3\.3\) is needed/,
    },
    "creations are answered without a body": {
      fault: atPost((answer) => ({ ...answer, body: "" })),
      code: 1,
      told: /a resource with an id \(RFC 7643 §3\.1\) is needed/,
    },
    "ids are numbers": {
      fault: atPost((answer) => ({ ...answer, body: JSON.stringify({ ...JSON.parse(answer.body), id: 12345 }) })),
      code: 1,
      told: /a resource with an id/,
    },
    "the connection is closed after something was stored": {
      fault: atPost((answer, nth) => (nth === 3 ? undefined : answer)),
      code: 1,
      told: /closed the connection before it answered/,
    },
    "a conflict has no body": {
      fault: async ({ pass }) => {
        const answer = await pass();
        return answer.status === 409 ? { ...answer, body: "" } : answer;
      },
      code: 1,
      told: /answered 409; scimType "uniqueness" \(RFC 7644 §3\.3\) is needed/,
    },
    "changes are accepted and not carried out": {
      fault: async ({ method, pass }) => (method === "PATCH" ? error(204) : pass()),
      code: 1,
      told: /accepted what it has not done .*expected "Financial Analyst", found "Account Manager"/,
    },
    "the error repeats the token": {
      fault: async ({ method, authorization, pass }) =>
        method === "POST" ? { ...error(400), body: JSON.stringify({ detail: `You sent ${authorization}` }) } : pass(),
      code: 1,
      told: /You sent Bearer <secret>/,
    },
  };
  for (const [name, { fault, code, told }] of Object.entries(cases)) {
    test(name, async (t) => {
      const ended = await demoAgainst(t, fault);
      assert.equal(ended.left, 0, ended.stderr);
      assert.match(ended.stderr, told);
      assert.equal(ended.code, code);
      assert.doesNotMatch(ended.stderr, /^ +at /m);
      assert.ok(!ended.stderr.includes(TEST_SECRET));
    });
  }
});

describe("the demo touches nobody who was there before, where", () => {
  /** Plays the demo against a server that has somebody already. */
  async function demoBeside(t: TestContext, fault: (there: string) => Fault): Promise<Ended> {
    const server = await startApplication();
    t.after(() => server.close());
    const there = succeeded(await server.client.post("/Users", user("there.before")), 201);
    const proxy = await startFaultProxy(server.origin, fault(there.id));
    t.after(proxy.close);
    const ended = await runCommand(["demo", "--url", `${proxy.origin}/scim/v2`, "--secret", TEST_SECRET]);
    const { version } = succeeded(await server.client.get(`/Users/${there.id}`), 200).meta;
    assert.deepEqual([version, await leftAt(server)], [there.meta.version, 1], ended.stderr);
    return ended;
  }

  test("a creation is answered with another's id", async (t) => {
    const { code, stderr } = await demoBeside(t, (id) =>
      atPost((answer, nth) => (nth > 1 ? answer : { ...answer, body: JSON.stringify({ id, userName: "joy" }) })),
    );
    assert.equal(code, 1);
    assert.match(stderr, /the creation of Joy Young with the id \S+, and has somebody else there/);
  });

  test("a refusal has the id of who is there", async (t) => {
    const { code, stderr } = await demoBeside(t, (id) => async ({ method, nth, pass }) => {
      return method === "POST" && nth === 1 ? { ...error(409), body: JSON.stringify({ id }) } : pass();
    });
    assert.equal(code, 1);
    assert.match(stderr, /POST \/Users answered 409; 201 \(RFC 7644 §3\.3\) is needed/);
  });

  test("filters are ignored for Okta only, which asks for pages", async (t) => {
    const { code, stderr } = await demoBeside(t, () => async ({ url, pass }) => {
      return pass(url.includes("startIndex") ? url.replace(/filter=[^&]*&/, "") : url);
    });
    assert.equal(code, 1);
    assert.match(stderr, /nothing but what the filter matches/);
  });
});

test("the demo names what it could not remove, beside what went wrong first", async (t) => {
  const refusing = await demoAgainst(t, async ({ method, nth, pass }) => {
    if (method === "DELETE") return error(403);
    return method === "POST" && nth === 2 ? error(500) : pass();
  });
  assert.equal(refusing.code, 1);
  assert.match(refusing.stderr, /^scimtool demo: the server .*POST \/Users answered 500; 201 /);
  assert.match(refusing.stdout, /^The demo could not delete Joy Young \(403, /m);
  assert.match(refusing.stderr, /^ {2}Joy Young, \/Users\/[\w-]+: DELETE .* answered 403; 204 \(RFC 7644 §3\.6\)/m);
});

test("the demo does not believe that things are gone", async (t) => {
  const ignoring = await demoAgainst(t, async ({ method, pass }) => (method === "DELETE" ? error(204) : pass()));
  assert.deepEqual([ignoring.code, ignoring.left], [1, 10]);
  assert.match(ignoring.stderr, /^ {2}Lee Gu, \/Users\/\S+: GET \S+ answered 200; 404, as it was deleted/m);
  assert.doesNotMatch(ignoring.stdout, /removed at the end/);
});

describe("the demo cleans up before it ends", () => {
  test("by SIGINT and SIGTERM, also when a creation is under way", async (t) => {
    for (const [signal, code] of [
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const) {
      const server = await startApplication();
      t.after(() => server.close());
      const { promise: isStoring, resolve: stores } = Promise.withResolvers<void>();
      const proxy = await startFaultProxy(server.origin, async ({ method, nth, pass }) => {
        const answer = await pass();
        if (method === "POST" && nth === 3) {
          stores();
          await delay(60_000, undefined, { ref: false });
        }
        return answer;
      });
      t.after(proxy.close);
      const args = [MAIN, "demo", "--url", `${proxy.origin}/scim/v2`, "--secret", TEST_SECRET];
      const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
      let told = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        told += text;
      });
      await isStoring;
      child.kill(signal);
      const [ended] = await once(child, "close");
      assert.deepEqual([ended, told], [code, "scimtool demo: interrupted.\n"]);
      assert.equal(await leftAt(server), 0);
    }
  });

  test("when nobody reads what it prints any more", async (t) => {
    const server = await startApplication();
    t.after(() => server.close());
    const line = `${process.execPath} ${MAIN} demo --url ${server.origin}/scim/v2 --secret ${TEST_SECRET} | head -n 3; exit \${PIPESTATUS[0]}`;
    const { code, stdout, stderr } = await runInBash(line);
    assert.equal(code, 130);
    assert.match(stderr, /^scimtool demo: interrupted\.$/m);
    assert.doesNotMatch(stderr, /EPIPE|^ +at /m);
    assert.equal(stdout.trim().split("\n").length, 3);
    assert.equal(await leftAt(server), 0);
  });
});

describe("profiles that hold clients to the RFCs", () => {
  for (const profile of ["strict", "interop"] as const) {
    test(`${profile}: the demo plays with Entra ID's flag, and tells without it what to do`, async (t) => {
      const server = await startApplication({ profile });
      t.after(() => server.close());
      const url = `${server.origin}/scim/v2`;
      const flagged = await runCommand(["demo", "--url", `${url}?aadOptscim062020`, "--secret", TEST_SECRET]);
      assert.deepEqual([flagged.code, flagged.stderr], [0, ""]);
      assert.match(flagged.stdout, /^Entra ID was refused this: made Adele Vance the manager of Joy Young \(400/m);
      assert.match(flagged.stdout, /^\d changes refused for not being written as the RFCs have it\./m);
      const plain = await runCommand(["demo", "--url", url, "--secret", TEST_SECRET]);
      assert.equal(plain.code, 1);
      assert.match(plain.stderr, /append that to --url, or have the server tolerate it/);
      assert.equal(await leftAt(server), 0);
    });
  }
});
