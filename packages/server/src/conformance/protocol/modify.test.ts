import assert from "node:assert/strict";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import { ENTERPRISE, USER, user } from "../../testing/scim-bodies.ts";
import { shows } from "../shows.ts";
import { startWorld } from "../world.ts";

const world = await startWorld();
const { client, admin, unique, make, newUser, newGroup, read } = world;

const THING = "urn:example:params:scim:schemas:Thing";
const settings = {
  schemas: [
    {
      id: THING,
      name: "Thing",
      attributes: [
        { name: "name", type: "string", required: true },
        { name: "serial", type: "string", mutability: "immutable" },
        { name: "made", type: "dateTime", mutability: "readOnly" },
        { name: "secret", type: "string", mutability: "writeOnly", returned: "never" },
      ],
    },
  ],
  resourceTypes: [{ name: "Thing", endpoint: "/Things", schema: THING }],
};
assert.equal((await admin.send("PATCH", "/api/endpoints/default", { body: { settings } })).status, 200);
const thing = (attributes: object = {}) => ({ schemas: [THING], name: unique("thing"), ...attributes });

shows(["RFC 7644 §3.5-1", "RFC 7644 §3.5.1-9"], "PUT returns the whole current resource", async () => {
  const made = await newUser({ title: "T" });
  const answer = await client.put(made.path, user(made.body.userName, { nickName: "N" }));
  const { userName, title, nickName } = succeeded(answer, 200);
  assert.deepEqual([userName, title, nickName], [made.body.userName, undefined, "N"]);
  assert.deepEqual(answer.body, await read(made));
});

shows("RFC 7644 §3.5-2", "PATCH works for every resource type, and discovery says so", async () => {
  assert.equal((await read("/ServiceProviderConfig")).patch.supported, true);
  const operations = [{ op: "replace", path: "externalId", value: "e" }];
  for (const made of [await newUser(), await newGroup(), await make("/Things", thing())]) {
    assert.ok((await client.patch(made.path, operations)).status < 300);
    assert.equal((await read(made)).externalId, "e");
  }
});

shows("RFC 7644 §3.5.1-2", "PUT replaces writable attributes, even if they cannot be read", async () => {
  const made = await newUser({ title: "T", emails: [{ value: "a@example.com" }], password: "first" });
  const { body } = await client.put(
    made.path,
    user(unique(), { title: "U", emails: [{ value: "b@example.com" }], password: "second" }),
  );
  assert.deepEqual([body.title, body.emails, body.password], ["U", [{ value: "b@example.com" }], undefined]);
  assert.notEqual(body.userName, made.body.userName);
});

shows("RFC 7644 §3.5.1-3", "PUT clears missing attributes", async () => {
  const made = await newUser({ title: "T", emails: [{ value: "a@example.com" }], [ENTERPRISE]: { division: "D" } });
  const { body } = await client.put(made.path, user(made.body.userName));
  assert.deepEqual(Object.keys(body).sort(), ["id", "meta", "schemas", "userName"]);
});

shows(["RFC 7644 §3.5.1-4", "RFC 7644 §3.5.1-5"], "PUT must repeat the value of an immutable attribute", async () => {
  const made = await make("/Things", thing({ serial: "S1" }));
  const same = await client.put(made.path, thing({ serial: "S1", name: "renamed" }));
  assert.deepEqual([succeeded(same, 200).serial, same.body.name], ["S1", "renamed"]);
  refused(await client.put(made.path, thing({ serial: "S2" })), 400, "mutability", /serial/);
  assert.equal((await read(made)).serial, "S1");
});

shows("RFC 7644 §3.5.1-6", "PUT sets an immutable attribute once", async () => {
  const made = await make("/Things", thing());
  assert.equal(succeeded(await client.put(made.path, thing({ serial: "S1" })), 200).serial, "S1");
});

shows("RFC 7644 §3.5.1-7", "PUT ignores readOnly attributes", async () => {
  const made = await make("/Things", thing());
  const given = thing({ id: "mine", made: "2026-01-01T00:00:00Z", meta: { resourceType: "User", version: "x" } });
  const { id, made: at, meta } = succeeded(await client.put(made.path, given), 200);
  assert.deepEqual([id, at, meta.resourceType], [made.id, undefined, "Thing"]);
  const readers = await newGroup();
  const someone = await newUser();
  const replaced = await client.put(someone.path, user(someone.body.userName, { groups: [{ value: readers.id }] }));
  assert.equal(succeeded(replaced, 200).groups, undefined);
});

shows("RFC 7644 §3.5.1-8", "PUT without a required attribute is rejected", async () => {
  const made = await newUser();
  refused(await client.put(made.path, { schemas: [USER], title: "T" }), 400, "invalidValue", /^userName is required/);
  refused(await client.put((await make("/Things", thing())).path, { schemas: [THING] }), 400, "invalidValue", /^name/);
  assert.deepEqual(await read(made), made.body);
});

shows(["RFC 7644 §3.6-1", "RFC 7644 §3.12-8"], "a deleted resource cannot be used", async () => {
  for (const made of [await newUser(), await newGroup(), await make("/Things", thing())]) {
    const { path, body } = made;
    assert.equal((await client.delete(path)).status, 204);
    for (const answer of [
      await client.get(path),
      await client.put(path, body),
      await client.patch(path, [{ op: "replace", path: "externalId", value: "e" }]),
      await client.delete(path),
    ]) {
      refused(answer, 404, undefined, /^There is no .* with the id/);
    }
  }
});

shows("RFC 7644 §3.6-2", "a deleted resource is not found, and is no longer a member or a manager", async () => {
  const made = await newUser();
  const readers = await newGroup({ members: [{ value: made.id }] });
  assert.equal((await read(readers)).members.length, 1);
  await client.delete(made.path);
  for (const path of [`/Users?filter=id+eq+"${made.id}"`, `/Users?filter=userName+eq+"${made.body.userName}"`]) {
    assert.equal((await read(path)).totalResults, 0);
  }
  const ids = (await read("/Users?count=1000")).Resources.map(({ id }: { id: string }) => id);
  assert.ok(!ids.includes(made.id));
  assert.equal((await read(readers)).members, undefined);
});

shows("RFC 7644 §3.6-3", "the name of a deleted resource is free", async () => {
  const made = await newUser();
  await client.delete(made.path);
  const again = await client.post("/Users", user(made.body.userName));
  assert.notEqual(succeeded(again, 201).id, made.id);
});

shows("RFC 7644 §3.6-4", "DELETE returns 204 without a body", async () => {
  const answer = await client.delete((await newUser()).path);
  assert.deepEqual([answer.status, answer.text], [204, ""]);
});
