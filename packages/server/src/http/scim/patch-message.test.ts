import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startApplication } from "../../testing/application.ts";
import { changingNothing, refused, succeeded } from "../../testing/assert-answer.ts";
import { PATCH_OP } from "../../testing/client.ts";
import { ENTERPRISE, searchRequest, user } from "../../testing/scim-bodies.ts";

const server = await startApplication();
const { client } = server;
after(server.close);

let path = "";

before(async () => {
  const attributes = { emails: [{ value: "a@b", type: "work" }], name: { givenName: "Ann" } };
  path = `/Users/${succeeded(await client.post("/Users", user("patched", attributes)), 201).id}`;
});

test("an invalid PatchOp is rejected with its correct form (RFC 7644 §3.5.2)", async () => {
  const cases: [unknown, string, RegExp][] = [
    [{ schemas: [PATCH_OP] }, "invalidSyntax", /^Operations must be an array of one or more operations, but nothing/],
    [{ schemas: [PATCH_OP], Operations: [] }, "invalidSyntax", /but an empty array was sent/],
    [{ schemas: [PATCH_OP], Operations: "add" }, "invalidSyntax", /but a string was sent/],
    [{ schemas: [PATCH_OP], Operations: null }, "invalidSyntax", /but null was sent/],
    [user("patched"), "invalidSyntax", /^Operations must be an array/],
  ];
  await changingNothing(client, async () => {
    for (const [body, scimType, detail] of cases) {
      refused(await client.send("PATCH", path, { body }), 400, scimType, detail);
    }
  });
});

test("an invalid operation is rejected by its number, with the scimType of the RFC (RFC 7644 §3.12)", async () => {
  const cases: [unknown, string, RegExp][] = [
    ["add", "invalidSyntax", /^Operations\[0\] must be an object, but it is a string/],
    [null, "invalidSyntax", /^Operations\[0\] must be an object, but it is null/],
    [{ path: "title", value: "x" }, "invalidSyntax", /op must be "add", "remove" or "replace", but nothing/],
    [{ op: "move", path: "title" }, "invalidSyntax", /op must be "add", "remove" or "replace", but "move"/],
    [{ op: 1, path: "title" }, "invalidSyntax", /op must be .* but a number/],
    [{ op: "remove" }, "noTarget", /"remove" needs a path/],
    [{ op: "add", path: "title" }, "invalidValue", /"add" needs a value/],
    [{ op: "replace" }, "invalidValue", /"replace" needs a value/],
    [{ op: "add", value: "x" }, "invalidValue", /Without a path, value must be an object/],
    [{ op: "add", path: 5, value: "x" }, "invalidPath", /path must be a string, but it is a number/],
    [{ op: "add", path: "", value: "x" }, "invalidPath", /path: /],
    [{ op: "add", path: "name..x", value: "x" }, "invalidPath", /path: at character 1, expected/],
    [{ op: "add", path: "name.nothing", value: "x" }, "invalidPath", /name has no .*"nothing"/],
    [{ op: "add", path: 'title[value eq "x"]', value: "x" }, "invalidPath", /title has a single value/],
    [{ op: "add", path: "emails[type eq", value: "x" }, "invalidFilter", /path: .*expected/],
    [{ op: "add", path: 'emails[kind eq "x"].value', value: "x" }, "invalidFilter", /kind/],
    [{ op: "replace", path: "id", value: "x" }, "mutability", /id is readOnly/],
    [{ op: "add", path: "groups", value: [{ value: "x" }] }, "mutability", /groups is readOnly/],
    [{ op: "replace", path: "meta.created", value: "x" }, "mutability", /meta\.created is readOnly/],
    [{ op: "remove", path: "userName" }, "mutability", /userName is required and cannot be removed/],
    [{ op: "replace", path: 'emails[value co "z"].display', value: "x" }, "noTarget", /no value of emails matches/],
  ];
  await changingNothing(client, async () => {
    for (const [operation, scimType, detail] of cases) {
      refused(await client.patch(path, [operation]), 400, scimType, detail);
    }
    const third = [
      { op: "add", path: "title", value: "x" },
      { op: "add", path: `${ENTERPRISE}:department`, value: "x" },
      { op: "move" },
    ];
    refused(await client.patch(path, third), 400, "invalidSyntax", /^Operations\[2\]: op must be/);
  });
});

test("10,000 operations are rejected, 1,000 in one request succeed", async () => {
  const operations = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ op: "replace", path: "title", value: `T${index}` }));
  await changingNothing(client, async () => {
    const detail = /^Operations has 10000 operations.*Send at most 1000/;
    refused(await client.patch(path, operations(10_000)), 400, "invalidValue", detail);
  });
  assert.equal(succeeded(await client.patch(path, operations(1_000)), 200).title, "T999");
});

test("a filter of 100 KB or 1,000 brackets is rejected, by URL, .search and path, and one of 16 KB is answered", async () => {
  const long = `userName eq "${"a".repeat(100_000)}"`;
  const deep = `${"(".repeat(1_000)}userName pr${")".repeat(1_000)}`;
  const wide = Array.from({ length: 600 }, () => "title pr").join(" or ");
  await changingNothing(client, async () => {
    refused(await client.get(`/Users?filter=${encodeURIComponent(long)}`), 431, undefined, /POST …\/\.search/);
    const tooLong = /^filter: longer than 16384 characters/;
    refused(await client.post("/Users/.search", searchRequest({ filter: long })), 400, "invalidFilter", tooLong);
    const tooDeep = /^filter: brackets nested more than 50 deep/;
    refused(await client.get(`/Users?filter=${encodeURIComponent(deep)}`), 400, "invalidFilter", tooDeep);
    refused(await client.post("/Users/.search", searchRequest({ filter: deep })), 400, "invalidFilter", tooDeep);
    refused(await client.post("/Users/.search", searchRequest({ filter: wide })), 400, "invalidFilter", /500/);
    const not = `${"not (".repeat(1_000)}userName pr${")".repeat(1_000)}`;
    refused(await client.post("/Users/.search", searchRequest({ filter: not })), 400, "invalidFilter", tooDeep);
    const value = { op: "add", path: `emails[value eq "${"a".repeat(100_000)}"]`, value: { value: "x" } };
    refused(await client.patch(path, [value]), 400, "invalidPath", /longer than 16384 characters/);
    const brackets = { op: "remove", path: `emails[${"(".repeat(1_000)}type pr${")".repeat(1_000)}]` };
    refused(await client.patch(path, [brackets]), 400, "invalidFilter", /nested more than 50 deep/);
  });
  const filter = encodeURIComponent(`userName eq "${"a".repeat(16_000)}"`);
  assert.equal(succeeded(await client.get(`/Users?filter=${filter}`), 200).totalResults, 0);
});

test("IDs that are paths, markup, very long or empty find nothing and do no harm", async () => {
  const ids = [
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e",
    "..%5c",
    "%00",
    "%0d%0aX-Injected:%201",
    "'%20OR%20'1'='1",
    "%22%3Cscript%3E",
  ];
  await changingNothing(client, async () => {
    for (const id of [...ids, "a".repeat(390), "__proto__", "constructor"]) {
      const answer = await client.get(`/Users/${id}`);
      refused(answer, 404, undefined, /^There is no User with the id ".+"\. Look it up/s);
      assert.equal(answer.headers["x-injected"], undefined);
      refused(await client.delete(`/Users/${id}`), 404, undefined, /no User with the id/);
    }
    for (const id of ["a".repeat(10_000), "%41".repeat(3_000)]) {
      refused(
        await client.get(`/Users/${id}`),
        404,
        undefined,
        /^There is nothing here: the ID in this URL is too long/,
      );
      refused(
        await client.patch(`/Users/${id}`, [{ op: "remove", path: "title" }]),
        404,
        undefined,
        /the ID in this URL is too long/,
      );
    }
    for (const raw of ["/Users/../../../etc/passwd", "/Users/../Groups", "/./Users"]) {
      refused(await client.get(raw), 404, undefined, /There is nothing at/);
    }
  });
});
