import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { newReading } from "../dialect/tolerance.ts";
import type { JsonObject } from "../json.ts";
import { GROUP, refuses, USER } from "../patch/test-support.ts";
import { project, readProjection } from "./projection.ts";
import { EXTENSION, MODEL, type Parameters, pathsOf, show, thing, UNKNOWN } from "./test-support.ts";

const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const CORE = "urn:ietf:params:scim:schemas:core:2.0:User";

/** A shortened user of RFC 7643 §8.3. */
const BABS: JsonObject = {
  schemas: [CORE, ENTERPRISE],
  id: "2819c223",
  externalId: "701984",
  userName: "bjensen",
  name: { givenName: "Barbara", familyName: "Jensen" },
  emails: [
    { value: "bjensen@example.com", type: "work", primary: true },
    { value: "babs@jensen.org", type: "home" },
    { type: "other" },
  ],
  active: true,
  shoeSize: 42,
  [ENTERPRISE]: { department: "Tours", manager: { value: "26118915", displayName: "John" }, desk: 7 },
  meta: { resourceType: "User", version: 'W/"1"' },
};

const MINIMUM = { schemas: BABS.schemas, id: BABS.id } as JsonObject;

function user(parameters: Parameters): JsonObject {
  return show(parameters, BABS, USER).shown;
}

describe("attributes returns the named ones, id and schemas (RFC 7644 §3.9)", () => {
  const cases: [string[], JsonObject][] = [
    [["userName"], { userName: "bjensen" }],
    [["USERNAME", "username"], { userName: "bjensen" }],
    [[`${CORE}:userName`], { userName: "bjensen" }],
    [["name"], { name: BABS.name as JsonObject }],
    [["name.familyName"], { name: { familyName: "Jensen" } }],
    [["name.familyName", "name"], { name: BABS.name as JsonObject }],
    [["name.middleName"], {}],
    [["emails.value"], { emails: [{ value: "bjensen@example.com" }, { value: "babs@jensen.org" }] }],
    [["emails.display"], {}],
    [["id", "schemas"], {}],
    [["meta.version"], { meta: { version: 'W/"1"' } }],
    [[ENTERPRISE], { [ENTERPRISE]: BABS[ENTERPRISE] as JsonObject }],
    [[ENTERPRISE.toUpperCase()], { [ENTERPRISE]: BABS[ENTERPRISE] as JsonObject }],
    [[`${ENTERPRISE}:department`], { [ENTERPRISE]: { department: "Tours" } }],
    [[`${ENTERPRISE}:manager.value`], { [ENTERPRISE]: { manager: { value: "26118915" } } }],
    [[`${ENTERPRISE}:desk`], { [ENTERPRISE]: { desk: 7 } }],
    [[`${ENTERPRISE}:costCenter`], {}],
    [["shoeSize"], { shoeSize: 42 }],
    [["SHOESIZE"], { shoeSize: 42 }],
    [["nickName"], {}],
    [["hatSize", "urn:example:hats:1.0:size", "name.hat"], {}],
    [["constructor", "toString"], {}],
    [["userName", "title", "active"], { userName: "bjensen", active: true }],
  ];
  for (const [attributes, expected] of cases) {
    test(attributes.join(), () => assert.deepEqual(user({ attributes }), { ...MINIMUM, ...expected }));
  }
});

describe("excludedAttributes omits the named ones, but neither id nor schemas (RFC 7644 §3.9)", () => {
  const cases: [string[], string[]][] = [
    [["userName"], ["userName"]],
    [["USERNAME"], ["userName"]],
    [["name.givenName"], ["name.givenName"]],
    [
      ["name.givenName", "name.familyName"],
      ["name", "name.givenName", "name.familyName"],
    ],
    [["emails.primary"], ["emails.primary"]],
    [
      ["emails", "name"],
      ["emails", "emails.value", "emails.type", "emails.primary", "name", "name.givenName", "name.familyName"],
    ],
    [["id", "schemas", "ID"], []],
    [["meta"], ["meta", "meta.resourceType", "meta.version"]],
    [[`${ENTERPRISE}:department`], [`${ENTERPRISE}:department`]],
    [[`${ENTERPRISE}:desk`], [`${ENTERPRISE}:desk`]],
    [[ENTERPRISE], pathsOf(BABS).filter((path) => path.startsWith(ENTERPRISE))],
    [["shoesize"], ["shoeSize"]],
    [["hatSize", "members", "name.hat"], []],
  ];
  for (const [excludedAttributes, missing] of cases) {
    test(excludedAttributes.join(), () => {
      const shown = pathsOf(user({ excludedAttributes }));
      assert.deepEqual(
        shown,
        pathsOf(BABS).filter((path) => !missing.includes(path)),
      );
    });
  }

  test("members of a group, as Entra ID requests them", () => {
    const group = { schemas: ["x"], id: "g1", displayName: "G", members: [{ value: "u1" }] };
    const { members: _, ...rest } = group;
    assert.deepEqual(show({ excludedAttributes: ["members"] }, group, GROUP).shown, rest);
  });
});

const ALL = pathsOf(thing());

/** Names in the test model with this prefix, and their sub-attributes. */
function subs(parent: string, ...names: string[]): string[] {
  return [parent, ...names.map((name) => `${parent}.${name}`)];
}

const WHOLE = ["salways", "sdefault", "odd"];

describe("returned decides what is in a response (RFC 7643 §7)", () => {
  test("always and default without parameters, never request and never", () => {
    const hidden = /request|never/;
    assert.deepEqual(
      pathsOf(show({}).shown),
      ALL.filter((path) => !hidden.test(path)),
    );
  });

  for (const [prefix, start] of [
    ["a", ""],
    ["x", `${EXTENSION}:`],
  ]) {
    test(`a simple attribute ${start === "" ? "of the core schema" : "of an extension"}`, () => {
      const isShown = (parameters: Parameters, returned: string) =>
        pathsOf(show(parameters).shown).includes(`${start}${prefix}${returned}`);
      const table = (parameters: (name: string) => Parameters) =>
        ["always", "default", "request", "never"].filter((returned) =>
          isShown(parameters(`${start}${prefix}${returned}`), returned),
        );
      assert.deepEqual(
        table(() => ({})),
        ["always", "default"],
      );
      assert.deepEqual(
        table((name) => ({ attributes: [name] })),
        ["always", "default", "request"],
      );
      assert.deepEqual(
        table(() => ({ attributes: ["meta"] })),
        ["always"],
      );
      assert.deepEqual(
        table((name) => ({ excludedAttributes: [name] })),
        ["always"],
      );
      assert.deepEqual(
        table(() => ({ excludedAttributes: ["meta"] })),
        ["always", "default"],
      );
      assert.deepEqual(
        table(() => ({ attributes: [EXTENSION] })),
        start === "" ? ["always"] : ["always", "default"],
      );
      assert.deepEqual(
        table(() => ({ excludedAttributes: [EXTENSION] })),
        start === "" ? ["always", "default"] : ["always"],
      );
    });
  }

  for (const prefix of ["c", "m", `${EXTENSION}:xc`, `${EXTENSION}:xm`]) {
    const shownOf = (parent: string, parameters: Parameters) =>
      pathsOf(show(parameters).shown).filter((path) => path === parent || path.startsWith(`${parent}.`));

    test(`a complex attribute ${prefix} returned by default, and its sub-attributes`, () => {
      const parent = `${prefix}default`;
      const shown = (parameters: Parameters) => shownOf(parent, parameters);
      assert.deepEqual(shown({}), subs(parent, ...WHOLE));
      assert.deepEqual(shown({ attributes: [parent] }), subs(parent, ...WHOLE));
      assert.deepEqual(shown({ attributes: [`${parent}.sdefault`] }), subs(parent, "salways", "sdefault"));
      assert.deepEqual(shown({ attributes: [`${parent}.salways`] }), subs(parent, "salways"));
      assert.deepEqual(shown({ attributes: [`${parent}.srequest`] }), subs(parent, "salways", "srequest"));
      assert.deepEqual(shown({ attributes: [`${parent}.snever`] }), subs(parent, "salways"));
      assert.deepEqual(
        shown({ attributes: [parent, `${parent}.srequest`] }),
        subs(parent, "salways", "sdefault", "srequest", "odd"),
      );
      assert.deepEqual(shown({ attributes: ["meta"] }), []);
      assert.deepEqual(shown({ excludedAttributes: [parent] }), []);
      assert.deepEqual(shown({ excludedAttributes: [`${parent}.sdefault`] }), subs(parent, "salways", "odd"));
      assert.deepEqual(shown({ excludedAttributes: [`${parent}.salways`] }), subs(parent, ...WHOLE));
      assert.deepEqual(shown({ excludedAttributes: [`${parent}.srequest`] }), subs(parent, ...WHOLE));
    });

    test(`a complex attribute ${prefix} returned always is complete in every response`, () => {
      const parent = `${prefix}always`;
      for (const name of ["meta", parent, `${parent}.salways`]) {
        assert.deepEqual(shownOf(parent, { attributes: [name] }), subs(parent, ...WHOLE));
        assert.deepEqual(shownOf(parent, { excludedAttributes: [name] }), subs(parent, ...WHOLE));
      }
      assert.deepEqual(shownOf(parent, { excludedAttributes: [`${parent}.sdefault`] }), subs(parent, "salways", "odd"));
    });

    test(`a complex attribute ${prefix} returned on request is included if it is named, whole or in part`, () => {
      const parent = `${prefix}request`;
      for (const parameters of [
        {},
        { attributes: ["meta"] },
        { excludedAttributes: ["meta"] },
        { excludedAttributes: [parent] },
      ]) {
        assert.deepEqual(shownOf(parent, parameters), []);
      }
      assert.deepEqual(shownOf(parent, { attributes: [EXTENSION] }), []);
      assert.deepEqual(shownOf(parent, { attributes: [parent] }), subs(parent, ...WHOLE));
      assert.deepEqual(shownOf(parent, { attributes: [`${parent}.sdefault`] }), subs(parent, "salways", "sdefault"));
    });

    test(`a complex attribute ${prefix} returned never is never included`, () => {
      const parent = `${prefix}never`;
      for (const name of [parent, `${parent}.salways`, `${parent}.sdefault`, "meta", EXTENSION]) {
        for (const parameters of [{}, { attributes: [name] }, { excludedAttributes: [name] }]) {
          assert.deepEqual(shownOf(parent, parameters), []);
        }
      }
    });
  }

  test("a password is never returned, even on request", () => {
    for (const parameters of [{}, { attributes: ["password"] }, { excludedAttributes: ["userName"] }]) {
      assert.equal(Object.hasOwn(show(parameters, { ...BABS, password: "secret" }, USER).shown, "password"), false);
    }
  });
});

test("an extension without a schema is named by its URN, as a whole", () => {
  const { shown } = show({ attributes: [UNKNOWN.toLowerCase()] });
  assert.deepEqual(shown[UNKNOWN], { odd: 7 });
  assert.equal(Object.hasOwn(show({ excludedAttributes: [UNKNOWN] }).shown, UNKNOWN), false);
  assert.equal(Object.hasOwn(show({ attributes: ["meta"] }).shown, UNKNOWN), false);
});

test("an attribute without a schema is included and excluded with its extension", () => {
  assert.ok(pathsOf(show({ attributes: [EXTENSION] }).shown).includes(`${EXTENSION}:odd`));
  assert.ok(!pathsOf(show({ excludedAttributes: [EXTENSION] }).shown).includes(`${EXTENSION}:odd`));
});

test("both parameters at once are rejected, because they exclude each other (RFC 7644 §3.9)", () => {
  const both = { attributes: ["userName"], excludedAttributes: ["emails"] };
  refuses(
    () => show(both, BABS, USER),
    "invalidValue",
    /^attributes and excludedAttributes cannot be combined; send one/,
  );
});

test("no names mean the default", () => {
  for (const parameters of [
    {},
    { attributes: [] },
    { excludedAttributes: [] },
    { attributes: [], excludedAttributes: [] },
  ]) {
    assert.equal(readProjection(parameters, USER, newReading("strict")), undefined);
    assert.deepEqual(user(parameters), BABS);
  }
});

test("a malformed name is rejected (RFC 7644 §3.10)", () => {
  for (const name of ["", " ", "name.", ".x", "a.b.c", "two words", "emails[type", "emails[]", "__proto__", "urn:x:"]) {
    for (const parameters of [{ attributes: [name] }, { excludedAttributes: ["userName", name] }]) {
      refuses(() => user(parameters), "invalidValue", /^(?:excludedA|a)ttributes: at character/);
    }
  }
});

test("names beyond RFC 7644 §3.10 are accepted with a note, and rejected in the strict profile", () => {
  const malformed = ENTERPRISE.replace(":User", "User");
  const cases: [string, string, JsonObject][] = [
    ["department", "unqualified-extension-attribute", { department: "Tours" }],
    ["manager.value", "unqualified-extension-attribute", { manager: { value: "26118915" } }],
    [`${malformed}:department`, "malformed-urn", { department: "Tours" }],
    [malformed, "malformed-urn", BABS[ENTERPRISE] as JsonObject],
    [`${ENTERPRISE}:manager[value eq "1"].value`, "value-filter-name", { manager: { value: "26118915" } }],
  ];
  for (const [name, code, extension] of cases) {
    const { shown, codes } = show({ attributes: [name] }, BABS, USER);
    assert.deepEqual(shown, { ...MINIMUM, [ENTERPRISE]: extension });
    assert.deepEqual(codes, [code]);
    refuses(
      () => show({ attributes: [name] }, BABS, USER, "strict"),
      "invalidValue",
      /^attributes: .+ is refused in the strict profile/,
    );
  }
});

test("an existing empty list stays, one that became empty is removed", () => {
  const group = { schemas: ["x"], id: "g1", members: [] };
  assert.deepEqual(show({ attributes: ["members.value"] }, group, GROUP).shown, group);
  const filled = { schemas: ["x"], id: "g1", members: [{ type: "User" }] };
  assert.deepEqual(show({ attributes: ["members.value"] }, filled, GROUP).shown, { schemas: ["x"], id: "g1" });
});

test("names get their canonical letter case in a response too", () => {
  const resource = { ID: "1", USERNAME: "b", [ENTERPRISE.toLowerCase()]: { DEPARTMENT: "T" } };
  assert.deepEqual(project(resource, undefined, USER), { id: "1", userName: "b", [ENTERPRISE]: { department: "T" } });
});

test("hostile names are normal members", () => {
  const resource = JSON.parse('{"id":"1","__proto__":{"a":1},"constructor":2}') as JsonObject;
  const shown = project(resource, undefined, MODEL);
  assert.deepEqual(Object.keys(shown), ["id", "__proto__", "constructor"]);
  assert.equal((shown as { a?: unknown }).a, undefined);
});
