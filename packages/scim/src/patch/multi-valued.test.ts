import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json, JsonObject } from "../json.ts";
import { attribute } from "../schema/attribute.ts";
import { resourceModel } from "../schema/model.ts";
import { USER_TYPE } from "../schema/resource-types.ts";
import { babs, patch, patchUser, refuses, USER } from "./test-support.ts";

const MODEL = resourceModel({
  ...USER_TYPE,
  schema: {
    ...USER_TYPE.schema,
    attributes: [
      ...USER_TYPE.schema.attributes,
      attribute("tags", "Words.", { multiValued: true }),
      attribute("codes", "Words in their letter case.", { multiValued: true, caseExact: true }),
      attribute("slots", "With several labels each.", {
        type: "complex",
        multiValued: true,
        subAttributes: [attribute("labels", "", { multiValued: true }), attribute("size", "", { type: "integer" })],
      }),
      attribute("badges", "With a date.", {
        type: "complex",
        multiValued: true,
        required: true,
        subAttributes: [
          attribute("value", "Number.", { mutability: "immutable" }),
          attribute("since", "Date.", { type: "dateTime" }),
          attribute("seal", "Given by the server.", { mutability: "readOnly" }),
        ],
      }),
    ],
  },
});

const [WORK, HOME] = babs().emails as [JsonObject, JsonObject];

function emailsAfter(operations: Json | Json[]) {
  return patchUser(operations).resource.emails;
}

function user(extra: JsonObject): JsonObject {
  return { ...babs(), badges: [{ value: "1" }], ...extra };
}

function after(name: string, held: Json | undefined, operations: Json | Json[]) {
  return patch(user(held === undefined ? {} : { [name]: held }), operations, MODEL).resource[name];
}

test("adding appends new values and keeps the others", () => {
  const other = { value: "o@example.com", type: "other" };
  assert.deepEqual(emailsAfter({ op: "add", path: "emails", value: [HOME, other] }), [WORK, HOME, other]);
  assert.deepEqual(emailsAfter({ op: "add", path: "emails", value: [other, other] }), [WORK, HOME, other]);
  assert.deepEqual(emailsAfter({ op: "add", path: "emails", value: [] }), [WORK, HOME]);
  assert.deepEqual(emailsAfter({ op: "add", path: "emails", value: null }), [WORK, HOME]);
});

test("one value without an array needs no tolerance (RFC 7644 §3.5.2.1, §3.5.2.3)", () => {
  const change = (op: string) => patch(babs(), { op, path: "emails", value: { value: "o@x" } }, USER, "strict");
  assert.deepEqual(change("add").resource.emails, [WORK, HOME, { value: "o@x" }]);
  assert.deepEqual(change("replace").resource.emails, [{ value: "o@x" }]);
  assert.deepEqual([...change("add").codes, ...change("replace").codes], []);
});

test("one value for a multi-valued sub-attribute needs no array", () => {
  const slots = [{ labels: ["a"], size: 1 }];
  const change = (op: string) =>
    patch(user({ slots }), { op, path: "slots[size eq 1].labels", value: "b" }, MODEL, "strict");
  assert.deepEqual(change("add").resource.slots, [{ labels: ["a", "b"], size: 1 }]);
  assert.deepEqual(change("replace").resource.slots, [{ labels: ["b"], size: 1 }]);
});

test("values that become equal are stored once", () => {
  const work = (value: string) => ({ type: "work", value });
  const emails = [work("a@x"), HOME, work("b@x")];
  const change = (operation: JsonObject) => after("emails", emails, operation);
  const value = { type: "work", value: "c@x", primary: true };
  assert.deepEqual(change({ op: "replace", path: 'emails[type eq "work"]', value }), [value, HOME]);
  assert.deepEqual(change({ op: "replace", path: 'emails[type eq "work"].value', value: "b@x" }), [work("b@x"), HOME]);
  assert.deepEqual(change({ op: "replace", path: 'emails[type eq "home"]', value: work("b@x") }), [
    work("a@x"),
    work("b@x"),
  ]);
});

test("without a path the value is a part of the resource, and one value without an array needs a tolerance", () => {
  const { resource, codes } = patchUser({ op: "add", value: { emails: { value: "o@x" } } });
  assert.deepEqual(resource.emails, [WORK, HOME, { value: "o@x" }]);
  assert.deepEqual(codes, ["array-as-single-value"]);
});

test("adding a value with the value and type of an existing one merges them", () => {
  const value = [{ value: "BABS@jensen.org", type: "Home", display: "Babs" }];
  assert.deepEqual(emailsAfter({ op: "add", path: "emails", value }), [
    WORK,
    { value: "BABS@jensen.org", type: "Home", display: "Babs" },
  ]);
});

test("the same value with another type is another value", () => {
  const value = [{ value: "babs@jensen.org", type: "other" }];
  assert.deepEqual(emailsAfter({ op: "add", path: "emails", value }), [WORK, HOME, ...value]);
});

test("a primary value resets primary on the others", () => {
  const demoted = { ...WORK, primary: false };
  const other = { value: "o@x", primary: true };
  assert.deepEqual(emailsAfter({ op: "add", path: "emails", value: [other] }), [demoted, HOME, other]);
  assert.deepEqual(emailsAfter({ op: "replace", path: 'emails[type eq "home"].primary', value: true }), [
    demoted,
    { ...HOME, primary: true },
  ]);
  assert.deepEqual(
    emailsAfter({ op: "add", path: 'emails[type eq "other" and primary eq true].value', value: "o@x" }),
    [demoted, HOME, { type: "other", primary: true, value: "o@x" }],
  );
});

test("primary for several values at once is stored for the first, rejected in the strict profile", () => {
  const operation = { op: "replace", path: "emails.primary", value: true };
  const { resource, codes } = patchUser(operation);
  assert.deepEqual(resource.emails, [WORK, { ...HOME, primary: false }]);
  assert.deepEqual(codes, ["several-primary"]);
  refuses(
    () => patch(babs(), operation, USER, "strict"),
    "invalidValue",
    /^Operations\[0\]: emails: primary true for 2/,
  );
});

test("replacing without a filter replaces all values, and null or no values unassign", () => {
  assert.deepEqual(emailsAfter({ op: "replace", path: "emails", value: [{ value: "n@x" }] }), [{ value: "n@x" }]);
  for (const value of [null, [], [null]])
    assert.equal(emailsAfter({ op: "replace", path: "emails", value }), undefined);
});

test("a filter selects all matching values", () => {
  assert.deepEqual(emailsAfter({ op: "add", path: "emails[value pr].display", value: "B" }), [
    { ...WORK, display: "B" },
    { ...HOME, display: "B" },
  ]);
  assert.deepEqual(emailsAfter({ op: "add", path: 'emails[type eq "WORK"]', value: { display: "B" } }), [
    { ...WORK, display: "B" },
    HOME,
  ]);
});

test("a replaced value keeps the sub-attributes of its filter, and no others that are not given", () => {
  const operation = { op: "replace", path: 'emails[type eq "WORK"]', value: { value: "n@x" } };
  assert.deepEqual(emailsAfter(operation), [{ type: "work", value: "n@x" }, HOME]);
});

test("a replaced value is the same whether it existed or is created", () => {
  const operation = { op: "replace", path: 'phoneNumbers[type eq "work"]', value: { value: "1" } };
  const created = patchUser(operation);
  assert.deepEqual(created.resource.phoneNumbers, [{ type: "work", value: "1" }]);
  assert.deepEqual(created.codes, ["target-created"]);
  assert.deepEqual(patch(created.resource, operation).changes, []);
});

test("null and remove unassign what a filter selects", () => {
  for (const operation of [
    { op: "remove", path: 'emails[type eq "work"]' },
    { op: "replace", path: 'emails[type eq "work"]', value: null },
    { op: "replace", path: 'emails[type eq "work"]', value: "" },
  ]) {
    assert.deepEqual(emailsAfter(operation), [HOME]);
  }
  assert.deepEqual(emailsAfter({ op: "replace", path: 'emails[type eq "work"].primary', value: null }), [
    { value: WORK.value, type: "work" },
    HOME,
  ]);
  assert.deepEqual(emailsAfter({ op: "add", path: 'emails[type eq "work"].primary', value: null }), [WORK, HOME]);
});

test("an empty value is removed, and so is an empty attribute", () => {
  assert.deepEqual(emailsAfter({ op: "remove", path: "emails[value pr]" }), undefined);
  const phones = [{ value: "1" }, { value: "2", type: "work" }];
  assert.deepEqual(after("phoneNumbers", phones, { op: "remove", path: "phoneNumbers.value" }), [{ type: "work" }]);
  assert.equal(
    after("phoneNumbers", [{ value: "1" }], { op: "remove", path: 'phoneNumbers[value eq "1"].value' }),
    undefined,
  );
});

test("a sub-attribute without a filter is set on every value, and creates one if there is none", () => {
  assert.deepEqual(emailsAfter({ op: "replace", path: "emails.display", value: "B" }), [
    { ...WORK, display: "B" },
    { ...HOME, display: "B" },
  ]);
  const { resource, codes } = patch(babs(), { op: "replace", path: "phoneNumbers.value", value: "1" }, USER, "strict");
  assert.deepEqual(resource.phoneNumbers, [{ value: "1" }]);
  assert.deepEqual(codes, []);
});

test("a filter that matches nothing creates a value only if it describes one", () => {
  const created = (path: string) => after("badges", [{ value: "1" }], { op: "add", path, value: "2" });
  assert.deepEqual(created('badges[since eq "2026-01-01T01:00:00+01:00"].value'), [
    { value: "1" },
    { since: "2026-01-01T00:00:00.000Z", value: "2" },
  ]);
  for (const filter of [
    'type ne "work" and type ne "home"',
    'type eq "a" or type eq "b"',
    'type eq "a" and type eq "b"',
    'type sw "x"',
  ]) {
    for (const op of ["add", "replace"]) {
      const operation = { op, path: `emails[${filter}].value`, value: "x" };
      refuses(() => patchUser(operation), "noTarget", /^Operations\[0\]: no value of emails matches/);
    }
  }
  refuses(() => created('badges[seal eq "x"].value'), "noTarget", /no value of badges/);
});

test("a replace whose filter matches nothing is rejected in the strict profile, an add is not", () => {
  const path = 'emails[type eq "other"].value';
  const strict = (op: string) => patch(babs(), { op, path, value: "o@x" }, USER, "strict").resource.emails;
  refuses(() => strict("replace"), "noTarget", /^Operations\[0\]: emails: a replace whose filter matches no value/);
  assert.deepEqual(strict("add"), [WORK, HOME, { type: "other", value: "o@x" }]);
});

test("a remove whose filter matches nothing changes nothing, and is rejected in the strict profile", () => {
  for (const path of ['emails[type eq "other"]', 'emails[type eq "other"].value']) {
    const { changes, codes } = patchUser({ op: "remove", path });
    assert.deepEqual([changes, codes], [[], ["target-absent"]]);
    refuses(() => patch(babs(), { op: "remove", path }, USER, "strict"), "noTarget", /^Operations\[0\]: emails/);
  }
  const nulled = patchUser({ op: "replace", path: 'emails[type eq "other"].value', value: null });
  assert.deepEqual([nulled.changes, nulled.codes], [[], ["target-absent"]]);
});

test("a filter accepts one value, also in an array, but not several", () => {
  const operation = { op: "add", path: 'emails[type eq "home"]', value: [{ display: "B" }] };
  const { resource, codes } = patchUser(operation);
  assert.deepEqual(resource.emails, [WORK, { ...HOME, display: "B" }]);
  assert.deepEqual(codes, ["single-value-as-array"]);
  refuses(() => patchUser({ ...operation, value: [{}, {}] }), "invalidValue", /takes one value.*2 were sent/);
});

test("a remove with a value removes only that value, never all", () => {
  const removed = (value: Json) => emailsAfter({ op: "remove", path: "emails", value });
  assert.deepEqual(removed([{ value: "BABS@jensen.org" }]), [WORK]);
  assert.deepEqual(removed({ value: "babs@jensen.org", type: "home" }), [WORK]);
  assert.deepEqual(removed({ value: "babs@jensen.org", type: "work" }), [WORK, HOME]);
  assert.deepEqual(removed("babs@jensen.org"), [WORK]);
  assert.deepEqual(removed([]), [WORK, HOME]);
  assert.deepEqual(removed([{ value: "nobody@x" }]), [WORK, HOME]);
  assert.deepEqual(removed([WORK, HOME]), undefined);
  assert.deepEqual(patchUser({ op: "remove", path: "emails", value: [HOME] }).codes, ["remove-with-value"]);
  const { codes } = patchUser({ op: "remove", path: "emails", value: [{ value: "nobody@x" }] });
  assert.deepEqual(codes, ["remove-with-value", "target-absent"]);
  refuses(
    () => patch(babs(), { op: "remove", path: "emails", value: [HOME] }, USER, "strict"),
    "invalidSyntax",
    /^Operations\[0\]: emails: a remove with a value/,
  );
});

test("a remove with a value compares values without a value sub-attribute as a whole", () => {
  const addresses = [{ locality: "A", type: "home" }, { locality: "B" }];
  const removed = (value: Json) => after("addresses", addresses, { op: "remove", path: "addresses", value });
  assert.deepEqual(removed([{ type: "home", locality: "A" }]), [{ locality: "B" }]);
  assert.deepEqual(removed([{ locality: "A" }]), addresses);
});

test("a remove with the value null is a remove without a value", () => {
  assert.equal(emailsAfter({ op: "remove", path: "emails", value: null }), undefined);
});

test("simple values are a set, with letter case according to the schema", () => {
  assert.deepEqual(after("tags", ["a"], { op: "add", path: "tags", value: ["A", "b"] }), ["a", "b"]);
  assert.deepEqual(after("codes", ["a"], { op: "add", path: "codes", value: ["A", "a"] }), ["a", "A"]);
  assert.deepEqual(after("tags", undefined, { op: "add", path: "tags", value: "a" }), ["a"]);
  assert.deepEqual(after("tags", ["a", "b"], { op: "remove", path: "tags", value: ["B"] }), ["a"]);
  assert.deepEqual(after("tags", ["a", "b"], { op: "remove", path: 'tags[value eq "B"]' }), ["a"]);
  assert.deepEqual(after("tags", ["a", "b"], { op: "replace", path: 'tags[value eq "a"]', value: "c" }), ["c", "b"]);
  assert.deepEqual(after("tags", ["b"], { op: "replace", path: 'tags[value eq "a"]', value: "c" }), ["b", "c"]);
  assert.equal(after("tags", ["a"], { op: "remove", path: 'tags[value eq "a"]' }), undefined);
});

test("the last value of a required attribute cannot be removed", () => {
  const refused = (operation: Json) =>
    refuses(() => after("badges", [{ value: "1" }], operation), "mutability", /^Operations\[0\]: badges is required/);
  refused({ op: "remove", path: "badges" });
  refused({ op: "remove", path: 'badges[value eq "1"]' });
  refused({ op: "replace", path: "badges", value: [] });
});

test("an immutable sub-attribute of a value cannot be changed, the value can be removed", () => {
  const badges = [{ value: "1", seal: "s" }, { value: "2" }];
  const act = (operation: Json) => after("badges", badges, operation);
  refuses(
    () => act({ op: "replace", path: 'badges[value eq "1"].value', value: "3" }),
    "mutability",
    /badges\.value is immutable/,
  );
  refuses(() => act({ op: "replace", path: 'badges[value eq "1"]', value: { value: "3" } }), "mutability", /immutable/);
  refuses(() => act({ op: "replace", path: 'badges[value eq "1"].seal', value: "3" }), "mutability", /readOnly/);
  assert.deepEqual(act({ op: "remove", path: 'badges[value eq "1"]' }), [{ value: "2" }]);
  const since = { since: "2026-01-01T00:00:00Z" };
  assert.deepEqual(act({ op: "replace", path: 'badges[seal eq "s"]', value: since }), [
    { value: "1", seal: "s", ...since },
    { value: "2" },
  ]);
});

test("millions of values are rejected before any is read, also in a removal and if they are empty", () => {
  const value = Array.from({ length: 10_001 }, (): JsonObject => ({}));
  for (const op of ["add", "replace", "remove"]) {
    refuses(() => patchUser({ op, path: "emails", value }), "invalidValue", /emails may have at most 1000 values/);
  }
});

test("a value described by a filter has an array for a multi-valued sub-attribute", () => {
  const path = 'slots[labels eq "a" and labels eq "b" and size eq 1].labels';
  const add = { op: "add", path, value: ["c"] };
  assert.deepEqual(after("slots", undefined, add), [{ labels: ["a", "b", "c"], size: 1 }]);
  assert.deepEqual(after("slots", [{ labels: ["b", "a"], size: 1 }], add), [{ labels: ["b", "a", "c"], size: 1 }]);
  const size = { op: "replace", path: 'slots[labels eq "a"].size', value: 2 };
  assert.deepEqual(after("slots", [{ labels: ["b"] }], size), [{ labels: ["b"] }, { labels: ["a"], size: 2 }]);
});

test("removing given values of a multi-valued sub-attribute keeps the others", () => {
  const slots: Json = [{ labels: ["A", "b"] }, { labels: ["b"], size: 1 }];
  const remove = (value: Json, path = "slots.labels") => after("slots", slots, { op: "remove", path, value });
  assert.deepEqual(remove(["a"]), [{ labels: ["b"] }, { labels: ["b"], size: 1 }]);
  assert.deepEqual(remove("b"), [{ labels: ["A"] }, { size: 1 }]);
  assert.deepEqual(remove("b", "slots[size eq 1].labels"), [{ labels: ["A", "b"] }, { size: 1 }]);
  assert.deepEqual(remove(["a", "b"]), [{ size: 1 }]);
  assert.deepEqual(remove("c"), slots);
  assert.deepEqual(remove(null), [{ size: 1 }]);
  const strict = () => patch(user({ slots }), { op: "remove", path: "slots.labels", value: "b" }, MODEL, "strict");
  refuses(strict, "invalidSyntax", /slots\.labels: a remove with a value is refused/);
});

test("a multi-valued sub-attribute may have 1,000 values, like an attribute", () => {
  const values = (count: number) => Array.from({ length: count }, (_, index) => `v${index}`);
  const slots = [{ labels: values(1_000) }];
  const act = (operation: JsonObject) => after("slots", slots, operation);
  const replaced = { op: "replace", path: "slots", value: [{ labels: values(1_000), size: 1 }] };
  assert.deepEqual(act(replaced), [{ labels: values(1_000), size: 1 }]);
  assert.deepEqual(act({ op: "add", path: "slots.labels", value: values(1_000) }), slots);
  const many = /slots\.labels may have at most 1000 values, not 1001\.$/;
  refuses(() => act({ ...replaced, value: [{ labels: values(1_001) }] }), "invalidValue", many);
  refuses(() => act({ op: "replace", path: "slots.labels", value: values(1_001) }), "invalidValue", many);
  refuses(() => act({ op: "add", path: "slots.labels", value: "one more" }), "invalidValue", many);
  const five = Array.from({ length: 5 }, (_, size) => ({ size, labels: values(1_000) }));
  assert.deepEqual(act({ op: "replace", path: "slots", value: five }), five);
  const sixth = { op: "add", path: "slots", value: { size: 5, labels: ["v0"] } };
  const all = /slots\.labels may have at most 5000 values in total, not 5001\.$/;
  refuses(() => after("slots", five, sixth), "invalidValue", all);
  refuses(() => act({ op: "replace", path: "slots", value: [...five, sixth.value] }), "invalidValue", all);
  const remove = { op: "remove", path: "slots.labels", value: values(10_001) };
  refuses(() => act(remove), "invalidValue", /slots\.labels may have at most 1000 values, not 10001\.$/);
});
