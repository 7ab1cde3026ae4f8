import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startApplication } from "../../testing/application.ts";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import { group, user } from "../../testing/scim-bodies.ts";

const server = await startApplication();
const { client } = server;
after(server.close);

let count = 0;

async function newUser(): Promise<{ path: string; etag: string }> {
  const answer = await client.post("/Users", user(`etag${++count}`));
  return { path: `/Users/${succeeded(answer, 201).id}`, etag: String(answer.headers.etag) };
}

const changeTitle = () => [{ op: "replace", path: "title", value: `T${++count}` }];

test("the entity tag is weak, and every change produces another (RFC 7644 §3.14)", async () => {
  const { path, etag } = await newUser();
  assert.match(etag, /^W\/"[^"]+"$/);
  const tags = [etag];
  for (let change = 0; change < 3; change++) tags.push(String((await client.patch(path, changeTitle())).headers.etag));
  assert.equal(new Set(tags).size, 4);
  assert.equal((await client.get(path)).headers.etag, tags.at(-1));
});

test("If-None-Match with the tag gets 304 without a body, with another tag 200 (RFC 7644 §3.14)", async () => {
  const { path, etag } = await newUser();
  for (const header of [etag, etag.replace("W/", ""), `"x", ${etag}`, `W/"x",${etag},"y"`, "*"]) {
    const answer = await client.get(path, { "if-none-match": header });
    assert.equal(answer.status, 304, header);
    assert.equal(answer.text, "");
    assert.equal(answer.headers.etag, etag);
  }
  await client.patch(path, changeTitle());
  for (const header of [etag, '"x"', 'W/"x", "y"']) {
    succeeded(await client.get(path, { "if-none-match": header }), 200);
  }
});

test("If-None-Match does not hide that a user was deleted", async () => {
  const { path } = await newUser();
  await client.delete(path);
  refused(await client.get(path, { "if-none-match": "*" }), 404, undefined, /no User with the id/);
});

test("GET with If-Match of another version gets 412; the current one changes nothing (RFC 9110 §13.1.1)", async () => {
  const { path, etag } = await newUser();
  for (const header of [etag, "*", `"x", ${etag}`]) succeeded(await client.get(path, { "if-match": header }), 200);
  await client.patch(path, changeTitle());
  refused(await client.get(path, { "if-match": etag }), 412, undefined, /^The User has changed/);
  // RFC 9110 §13.2.2: If-Match first.
  refused(await client.get(path, { "if-match": etag, "if-none-match": "*" }), 412, undefined, /^The User has changed/);
  assert.equal((await client.get(path, { "if-match": "*", "if-none-match": "*" })).status, 304);
});

const WRITES: [string, (path: string, headers: Record<string, string>) => ReturnType<typeof client.get>][] = [
  ["PUT", (path, headers) => client.put(path, user(`put${++count}`), headers)],
  ["PATCH", (path, headers) => client.patch(path, changeTitle(), headers)],
  ["DELETE", (path, headers) => client.delete(path, headers)],
];

for (const [method, write] of WRITES) {
  test(`${method} with If-Match of an old version gets 412 and changes nothing (RFC 7644 §3.14)`, async () => {
    const { path, etag } = await newUser();
    const current = String((await client.patch(path, changeTitle())).headers.etag);
    const { body } = await client.get(path);
    for (const header of [etag, '"x"', `${etag}, "x"`]) {
      const detail = /^The User has changed: its version is W\/"\d+", If-Match names .*Read it again/;
      refused(await write(path, { "if-match": header }), 412, undefined, detail);
    }
    assert.deepEqual((await client.get(path)).body, body);
    assert.equal(body.meta.version, current);
  });

  test(`${method} with If-Match of the current version, in a list, unquoted weak or *, succeeds`, async () => {
    for (const form of [
      (tag: string) => tag,
      (tag: string) => `"x", ${tag}`,
      (tag: string) => tag.slice(2),
      () => "*",
    ]) {
      const { path, etag } = await newUser();
      const answer = await write(path, { "if-match": form(etag) });
      assert.ok([200, 204].includes(answer.status), answer.text);
    }
  });

  test(`${method} with If-None-Match of * or the current version gets 412 and changes nothing (RFC 9110 §13.1.2)`, async () => {
    const { path, etag } = await newUser();
    const { body } = await client.get(path);
    for (const header of ["*", etag, `"x", ${etag}`]) {
      const detail = /^The User exists in version W\/"1", which If-None-Match \(.+\) rules out, so nothing was changed/;
      refused(await write(path, { "if-none-match": header }), 412, undefined, detail);
      refused(await write(path, { "if-none-match": header, "if-match": etag }), 412, undefined, detail);
    }
    assert.deepEqual((await client.get(path)).body, body);
    const answer = await write(path, { "if-none-match": 'W/"other"' });
    assert.ok([200, 204].includes(answer.status), answer.text);
  });

  test(`${method} with If-Match of a user that does not exist gets 404`, async () => {
    refused(await write("/Users/unknown", { "if-match": "*" }), 404, undefined, /no User with the id/);
  });
}

test("groups have versions too, which members change", async () => {
  const member = (await newUser()).path.replace("/Users/", "");
  const created = await client.post("/Groups", group("Versioned"));
  const path = `/Groups/${succeeded(created, 201).id}`;
  const tag = String(created.headers.etag);
  const operations = [{ op: "add", path: "members", value: [{ value: member }] }];
  const answer = await client.patch(path, operations, { "if-match": tag });
  assert.equal(answer.status, 204);
  assert.notEqual(answer.headers.etag, tag);
  const late = await client.patch(path, [{ op: "remove", path: "members" }], { "if-match": tag });
  refused(late, 412, undefined, /^The Group has changed/);
  assert.equal((await client.get(path)).body.members.length, 1);
  assert.equal((await client.get(path, { "if-none-match": String(answer.headers.etag) })).status, 304);
});
