import assert from "node:assert/strict";
import { changingNothing, refused, succeeded } from "../../testing/assert-answer.ts";
import { type AnyJson, PATCH_OP } from "../../testing/client.ts";
import { ENTERPRISE, group } from "../../testing/scim-bodies.ts";
import { shows } from "../shows.ts";
import { type Made, startWorld } from "../world.ts";

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
      ],
    },
  ],
  resourceTypes: [{ name: "Thing", endpoint: "/Things", schema: THING }],
};
assert.equal((await admin.send("PATCH", "/api/endpoints/default", { body: { settings } })).status, 200);
const newThing = (attributes: object = {}) => make("/Things", { schemas: [THING], name: unique("t"), ...attributes });

const HOME = { value: "home@example.com", type: "home" };
const WORK = { value: "work@example.com", type: "work", primary: true };
const replaceTitle = (value: string) => ({ op: "replace", path: "title", value });

async function patched(made: Made, ...operations: object[]): Promise<AnyJson> {
  const answer = await client.patch(made.path, operations);
  assert.deepEqual(succeeded(answer, 200), await read(made));
  return answer.body;
}

shows("RFC 7644 §3.5.2-1", "a PATCH names its schema", async () => {
  const { path } = await newUser();
  const send = (schemas: unknown) => client.send("PATCH", path, { body: { schemas, Operations: [replaceTitle("T")] } });
  for (const schemas of [undefined, [], ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]]) {
    await world.withSettings({ profile: "strict" }, async () => {
      refused(await send(schemas), 400, "invalidSyntax", /PatchOp/);
    });
  }
  succeeded(await send([PATCH_OP]), 200);
});

shows("RFC 7644 §3.5.2-2", "a PATCH has at least one operation", async () => {
  const { path } = await newUser();
  for (const Operations of [undefined, [], {}, "x", [1]]) {
    const answer = await client.send("PATCH", path, { body: { schemas: [PATCH_OP], Operations } });
    refused(answer, 400, "invalidSyntax", /Operations/);
  }
});

shows("RFC 7644 §3.5.2-3", "an operation is one of add, remove and replace", async () => {
  const { path } = await newUser();
  for (const op of [undefined, "", "move", 1, ["add"]]) {
    refused(await client.patch(path, [{ op, path: "title", value: "T" }]), 400, "invalidSyntax", /op/);
  }
  const twice = `{"schemas":["${PATCH_OP}"],"Operations":[{"op":"add","op":"remove","path":"title","value":"T"}]}`;
  refused(await client.send("PATCH", path, { body: twice }), 400, "invalidSyntax", /"op" appears twice/);
});

shows(["RFC 7644 §3.5.2-4", "RFC 7644 §3.5.2.2-1"], "only remove requires a path", async () => {
  const made = await newUser();
  assert.equal((await patched(made, { op: "add", value: { title: "T" } })).title, "T");
  assert.equal((await patched(made, { op: "replace", value: { title: "U" } })).title, "U");
  refused(await client.patch(made.path, [{ op: "remove" }]), 400, "noTarget", /path/);
  assert.equal((await read(made)).title, "U");
});

shows(
  ["RFC 7644 §3.5.2-5", "RFC 7644 §3.5.2-7", "RFC 7644 §3.12-16"],
  "a change of an attribute that is not writable is rejected with the reason",
  async () => {
    const made = await newThing({ serial: "S1" });
    for (const operation of [
      { op: "replace", path: "serial", value: "S2" },
      { op: "add", path: "serial", value: "S2" },
      { op: "remove", path: "serial" },
      { op: "add", path: "made", value: "2026-01-01T00:00:00Z" },
      { op: "replace", path: "id", value: "mine" },
      { op: "replace", path: "meta.created", value: "2026-01-01T00:00:00Z" },
    ]) {
      refused(await client.patch(made.path, [operation]), 400, "mutability", new RegExp(operation.path));
    }
    const groups = [{ op: "add", path: "groups", value: [{ value: "x" }] }];
    refused(await client.patch((await newUser()).path, groups), 400, "mutability", /groups/);
    const wrong = [{ op: "replace", path: "name", value: { givenName: { x: 1 } } }];
    refused(await client.patch((await newUser()).path, wrong), 400, "invalidValue", /givenName/);
    assert.deepEqual(await read(made), made.body);
  },
);

shows("RFC 7644 §3.5.2-6", "an immutable attribute may be added if it has no value", async () => {
  const made = await newThing();
  assert.equal((await patched(made, { op: "add", path: "serial", value: "S1" })).serial, "S1");
});

shows("RFC 7644 §3.5.2-8", "schemas follow the content after the operations", async () => {
  const made = await newUser();
  const added = await patched(made, { op: "add", path: `${ENTERPRISE}:division`, value: "D" });
  assert.deepEqual(added.schemas, [...made.body.schemas, ENTERPRISE]);
  const removed = await patched(made, { op: "remove", path: `${ENTERPRISE}:division` });
  assert.deepEqual(removed.schemas, made.body.schemas);
  const both = await patched(
    made,
    { op: "add", path: "schemas", value: [ENTERPRISE] },
    { op: "add", path: `${ENTERPRISE}:division`, value: "E" },
  );
  assert.deepEqual([both.schemas, both[ENTERPRISE].division], [[...made.body.schemas, ENTERPRISE], "E"]);
});

shows("RFC 7644 §3.5.2-9", "a new primary value replaces the previous one", async () => {
  const made = await newUser({ emails: [WORK, HOME] });
  const { emails } = await patched(made, { op: "replace", path: 'emails[type eq "home"].primary', value: true });
  assert.deepEqual(emails, [
    { ...WORK, primary: false },
    { ...HOME, primary: true },
  ]);
  const other = { value: "other@example.com", type: "other", primary: true };
  const more = await patched(made, { op: "add", path: "emails", value: [other] });
  assert.deepEqual(
    more.emails.map(({ primary }: AnyJson) => primary),
    [false, false, true],
  );
});

shows(
  ["RFC 7644 §3.5.2-10", "RFC 7644 §3.5.2-11", "RFC 7644 §3.5.2-12"],
  "several operations all take effect, or none",
  async () => {
    const made = await newUser({ title: "T" });
    const readers = await newGroup({ members: [{ value: made.id }] });
    await changingNothing(client, async () => {
      for (const operation of [
        { op: "replace", path: "userName", value: "" },
        { op: "replace", path: "active", value: "perhaps" },
        { op: "remove", path: "title.value" },
        { op: "nonsense" },
      ]) {
        const answer = await client.patch(made.path, [replaceTitle("U"), operation]);
        refused(answer, 400, answer.body.scimType, /\S/);
        assert.ok(["invalidValue", "invalidPath", "invalidSyntax"].includes(answer.body.scimType), answer.text);
      }
      const operations = [
        { op: "remove", path: "members" },
        { op: "replace", path: "id", value: "x" },
      ];
      refused(await client.patch(readers.path, operations), 400, "mutability", /id/);
    });
  },
);

shows("RFC 7644 §3.5.2-13", "a PATCH returns the whole resource or nothing", async () => {
  const made = await newUser({ title: "T" });
  const answer = await client.patch(made.path, [replaceTitle("U")]);
  assert.deepEqual(succeeded(answer, 200), await read(made));
  const readers = await newGroup();
  const silent = await client.patch(readers.path, [{ op: "replace", path: "externalId", value: "e" }]);
  assert.deepEqual([silent.status, silent.text], [204, ""]);
  assert.equal(silent.headers.etag, (await client.get(readers.path)).headers.etag);
});

shows("RFC 7644 §3.5.2-14", "a PATCH with attributes returns the resource", async () => {
  const readers = await newGroup();
  const operations = [{ op: "replace", path: "externalId", value: "e" }];
  const answer = await client.patch(`${readers.path}?attributes=externalId`, operations);
  const { schemas, id } = readers.body;
  assert.deepEqual(succeeded(answer, 200), { schemas, id, externalId: "e" });
});

shows("RFC 7644 §3.5.2.1-1", "add requires a value", async () => {
  const { path } = await newUser();
  refused(await client.patch(path, [{ op: "add", path: "title" }]), 400, "invalidValue", /value/);
  refused(await client.patch(path, [{ op: "add" }]), 400, "invalidValue", /value/);
});

shows(["RFC 7644 §3.5.2.1-2", "RFC 7644 §3.5.2.1-3"], "add adds missing attributes", async () => {
  const made = await newUser({ emails: [HOME] });
  const body = await patched(
    made,
    { op: "add", value: { emails: [WORK], nickName: "N", [ENTERPRISE]: { division: "D" } } },
    { op: "add", path: "name.givenName", value: "Ann" },
  );
  const { emails, nickName, name, [ENTERPRISE]: extension } = body;
  assert.deepEqual(
    { emails, nickName, name, extension },
    {
      emails: [HOME, WORK],
      nickName: "N",
      name: { givenName: "Ann" },
      extension: { division: "D" },
    },
  );
});

shows("RFC 7644 §3.5.2.1-4", "add to a complex attribute sets its sub-attributes", async () => {
  const made = await newUser({ name: { givenName: "Ann" } });
  const { name } = await patched(made, { op: "add", path: "name", value: { familyName: "Zuse" } });
  assert.deepEqual(name, { givenName: "Ann", familyName: "Zuse" });
  refused(await client.patch(made.path, [{ op: "add", path: "name", value: "Ann" }]), 400, "invalidValue", /name/);
});

shows(
  ["RFC 7644 §3.5.2.1-5", "RFC 7644 §3.5.2.1-6"],
  "add appends to several values, and replaces a single one",
  async () => {
    const made = await newUser({ emails: [HOME], title: "T" });
    const body = await patched(
      made,
      { op: "add", path: "emails", value: [WORK] },
      { op: "add", path: "title", value: "U" },
    );
    assert.deepEqual([body.emails, body.title], [[HOME, WORK], "U"]);
  },
);

shows(["RFC 7644 §3.5.2.1-7", "RFC 7644 §3.5.2.1-8"], "adding an existing value changes nothing", async () => {
  const made = await newUser({ emails: [HOME, WORK], title: "T" });
  const same = await patched(
    made,
    { op: "add", path: "emails", value: [HOME] },
    { op: "add", path: "title", value: "T" },
  );
  assert.deepEqual(same, made.body);
  const readers = await newGroup({ members: [{ value: made.id }] });
  const again = await client.patch(readers.path, [{ op: "add", path: "members", value: [{ value: made.id }] }]);
  assert.equal(again.status, 204);
  assert.deepEqual(await read(readers), readers.body);
});

shows("RFC 7644 §3.5.2.2-2", "a single value is removed", async () => {
  const made = await newUser({ title: "T", name: { givenName: "Ann" } });
  const body = await patched(made, { op: "remove", path: "title" }, { op: "remove", path: "name.givenName" });
  assert.deepEqual([body.title, body.name], [undefined, undefined]);
});

shows("RFC 7644 §3.5.2.2-3", "all values are removed", async () => {
  const made = await newUser({ emails: [HOME, WORK] });
  assert.equal((await patched(made, { op: "remove", path: "emails" })).emails, undefined);
  const readers = await newGroup({ members: [{ value: made.id }] });
  await client.patch(readers.path, [{ op: "remove", path: "members" }]);
  assert.equal((await read(readers)).members, undefined);
});

shows("RFC 7644 §3.5.2.2-4", "members are removed by value, and the last one leaves none", async () => {
  const [ann, bob] = [await newUser(), await newUser()];
  const readers = await newGroup({ members: [{ value: ann.id }, { value: bob.id }] });
  const remove = (id: string) => client.patch(readers.path, [{ op: "remove", path: `members[value eq "${id}"]` }]);
  assert.equal((await remove(ann.id)).status, 204);
  assert.deepEqual(
    (await read(readers)).members.map(({ value }: AnyJson) => value),
    [bob.id],
  );
  assert.equal((await remove(bob.id)).status, 204);
  assert.equal((await read(readers)).members, undefined);
});

shows("RFC 7644 §3.5.2.2-5", "matching values, or a part of them, are removed", async () => {
  const made = await newUser({ emails: [HOME, WORK] });
  const filter = 'emails[type eq "work" and value ew "example.com"]';
  const part = await patched(made, { op: "remove", path: `${filter}.primary` });
  assert.deepEqual(part.emails, [HOME, { value: WORK.value, type: "work" }]);
  assert.deepEqual((await patched(made, { op: "remove", path: filter })).emails, [HOME]);
  assert.equal((await patched(made, { op: "remove", path: 'emails[type eq "home"]' })).emails, undefined);
});

shows("RFC 7644 §3.5.2.2-6", "required and readOnly attributes cannot be removed", async () => {
  const made = await newUser();
  for (const path of ["userName", "id", "meta", "groups"]) {
    refused(await client.patch(made.path, [{ op: "remove", path }]), 400, "mutability", new RegExp(path));
  }
  const thing = await newThing();
  refused(await client.patch(thing.path, [{ op: "remove", path: "name" }]), 400, "mutability", /name/);
});

shows("RFC 7644 §3.5.2.3-1", "replace without a path replaces each attribute of the value", async () => {
  const made = await newUser({ emails: [HOME], title: "T", nickName: "N" });
  const { emails, title, nickName } = await patched(made, { op: "replace", value: { emails: [WORK], title: "U" } });
  assert.deepEqual([emails, title, nickName], [[WORK], "U", "N"]);
  refused(await client.patch(made.path, [{ op: "replace", value: "U" }]), 400, "invalidValue", /value/);
});

shows(["RFC 7644 §3.5.2.3-2", "RFC 7644 §3.5.2.3-3"], "replace replaces one value, and all of several", async () => {
  const made = await newUser({ emails: [HOME], title: "T" });
  const body = await patched(made, replaceTitle("U"), { op: "replace", path: "emails", value: [WORK] });
  assert.deepEqual([body.title, body.emails], ["U", [WORK]]);
});

shows("RFC 7644 §3.5.2.3-4", "replace of a missing attribute adds it", async () => {
  const made = await newUser();
  const body = await patched(
    made,
    replaceTitle("T"),
    { op: "replace", path: "emails", value: [HOME] },
    { op: "replace", path: "name.givenName", value: "Ann" },
  );
  assert.deepEqual([body.title, body.emails, body.name], ["T", [HOME], { givenName: "Ann" }]);
});

shows("RFC 7644 §3.5.2.3-5", "replace of a complex attribute keeps other sub-attributes", async () => {
  const made = await newUser({ name: { givenName: "Ann", familyName: "Zuse" } });
  const { name } = await patched(made, { op: "replace", path: "name", value: { givenName: "Bob", middleName: "M" } });
  assert.deepEqual(name, { givenName: "Bob", familyName: "Zuse", middleName: "M" });
});

shows(
  ["RFC 7644 §3.5.2.3-6", "RFC 7644 §3.5.2.3-7"],
  "replace of selected values changes all of them, and only them",
  async () => {
    const made = await newUser({ emails: [HOME, { value: "old@example.com", type: "home" }, WORK] });
    const parts = await patched(made, { op: "replace", path: 'emails[type eq "home"].display', value: "D" });
    assert.deepEqual(
      parts.emails.map(({ display }: AnyJson) => display),
      ["D", "D", undefined],
    );
    const value = { value: "new@example.com", type: "work" };
    const whole = await patched(made, { op: "replace", path: 'emails[type eq "work"]', value });
    assert.equal(whole.emails.length, 3);
    assert.equal(whole.emails[2].value, "new@example.com");
  },
);

shows(
  ["RFC 7644 §3.5.2.3-8", "RFC 7644 §3.12-19"],
  "replace of values that no filter matches has no target",
  async () => {
    const made = await newUser({ emails: [HOME] });
    const missing = 'emails[type eq "work" and value co "@"]';
    refused(await client.patch(made.path, [{ op: "replace", path: missing, value: WORK }]), 400, "noTarget", /emails/);
    const part = [{ op: "replace", path: 'emails[value eq "x"].type', value: "other" }];
    await world.withSettings({ profile: "strict" }, async () => {
      refused(await client.patch(made.path, part), 400, "noTarget", /emails/);
    });
    assert.deepEqual((await read(made)).emails, [HOME]);
  },
);

shows("RFC 7644 §3.12-18", "an invalid path is rejected", async () => {
  const { path } = await newUser();
  for (const wrong of ["", "emails.", ".value", "a b", "name..givenName", "1x"]) {
    refused(await client.patch(path, [{ op: "add", path: wrong, value: "x" }]), 400, "invalidPath", /./);
  }
  succeeded(await client.post("/Groups", group(unique())), 201);
});
