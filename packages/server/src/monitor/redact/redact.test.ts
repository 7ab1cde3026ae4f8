import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Json, PATCH_SCHEMA } from "@scimtool/scim";
import { describeSecret, newSecret } from "../../auth/credentials.ts";
import { redactBody } from "./body.ts";
import { rawHeaders, redactHeaders } from "./headers.ts";
import { secretNames } from "./secret-names.ts";
import { redactText } from "./text.ts";
import { redactUrl } from "./url.ts";

const NAMES = secretNames();
const LIMIT = 100_000;
const SECRET = "hunter2-hunter2";
const PLACE = `[secret, ${describeSecret(SECRET)}]`;

function bodyOf(text: string, names = NAMES) {
  return redactBody(Buffer.from(text), LIMIT, names);
}

function jsonOf(json: Json): unknown {
  return JSON.parse(bodyOf(JSON.stringify(json)).text);
}

function patch(...operations: Json[]): Json {
  return { schemas: [PATCH_SCHEMA], Operations: operations };
}

test("a placeholder has the same length and fingerprint as the record of a rejection of the secret", () => {
  assert.match(PLACE, /^\[secret, 15 characters, fingerprint [0-9a-f]{8}\]$/);
});

describe("headers", () => {
  const redacted = (name: string, value: string) => redactHeaders([name, value], NAMES)[1];

  test("keep the scheme but not the secret", () => {
    assert.equal(redacted("authorization", `Bearer ${SECRET}`), `Bearer ${PLACE}`);
    assert.equal(redacted("authorization", `bearer   ${SECRET} `), `bearer ${PLACE}`);
    assert.equal(redacted("authorization", SECRET), PLACE);
    assert.equal(redacted("authorization", ""), "");
    assert.equal(redacted("X-Client-Auth", SECRET), PLACE);
    assert.match(redacted("proxy-authorization", "Basic dXNlcjpodW50ZXIy") ?? "", /^Basic \[secret/);
  });

  for (const name of [
    "cookie",
    "set-cookie",
    "x-api-key",
    "x-auth-token",
    "x-ms-client-principal",
    "api-key",
    "ocp-apim-subscription-key",
    ...["x-pass", "x-key", "x-session", "x-access", "x-auth", "x-csrf", "auth", "apikey", "x-amzn-oidc-data"],
    ...["x-functions-key", "x-forwarded-access-token", "cf-access-client-secret", "private-token", "x-hub-signature"],
  ]) {
    test(`${name} is a secret`, () => assert.equal(redacted(name, SECRET), PLACE));
  }

  test("that are not secrets stay, even if their name sounds like one", () => {
    const challenge = 'Bearer realm="default", error="invalid_token"';
    assert.equal(redacted("www-authenticate", challenge), challenge);
    assert.equal(redacted("user-agent", "Okta SCIM Client 1.0.0"), "Okta SCIM Client 1.0.0");
    for (const name of ["idempotency-key", "x-accessible", "access-control-request-headers", "x-monkey"]) {
      assert.equal(redacted(name, "some-value"), "some-value");
    }
    assert.equal(
      redacted("content-type", "application/scim+json; charset=utf-8"),
      "application/scim+json; charset=utf-8",
    );
    assert.equal(
      redacted("accept", "application/scim+json, application/json"),
      "application/scim+json, application/json",
    );
  });

  test("lose the secrets in their URLs", () => {
    assert.equal(redacted("x-original-url", `/y?code=${SECRET}`), `/y?code=${PLACE}`);
    assert.equal(redacted("referer", `https://x/y?access_token=${SECRET}`), `https://x/y?access_token=${PLACE}`);
  });

  test("keep their order, letter case and repetitions, up to a hundred", () => {
    const raw = ["Host", "a", "Set-Cookie", SECRET, "set-cookie", "b", "X-Odd"];
    assert.deepEqual(redactHeaders(raw, NAMES), [
      "Host",
      "a",
      "Set-Cookie",
      PLACE,
      "set-cookie",
      `[secret, ${describeSecret("b")}]`,
    ]);
    assert.equal(redactHeaders(Array(1_000).fill("x"), NAMES).length, 200);
    assert.deepEqual(rawHeaders({ a: "b", c: ["d", "e"], f: 7, g: undefined }), [
      "a",
      "b",
      "c",
      "d",
      "c",
      "e",
      "f",
      "7",
    ]);
  });

  test("are cut to the limit", () => {
    const text = redacted("x-long", "x".repeat(5_000)) ?? "";
    assert.ok(text.endsWith("… [3000 characters more]"), text.slice(-40));
  });
});

describe("a URL", () => {
  const kept = [
    "/Users?filter=userName+eq+%22alice%40example.com%22&startIndex=1",
    "/Users/2819c223?attributes=userName,emails",
    "/Groups?filter=displayName%20eq%20%22Password%20Reset%20Team%22",
    "/oauth/token",
    "/Users?aadOptscim062020",
    "/Users?grant_type=client_credentials&token_type=Bearer",
    "/Users?",
    "/Users?a=%",
    "/Users/alice@example.com",
    "/alice@example.com",
    "/Users/urn:x:alice@example.com",
    "/Users?postal_code=1&bypass=2&keyword=3&passage=4",
  ];
  for (const url of kept) test(`${url} stays as it was sent`, () => assert.equal(redactUrl(url, NAMES), url));

  const redacted: readonly (readonly [url: string, to: string])[] = [
    [`/Users?access_token=${SECRET}&count=1`, `/Users?access_token=${PLACE}&count=1`],
    [`/Users?%70assword=${SECRET}`, `/Users?%70assword=${PLACE}`],
    [`/Users#id_token=${SECRET}`, `/Users#id_token=${PLACE}`],
    [`https://user:${SECRET}@example.com/x`, `https://[secret, ${describeSecret(`user:${SECRET}`)}]@example.com/x`],
    [`/token/${SECRET}/x`, `/token/${PLACE}/[secret, ${describeSecret("x")}]`],
  ];
  for (const name of [
    ...[
      "access_token",
      "id_token",
      "refresh_token",
      "token",
      "api_key",
      "apikey",
      "hapikey",
      "x-api-key",
      "key",
      "sas",
    ],
    ...["sig", "Signature", "X-Amz-Signature", "X-Amz-Credential", "code", "device_code", "SAMLResponse", "SAMLart"],
    ...["pass", "Pass", "pw", "passwd", "passkey", "auth", "bearer", "jwt", "client_secret", "client_assertion"],
    ...[
      "session",
      "sessionid",
      "JSESSIONID",
      "sid",
      "ticket",
      "subscription-key",
      "credential",
      "otp",
      "code_verifier",
    ],
  ]) {
    test(`loses ${name}, and so does a form`, () => {
      assert.equal(redactUrl(`/Users?a=b&${name}=${SECRET}`, NAMES), `/Users?a=b&${name}=${PLACE}`);
      assert.equal(bodyOf(`a=b&${name}=${SECRET}`).text, `a=b&${name}=${PLACE}`);
    });
  }

  const user = `[secret, ${describeSecret(`user:${SECRET}`)}]`;
  for (const start of ["http://", "http:/", "//", "/"]) {
    test(`that begins with ${start} loses its user and password`, () => {
      assert.equal(redactUrl(`${start}user:${SECRET}@host/Users`, NAMES), `${start}${user}@host/Users`);
    });
  }

  for (const [url, to] of redacted) test(`${to}`, () => assert.equal(redactUrl(url, NAMES), to));

  test("a filter keeps its attribute and loses the secret value", () => {
    const url = redactUrl(`/Users?filter=password+eq+%22${SECRET}%22`, NAMES);
    assert.match(url, /^\/Users\?filter=password \[secret, 21 characters, fingerprint [0-9a-f]{8}\]$/);
  });
});

describe("a body", () => {
  test("without secrets stays as sent, to the byte", () => {
    const text = '{ "userName" : "al\\u00efce",\r\n\t"displayName": "Zoë", "n": 1.0 }';
    assert.deepEqual(bodyOf(text), { text, bytes: Buffer.byteLength(text), note: undefined });
  });

  test("that only mentions a secret keeps everything", () => {
    const text = '{"displayName":"Password Reset Team","changePassword":{"supported":true}}';
    assert.deepEqual(bodyOf(text), { text, bytes: text.length, note: undefined });
    const spaced = bodyOf(`${text} `);
    assert.deepEqual([spaced.text, spaced.note], [text, "The JSON was rewritten."]);
  });

  test("loses only the password", () => {
    assert.deepEqual(jsonOf({ userName: "alice", password: SECRET }), { userName: "alice", password: PLACE });
    assert.match(bodyOf('{"password":"x"}').note ?? "", /Secrets were removed/);
  });

  const OPERATIONS: readonly (readonly [path: Json, isSecret: boolean])[] = [
    ["password", true],
    ["PassWord", true],
    ["urn:ietf:params:scim:schemas:core:2.0:User:password", true],
    ["credentials.password", true],
    ['credentials[type eq "password"].value', true],
    ['x[value eq "1" and type eq "password"].value', true],
    ['password[value eq "', true],
    [["password"], true],
    ["displayName", false],
    ['groups[display eq "Password Reset Team"].value', false],
  ];
  for (const [path, isSecret] of OPERATIONS) {
    test(`a PATCH of ${JSON.stringify(path)} ${isSecret ? "loses" : "keeps"} its value`, () => {
      for (const operation of [
        { op: "replace", path, value: SECRET },
        { value: SECRET, Path: path },
      ]) {
        const { text } = bodyOf(JSON.stringify(patch(operation)));
        assert.equal(text.includes(SECRET), !isSecret);
      }
    });
  }

  test("of a Bulk request is searched down to its operations", () => {
    const data = patch({ op: "add", value: { password: SECRET, title: "x" } });
    const bulk = { Operations: [{ method: "PATCH", path: "/Users/1", data }] };
    const redacted = {
      Operations: [
        { method: "PATCH", path: "/Users/1", data: patch({ op: "add", value: { password: PLACE, title: "x" } }) },
      ],
    };
    assert.deepEqual(jsonOf(bulk), redacted);
  });

  test("keeps true, false and null: only strings and numbers are secrets", () => {
    const config = { changePassword: { supported: true }, tokens: [null, 7] };
    const [, seven] = (jsonOf(config) as { tokens: unknown[] }).tokens;
    assert.match(String(seven), /^\[secret, 1 characters/);
    assert.deepEqual((jsonOf(config) as typeof config).changePassword, { supported: true });
  });

  test("of a form loses the parameters whose names are secrets", () => {
    const { text } = bodyOf(
      `grant_type=client_credentials&client_id=a&client_secret=${SECRET}&client_assertion_type=b`,
    );
    assert.equal(text, `grant_type=client_credentials&client_id=a&client_secret=${PLACE}&client_assertion_type=b`);
  });

  test("loses attributes that the endpoint's schemas never return", () => {
    const own = secretNames(["enrolmentPhrase"]);
    const text = `{"urn:example:x":{"enrolmentphrase":"${SECRET}"}}`;
    assert.ok(!bodyOf(text, own).text.includes(SECRET));
    assert.ok(bodyOf(text).text.includes(SECRET));
  });

  test("in which the secret cannot be located is removed as a whole", () => {
    const { text, note } = bodyOf(`{"password":"${SECRET}"`);
    assert.match(text, /^\[secret, \d+ characters/);
    assert.match(note ?? "", /neither JSON nor a form/);
  });

  test("with a repeated member loses both values", () => {
    assert.ok(!bodyOf(`{"password":"${SECRET}","password":""}`).text.includes(SECRET));
  });

  test("with a value labelled as a secret loses that value", () => {
    const labelled = { devices: [{ name: "Password", val: SECRET }] };
    assert.ok(!bodyOf(JSON.stringify(labelled)).text.includes(SECRET));
  });

  test("that is not a JSON object is not always a form", () => {
    for (const text of ['[{"code":"a=b"}]', "code = 7", '"key=1"', "a=b"]) {
      assert.deepEqual(bodyOf(text), { text, bytes: text.length, note: undefined });
    }
  });

  test("that is nested very deep loses only what is too deep", () => {
    const nested = (open: string, inside: string, close: string) => open.repeat(20_000) + inside + close.repeat(20_000);
    for (const deep of [
      nested("[", `"${SECRET}"`, "]"),
      nested('{"password":', `"${SECRET}"`, "}"),
      nested('{"a":[', `{"path":"password","value":"${SECRET}"}`, "]}"),
    ]) {
      const { text, note } = bodyOf(`{"client_secret":"${SECRET}","userName":"alice","a":${deep}}`);
      assert.ok(!text.includes(SECRET));
      assert.ok(text.startsWith(`{"client_secret":"${PLACE}","userName":"alice","a":`), text.slice(0, 90));
      assert.match(text, /\[nested more than 100 deep\]/);
      assert.match(note ?? "", /Secrets were removed/);
    }
  });

  test("that is not text is described by its size", () => {
    for (const bytes of [
      Buffer.from([0xff, 0xfe, 0x41]),
      Buffer.from("password\0", "utf16le"),
      Buffer.from("\x1b[0m"),
    ]) {
      const { text, note } = redactBody(bytes, LIMIT, NAMES);
      assert.equal(text, "");
      assert.equal(note, `${bytes.length} bytes that are not text are not shown.`);
    }
    assert.deepEqual(redactBody(Buffer.alloc(0), LIMIT, NAMES), { text: "", bytes: 0, note: undefined });
  });

  test("is cut between characters, and the note says how much is missing", () => {
    const { text, note, bytes } = redactBody(Buffer.from("ab😀cd"), 4, NAMES);
    assert.deepEqual([text, bytes], ["ab", 8]);
    assert.equal(note, "The last 6 of 8 bytes are not stored.");
  });
});

describe("a text that quotes what was sent", () => {
  const own = secretNames(["enrolmentPhrase"]);
  const redacted: readonly (readonly [text: string, to: string])[] = [
    [
      `x:enrolmentPhrase must be a number, but "${SECRET}" was sent.`,
      `x:enrolmentPhrase must be a number, but "${PLACE}" was sent.`,
    ],
    [
      `At character 1, found "password%20eq%20%22${SECRET}%22".`,
      `At character 1, found "[secret, ${describeSecret(`password%20eq%20%22${SECRET}%22`)}]".`,
    ],
    [
      `Received was "a\\nclient_secret: ${SECRET}".`,
      `Received was "[secret, ${describeSecret(`a\\nclient_secret: ${SECRET}`)}]".`,
    ],
  ];
  for (const [text, to] of redacted) test(to, () => assert.equal(redactText(text, own), to));

  for (const text of [
    'The member "password" is given twice.',
    '"Temp Password" is not an attribute name.',
    'op must be "add", "remove" or "replace": password stays as it is.',
    'Send the header "Authorization: Bearer <secret token>".',
    'An administrator created the token "Entra ID" of the endpoint acme',
  ]) {
    test(`${text} stays`, () => assert.equal(redactText(text, own), text));
  }
});

test("a secret with a known form is found everywhere", () => {
  const token = newSecret("token");
  const jwt = `eyJhbGciOiJSUzI1NiJ9.${"a".repeat(40)}.${"b".repeat(40)}`;
  for (const secret of [token, jwt, newSecret("client")]) {
    assert.ok(!bodyOf(JSON.stringify({ displayName: `it is ${secret}` })).text.includes(secret));
    assert.ok(!bodyOf(`<p>${secret}</p>`).text.includes(secret));
    assert.ok(!redactUrl(`/Users/${secret}?x=${secret}`, NAMES).includes(secret));
    assert.ok(!redactHeaders(["x-note", secret], NAMES).join().includes(secret));
  }
});

/** The least CPU time of several attempts, which other programs hardly affect. */
function leastCpuMs(work: () => unknown): number {
  const times = Array.from({ length: 5 }, () => {
    const start = process.cpuUsage();
    work();
    return process.cpuUsage(start).user / 1_000;
  });
  return Math.min(...times);
}

describe("a long body with many names of secrets", () => {
  const members = (count: number) => Array.from({ length: count }, (_, at) => `"password${at}":"${at}"`).join(",");
  const escaped = (count: number) => "\\u0061".repeat(count);
  const bodies: Readonly<Record<string, string>> = {
    "in one object": `{${members(9_000)}}`,
    "in a Bulk request": `{"Operations":[${Array.from({ length: 4_000 }, (_, at) => `{"data":{"userName":"user${at}","password":"p${at}"}}`).join(",")}]}`,
    "in texts": JSON.stringify({ texts: Array.from({ length: 7_000 }, (_, at) => `password${at}="secret${at}"`) }),
    "in one text": JSON.stringify({ displayName: `password="x" `.repeat(16_000) }),
    "in a form": `password=1&${Array.from({ length: 14_000 }, (_, at) => `secret${at}=${at}`).join("&")}`,
    "behind escapes": `{"a":"${escaped(40_000)}","password":"x"}`,
    "in the names of paths": `{"Operations":[${Array.from({ length: 6_000 }, (_, at) => `{"path":"password${at}","value":"x"}`).join(",")}]}`,
  };
  for (const [how, body] of Object.entries(bodies)) {
    test(`${how} takes less than 50 ms`, () => {
      const bytes = Buffer.from(body);
      assert.ok(bytes.length > 180_000 && bytes.length < 256 * 1_024, String(bytes.length));
      const ms = leastCpuMs(() => redactBody(bytes, 64 * 1_024, NAMES));
      assert.ok(ms < 50, `${ms} ms`);
    });
  }

  test("of more than 2 MiB is not searched, even without signs of a secret", () => {
    const bytes = Buffer.from(`{"x":"${"plain ".repeat(500_000)}"}`);
    const { text, note } = redactBody(bytes, 64 * 1_024, NAMES);
    assert.deepEqual([text, note], ["", "It may contain a secret and is too long to search."]);
  });

  test("is recorded up to the limit exactly as a whole one", () => {
    for (const body of Object.values(bodies)) {
      const bytes = Buffer.from(body);
      const whole = redactBody(bytes, 16 * 1_024 * 1_024, NAMES).text;
      for (const limit of [100, 5_000, 64 * 1_024]) {
        const { text, note } = redactBody(bytes, limit, NAMES);
        assert.equal(text, whole.slice(0, limit));
        if (text.length < whole.length) assert.match(note ?? "", /The last \d+ of \d+ bytes are not stored\.$/);
      }
    }
  });
});

test("the longest body is redacted in a bounded time, whatever its content", () => {
  const length = 512 * 1_024;
  for (const piece of ["a", " ", "eyJ-", "password=", "Bearer ", "=", '{"a":', "%41", "scim_"]) {
    const begin = performance.now();
    bodyOf(`password${piece.repeat(length / piece.length)}`);
    bodyOf(JSON.stringify({ displayName: `password${piece.repeat(length / piece.length)}` }));
    assert.ok(performance.now() - begin < 5_000, `${piece}: ${performance.now() - begin} ms`);
  }
});
