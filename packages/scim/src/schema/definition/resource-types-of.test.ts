import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json, JsonObject } from "../../json.ts";
import { deepFreeze, refuses } from "../../patch/test-support.ts";
import { resourceTypeResource } from "../representation.ts";
import { GROUP_TYPE, USER_TYPE } from "../resource-types.ts";
import { CORE, CORE_GROUP, ENTERPRISE } from "../test-support.ts";
import { type Definition, resourceTypesOf } from "./resource-types-of.ts";

const DEVICE = "urn:example:device:2.0:Device";
const BADGE = "urn:example:badge:2.0:Badge";

const SCHEMAS: readonly Json[] = [
  { id: DEVICE, attributes: [{ name: "serial", required: true, uniqueness: "server" }] },
  { id: BADGE, attributes: [{ name: "number" }] },
];

function typesOf(resourceTypes: readonly Json[], schemas: readonly Json[] = SCHEMAS) {
  return resourceTypesOf(deepFreeze({ schemas, resourceTypes }) as Definition);
}

/** The only custom type. */
function newType(members: JsonObject) {
  return typesOf([{ name: "Device", endpoint: "/Devices", schema: DEVICE, ...members }])[2];
}

test("the built-in types are users and groups", () => {
  assert.deepEqual(resourceTypesOf({ schemas: [], resourceTypes: [] }), [USER_TYPE, GROUP_TYPE]);
  assert.deepEqual(typesOf([]), [USER_TYPE, GROUP_TYPE]);
});

test("[RFC 7643 §6] a new type has the named schema and extensions, in any letter case", () => {
  const schemaExtensions = [{ schema: BADGE.toUpperCase(), required: true }, { schema: ENTERPRISE }];
  const type = newType({ description: "A thing", schema: DEVICE.toLowerCase(), schemaExtensions });
  assert.deepEqual(type && resourceTypeResource(type, ""), {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
    id: "Device",
    name: "Device",
    description: "A thing",
    endpoint: "/Devices",
    schema: DEVICE,
    schemaExtensions: [
      { schema: BADGE, required: true },
      { schema: ENTERPRISE, required: false },
    ],
    meta: { resourceType: "ResourceType", location: "/ResourceTypes/Device" },
  });
  assert.deepEqual(type?.schema.attributes[0]?.uniqueness, "server");
});

test("[RFC 7643 §6] an endpoint may lack its slash, as in the RFC's text", () => {
  assert.equal(newType({ endpoint: "Devices" })?.endpoint, "/Devices");
});

describe("an entry with the name of a built-in type adds extensions to it", () => {
  const extensionsOf = (entry: JsonObject) =>
    typesOf([entry]).map(({ name, schemaExtensions }) => [
      name,
      ...schemaExtensions.map(({ schema, required }) => `${schema.id} ${required}`),
    ]);

  test("and keeps its own", () => {
    const schemaExtensions = [{ schema: BADGE, required: true }];
    assert.deepEqual(extensionsOf({ name: "User", schemaExtensions }), [
      ["User", `${ENTERPRISE} false`, `${BADGE} true`],
      ["Group"],
    ]);
    assert.deepEqual(extensionsOf({ name: "Group", schemaExtensions }), [
      ["User", `${ENTERPRISE} false`],
      ["Group", `${BADGE} true`],
    ]);
  });

  test("and may make one of its own required", () => {
    const entry = {
      name: "user",
      endpoint: "Users",
      schema: CORE,
      schemaExtensions: [{ schema: ENTERPRISE, required: true }],
    };
    assert.deepEqual(extensionsOf(entry)[0], ["User", `${ENTERPRISE} true`]);
  });

  test("and leaves the rest unchanged", () => {
    const [, group] = typesOf([{ name: "Group", description: "x", endpoint: "/Groups", schema: CORE_GROUP }]);
    assert.deepEqual(group, GROUP_TYPE);
  });

  test("and is rejected if it would change more", () => {
    const refusesEntry = (entry: JsonObject, detail: RegExp) => refuses(() => typesOf([entry]), "invalidValue", detail);
    refusesEntry(
      { name: "User", endpoint: "/People" },
      /^resourceTypes\[0\]: User: its endpoint is \/Users and cannot be/,
    );
    refusesEntry(
      { name: "User", schema: DEVICE },
      /^resourceTypes\[0\]: User: its schema is urn:.*:User and cannot be/,
    );
  });
});

describe("a resource type is rejected, by its entry and name,", () => {
  const cases: [string, JsonObject, RegExp][] = [
    ["without a name", { name: null }, /^resourceTypes\[0\]: name must be a letter, then .*, but it is nothing\.$/],
    ["whose name is no word", { name: "a/b" }, /^resourceTypes\[0\]: name must be a letter/],
    ["whose name discovery has", { name: "Schema" }, /^resourceTypes\[0\]: the name Schema is reserved/],
    ["whose name referenceTypes has", { name: "external" }, /^resourceTypes\[0\]: the name external is reserved/],
    ["without an endpoint", { endpoint: null }, /^resourceTypes\[0\]: Device: endpoint is required/],
    ["of two segments", { endpoint: "/a/b" }, /Device: endpoint must be one segment .*, but it is "\/a\/b"\.$/],
    ["of no segment", { endpoint: "/" }, /Device: endpoint must be one segment/],
    ["without a schema", { schema: null }, /Device: schema is required: the URN of a schema/],
    [
      "of an unknown schema",
      { schema: "urn:example:x" },
      /Device: there is no schema "urn:example:x"\. There are: urn:ietf/,
    ],
    [
      "of a schema of discovery",
      { schema: "urn:ietf:params:scim:schemas:core:2.0:Schema" },
      /Device: there is no schema/,
    ],
    ["with extensions that are no array", { schemaExtensions: {} }, /Device: schemaExtensions must be an array/],
    [
      "with an extension that is no object",
      { schemaExtensions: [BADGE] },
      /Device: schemaExtensions\[0\]: an extension is/,
    ],
    [
      "with an unknown extension",
      { schemaExtensions: [{ schema: "urn:x:y" }] },
      /schemaExtensions\[0\]: there is no schema/,
    ],
    [
      "with a flag that is none",
      { schemaExtensions: [{ schema: BADGE, required: 1 }] },
      /\[0\]: required must be true or/,
    ],
    [
      "with an extension twice",
      { schemaExtensions: [{ schema: BADGE }, { schema: BADGE }] },
      /Badge is given twice\.$/,
    ],
    [
      "with its schema as extension",
      { schemaExtensions: [{ schema: DEVICE }] },
      /Device is its schema and cannot be an/,
    ],
    [
      "with very many extensions",
      { schemaExtensions: Array(21).fill({ schema: BADGE }) },
      /may have 20 schemaExtensions/,
    ],
    ["with a long description", { description: "x".repeat(2_001) }, /Device: description may have 2000 characters/],
  ];
  for (const [what, members, detail] of cases) {
    test(what, () => refuses(() => newType(members), "invalidValue", detail));
  }

  for (const endpoint of [
    "/Users",
    "groups",
    "/Me",
    "/Bulk",
    "/schemas",
    "ResourceTypes",
    "/ServiceProviderConfig",
    ".search",
  ]) {
    test(`at ${endpoint}, which is reserved (RFC 7644 §3.2)`, () => {
      refuses(
        () => newType({ endpoint }),
        "invalidValue",
        /^resourceTypes\[0\]: Device: the endpoint \/\S+ is reserved/,
      );
    });
  }

  test("that is not an object", () => {
    refuses(() => typesOf(["Device"]), "invalidSyntax", /^resourceTypes\[0\]: A resource type is a JSON object/);
  });

  test("with the name or the endpoint of another one", () => {
    const device = { name: "Device", endpoint: "/Devices", schema: DEVICE };
    const twice = (members: JsonObject) => () => typesOf([device, { ...device, ...members }]);
    refuses(
      twice({ name: "DEVICE", endpoint: "/Others" }),
      "invalidValue",
      /^resourceTypes\[1\]: the resource type DEVICE is given/,
    );
    refuses(
      twice({ name: "Other", endpoint: "/devices" }),
      "invalidValue",
      /^resourceTypes\[1\]: Device has the endpoint/,
    );
    refuses(
      () => typesOf([{ name: "User" }, { name: "User" }]),
      "invalidValue",
      /^resourceTypes\[1\]: the resource type User/,
    );
  });
});

describe("a schema is rejected, by its entry,", () => {
  test("that is not a schema", () => {
    refuses(() => typesOf([], [3]), "invalidSyntax", /^schemas\[0\]: A schema is a JSON object/);
    refuses(
      () => typesOf([], [...SCHEMAS, { id: "urn:a:b", attributes: [{ name: "?" }] }]),
      "invalidValue",
      /^schemas\[2\]: urn:a:b: attributes\[0\]: "\?" is/,
    );
  });

  test("that is part of SCIM", () => {
    const own = [CORE, CORE_GROUP, ENTERPRISE.toUpperCase(), "urn:ietf:params:scim:schemas:core:2.0:Schema"];
    for (const id of [...own, "urn:ietf:params:scim:api:messages:2.0:PatchOp"]) {
      refuses(
        () => typesOf([], [{ id }]),
        "invalidValue",
        /^schemas\[0\]: urn:\S+ is a schema of SCIM itself and cannot be/i,
      );
    }
    const device = { id: "urn:ietf:params:scim:schemas:core:2.0:Device" };
    assert.equal(typesOf([], [device]).length, 2);
  });

  test("that appears twice", () => {
    refuses(
      () => typesOf([], [{ id: BADGE }, { id: BADGE.toLowerCase() }]),
      "invalidValue",
      /^schemas\[1\]: the schema urn:example:badge:2\.0:badge is given twice/,
    );
  });

  test("whose URN is also the path of an attribute", () => {
    const schemas = [{ id: "urn:a:b", attributes: [{ name: "c" }] }, { id: "urn:A:B:C" }];
    refuses(
      () => typesOf([], schemas),
      "invalidValue",
      /^schemas: urn:A:B:C is a schema and also the attribute c of urn:a:b/,
    );
    refuses(
      () => typesOf([], [{ id: `${CORE}:title` }]),
      "invalidValue",
      /:title is a schema and also the attribute title/,
    );
  });

  test("that refers to an unknown resource type", () => {
    const ref = { name: "$ref", type: "reference", referenceTypes: ["User", "external", "Device"] };
    const schemas = [
      ...SCHEMAS,
      { id: "urn:a:b", attributes: [{ name: "owner", type: "complex", subAttributes: [ref] }] },
    ];
    refuses(
      () => typesOf([], schemas),
      "invalidValue",
      /^schemas\[2\]: urn:a:b:owner\.\$ref: referenceTypes names the resource type "Device", which does not exist\. There are: external, uri, User, Group\.$/,
    );
    assert.equal(typesOf([{ name: "Device", endpoint: "/Devices", schema: DEVICE }], schemas).length, 3);
  });
});

test("a definition may have 100 entries of a kind", () => {
  const schemas = Array.from({ length: 101 }, (_, index) => ({ id: `urn:a:b${index}` }));
  assert.equal(typesOf([], schemas.slice(1)).length, 2);
  refuses(() => typesOf([], schemas), "invalidValue", /^schemas may have 100 entries at most, not 101\.$/);
  refuses(
    () => typesOf(Array(101).fill({})),
    "invalidValue",
    /^resourceTypes may have 100 entries at most, not 101\.$/,
  );
});
