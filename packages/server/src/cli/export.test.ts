import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { newExchange } from "../monitor/export/testing/exchange.ts";
import { TEST_ADMIN_SECRET, testFolder } from "../testing/application.ts";
import { type Ended, runCommand, runInBash } from "../testing/command.ts";
import { startWithRecorded } from "../testing/recorded.ts";
import { countExchanges } from "./export.ts";

const MAIN = join(import.meta.dirname, "main.ts");

const COUNT = 3_000;
const TWO = [
  { kind: "user.created", text: "Alice\nYoung was created" },
  { kind: "members.added", text: "Alice joined Finance" },
];

const folder = testFolder();
const server = await startWithRecorded(function* (endpoints) {
  for (let at = 0; at < COUNT; at++) {
    yield newExchange(
      at,
      at % 10 === 0 ? { endpoint: endpoints.okta, status: 404 } : { endpoint: endpoints.default, sentences: TWO },
    );
  }
});
after(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

function run(...args: string[]): Promise<Ended> {
  return runCommand(["export", "--url", server.origin, "--secret", TEST_ADMIN_SECRET, ...args]);
}

/** Asserts exit code 1, one line on standard error with the reason, and nothing else. */
function failed({ code, stdout, stderr }: Ended, message: RegExp): void {
  assert.deepEqual([code, stdout], [1, ""], stderr);
  assert.match(stderr, message);
  assert.equal(stderr.trim().split("\n").length, 1, stderr);
}

test("a file has the format of its name, and only its owner can read it", async () => {
  const file = join(folder, "new", "all.har");
  const { code, stdout, stderr } = await run("--output", file);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^Exported 3,000 exchanges to .*all\.har \(\d\.\d MB\)\.\n$/);
  assert.equal(JSON.parse(readFileSync(file, "utf8")).log.entries.length, COUNT);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(join(folder, "new")), ["all.har"]);
  const upper = join(folder, "UPPER.HAR");
  await run("--output", upper, "--status", "404");
  assert.equal(JSON.parse(readFileSync(upper, "utf8")).log.entries.length, COUNT / 10);
});

test("a filter selects, and JSON describes the file", async () => {
  const file = join(folder, "okta.txt");
  const { stdout } = await run("--output", file, "--endpoint", "okta", "--status", "4xx", "--format", "csv", "--json");
  const bytes = statSync(file).size;
  assert.deepEqual(JSON.parse(stdout), { file, format: "csv", exchanges: COUNT / 10, bytes });
  assert.equal(readFileSync(file, "utf8").split("\r\n").length, COUNT / 10 + 2);
  const none = await run("--output", join(folder, "none.ndjson"), "--request-id", "nobody");
  assert.match(none.stdout, /^Exported 0 exchanges/);
});

test("without a file, it goes to standard output, also to a reader that stops early", async () => {
  const { code, stdout, stderr } = await run("--from", "2024-11-24T08:00:10Z", "--to", "2024-11-24T08:00:20Z");
  assert.deepEqual([code, stderr], [0, ""]);
  assert.equal(stdout.trimEnd().split("\n").length, 10);
  const main = join(import.meta.dirname, "main.ts");
  const line = `set -o pipefail; ${process.execPath} ${main} export --url ${server.origin} --secret ${TEST_ADMIN_SECRET} | head -n 2`;
  const head = await runInBash(line);
  assert.deepEqual([head.code, head.stdout.split("\n").length], [0, 3], head.stderr);
  assert.doesNotMatch(head.stderr, /scimtool|EPIPE/);
});

test("a failure is one line, and no file is left", async () => {
  const file = join(folder, "never.ndjson");
  failed(await run("--output", file, "--status", "9xx"), /"status" cannot be "9xx"/);
  failed(await run("--output", file, "--endpoint", "nowhere"), /no endpoint "nowhere"/);
  failed(await run("--output", file, "--secret", "wrong"), /rejects the secret \(401\)/);
  failed(await run("--output", file, "--url", "http://127.0.0.1:1"), /cannot reach/);
  failed(await run("--json"), /Name one by --output/);
  assert.ok(!existsSync(file) && !existsSync(`${file}.part`));
  writeFileSync(file, "mine");
  failed(await run("--output", file), /never\.ndjson already exists/);
  assert.equal(readFileSync(file, "utf8"), "mine");
  const { code, stderr } = await run("--format", "xml");
  assert.equal(code, 1);
  assert.match(stderr, /Allowed choices are ndjson, csv, har/);
});

test("no file remains if the server closes the connection early", async () => {
  const broken = createServer((request, response) => {
    if (request.url?.startsWith("/api/exchanges")) {
      response.end('{"total":100,"exchanges":[],"next":null}');
      return;
    }
    response.write('{"id":1}\n');
    setTimeout(() => response.destroy(), 100);
  });
  await new Promise<void>((resolve) => broken.listen(0, "127.0.0.1", resolve));
  try {
    const file = join(folder, "half.ndjson");
    const { port } = broken.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    failed(await run("--output", file, "--url", url), /^scimtool export: the server closed the connection/);
    failed({ ...(await run("--url", url)), stdout: "" }, /^scimtool export: the server closed the connection/);
    assert.ok(!existsSync(file) && !existsSync(`${file}.part`));
  } finally {
    broken.closeAllConnections();
    broken.close();
  }
});

test("SIGTERM leaves no partial file, which would contain personal data", async (t) => {
  const endless = createServer((request, response) => {
    if (request.url?.startsWith("/api/exchanges")) response.end('{"total":100,"exchanges":[],"next":null}');
    else response.write('{"id":1}\n');
  });
  await new Promise<void>((resolve) => endless.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    endless.closeAllConnections();
    endless.close();
  });
  const file = join(folder, "ended.ndjson");
  const url = `http://127.0.0.1:${(endless.address() as AddressInfo).port}`;
  const { PATH = "" } = process.env;
  const child = spawn(process.execPath, [MAIN, "export", "--url", url, "--secret", "any", "--output", file], {
    env: { PATH },
    stdio: "ignore",
  });
  while (!existsSync(`${file}.part`) && child.exitCode === null) await delay(20);
  child.kill("SIGTERM");
  const [code] = await once(child, "exit");
  assert.deepEqual([code, existsSync(file), existsSync(`${file}.part`)], [143, false, false]);
});

describe("exchanges are counted as they arrive", () => {
  const cut = (text: string, size: number): Buffer[] => {
    const bytes = Buffer.from(text);
    return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
      bytes.subarray(at * size, (at + 1) * size),
    );
  };
  const counted = (format: Parameters<typeof countExchanges>[0], text: string, size: number) => {
    const counter = countExchanges(format);
    for (const chunk of cut(text, size)) counter.add(chunk);
    return counter.exchanges;
  };
  for (const size of [1, 7, 1_000]) {
    test(`in chunks of ${size} bytes`, () => {
      assert.equal(counted("ndjson", '{"a":"ü"}\n{"b":1}\n', size), 2);
      assert.equal(counted("har", '{"log":{"entries":[\n{}\n,{}\n,{}\n]}}\n', size), 3);
      assert.equal(counted("har", '{"log":{"entries":[\n]}}\n', size), 0);
      assert.equal(counted("csv", '\uFEFFexchange,x\r\n1,a\r\n1,"b\n2,c"\r\n2,ü\r\n', size), 2);
      assert.equal(counted("csv", "\uFEFFexchange,x\r\n", size), 0);
    });
  }
});
