import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startApplication } from "../../testing/application.ts";
import { changingNothing, refused, succeeded } from "../../testing/assert-answer.ts";
import { USER, user } from "../../testing/scim-bodies.ts";

const server = await startApplication();
const { client } = server;
after(server.close);

let path = "";

before(async () => {
  path = `/Users/${succeeded(await client.post("/Users", user("there")), 201).id}`;
});

/** Sends a body as POST, PUT, PATCH and search. Each must be rejected in the same way, and nothing written. */
async function refusedEverywhere(body: string | Buffer, scimType: string, detail: RegExp): Promise<void> {
  await changingNothing(client, async () => {
    for (const [method, url] of [
      ["POST", "/Users"],
      ["POST", "/Groups"],
      ["PUT", path],
      ["PATCH", path],
      ["POST", "/Users/.search"],
    ] as const) {
      refused(await client.send(method, url, { body }), 400, scimType, detail);
    }
  });
}

test("an empty body is rejected, with or without a length", async () => {
  await refusedEverywhere("", "invalidSyntax", /^The body is empty\. Send a JSON object\.$/);
  refused(await client.send("POST", "/Users"), 400, "invalidSyntax", /body is empty/);
  refused(await client.send("PATCH", path), 400, "invalidSyntax", /body is empty/);
});

test("a body that is not JSON is rejected with the position, not with an excerpt", async () => {
  const cases: [string, RegExp][] = [
    ["{", /^The body is not valid JSON: .*position 1/],
    ['{"userName":"x"', /^The body is not valid JSON: .*position 15/],
    ['{"userName":"x"}}', /not valid JSON: .*position 16/],
    ['{"userName":"secretive}', /not valid JSON: Unterminated string in JSON at position 23/],
    ["{'userName':'secretive'}", /not valid JSON: .*position 1/],
    ['{"userName":"x",}', /not valid JSON: .*position 16/],
    ['{"userName":NaN}', /not valid JSON: Unexpected token 'N'\.$/],
    ['{"userName":"\\q"}', /not valid JSON: Bad escaped character in JSON at position 14/],
    ['{"userName":"a\nb"}', /not valid JSON: Bad control character in string literal in JSON at position 14/],
    ["userName=secretive&active=true", /not valid JSON: Unexpected token 'u'\.$/],
    ["<User/>", /not valid JSON: Unexpected token '<'\.$/],
    ["   ", /not valid JSON: Unexpected end of JSON input\.$/],
  ];
  for (const [body, detail] of cases) {
    await refusedEverywhere(body, "invalidSyntax", detail);
    assert.doesNotMatch((await client.post("/Users", body)).text, /secretive/);
  }
});

test("a body that is not an object is rejected with its type", async () => {
  const cases: [string, RegExp][] = [
    ["null", /but null was sent/],
    ["[]", /but an array was sent/],
    [JSON.stringify([user("array")]), /but an array was sent/],
    ['"userName"', /but a string was sent/],
    ["true", /but a boolean was sent/],
    ["1", /but a number was sent/],
  ];
  for (const [body, detail] of cases) await refusedEverywhere(body, "invalidSyntax", detail);
});

test("10,000 levels of arrays or objects are rejected", async () => {
  const detail = /^The body is nested deeper than 40 levels/;
  const deep = 10_000;
  await refusedEverywhere("[".repeat(deep) + "]".repeat(deep), "invalidSyntax", detail);
  await refusedEverywhere(`{"userName":"d","x":${"[".repeat(deep)}${"]".repeat(deep)}}`, "invalidSyntax", detail);
  await refusedEverywhere(`${'{"name":'.repeat(deep)}1${"}".repeat(deep)}`, "invalidSyntax", detail);
  await refusedEverywhere("[".repeat(1_000_000), "invalidSyntax", /nested deeper|not valid JSON/);
});

test("a repeated member is rejected, even if an escape hides it", async () => {
  for (const body of [
    '{"userName":"a","userName":"b"}',
    '{"userName":"a","name":{"givenName":"x","givenName":"x"}}',
    '{"userName":"a","emails":[{"value":"x","value":"y"}]}',
    '{"userName":"a","user\\u004eame":"b"}',
    '{"userName":"a:\\"b\\":","title":"x","title":"y"}',
    `{"schemas":["${USER}"],"schemas":[],"userName":"a"}`,
  ]) {
    await refusedEverywhere(body, "invalidSyntax", /^The member "\w+" appears twice in one object\.$/);
  }
});

test("an attribute in two letter cases is rejected (RFC 7643 §2.1)", async () => {
  await changingNothing(client, async () => {
    for (const attributes of [
      { UserName: "b" },
      { title: "x", TITLE: "y" },
      { name: { givenName: "x", GivenName: "y" } },
      { emails: [{ value: "x", VALUE: "y" }] },
    ]) {
      refused(await client.post("/Users", user("a", attributes)), 400, "invalidSyntax", /given twice/);
      refused(await client.put(path, user("a", attributes)), 400, "invalidSyntax", /given twice/);
    }
    const operation = { op: "add", OP: "remove", path: "title", value: "x" };
    refused(await client.patch(path, [operation]), 400, "invalidSyntax", /given twice/);
    const values = { op: "add", value: { title: "x", Title: "y" } };
    refused(await client.patch(path, [values]), 400, "invalidSyntax", /given twice/);
  });
});

test("equal texts, or equal names in other objects, are not repeated members", async () => {
  const attributes = {
    displayName: '"userName":"userName": \\"',
    emails: [
      { value: "a", type: "work" },
      { value: "b", type: "home" },
    ],
  };
  const created = succeeded(await client.post("/Users", user('"x":"y"', attributes)), 201);
  assert.equal(created.displayName, attributes.displayName);
});

test("__proto__ is rejected at any depth, and names of Object.prototype are normal attributes", async () => {
  for (const body of [
    '{"userName":"p","__proto__":{"admin":true}}',
    '{"userName":"p","name":{"__proto__":{"admin":true}}}',
    '{"userName":"p","emails":[{"value":"x","\\u005f_proto__":1}]}',
  ]) {
    await refusedEverywhere(body, "invalidSyntax", /^"__proto__" is not an attribute name\.$/);
  }
  const names = { constructor: { prototype: "x" }, toString: "x", hasOwnProperty: "x", valueOf: "x" };
  const created = succeeded(await client.post("/Users", user("proto", names)), 201);
  for (const [name, value] of Object.entries(names)) assert.deepEqual(created[name], value);
  const paths = ["constructor", "toString", "__proto__", "valueOf.x"];
  for (const each of paths) {
    const answer = await client.patch(`/Users/${created.id}`, [{ op: "replace", path: each, value: "y" }]);
    assert.ok([200, 400].includes(answer.status), answer.text);
  }
  assert.equal(Object.hasOwn(Object.prototype, "admin"), false);
  refused(await client.get("/Users?filter=constructor+pr"), 400, "invalidFilter", /no attribute "constructor"/);
});

test("invalid UTF-8 is rejected, and a byte order mark is ignored (RFC 8259 §8.1)", async () => {
  const around = (bytes: number[]) =>
    Buffer.concat([Buffer.from('{"userName":"u'), Buffer.from(bytes), Buffer.from('"}')]);
  for (const bytes of [[0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80]]) {
    await refusedEverywhere(around(bytes), "invalidSyntax", /^The body is not valid UTF-8\. Encode the JSON/);
  }
  await refusedEverywhere(Buffer.from('{"userName":"x"}', "utf16le"), "invalidSyntax", /not valid UTF-8/);
  assert.equal(succeeded(await client.post("/Users", '\uFEFF{"userName":"bom"}'), 201).userName, "bom");
});

test("lone surrogates and NUL are rejected, in values and in names", async () => {
  for (const text of ["\\ud800", "\\udfff", "a\\ude00b", "\\ud800\\ud800"]) {
    await refusedEverywhere(`{"userName":"${text}"}`, "invalidValue", /half of a surrogate pair/);
    await refusedEverywhere(`{"userName":"x","a${text}":1}`, "invalidValue", /half of a surrogate pair/);
  }
  await refusedEverywhere('{"userName":"a\\u0000b"}', "invalidValue", /the character NUL/);
  await refusedEverywhere('{"userName":"x","a\\u0000":1}', "invalidValue", /the character NUL/);
  assert.equal(succeeded(await client.post("/Users", '{"userName":"\\ud83d\\ude00"}'), 201).userName, "\u{1F600}");
});

test("a number that is too large is rejected, not turned into null", async () => {
  for (const number of ["1e999", "-1e999", `1${"0".repeat(400)}`]) {
    await refusedEverywhere(`{"userName":"n","size":[{"x":${number}}]}`, "invalidValue", /^A number is larger than/);
    await refusedEverywhere(`{"userName":${number}}`, "invalidValue", /^A number is larger than/);
  }
  const created = succeeded(await client.post("/Users", '{"userName":"n","size":1e300,"tiny":1e-999}'), 201);
  assert.deepEqual([created.size, created.tiny], [1e300, 0]);
});

test("a number that would lose digits is rejected, not changed (RFC 8259 §6)", async () => {
  const numbers = ["1234567890123456789", "-9007199254740993", "0.12345678901234567890", "1234567890123456789e2"];
  await changingNothing(client, async () => {
    for (const number of numbers) {
      for (const [name, body] of [
        ["externalId", `{"userName":"n","externalId":${number}}`],
        ["password", `{"userName":"n","password" : ${number} }`],
        ["x", `{"userName":"n","size":[{"x":[1,${number}]}]}`],
        ["pad", `{"userName":"${"7".repeat(20)}\\"","pad":${number}}`],
      ]) {
        const detail = new RegExp(
          `^"${name}" contains a number with more digits than can be stored\\. Send it as a string`,
        );
        refused(await client.post("/Users", body), 400, "invalidValue", detail);
      }
      const operation = `{"Operations":[{"op":"replace","path":"externalId","value":${number}}]}`;
      refused(await client.send("PATCH", path, { body: operation }), 400, "invalidValue", /^"value" contains/);
    }
  });
});

test("a number with storable digits is accepted in any notation, and digits in a text are not a number", async () => {
  const kept = {
    size: 9007199254740992,
    pi: Math.PI,
    padded: 1.5,
    large: 1e22,
    text: "1234567890123456789",
    address: "192.168.100.200.192.168.100.200",
  };
  const body = JSON.stringify(user("digits", kept)).replace("1.5", "1.500000000000000000000");
  const created = succeeded(await client.post("/Users", body), 201);
  for (const [name, value] of Object.entries(kept)) assert.equal(created[name], value);
  const search = { schemas: ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], startIndex: 1 };
  const huge = JSON.stringify(search).replace("1}", '1,"count":9223372036854775807}');
  succeeded(await client.post("/Users/.search", huge), 200);
});

test("an invalid attribute name is rejected (RFC 7643 §2.1)", async () => {
  await changingNothing(client, async () => {
    for (const name of ["", " ", "a b", "1a", "é", "<script>", "a".repeat(81).concat(" "), "a\u001fb"]) {
      const answer = await client.post("/Users", user("named", { [name]: "x" }));
      refused(answer, 400, "invalidSyntax", /is not an attribute name/);
    }
  });
});
