import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import type { RecordedExchange } from "../../store/exchange.ts";
import { redactHeaders } from "../redact/headers.ts";
import { secretNames } from "../redact/secret-names.ts";
import { placeholder } from "../redact/text.ts";
import { curlOf } from "./curl.ts";
import { exchange, message } from "./testing/exchange.ts";

const ORIGIN = "https://scim.example.com";

/** What a shell does with a command: the arguments that curl gets, and what comes to it by a pipe. */
function run(command: string): { readonly args: string[]; readonly input: Buffer } {
  const curl = `curl() { for each do printf '%s\\0' "$each"; done; case $* in *@-) cat ;; esac; }`;
  // As a script: an argument has a limit.
  const output = execFileSync("sh", { input: `${curl}\nSCIM_TOKEN=the-token\n${command}`, maxBuffer: 1e8 });
  // Behind the last argument, which is "@-" where there is input.
  const end = output.lastIndexOf("@-\0");
  const args = end < 0 ? output : output.subarray(0, end + 3);
  return {
    args: args.toString().split("\0").slice(0, -1),
    input: end < 0 ? Buffer.alloc(0) : output.subarray(end + 3),
  };
}

function curl(own: Partial<RecordedExchange>, endpoint: string | null = "default"): string {
  return curlOf(exchange(own), endpoint, ORIGIN);
}

/** The headers that curl is told to send, by `--header`. */
function headersIn(args: readonly string[]): string[] {
  return args.filter((_, at) => args[at - 1] === "--header");
}

test("a read is written down with its URL and headers, and the token by name", () => {
  const command = curl({ query: "filter=userName%20eq%20%22anna%22" });
  assert.equal(
    command,
    `# Exchange ${exchange().id}, 2024-11-24T08:00:00.000Z. SCIM_TOKEN is to hold the credential.
curl --request 'GET' \\
  --globoff --path-as-is \\
  'https://scim.example.com/scim/v2/Users?filter=userName%20eq%20%22anna%22' \\
  --header 'Accept: application/scim+json' \\
  --header "Authorization: Bearer $SCIM_TOKEN" \\
  --header 'User-Agent:'
`,
  );
  assert.deepEqual(run(command).args, [
    ...["--request", "GET", "--globoff", "--path-as-is"],
    "https://scim.example.com/scim/v2/Users?filter=userName%20eq%20%22anna%22",
    ...["--header", "Accept: application/scim+json", "--header", "Authorization: Bearer the-token"],
    ...["--header", "User-Agent:"],
  ]);
});

test("a body is sent as it was, and curl adds nothing of its own", () => {
  const body = `{"userName":"o'hara","note":"$HOME \`id\` $(id) \\n !x"}\nline "2"`;
  const { args } = run(curl({ method: "PATCH", request: message(["Accept", "*/*", "user-agent", "x"], body) }));
  assert.deepEqual(args.slice(-2), ["--data-raw", body]);
  assert.deepEqual(headersIn(args), ["Accept: */*", "user-agent: x", "Content-Type:"]);
  const { args: read } = run(curl({ method: "HEAD", request: message([], "") }));
  assert.equal(read[0], "--head");
  assert.deepEqual(headersIn(read), ["Accept:", "User-Agent:"]);
});

test("what a shell or curl would take for something else reaches curl as it is", () => {
  const word = fc.string({ unit: "grapheme", maxLength: 30 });
  const special = fc.constantFrom(
    "'",
    '"',
    "$SCIM_TOKEN",
    "`id`",
    "$(id)",
    "\\",
    "!",
    "\n",
    " ",
    "@x",
    "-x",
    "'\\''",
    "#",
    ";",
  );
  const text = fc.array(fc.oneof(word, special), { maxLength: 8 }).map((parts) => parts.join("").replaceAll("\0", ""));
  const value = text.map((each) => each.replaceAll(/[\r\n]/g, "").trim());
  fc.assert(
    fc.property(text, value, text, (path, header, body) => {
      const headers = ["Accept", "*/*", "User-Agent", "x", "Content-Type", "text/plain", "X-Note", header];
      const { args } = run(curl({ method: "POST", path: `/${path}`, request: message(headers, body) }));
      const url = new URL(args[4] ?? "");
      assert.equal(url.origin, ORIGIN);
      assert.match(args[4] ?? "", /^[\x21-\x7e]+$/);
      assert.deepEqual(args.slice(11), [
        "--header",
        header === "" ? "X-Note;" : `X-Note: ${header}`,
        ...(body === "" ? [] : ["--data-raw", body.toWellFormed()]),
      ]);
    }),
    { numRuns: 60 },
  );
});

test("a long body, and one that is no text, come through a pipe", () => {
  const long = `{"x":"${"o'hara ".repeat(40_000)}"}`;
  const sent = run(curl({ method: "POST", request: message(["Content-Type", "application/json"], long) }));
  assert.deepEqual(sent.args.slice(-2), ["--data-binary", "@-"]);
  assert.equal(sent.input.toString(), long);
  for (const bytes of [Buffer.from([0, 255, 10, 39]), Buffer.from("a\0b")]) {
    assert.deepEqual(run(curl({ method: "POST", request: message([], bytes) })).input, bytes);
  }
});

test("no secret appears: what stands in its place is said, or left out", () => {
  const headers = redactHeaders(
    ["Authorization", "Basic b2t0YTpodXNo", "Cookie", "session=hush", "X-Api-Key", "hush", "Accept", "*/*"],
    secretNames(),
  );
  const request = message(headers, `{"password":"${placeholder("hush")}"}`);
  const command = curl({ method: "POST", path: "/Users", query: `token=${placeholder("hush")}`, request });
  assert.match(command, /^# Secrets in the body were replaced: put yours in their place\.$/m);
  assert.match(command, /^# Secrets in the URL were replaced/m);
  assert.match(command, /^# Left out, since they held secrets: Cookie, X-Api-Key$/m);
  assert.deepEqual(headersIn(run(command).args), [
    ...["Authorization: Basic the-token", "Accept: */*", "User-Agent:", "Content-Type:"],
  ]);
  assert.doesNotMatch(command, /hush|b2t0/);
  // Also where a credential was recorded as it came.
  const plain = curl({ request: message(["authorization", "Bearer hush"], "") });
  assert.doesNotMatch(plain, /hush/);
  assert.match(plain, /"Authorization: Bearer \$SCIM_TOKEN"/);
});

test("it says what it cannot repeat", () => {
  const cut = curl({ method: "POST", request: message([], '{"userName":"an', 5_000) });
  assert.match(cut, /^# The body was cut when it was recorded: this is not all of it\.$/m);
  const lost = curl({ method: "POST", path: "/api/endpoints", request: message([], "", 80) });
  assert.match(lost, /^# The body was not recorded: put one in its place\.$/m);
  assert.doesNotMatch(lost, /cut/);
  assert.doesNotMatch(curl({ method: "POST", request: message([], "{}") }), /cut|replaced/);
  assert.match(curl({}, null), /^# Its endpoint is not there any more\.$/m);
  assert.doesNotMatch(curlOf({ ...exchange(), endpoint: undefined }, null, ORIGIN), /any more/);
});

test("what curl sets itself, and what proxies added, is not repeated", () => {
  const headers = ["Host", "internal", "Content-Length", "2", "Transfer-Encoding", "chunked", "Connection", "close"];
  const added = [
    "X-Forwarded-For",
    "192.0.2.1",
    "x-forwarded-proto",
    "https",
    "Via",
    "1.1 proxy",
    "Expect",
    "100-continue",
  ];
  const { args } = run(
    curl({ method: "POST", request: message([...headers, ...added, "Accept-Encoding", "gzip"], "{}") }),
  );
  assert.deepEqual(headersIn(args), ["Accept:", "User-Agent:", "Content-Type:"]);
});

test("a comment cannot be left", () => {
  const name = `X-Key\nid > /tmp/owned\n`;
  const command = curl({ request: message([name, placeholder("hush")], "") });
  assert.ok(
    command.split("\n").every((line) => /^(?:#|curl| {2}-)| {2}'https/.test(line) || line === ""),
    command,
  );
});
