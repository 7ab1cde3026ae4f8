import assert from "node:assert/strict";
import { test } from "node:test";
import { newReading } from "../dialect/tolerance.ts";
import type { Json, JsonObject } from "../json.ts";
import { attribute } from "../schema/attribute.ts";
import { resourceModel } from "../schema/model.ts";
import { GROUP_TYPE } from "../schema/resource-types.ts";
import { patchResource } from "./apply.ts";
import { babs, ENTERPRISE, message, patch, patchUser, refuses, tourGuides, USER } from "./test-support.ts";

/** A group with attributes of every mutability of RFC 7643 §7. */
const MODEL = resourceModel({
  ...GROUP_TYPE,
  schema: {
    ...GROUP_TYPE.schema,
    attributes: [
      ...GROUP_TYPE.schema.attributes,
      attribute("origin", "Where it came from.", { mutability: "immutable" }),
      attribute("size", "Number of members.", { type: "integer", mutability: "readOnly" }),
      attribute("secret", "Never shown.", { returned: "never" }),
      attribute("owner", "Who is responsible.", {
        type: "complex",
        subAttributes: [
          attribute("value", "Identifier.", { required: true }),
          attribute("since", "Since when.", { type: "dateTime", mutability: "immutable" }),
          attribute("pin", "Never shown.", { returned: "never" }),
          attribute("rank", "Read from the owner.", { type: "integer", mutability: "readOnly" }),
          attribute("labels", "Several.", { multiValued: true }),
        ],
      }),
    ],
  },
  schemaExtensions: [
    {
      required: true,
      schema: {
        id: "urn:example:audit",
        name: "Audit",
        description: "Audit",
        attributes: [attribute("cause", "Why.", { required: true })],
      },
    },
    {
      required: false,
      schema: {
        id: "urn:example:lease",
        name: "Lease",
        description: "Lease",
        attributes: [
          attribute("until", "End.", { required: true }),
          attribute("from", "Begin.", { mutability: "immutable" }),
        ],
      },
    },
    {
      required: false,
      schema: {
        id: "urn:example:stamp",
        name: "Stamp",
        description: "Stamp",
        attributes: [attribute("text", "Text."), attribute("by", "By whom.", { mutability: "readOnly" })],
      },
    },
  ],
});

function group(extra: JsonObject = {}): JsonObject {
  return {
    ...tourGuides(),
    schemas: [GROUP_TYPE.schema.id, "urn:example:audit"],
    "urn:example:audit": { cause: "test" },
    ...extra,
  };
}

function patchCustom(resource: JsonObject, operations: Json | Json[]) {
  return patch(resource, operations, MODEL).resource;
}

test("a simple attribute is set by add and by replace, and unassigned by remove and by null", () => {
  assert.equal(patchUser({ op: "add", path: "title", value: "A" }).resource.title, "A");
  assert.equal(patchUser({ op: "replace", path: "TITLE", value: "B" }).resource.title, "B");
  assert.equal(patchUser({ op: "replace", path: "title", value: "" }).resource.title, "");
  assert.equal(Object.hasOwn(patchUser({ op: "remove", path: "title" }).resource, "title"), false);
  assert.equal(Object.hasOwn(patchUser({ op: "replace", path: "title", value: null }).resource, "title"), false);
  assert.deepEqual(patchUser({ op: "add", path: "title", value: null }).changes, []);
});

test("removing an absent value changes nothing, and is noted", () => {
  const withoutValue = ["nickName", "name.middleName", "addresses", `${ENTERPRISE}:division`, "addresses.region"];
  for (const path of withoutValue) {
    for (const operation of [
      { op: "remove", path },
      { op: "remove", path, value: null },
    ]) {
      const { changes, codes } = patchUser(operation);
      assert.deepEqual([changes, codes], [[], ["target-absent"]], path);
    }
  }
  const whole = { op: "remove", path: ENTERPRISE };
  assert.deepEqual(patchUser(whole).codes, []);
  assert.deepEqual(patchUser([whole, whole]).codes, ["target-absent"]);
  const removed = (value: Json) =>
    patch(group({ owner: { value: "1", labels: ["a"] } }), { op: "remove", path: "owner.labels", value }, MODEL).codes;
  assert.deepEqual(removed(["b"]), ["remove-with-value", "target-absent"]);
  assert.deepEqual(removed(["b", "a"]), ["remove-with-value"]);
  assert.deepEqual(removed([]), ["remove-with-value"]);
});

test("the absence of a never-returned attribute is not disclosed", () => {
  for (const path of ["secret", "owner.pin"]) {
    assert.deepEqual(patch(group(), { op: "remove", path }, MODEL).codes, [], path);
  }
});

test("a value of the wrong type is rejected with the operation and the attribute", () => {
  const act = () =>
    patchUser([
      { op: "add", path: "title", value: "x" },
      { op: "add", path: "active", value: "maybe" },
    ]);
  refuses(act, "invalidValue", /^Operations\[1\]: active must be true or false, but the text "maybe"/);
  refuses(
    () => patchUser({ op: "replace", path: "name", value: "Babs" }),
    "invalidValue",
    /^Operations\[0\]: name must be/,
  );
});

test("a complex attribute is merged: absent sub-attributes stay, null removes them", () => {
  const name = { familyName: "J", middleName: "Jane", givenName: null };
  assert.deepEqual(patchUser({ op: "replace", path: "name", value: name }).resource.name, {
    familyName: "J",
    middleName: "Jane",
  });
  assert.deepEqual(patchUser({ op: "add", path: "name", value: name }).resource.name, {
    givenName: "Barbara",
    familyName: "J",
    middleName: "Jane",
  });
  assert.deepEqual(patchUser({ op: "replace", path: "name", value: { familyName: null } }).resource.name, {
    givenName: "Barbara",
  });
});

test("a complex attribute without any sub-attribute stays, null removes it", () => {
  assert.deepEqual(patchUser({ op: "replace", path: "name", value: {} }).changes, []);
  assert.equal(Object.hasOwn(patchUser({ op: "replace", path: "name", value: null }).resource, "name"), false);
});

test("an empty complex attribute is unassigned", () => {
  const { resource } = patchUser([
    { op: "remove", path: "name.givenName" },
    { op: "replace", path: "name.familyName", value: null },
  ]);
  assert.equal(Object.hasOwn(resource, "name"), false);
});

test("an extension is merged as a whole and removed as a whole", () => {
  const { resource, changes } = patchUser({
    op: "replace",
    path: ENTERPRISE,
    value: { department: null, division: "D" },
  });
  assert.deepEqual(resource[ENTERPRISE], { manager: (babs()[ENTERPRISE] as JsonObject).manager, division: "D" });
  assert.deepEqual(
    changes.map((change) => change.path),
    [`${ENTERPRISE}:division`, `${ENTERPRISE}:department`],
  );
  const removed = patchUser({ op: "remove", path: ENTERPRISE }).resource;
  assert.equal(Object.hasOwn(removed, ENTERPRISE), false);
  assert.deepEqual(removed.schemas, ["urn:ietf:params:scim:schemas:core:2.0:User"]);
});

test("a reference keeps its $ref if its value stays, and takes a given one", () => {
  const path = `${ENTERPRISE}:manager`;
  const manager = (value: Json) =>
    (patchUser({ op: "replace", path, value }).resource[ENTERPRISE] as JsonObject).manager;
  assert.deepEqual(manager({ value: "26118915" }), (babs()[ENTERPRISE] as JsonObject).manager);
  assert.deepEqual(manager({ value: "1", $ref: "../Users/1", displayName: "ignored" }), {
    value: "1",
    $ref: "../Users/1",
  });
  assert.equal(manager({ value: null }), undefined);
});

test("a readOnly attribute is rejected if its path is given", () => {
  for (const [path, value] of [
    ["id", "x"],
    ["meta.version", "x"],
    ["groups", "x"],
    ["groups.value", "x"],
  ] as const) {
    for (const op of ["add", "replace", "remove"]) {
      refuses(() => patchUser({ op, path, value }), "mutability", /^Operations\[0\]: .* is readOnly/);
    }
  }
  refuses(
    () => patchUser({ op: "add", path: `${ENTERPRISE}:manager.displayName`, value: "x" }),
    "mutability",
    /readOnly/,
  );
});

test("a readOnly attribute without a path is ignored: silently if it is equal, otherwise with a note", () => {
  const same = { id: "2819c223", meta: babs().meta as Json, groups: [], schemas: ["urn:x"], title: "Guide" };
  const { codes, changes } = patch(babs(), { op: "replace", value: same }, USER, "strict");
  assert.deepEqual(codes, []);
  assert.deepEqual(changes, [{ kind: "attribute", path: "title", before: "Tour Guide", after: "Guide" }]);
  assert.deepEqual(patchUser({ op: "replace", value: { id: "other" } }).codes, ["read-only-ignored"]);
  refuses(
    () => patch(babs(), { op: "replace", value: { id: "other" } }, USER, "strict"),
    "mutability",
    /^Operations\[0\]: id/,
  );
});

test("schemas is computed: a path to it has no effect", () => {
  for (const op of ["add", "replace", "remove"]) {
    assert.deepEqual(patchUser({ op, path: "schemas", value: ["urn:x"] }).changes, []);
  }
});

test("a required attribute cannot be unassigned", () => {
  refuses(() => patchUser({ op: "remove", path: "userName" }), "mutability", /^Operations\[0\]: userName is required/);
  refuses(() => patchUser({ op: "replace", value: { userName: null } }), "mutability", /userName is required/);
  refuses(() => patchUser({ op: "replace", path: "userName", value: "" }), "invalidValue", /userName is required/);
  refuses(
    () => patchCustom(group(), { op: "remove", path: "urn:example:audit:cause" }),
    "mutability",
    /cause is required/,
  );
  refuses(() => patchCustom(group(), { op: "remove", path: "urn:example:audit" }), "mutability", /audit is required/);
  const owned = group({ owner: { value: "u1", labels: ["a"] } });
  refuses(() => patchCustom(owned, { op: "remove", path: "owner.value" }), "mutability", /owner\.value is required/);
  assert.equal(Object.hasOwn(patchCustom(owned, { op: "remove", path: "owner" }), "owner"), false);
});

test("an immutable attribute accepts a value once", () => {
  for (const op of ["add", "replace"]) {
    const set = patchCustom(group(), { op, path: "origin", value: "HR" });
    assert.equal(set.origin, "HR");
    assert.equal(patchCustom(set, { op, path: "origin", value: "HR" }), set);
    refuses(
      () => patchCustom(set, { op, path: "origin", value: "IT" }),
      "mutability",
      /^Operations\[0\]: origin is immutable/,
    );
    refuses(() => patchCustom(set, { op: "remove", path: "origin" }), "mutability", /origin is immutable/);
  }
  const owned = patchCustom(group(), {
    op: "add",
    path: "owner",
    value: { value: "u1", since: "2026-01-01T00:00:00Z" },
  });
  refuses(
    () => patchCustom(owned, { op: "add", path: "owner.since", value: "2027-01-01T00:00:00Z" }),
    "mutability",
    /owner\.since is immutable/,
  );
  refuses(() => patchCustom(owned, { op: "remove", path: "owner.since" }), "mutability", /owner\.since is immutable/);
});

test("[RFC 7643 §7] an immutable sub-attribute is not removed with the whole attribute", () => {
  const owned = group({ owner: { value: "u1", since: "2026-01-01T00:00:00Z" } });
  for (const operation of [
    { op: "remove", path: "owner" },
    { op: "replace", path: "owner", value: null },
  ]) {
    refuses(() => patchCustom(owned, operation), "mutability", /owner\.since is immutable/);
  }
  const free = group({ owner: { value: "u1" } });
  assert.equal(Object.hasOwn(patchCustom(free, { op: "remove", path: "owner" }), "owner"), false);
});

test("a never-returned attribute is checked and not stored", () => {
  assert.deepEqual(patchUser({ op: "add", path: "password", value: "secret" }).changes, []);
  refuses(
    () => patchUser({ op: "add", path: "password", value: { a: 1 } }),
    "invalidValue",
    /password must be a string/,
  );
  assert.equal(Object.hasOwn(patchCustom(group(), { op: "add", path: "secret", value: "x" }), "secret"), false);
  const owned = patchCustom(group(), { op: "add", path: "owner", value: { value: "u1", pin: "1234", rank: 1 } });
  assert.deepEqual(owned.owner, { value: "u1" });
});

test("a multi-valued sub-attribute collects added values and is replaced by replace", () => {
  const owned = group({ owner: { value: "u1", labels: ["a"] } });
  const labels = (operation: Json) => (patchCustom(owned, operation).owner as JsonObject).labels;
  assert.deepEqual(labels({ op: "add", path: "owner.labels", value: ["a", "b"] }), ["a", "b"]);
  assert.deepEqual(labels({ op: "replace", path: "owner.labels", value: ["b"] }), ["b"]);
});

test("an error in a later operation leaves the resource unchanged", () => {
  const user = babs();
  const body = message({ op: "add", path: "title", value: "x" }, { op: "remove", path: "userName" });
  refuses(() => patchResource(user, body, USER, newReading("tolerant")), "mutability", /^Operations\[1\]/);
  assert.deepEqual(user, babs());
});

test("a patch that changes nothing returns the resource itself", () => {
  const user = babs();
  const operations = [
    { op: "add", path: "title", value: "Other" },
    { op: "replace", path: "title", value: "Tour Guide" },
  ];
  assert.equal(patch(user, operations).resource, user);
});

test("unchanged parts are shared with the original resource", () => {
  const user = babs();
  const { resource } = patch(user, { op: "replace", path: "title", value: "x" });
  assert.equal(resource.emails, user.emails);
  assert.equal(resource[ENTERPRISE], user[ENTERPRISE]);
});

test("removing an extension keeps the server's attributes, and is rejected for immutable ones", () => {
  const [lease, stamp] = ["urn:example:lease", "urn:example:stamp"];
  const stamped = group({ [stamp]: { text: "x", by: "server" } });
  assert.deepEqual(patchCustom(stamped, { op: "remove", path: stamp })[stamp], { by: "server" });
  const leased = group({ [lease]: { until: "x", from: "y" } });
  refuses(() => patchCustom(leased, { op: "remove", path: lease }), "mutability", /lease:from is immutable/);
});

test("removing a required attribute of an absent extension changes nothing", () => {
  const before = group();
  assert.equal(patchCustom(before, { op: "remove", path: "urn:example:lease:until" }), before);
});

test("null for a readOnly sub-attribute does not unassign it", () => {
  const path = `${ENTERPRISE}:manager`;
  assert.deepEqual(patchUser({ op: "replace", path, value: { displayName: null } }).changes, []);
});
