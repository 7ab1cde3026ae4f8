import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Attribute, Schema } from "./attribute.ts";
import { COMMON_ATTRIBUTES } from "./attribute.ts";
import { RESOURCE_TYPE_SCHEMA, SCHEMA_SCHEMA, SERVICE_PROVIDER_CONFIG_SCHEMA } from "./discovery.ts";
import { ENTERPRISE_USER_SCHEMA, GROUP_SCHEMA, USER_SCHEMA } from "./resource-types.ts";
import fixture from "./rfc7643-8.7.fixture.json" with { type: "json" };

// The fixture is the JSON of RFC 7643 §8.7.1 and §8.7.2 without page breaks and with strings on one line each.

type Characteristics = { [Name in keyof Omit<Attribute, "subAttributes">]?: Attribute[Name] | undefined };
type RfcAttribute = Characteristics & { readonly name: string; readonly subAttributes?: readonly RfcAttribute[] };
type RfcSchema = { id: string; name: string; description: string; attributes: readonly RfcAttribute[] };

const RFC = fixture as unknown as readonly RfcSchema[];
const OURS: readonly Schema[] = [
  USER_SCHEMA,
  GROUP_SCHEMA,
  ENTERPRISE_USER_SCHEMA,
  SERVICE_PROVIDER_CONFIG_SCHEMA,
  RESOURCE_TYPE_SCHEMA,
  SCHEMA_SCHEMA,
];

type Departure = { readonly of: readonly string[]; readonly ours: Characteristics; readonly because: string };

const TYPES = ["string", "complex", "boolean", "decimal", "integer", "dateTime", "reference", "binary"];

/** Deliberate departures from §8.7, which calls itself "intended as an example". */
const DEPARTURES: readonly Departure[] = [
  {
    of: [
      "User:profileUrl",
      "User:photos.value",
      "User:groups.$ref",
      "Group:members.$ref",
      "EnterpriseUser:manager.$ref",
      "Service Provider Configuration:documentationUri",
      "Service Provider Configuration:authenticationSchemes.specUri",
      "Service Provider Configuration:authenticationSchemes.documentationUri",
      "ResourceType:endpoint",
    ],
    ours: { caseExact: true },
    because: "a reference is case exact (§2.3.7)",
  },
  { of: ["User:x509Certificates.value"], ours: { caseExact: true }, because: "a binary is case exact (§2.3.6)" },
  {
    of: ["User:groups.value", "Group:members.value", "EnterpriseUser:manager.value"],
    ours: { caseExact: true },
    because: "these hold an id, which is case exact (§3.1)",
  },
  { of: ["Group:displayName"], ours: { required: true }, because: "§4.2 says REQUIRED, and so does its description" },
  {
    of: ["Group:displayName"],
    ours: { uniqueness: "server" },
    because: "identity providers match groups by it and expect 409 for a second one",
  },
  {
    of: ["User:roles.type", "User:x509Certificates.type"],
    ours: { canonicalValues: undefined },
    because: "an empty list of canonical values says the same as none",
  },
  { of: ["ResourceType:schemaExtensions"], ours: { multiValued: true }, because: "§6 says a list, §8.6 shows one" },
  {
    of: ["ResourceType:schemaExtensions"],
    ours: { required: false },
    because: "§6 says OPTIONAL, and Group in §8.6 has none",
  },
  {
    of: ["Schema:attributes.subAttributes.referenceTypes"],
    ours: { multiValued: true },
    because: "§7 says multi-valued, as it is one level higher",
  },
  {
    of: ["Schema:attributes.type", "Schema:attributes.subAttributes.type"],
    ours: { canonicalValues: TYPES },
    because: "binary is a type (§2.3, Table 1), and x509Certificates.value has it",
  },
];

/** Attributes that §8.7 lacks. */
const ADDITIONS: readonly { readonly path: string; readonly type: string; readonly because: string }[] = [
  { path: "User:addresses.primary", type: "boolean", because: "a default sub-attribute (§2.4) that clients send" },
  { path: "Group:members.display", type: "string", because: "a default sub-attribute (§2.4) that clients read" },
  { path: "Service Provider Configuration:etag", type: "complex", because: "REQUIRED in §5" },
  { path: "Service Provider Configuration:etag.supported", type: "boolean", because: "REQUIRED in §5" },
  { path: "Service Provider Configuration:authenticationSchemes.type", type: "string", because: "REQUIRED in §5" },
  {
    path: "Service Provider Configuration:authenticationSchemes.primary",
    type: "boolean",
    because: "a default sub-attribute (§2.4) that §8.5 shows",
  },
  ...[
    ["", "complex"],
    [".cursor", "boolean"],
    [".index", "boolean"],
    [".defaultPaginationMethod", "string"],
    [".defaultPageSize", "integer"],
    [".maxPageSize", "integer"],
    [".cursorTimeout", "integer"],
  ].map(([name = "", type = ""]) => ({
    path: `Service Provider Configuration:pagination${name}`,
    type,
    because: "added by RFC 9865 §4",
  })),
];

function byPath<T extends RfcAttribute>(schema: string, attributes: readonly T[]): Map<string, Characteristics> {
  const found = new Map<string, Characteristics>();
  const walk = (list: readonly RfcAttribute[], prefix: string): void => {
    for (const { subAttributes = [], ...characteristics } of list) {
      found.set(prefix + characteristics.name, characteristics);
      walk(subAttributes, `${prefix}${characteristics.name}.`);
    }
  };
  walk(attributes, `${schema}:`);
  return found;
}

/** The characteristics of §8.7, with the defaults of §2.2. */
function withDefaults(characteristics: Characteristics): Characteristics {
  return { caseExact: false, uniqueness: "none", ...characteristics };
}

function withDepartures(path: string, characteristics: Characteristics): Characteristics {
  const departures = DEPARTURES.filter(({ of }) => of.includes(path)).map(({ ours }) => ours);
  const merged = Object.assign({}, withDefaults(characteristics), ...departures) as Characteristics;
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined));
}

describe("every characteristic of every attribute is that of RFC 7643 §8.7, except for the listed departures", () => {
  for (const ours of OURS) {
    const rfc = RFC.find(({ id }) => id === ours.id);

    test(ours.id, () => {
      assert.ok(rfc);
      assert.equal(ours.name, rfc.name);
      assert.equal(ours.description, rfc.description);
      const expected = byPath(ours.name, rfc.attributes);
      const actual = byPath(ours.name, ours.attributes);
      const additions = ADDITIONS.map(({ path }) => path).filter((path) => path.startsWith(`${ours.name}:`));
      assert.deepEqual(new Set(actual.keys()), new Set([...expected.keys(), ...additions]));
      for (const [path, characteristics] of expected) {
        assert.deepEqual(actual.get(path), withDepartures(path, characteristics), path);
      }
    });
  }
});

test("the fixture is complete: six schemas with every attribute of RFC 7643 §4 to §7", () => {
  const counts = RFC.map(({ name, attributes }) => [name, attributes.length, byPath(name, attributes).size]);
  assert.deepEqual(counts, [
    ["User", 21, 66],
    ["Group", 2, 5],
    ["EnterpriseUser", 6, 9],
    ["Service Provider Configuration", 7, 19],
    ["ResourceType", 6, 8],
    ["Schema", 4, 27],
  ]);
});

test("every departure differs, and every addition is one and has a reason", () => {
  const rfc = new Map(RFC.flatMap(({ name, attributes }) => [...byPath(name, attributes)]));
  const ours = new Map(OURS.flatMap(({ name, attributes }) => [...byPath(name, attributes)]));
  for (const { of, ours: changed, because } of DEPARTURES) {
    assert.ok(because.length > 0);
    for (const path of of) {
      const said = withDefaults(rfc.get(path) ?? {});
      for (const [name, value] of Object.entries(changed)) {
        assert.notDeepEqual(said[name as keyof Characteristics], value, `${path} ${name}`);
      }
    }
  }
  for (const { path, type, because } of ADDITIONS) {
    assert.equal(rfc.has(path), false, path);
    assert.equal(ours.get(path)?.type, type, path);
    assert.ok(because.length > 0);
  }
});

const WHOLE = [...OURS, { id: "", name: "common", description: "", attributes: COMMON_ATTRIBUTES }];

test("definitions follow the rules of RFC 7643 §2.1, §2.3 and §2.4", () => {
  for (const { name, attributes } of WHOLE) {
    const walk = (list: readonly Attribute[], prefix: string, depth: number): void => {
      for (const each of list) {
        const path = `${prefix}${each.name}`;
        assert.match(each.name, /^(?:[A-Za-z][\w$-]*|\$ref)$/, path);
        assert.ok(each.description.length > 0, path);
        assert.equal(each.type === "complex", (each.subAttributes ?? []).length > 0, `${path} subAttributes`);
        assert.equal(each.type === "reference", (each.referenceTypes ?? []).length > 0, `${path} referenceTypes`);
        if (each.type === "reference" || each.type === "binary") assert.equal(each.caseExact, true, path);
        if (each.type === "boolean" || each.type === "complex") assert.equal(each.uniqueness, "none", path);
        // "the Schema resource MAY contain a complex object within a sub-attribute" (§7).
        if (depth === 1 && each.type === "complex") assert.equal(path, "Schema:attributes.subAttributes");
        assert.ok(depth < 3, path);
        walk(each.subAttributes ?? [], `${path}.`, depth + 1);
      }
      const names = list.map((each) => each.name.toLowerCase());
      assert.equal(new Set(names).size, names.length, `${prefix} names one attribute twice`);
    };
    walk(attributes, `${name}:`, 0);
  }
});

test("common attributes have the characteristics of RFC 7643 §3.1", () => {
  const common = byPath("", COMMON_ATTRIBUTES);
  const characteristics = (path: string) => {
    const { type, mutability, returned, caseExact, required } = common.get(path) ?? {};
    return [type, mutability, returned, caseExact, required].join(" ");
  };
  assert.deepEqual(Object.fromEntries([...common.keys()].map((path) => [path, characteristics(path)])), {
    ":schemas": "reference readWrite always true true",
    ":id": "string readOnly always true true",
    ":externalId": "string readWrite default true false",
    ":meta": "complex readOnly default false false",
    ":meta.resourceType": "string readOnly default true false",
    ":meta.created": "dateTime readOnly default false false",
    ":meta.lastModified": "dateTime readOnly default false false",
    ":meta.location": "reference readOnly default true false",
    ":meta.version": "string readOnly default true false",
  });
});
