import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startApplication } from "../../testing/application.ts";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import { group, user } from "../../testing/scim-bodies.ts";

const server = await startApplication();
const { client } = server;
after(server.close);

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** The text in another letter case for each number. */
function inCase(text: string, number: number): string {
  return [...text].map((letter, place) => ((number >> place) & 1 ? letter.toUpperCase() : letter)).join("");
}

test("of 50 parallel POSTs of one userName in different letter cases one succeeds and 49 get 409", async () => {
  const answers = await Promise.all(times(50, (index) => client.post("/Users", user(inCase("parallel", index)))));
  const [created, ...others] = answers.filter(({ status }) => status === 201);
  assert.ok(created !== undefined && others.length === 0);
  for (const answer of answers) {
    if (answer !== created) refused(answer, 409, "uniqueness", new RegExp(`is taken by .*${created.body.id}`));
  }
  assert.equal((await client.get('/Users?filter=userName+eq+"PARALLEL"')).body.totalResults, 1);
});

test("100 parallel PATCHes that each add a member lose none, and 100 that remove them leave none", async () => {
  const users = await Promise.all(times(100, (index) => client.post("/Users", user(`member${index}`))));
  const ids: string[] = users.map((answer) => succeeded(answer, 201).id);
  const { id } = succeeded(await client.post("/Groups", group("Parallel")), 201);
  const change = (op: string) =>
    Promise.all(ids.map((value) => client.patch(`/Groups/${id}`, [{ op, path: "members", value: [{ value }] }])));
  for (const answer of await change("add")) assert.equal(answer.status, 204);
  const { members } = (await client.get(`/Groups/${id}`)).body;
  assert.deepEqual(members.map(({ value }: { value: string }) => value).sort(), [...ids].sort());
  for (const answer of await change("remove")) assert.equal(answer.status, 204);
  assert.equal((await client.get(`/Groups/${id}`)).body.members, undefined);
});

test("of parallel PATCHes with one If-Match exactly one succeeds, and its change stays (RFC 7644 §3.14)", async () => {
  const created = await client.post("/Users", user("versioned"));
  const path = `/Users/${succeeded(created, 201).id}`;
  let etag = String(created.headers.etag);
  for (let round = 0; round < 5; round++) {
    const answers = await Promise.all(
      times(20, (index) =>
        client.patch(path, [{ op: "replace", path: "title", value: `${round}.${index}` }], { "if-match": etag }),
      ),
    );
    const winners = answers.filter(({ status }) => status === 200);
    assert.equal(winners.length, 1);
    for (const answer of answers) if (answer.status !== 200) refused(answer, 412, undefined, /has changed/);
    const read = await client.get(path);
    assert.equal(read.body.title, winners[0]?.body.title);
    etag = String(read.headers.etag);
  }
});

test("parallel changes of different attributes of one user are all kept", async () => {
  const { id } = succeeded(await client.post("/Users", user("columns")), 201);
  const names = [
    "title",
    "nickName",
    "displayName",
    "locale",
    "timezone",
    "userType",
    "preferredLanguage",
    "externalId",
  ];
  await Promise.all(names.map((path) => client.patch(`/Users/${id}`, [{ op: "add", path, value: `new ${path}` }])));
  const read = succeeded(await client.get(`/Users/${id}`), 200);
  for (const name of names) assert.equal(read[name], `new ${name}`);
  assert.equal(read.meta.version, `W/"${names.length + 1}"`);
});

test("a reader sees a write as soon as it is acknowledged", async () => {
  await Promise.all(
    times(50, async (index) => {
      const { id } = succeeded(await client.post("/Users", user(`reader${index}`)), 201);
      succeeded(await client.get(`/Users/${id}`), 200);
      succeeded(await client.patch(`/Users/${id}`, [{ op: "add", path: "title", value: "T" }]), 200);
      assert.equal((await client.get(`/Users/${id}`)).body.title, "T");
      assert.equal((await client.delete(`/Users/${id}`)).status, 204);
      assert.equal((await client.get(`/Users/${id}`)).status, 404);
    }),
  );
});
