import assert from "node:assert/strict";
import { TEST_SECRET } from "../../testing/application.ts";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import { type AnyJson, clientOf } from "../../testing/client.ts";
import { ENTERPRISE, USER, user } from "../../testing/scim-bodies.ts";
import { shows } from "../shows.ts";
import { startWorld } from "../world.ts";

const world = await startWorld();
const { client, admin, base, unique, make, newUser, newGroup, read } = world;

const THING = "urn:example:params:scim:schemas:Thing";
const TYPES = ["string", "boolean", "decimal", "integer", "dateTime", "binary", "reference"] as const;
const settings = {
  schemas: [
    {
      id: THING,
      name: "Thing",
      attributes: [
        ...TYPES.map((type) => ({
          name: `${type}Value`,
          type,
          ...(type === "reference" && { referenceTypes: ["external"] }),
        })),
        { name: "plain" },
        { name: "a-b_c$1" },
      ],
    },
  ],
  resourceTypes: [{ name: "Thing", endpoint: "/Things", schema: THING }],
};
assert.equal((await admin.send("PATCH", "/api/endpoints/default", { body: { settings } })).status, 200);
const thing = (attributes: object) => ({ schemas: [THING], ...attributes });

/** Asserts that values of an attribute are stored unchanged, also in the strict profile. */
async function takes(name: string, ...values: readonly unknown[]): Promise<void> {
  for (const profile of ["tolerant", "strict"]) {
    await world.withSettings({ profile }, async () => {
      for (const value of values) {
        const { body } = await make("/Things", thing({ [name]: value }));
        assert.deepEqual(body[name], value, `${name} in the ${profile} profile`);
      }
    });
  }
}

/** Asserts that the strict profile rejects values. */
async function refuses(name: string, ...values: readonly unknown[]): Promise<void> {
  await world.withSettings({ profile: "strict" }, async () => {
    for (const value of values) {
      const answer = await client.post("/Things", thing({ [name]: value }));
      refused(answer, 400, "invalidValue", new RegExp(`^${name}`));
    }
  });
}

shows("RFC 7643 §2.1-1", "letter case of attribute names is ignored", async () => {
  const made = await newUser({ TITLE: "T", Name: { GIVENNAME: "Ann" }, [ENTERPRISE.toUpperCase()]: { Division: "D" } });
  assert.deepEqual([made.body.title, made.body.name.givenName, made.body[ENTERPRISE].division], ["T", "Ann", "D"]);
  const twice = { title: "T", Title: "U" };
  refused(await client.post("/Users", user(unique(), twice)), 400, "invalidSyntax", /given twice/);
});

shows("RFC 7643 §2.1-2", "a resource lists its schemas", async () => {
  for (const { body } of [await newUser(), await newGroup(), await make("/Things", thing({}))]) {
    assert.ok(body.schemas.length > 0);
  }
  await world.withSettings({ profile: "strict" }, async () => {
    refused(await client.post("/Users", { userName: unique() }), 400, "invalidSyntax", /schemas/);
  });
});

shows("RFC 7643 §2.1-3", "the names of attributes have letters, digits, $, - and _", async () => {
  await takes("a-b_c$1", "x");
  for (const name of ["1a", "a b", "a.b", "ä", "$ref1", ""]) {
    const body = { settings: { schemas: [{ id: "urn:example:x:y", name: "X", attributes: [{ name }] }] } };
    const answer = await admin.send("PATCH", "/api/endpoints/default", { body });
    assert.equal(answer.status, 400, name);
    assert.match(answer.body.detail, /name/);
  }
});

shows("RFC 7643 §2.2-1", "missing characteristics of a schema have defaults", async () => {
  const { attributes } = await read(`/Schemas/${THING}`);
  const { name: _, description: __, ...plain } = attributes.find(({ name }: AnyJson) => name === "plain");
  assert.deepEqual(plain, {
    type: "string",
    multiValued: false,
    required: false,
    caseExact: false,
    mutability: "readWrite",
    returned: "default",
    uniqueness: "none",
  });
});

shows(["RFC 7643 §2.3-2", "RFC 7643 §2.3.2-1", "RFC 7643 §2.3.3-1"], "each type has its format in JSON", async () => {
  await takes("stringValue", "", "x", "Zoë 😀");
  await takes("booleanValue", true, false);
  await takes("decimalValue", 1.5, -0.25, 3);
  await refuses("stringValue", 1, true, {}, ["x", "y"]);
  await refuses("booleanValue", "x", 1, {}, "True");
  await refuses("decimalValue", "x", true, "1.5");
});

shows("RFC 7643 §2.3.4-1", "an integer is a whole number", async () => {
  await takes("integerValue", 0, -3, 9_007_199_254_740_991);
  await refuses("integerValue", 1.5, "x", "1");
});

shows(["RFC 7643 §2.3.5-1", "RFC 7643 §2.3.5-2", "RFC 7643 §3.1-12"], "a dateTime has a date and a time", async () => {
  const { meta } = (await newUser()).body;
  await takes("dateTimeValue", "2008-01-23T04:56:22Z", "2026-02-28T23:59:59.123+05:30", meta.created);
  await refuses("dateTimeValue", "2008-01-23", "04:56:22", "2008-02-30T00:00:00Z", "2008-01-23 04:56:22Z", "", 5);
  assert.equal(meta.lastModified, meta.created);
});

shows(["RFC 7643 §2.3.6-1", "RFC 7643 §2.3.6-2"], "a binary is base64, with its padding or without", async () => {
  await takes("binaryValue", "QQ==", "QQ", "-_-_", "AAEC");
  await refuses("binaryValue", "not base64!", "QQ=A", "Q", "AAECQ", 5);
});

shows(["RFC 7643 §2.3.6-3", "RFC 7643 §2.3.7-5"], "binaries and references are case-sensitive", async () => {
  await make("/Things", thing({ binaryValue: "UQrs", referenceValue: "https://example.com/Case" }));
  const count = async (filter: string) => (await read(`/Things?filter=${encodeURIComponent(filter)}`)).totalResults;
  assert.deepEqual([await count('binaryValue eq "UQrs"'), await count('binaryValue eq "uqRS"')], [1, 0]);
  const reference = 'referenceValue eq "https://example.com/';
  assert.deepEqual([await count(`${reference}Case"`), await count(`${reference}case"`)], [1, 0]);
});

shows("RFC 7643 §2.3.7-1", "a reference is a URI, absolute or relative", async () => {
  await takes("referenceValue", "https://example.com/a?b#c", "Users/2819c223", "../Users/2819c223", "urn:example:x");
  await refuses("referenceValue", "not a uri", "https://example.com/ä", "%zz", 5);
});

shows(
  ["RFC 7643 §2.3.7-2", "RFC 7643 §2.3.7-3", "RFC 7643 §2.3.7-4", "RFC 7643 §4.1.2-6"],
  "a reference, resolved against the base URI, leads to the resource",
  async () => {
    const manager = await newUser({ displayName: "Boss" });
    const ann = await newUser({ [ENTERPRISE]: { manager: { value: manager.id } } });
    const readers = await newGroup({ members: [{ value: ann.id }, { value: (await newGroup()).id }] });
    const { groups, [ENTERPRISE]: extension } = await read(ann);
    assert.equal(groups[0].value, readers.id);
    const references = [...groups, extension.manager, ...(await read(readers)).members];
    assert.equal(references.length, 4);
    const whole = clientOf(world.origin, TEST_SECRET);
    for (const { value, $ref } of references) {
      const { href, pathname } = new URL($ref, `${base}/`);
      const target = succeeded(await whole.get(pathname), 200);
      assert.deepEqual([target.id, target.meta.location], [value, href]);
    }
    whole.close();
  },
);

shows("RFC 7643 §2.3.7-6", "unknown references are rejected if the endpoint says so", async () => {
  const nobody = { members: [{ value: "2819c223" }] };
  await world.withSettings({ danglingReferences: "refuse" }, async () => {
    const answer = await client.post("/Groups", { displayName: unique(), ...nobody });
    refused(answer, 400, "invalidValue", /2819c223/);
  });
  assert.equal((await newGroup(nobody)).body.members[0].value, "2819c223");
});

shows("RFC 7643 §2.3.8-1", "the order of attributes does not matter", async () => {
  const forward = { userName: unique(), title: "T", name: { givenName: "A", familyName: "Z" }, schemas: [USER] };
  const backward = Object.fromEntries(Object.entries(forward).reverse());
  const { id: _, meta: __, ...made } = succeeded(await client.post("/Users", backward), 201);
  assert.deepEqual(made, forward);
});

shows("RFC 7643 §2.3.8-2", "a complex attribute has no complex sub-attributes", async () => {
  const inner = { name: "inner", type: "complex", subAttributes: [{ name: "x" }] };
  const attributes = [{ name: "outer", type: "complex", subAttributes: [inner] }];
  const body = { settings: { schemas: [{ id: "urn:example:x:y", name: "X", attributes }] } };
  const answer = await admin.send("PATCH", "/api/endpoints/default", { body });
  assert.equal(answer.status, 400);
  assert.match(answer.body.detail, /outer\.inner/);
});

shows(["RFC 7643 §2.4-1", "RFC 7643 §2.4-2"], "values are objects with the defined sub-attributes", async () => {
  const { attributes } = await read(`/Schemas/${USER}`);
  const expected: AnyJson = {
    type: "string",
    primary: "boolean",
    display: "string",
    value: undefined,
    $ref: "reference",
  };
  for (const { name, multiValued, type, subAttributes } of attributes) {
    if (!multiValued) continue;
    assert.equal(type, "complex", name);
    for (const sub of subAttributes) {
      if (expected[sub.name] !== undefined) assert.equal(sub.type, expected[sub.name], `${name}.${sub.name}`);
    }
  }
  await world.withSettings({ profile: "strict" }, async () => {
    refused(await client.post("/Users", user(unique(), { emails: ["a@b"] })), 400, "invalidValue", /^emails/);
  });
});

shows("RFC 7643 §2.4-3", "at most one value is primary", async () => {
  const emails = [
    { value: "a@example.com", primary: true },
    { value: "b@example.com", primary: true },
  ];
  const { body } = await newUser({ emails });
  assert.equal(body.emails.filter(({ primary }: AnyJson) => primary === true).length, 1);
  await world.withSettings({ profile: "strict" }, async () => {
    refused(await client.post("/Users", user(unique(), { emails })), 400, "invalidValue", /primary/);
  });
});

shows("RFC 7643 §2.4-4", "a value without primary is not primary", async () => {
  const userName = unique("primary");
  await newUser({ userName, emails: [{ value: "a@example.com" }] });
  const count = async (filter: string) => {
    const query = encodeURIComponent(`userName eq "${userName}" and ${filter}`);
    return (await read(`/Users?filter=${query}`)).totalResults;
  };
  assert.deepEqual([await count("emails.primary eq false"), await count("emails.primary eq true")], [1, 0]);
  assert.equal(await count("emails[primary eq false]"), 1);
});

shows(
  ["RFC 7643 §2.5-1", "RFC 7643 §2.5-2", "RFC 7643 §2.5-3"],
  "null, an absent value and an empty array are the same",
  async () => {
    const made = await newUser({ title: "T", emails: [{ value: "a@example.com" }], name: { givenName: "A" } });
    const { schemas, userName } = made.body;
    for (const empty of [{}, { title: null, emails: null, name: null }, { emails: [] }, { name: {} }]) {
      const { id: _, meta: __, ...rest } = succeeded(await client.put(made.path, user(userName, empty)), 200);
      assert.deepEqual(rest, { schemas, userName });
    }
    const before = (await client.get(made.path)).headers.etag;
    succeeded(await client.patch(made.path, [{ op: "replace", path: "title", value: null }]), 200);
    succeeded(await client.patch(made.path, [{ op: "replace", path: "emails", value: [] }]), 200);
    assert.equal((await client.get(made.path)).headers.etag, before);
    for (const filter of ["title pr", "emails pr", "name pr"]) {
      const query = encodeURIComponent(`id eq "${made.id}" and ${filter}`);
      assert.equal((await read(`/Users?filter=${query}`)).totalResults, 0);
    }
  },
);
