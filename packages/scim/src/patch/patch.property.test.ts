import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { newReading } from "../dialect/tolerance.ts";
import { isObject, type Json, type JsonObject } from "../json.ts";
import { ScimError } from "../message/error.ts";
import { completeSchemas } from "../schema/characteristics.ts";
import type { ResourceModel } from "../schema/model.ts";
import { readResource } from "../schema/resource.ts";
import { patchResource } from "./apply.ts";
import { applyChanges, diffResources, invertChanges } from "./change-set.ts";
import { babs, deepFreeze, ENTERPRISE, GROUP, message, patch, tourGuides, USER } from "./test-support.ts";

const word = fc.constantFrom("a", "b", "c");
const optional = { requiredKeys: [], noNullPrototype: true };

function filled<T extends object>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return arbitrary.filter((value) => Object.keys(value).length > 0);
}

const manager = filled(fc.record({ value: word, $ref: word, displayName: word, extra: word }, optional));
const emails = fc.array(filled(fc.record({ value: word, type: word, primary: fc.boolean() }, optional)), {
  minLength: 1,
  maxLength: 3,
});

const user: fc.Arbitrary<JsonObject> = fc
  .record(
    {
      userName: word,
      active: fc.boolean(),
      name: filled(fc.record({ givenName: word, familyName: word, "urn:x:y.z": word }, optional)),
      emails,
      [ENTERPRISE]: filled(fc.record({ department: word, manager, desk: fc.array(word, { minLength: 1 }) }, optional)),
      "urn:example:custom:2.0:User": filled(fc.record({ a: word, b: word }, optional)),
      "urn:example:custom:1.0": filled(fc.record({ a: word }, optional)),
      constructor: word,
      "odd.name": word,
    },
    { requiredKeys: ["userName"], noNullPrototype: true },
  )
  .map((fields) => completed(fields as unknown as JsonObject, USER));

const memberIds = fc.uniqueArray(fc.constantFrom("u1", "u2", "u3", "u4"));

const group: fc.Arbitrary<JsonObject> = fc
  .record({ displayName: word, ids: memberIds })
  .map(({ displayName, ids }) =>
    completed(
      ids.length === 0
        ? { displayName }
        : { displayName, members: ids.map((id) => ({ value: id, $ref: `../Users/${id}` })) },
      GROUP,
    ),
  );

function completed(fields: JsonObject, model: ResourceModel): JsonObject {
  const resource: JsonObject = { schemas: [], ...fields };
  completeSchemas(resource, model);
  return deepFreeze(resource);
}

/** Members are a set, so they are sorted. */
function normal(resource: JsonObject): JsonObject {
  const { members } = resource;
  if (!Array.isArray(members)) return resource;
  return { ...resource, members: members.toSorted((left, right) => (idOf(left) < idOf(right) ? -1 : 1)) };
}

function idOf(member: Json): string {
  return isObject(member) ? String(member.value) : "";
}

/** The order of extensions, and so of `schemas`, does not matter. */
function sorted(resource: JsonObject): JsonObject {
  return { ...normal(resource), schemas: (resource.schemas as string[]).toSorted() };
}

for (const [name, resource, model] of [
  ["users", user, USER],
  ["groups", group, GROUP],
] as const) {
  test(`applying the difference of two ${name} to the first gives the second, and undoing it gives the first`, () => {
    fc.assert(
      fc.property(resource, resource, (before, after) => {
        const changes = diffResources(before, after, model);
        assert.deepEqual(sorted(applyChanges(changes, before, model)), sorted(after));
        assert.deepEqual(sorted(applyChanges(invertChanges(changes), after, model)), sorted(before));
      }),
      { numRuns: 500 },
    );
  });
}

test("the reverse difference is the inverse, and the difference to itself is empty", () => {
  fc.assert(
    fc.property(user, user, (before, after) => {
      assert.deepEqual(diffResources(after, before, USER), invertChanges(diffResources(before, after, USER)));
      assert.deepEqual(diffResources(before, structuredClone(before), USER), []);
    }),
  );
});

/** An operation on members and its effect on a set of IDs. */
type MemberStep = { readonly operation: Json; readonly apply: (ids: Set<string>) => Set<string> };

const asMembers = (ids: string[]): Json => ids.map((value) => ({ value }));
const memberStep: fc.Arbitrary<MemberStep> = fc.oneof(
  memberIds.map((ids) => ({
    operation: { op: "add", path: "members", value: asMembers(ids) },
    apply: (set: Set<string>) => set.union(new Set(ids)),
  })),
  memberIds.map((ids) => ({
    operation: { op: "Remove", path: "members", value: asMembers(ids) },
    apply: (set: Set<string>) => set.difference(new Set(ids)),
  })),
  memberIds.map((ids) => ({
    operation: { op: "replace", value: { members: asMembers(ids) } },
    apply: () => new Set(ids),
  })),
  fc.constantFrom("u1", "u2", "u3").map((id) => ({
    operation: { op: "remove", path: `members[value eq "${id}"]` },
    apply: (set: Set<string>) => set.difference(new Set([id])),
  })),
  fc.constantFrom("u1", "u2", "u3").map((id) => ({
    operation: { op: "remove", path: `members[not (value eq "${id}")]` },
    apply: (set: Set<string>) => set.intersection(new Set([id])),
  })),
  fc.constant({ operation: { op: "remove", path: "members" }, apply: () => new Set<string>() }),
);

test("members are a set under any sequence of operations, and the changes are the difference", () => {
  fc.assert(
    fc.property(group, fc.array(memberStep, { minLength: 1, maxLength: 8 }), (before, steps) => {
      const idsOf = (resource: JsonObject) => new Set(((resource.members ?? []) as Json[]).map(idOf));
      const expected = steps.reduce((ids, step) => step.apply(ids), idsOf(before));
      const { resource, changes } = patch(
        before,
        steps.map((step) => step.operation),
        GROUP,
      );
      assert.deepEqual(idsOf(resource), expected);
      assert.equal(((resource.members ?? []) as Json[]).length, expected.size);
      assert.deepEqual(sorted(applyChanges(changes, before, GROUP)), sorted(resource));
      assert.equal(changes.length === 0, resource === before);
    }),
  );
});

const leaf = fc.constantFrom<Json>(null, true, "", "True", "x", 0, "2026-01-01T00:00:00Z", [], {});
const name = fc.constantFrom("value", "type", "primary", "familyName", "givenName", "$ref", "foo", "__proto__", "");
const value: fc.Arbitrary<Json> = fc.oneof(
  leaf,
  fc.dictionary(name, leaf, { maxKeys: 4 }),
  fc.array(fc.oneof(leaf, fc.dictionary(name, leaf, { maxKeys: 4 })), { maxLength: 3 }),
);
const path = fc.constantFrom(
  "userName",
  "active",
  "title",
  "name",
  "name.givenName",
  "emails",
  "emails.value",
  "emails.primary",
  'emails[type eq "work"]',
  'emails[type eq "new" and primary eq true]',
  'emails[value co "x"].value',
  'emails[primary eq "True"].primary',
  'emails[type eq "work"',
  "roles",
  "members",
  'members[value eq "u1"]',
  "displayName",
  "manager",
  `${ENTERPRISE}:manager`,
  `${ENTERPRISE}:manager.value`,
  ENTERPRISE,
  "urn:example:x:y",
  "urn:example:x",
  "foo",
  "foo.bar",
  "schemas",
  "password",
  "id",
  "",
);
const operation = fc.oneof(
  fc.record({ op: fc.constantFrom("add", "Replace", "remove", "replace"), path, value }),
  fc.record({ op: fc.constantFrom("add", "replace"), value: fc.dictionary(path, value, { maxKeys: 3 }) }),
  fc.record({ op: fc.constantFrom("remove", "add"), path }),
);

/** The result of the patch, or undefined if it was rejected. Other errors fail the test. */
function tryPatch(before: JsonObject, body: Json, model: ResourceModel): JsonObject | undefined {
  try {
    return patchResource(deepFreeze(before), deepFreeze(body), model, newReading("tolerant")).resource;
  } catch (error) {
    assert.ok(error instanceof ScimError, `${error} ${error instanceof Error ? error.stack : ""}`);
    assert.ok(error.status >= 400 && error.status < 500);
    assert.match(error.detail, /^Operations|is required/);
    return undefined;
  }
}

test("any operations produce a resource that a client could have sent, or are rejected; the input never changes", () => {
  let applied = 0;
  fc.assert(
    fc.property(fc.array(operation, { minLength: 1, maxLength: 3 }), fc.boolean(), (operations, onUser) => {
      const [before, model] = onUser ? ([babs(), USER] as const) : ([tourGuides(), GROUP] as const);
      const after = tryPatch(before, message(...(operations as Json[])), model);
      if (after === undefined) return;
      applied++;
      const { id, meta, ...rest } = after;
      assert.equal(id, before.id);
      assert.deepEqual(meta, before.meta);
      const put = readResource(withoutReadOnly(rest), model, newReading("tolerant"));
      assert.deepEqual(put, withoutReadOnly(rest));
      const { emails: values } = after;
      if (!onUser || !Array.isArray(values)) return;
      assert.ok(values.filter((email) => isObject(email) && email.primary === true).length <= 1);
    }),
    { numRuns: 5_000 },
  );
  assert.ok(applied > 500, `only ${applied} were applied`);
});

function withoutReadOnly(resource: JsonObject): JsonObject {
  const copy = structuredClone(resource);
  const extension = copy[ENTERPRISE];
  const held = isObject(extension) ? extension.manager : undefined;
  if (isObject(held)) delete held.displayName;
  return copy;
}

test("any JSON as a body is a PATCH or rejected", () => {
  const bodies = fc.oneof(
    fc.jsonValue() as fc.Arbitrary<Json>,
    fc.array(fc.jsonValue() as fc.Arbitrary<Json>).map((operations) => message(...operations)),
    fc
      .record({ op: fc.constantFrom("add", "replace", "remove"), path: fc.string(), value: fc.jsonValue() })
      .map((one) => message(one as Json)),
    fc.record({ op: fc.constantFrom("add", "replace"), value: fc.jsonValue() }).map((one) => message(one as Json)),
  );
  fc.assert(
    fc.property(bodies, (body) => {
      try {
        patchResource(deepFreeze(babs()), deepFreeze(body), USER, newReading("tolerant"));
      } catch (error) {
        assert.ok(error instanceof ScimError, String(error));
      }
    }),
    { numRuns: 2_000 },
  );
});
