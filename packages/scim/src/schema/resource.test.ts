import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json, JsonObject } from "../json.ts";
import { GROUP, refuses } from "../patch/test-support.ts";
import { attribute } from "./attribute.ts";
import { CORE, CORE_GROUP, ENTERPRISE, modelOf, read, readGroup, readUser, user } from "./test-support.ts";

test("a correct resource is read unchanged, without a note, in the strict profile", () => {
  const body: JsonObject = {
    schemas: [CORE, ENTERPRISE],
    externalId: "701984",
    userName: "bjensen",
    name: { givenName: "Barbara", familyName: "Jensen" },
    active: true,
    emails: [{ value: "bjensen@example.com", type: "work", primary: true }],
    x509Certificates: [{ value: "MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAwTjELMAkGA1UEBhMCVVMx" }],
    [ENTERPRISE]: { department: "Tours", manager: { value: "26118915" } },
  };
  const { resource, codes } = read(body, undefined, "strict");
  assert.deepEqual(resource, body);
  assert.deepEqual(codes, []);
});

test("a body that is not an object is rejected", () => {
  const cases: [Json, string][] = [
    [null, "null"],
    [[user()], "an array"],
    ["x", "a string"],
    [1, "a number"],
    [true, "a boolean"],
  ];
  for (const [body, type] of cases) {
    refuses(
      () => read(body),
      "invalidSyntax",
      new RegExp(`^The body must be a User as a JSON object, but ${type} was`),
    );
  }
});

test("a readOnly attribute is ignored, with any value (RFC 7644 §3.3, §3.5.1)", () => {
  const issued: JsonObject = {
    id: "mine",
    meta: { resourceType: "User", version: ["x"] },
    groups: [{ value: "g1" }, 7],
    "meta.version": 'W/"1"',
    [`${CORE}:id`]: "x",
    [`${CORE}:meta`]: null,
  };
  const { resource } = readUser(issued);
  assert.deepEqual(resource, user());
  assert.deepEqual(readUser({ id: "mine", meta: {}, groups: [{}] }, "strict").codes, []);
});

test("sub-attributes of a readOnly attribute are ignored too, even if they are readWrite", () => {
  const model = modelOf([
    attribute("badge", "", { type: "complex", mutability: "readOnly", subAttributes: [attribute("color", "")] }),
  ]);
  for (const body of [{ badge: { color: "red" } }, { "badge.color": "red" }] as JsonObject[]) {
    assert.deepEqual(Object.keys(read(body, model).resource), ["schemas"]);
  }
});

test("names get their canonical letter case (RFC 7643 §2.1)", () => {
  const { resource, codes } = read(
    {
      schemas: [CORE, ENTERPRISE],
      USERNAME: "b",
      Name: { GIVENNAME: "B" },
      EMAILS: [{ Value: "x" }],
      [ENTERPRISE.toUpperCase()]: { DEPARTMENT: "T" },
    },
    undefined,
    "strict",
  );
  assert.deepEqual(codes, []);
  assert.deepEqual(resource, {
    schemas: [CORE, ENTERPRISE],
    userName: "b",
    name: { givenName: "B" },
    emails: [{ value: "x" }],
    [ENTERPRISE]: { department: "T" },
  });
});

describe("an attribute that appears twice is rejected (RFC 7643 §2.1)", () => {
  const cases: [string, JsonObject, RegExp][] = [
    ["in another letter case", { title: "a", TITLE: "b" }, /^title is given twice/i],
    ["in another letter case without a value", { title: "a", TITLE: null }, /^title is given twice/i],
    ["unknown, in another letter case", { shoe: "a", SHOE: "b" }, /^shoe is given twice/i],
    ["readOnly, in another letter case", { id: "a", ID: "b" }, /^id is given twice/i],
    ["in an extension", { [ENTERPRISE]: { division: "a", Division: "b" } }, /User:division is given twice/i],
    ["as a sub-attribute", { name: { givenName: "a", GivenName: "b" } }, /^name\.givenName is given twice/i],
    [
      "the extension itself",
      { [ENTERPRISE]: { division: "a" }, [ENTERPRISE.toUpperCase()]: { department: "b" } },
      /twice/,
    ],
    ["nested and dotted", { name: { givenName: "a" }, "name.givenName": "a" }, /^name\.givenName is given twice/],
    ["with and without the core schema's URN", { title: "a", [`${CORE}:title`]: "a" }, /^title is given twice/],
    ["nested and behind its URN", { [ENTERPRISE]: { division: "a" }, [`${ENTERPRISE}:division`]: "a" }, /twice/],
    ["unknown, with and without a URN", { shoe: "a", [`${CORE}:shoe`]: "a" }, /shoe is given twice/],
    ["unknown, in an extension", { [ENTERPRISE]: { shoe: "a" }, [`${ENTERPRISE}:shoe`]: "a" }, /:shoe is given twice/],
    ["unknown, in an extension, in another letter case", { [ENTERPRISE]: { a: 1 }, [`${ENTERPRISE}:A`]: 1 }, /:A is/i],
    [
      "the extension behind a well-formed and a malformed URN",
      {
        [ENTERPRISE]: { division: "a" },
        [ENTERPRISE.replace(":User", "User")]: { department: "b" },
      },
      /enterprise:2\.0:User is given twice/,
    ],
  ];
  for (const [how, members, detail] of cases) {
    test(how, () => {
      const reversed = Object.fromEntries(Object.entries(members).reverse());
      for (const each of [members, reversed]) {
        refuses(() => read({ schemas: [CORE], userName: "b", ...each }), "invalidSyntax", detail);
      }
    });
  }
});

describe("schemas is computed from the content (RFC 7643 §3)", () => {
  const schemasOf = (members: JsonObject) => readUser(members).resource.schemas;

  test("whatever the client lists", () => {
    assert.deepEqual(schemasOf({ schemas: [CORE, ENTERPRISE] }), [CORE]);
    assert.deepEqual(schemasOf({ schemas: [CORE, ENTERPRISE], [ENTERPRISE]: { department: null } }), [CORE]);
    assert.deepEqual(schemasOf({ [ENTERPRISE]: { department: "T" } }), [CORE, ENTERPRISE]);
    assert.deepEqual(schemasOf({ [`${ENTERPRISE}:department`]: "T" }), [CORE, ENTERPRISE]);
    assert.deepEqual(schemasOf({ schemas: [CORE, CORE, CORE.toUpperCase()] }), [CORE]);
    assert.deepEqual(read({ SCHEMAS: [CORE], userName: "b" }, undefined, "strict").resource.schemas, [CORE]);
  });

  test("with extensions without a schema, but not with attributes whose names look like a URN", () => {
    const members = { "urn:example:custom:2.0:User": { a: 1 }, "urn:example:custom:badge": "x" };
    assert.deepEqual(schemasOf(members), [CORE, "urn:example:custom:2.0:User"]);
  });

  test("in one order, in any order of the extensions", () => {
    const members: JsonObject = { "urn:b:b": { a: 1 }, [ENTERPRISE]: { department: "T" }, "urn:a:a": { a: 1 } };
    const reversed = Object.fromEntries(Object.entries(members).reverse());
    for (const each of [members, reversed]) assert.deepEqual(schemasOf(each), [CORE, ENTERPRISE, "urn:a:a", "urn:b:b"]);
  });

  const DECLARATIONS: [string, JsonObject, string | undefined][] = [
    ["in good order", { schemas: [CORE, ENTERPRISE], [ENTERPRISE]: { department: "T" } }, undefined],
    ["in another letter case", { schemas: [CORE.toUpperCase()] }, undefined],
    ["of an extension that is not used", { schemas: [CORE, ENTERPRISE] }, undefined],
    ["that is missing", { schemas: null }, "missing-schemas"],
    ["that is empty", { schemas: [] }, "missing-schemas"],
    ["that is no array", { schemas: CORE }, "missing-schemas"],
    ["without an extension in use", { schemas: [CORE], [ENTERPRISE]: { department: "T" } }, "undeclared-schema"],
    ["without the core schema", { schemas: [ENTERPRISE] }, "undeclared-schema"],
    ["of another resource type", { schemas: [CORE, CORE_GROUP] }, "unknown-schema"],
  ];
  for (const [what, members, code] of DECLARATIONS) {
    test(`a declaration ${what} needs ${code ?? "no tolerance"}`, () => {
      assert.deepEqual(readUser(members).codes, code === undefined ? [] : [code]);
      if (code === undefined) readUser(members, "strict");
      else assert.throws(() => readUser(members, "strict"), /^ScimError: schemas: .+ is refused in the strict profile/);
    });
  }

  test("a declaration of other values than texts is rejected", () => {
    refuses(() => readUser({ schemas: [CORE, 7] }), "invalidValue", /^schemas must be an array of URNs as strings\.$/);
    refuses(() => readUser({ schemas: [null] }), "invalidValue", /^schemas must be/);
  });
});

describe("required attributes need a value (RFC 7643 §2.2)", () => {
  test("userName and displayName", () => {
    for (const userName of [null, "", []] as Json[]) {
      refuses(() => readUser({ userName }), "invalidValue", /^userName is required\. Send a User with a userName\.$/);
    }
    refuses(() => read({ schemas: [CORE] }), "invalidValue", /^userName is required/);
    refuses(() => read({ schemas: [CORE_GROUP] }, GROUP), "invalidValue", /^displayName is required\. Send a Group/);
    refuses(() => readGroup({ displayName: null }), "invalidValue", /^displayName is required/);
  });

  const badge = {
    id: "urn:example:badge:2.0:Thing",
    name: "Badge",
    description: "Badge",
    attributes: [
      attribute("color", "", { required: true }),
      attribute("serial", "", { required: true, mutability: "readOnly" }),
    ],
  };
  const attempt = (required: boolean, members: JsonObject) => () =>
    read(members, modelOf([attribute("label", "")], [{ schema: badge, required }]));

  test("an extension, if the resource type requires it (RFC 7643 §6)", () => {
    refuses(
      attempt(true, { label: "a" }),
      "invalidValue",
      /^The extension urn:example:badge:2\.0:Thing is required\.$/,
    );
    assert.doesNotThrow(attempt(false, { label: "a" }));
  });

  test("those of an extension, if the resource has it, but not those of the server", () => {
    assert.doesNotThrow(attempt(true, { [badge.id]: { color: "red" } }));
    for (const extension of [{ color: "" }, { shoe: "x" }, { shoe: "x", serial: "1" }]) {
      refuses(attempt(false, { [badge.id]: extension }), "invalidValue", /Thing:color is required\.$/);
    }
  });
});

test("an extension is an object, or null, or empty", () => {
  for (const value of [null, {}, { department: null }, { manager: {} }] as Json[]) {
    assert.deepEqual(readUser({ [ENTERPRISE]: value }, "strict").resource, user());
  }
  for (const value of ["x", "", 1, true, [], [{ department: "T" }]] as Json[]) {
    refuses(() => readUser({ [ENTERPRISE]: value }), "invalidValue", /enterprise:2\.0:User must be an object, but/);
  }
});

test("a group may have many members, in any form (RFC 7643 §4.2)", () => {
  const members = Array.from({ length: 5_000 }, (_, index) => ({ value: `u${index}` }));
  assert.deepEqual(readGroup({ members }, "strict").resource.members, members);
  assert.deepEqual(readGroup({ members: ["u1", { value: "u2", display: "x", $ref: null }] }).resource.members, [
    { value: "u1" },
    { value: "u2" },
  ]);
});
