import assert from "node:assert/strict";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import type { AnyJson } from "../../testing/client.ts";
import { USER, user } from "../../testing/scim-bodies.ts";
import { shows } from "../shows.ts";
import { startWorld } from "../world.ts";

const world = await startWorld();
const { client, admin, unique, make, newUser, read } = world;

const THING = "urn:example:params:scim:schemas:Thing";
const EXTENSION = "urn:example:params:scim:schemas:extension:Thing";
const settings = {
  schemas: [
    {
      id: THING,
      name: "Thing",
      attributes: [
        { name: "name", required: true },
        { name: "key", caseExact: true },
        { name: "serial", mutability: "immutable" },
        { name: "made", type: "dateTime", mutability: "readOnly" },
        { name: "code", returned: "always" },
        { name: "pin", returned: "never" },
        { name: "secret", mutability: "writeOnly", returned: "never" },
        { name: "notes", returned: "request" },
        { name: "tag", uniqueness: "server" },
        { name: "mail", uniqueness: "global" },
        { name: "kind", canonicalValues: ["big", "small"] },
        { name: "owner", type: "reference", referenceTypes: ["User"] },
        {
          name: "parts",
          type: "complex",
          multiValued: true,
          subAttributes: [
            { name: "value", required: true },
            { name: "hidden", returned: "never" },
            { name: "size", type: "integer" },
          ],
        },
      ],
    },
    {
      id: EXTENSION,
      name: "Thing's extension",
      attributes: [{ name: "site", required: true }, { name: "room" }, { name: "door", returned: "never" }],
    },
  ],
  resourceTypes: [
    { name: "Thing", endpoint: "/Things", schema: THING, schemaExtensions: [{ schema: EXTENSION, required: true }] },
    { name: "Other", endpoint: "/Others", schema: THING, schemaExtensions: [{ schema: EXTENSION, required: false }] },
  ],
};
assert.equal((await admin.send("PATCH", "/api/endpoints/default", { body: { settings } })).status, 200);
const SITE = { [EXTENSION]: { site: "S" } };
const thing = (attributes: object = {}) => ({ schemas: [THING, EXTENSION], name: unique("t"), ...SITE, ...attributes });
const newThing = (attributes: object = {}) => make("/Things", thing(attributes));
const replace = (path: string, value: unknown) => [{ op: "replace", path, value }];

shows(["RFC 7643 §7-6", "RFC 7643 §6-6"], "required attributes must exist", async () => {
  const cases: [object, RegExp][] = [
    [{ schemas: [THING, EXTENSION], ...SITE }, /^name is required/],
    [thing({ [EXTENSION]: { room: "R" } }), /site is required/],
    [{ schemas: [THING], name: "n" }, /required/],
    [thing({ parts: [{ size: 1 }] }), /value is required/],
  ];
  for (const [body, detail] of cases) refused(await client.post("/Things", body), 400, "invalidValue", detail);
  succeeded(await client.post("/Others", { schemas: [THING], name: unique() }), 201);
  const made = await newThing();
  refused(await client.patch(made.path, [{ op: "remove", path: EXTENSION }]), 400, "mutability", /required/);
  const types = (await read("/ResourceTypes/Thing")).schemaExtensions;
  assert.deepEqual(types, [{ schema: EXTENSION, required: true }]);
});

shows("RFC 7643 §7-8", "letter case is stored, whether it matters or not", async () => {
  const made = await newThing({ key: "AbC", code: "DeF" });
  const { key, code } = await read(made);
  assert.deepEqual([key, code], ["AbC", "DeF"]);
});

shows("RFC 7643 §7-9", "readOnly attributes are not modified", async () => {
  const made = await newThing({ made: "2026-01-01T00:00:00Z" });
  assert.equal(made.body.made, undefined);
  const replaced = await client.put(made.path, thing({ made: "2026-01-01T00:00:00Z" }));
  assert.equal(succeeded(replaced, 200).made, undefined);
  refused(await client.patch(made.path, replace("made", "2026-01-01T00:00:00Z")), 400, "mutability", /made/);
});

shows("RFC 7643 §7-10", "readWrite attributes are written and read at any time", async () => {
  const made = await newThing({ code: "a" });
  for (const code of ["b", "c"]) {
    await client.patch(made.path, replace("code", code));
    assert.equal((await read(made)).code, code);
  }
});

shows("RFC 7643 §7-11", "an immutable attribute is set once", async () => {
  const made = await newThing({ serial: "S1" });
  refused(await client.patch(made.path, replace("serial", "S2")), 400, "mutability", /serial/);
  refused(await client.put(made.path, thing({ serial: "S2" })), 400, "mutability", /serial/);
  const later = await newThing();
  assert.equal(succeeded(await client.put(later.path, thing({ serial: "S1" })), 200).serial, "S1");
  refused(await client.patch(later.path, replace("serial", "S2")), 400, "mutability", /serial/);
});

shows("RFC 7643 §7-14", "a never-returned attribute is never returned", async () => {
  const hidden = {
    pin: "1234",
    secret: "s",
    parts: [{ value: "v", hidden: "h" }],
    [EXTENSION]: { site: "S", door: "k" },
  };
  const made = await newThing(hidden);
  const replaced = await client.put(made.path, thing(hidden));
  const patched = await client.patch(made.path, [...replace("pin", "5"), ...replace("secret", "t")]);
  const names = `pin,secret,parts.hidden,${EXTENSION}:door`;
  for (const { text } of [
    made.answer,
    replaced,
    patched,
    await client.get(made.path),
    await client.get(`${made.path}?attributes=${names}`),
    await client.get("/Things"),
  ]) {
    assert.doesNotMatch(text, /"(pin|secret|hidden|door)"/);
  }
});

shows("RFC 7643 §7-17", "unique values are unique within an endpoint", async () => {
  const made = await newThing({ tag: "T", mail: "m@example.com" });
  for (const taken of [{ tag: "T" }, { tag: "t" }, { mail: "M@example.com" }]) {
    refused(await client.post("/Things", thing(taken)), 409, "uniqueness", /is taken/);
  }
  const other = await newThing();
  refused(await client.patch(other.path, replace("tag", "T")), 409, "uniqueness", /is taken/);
  refused(await client.put(other.path, thing({ tag: "T" })), 409, "uniqueness", /is taken/);
  const elsewhere = await world.clientWith({ endpoint: await world.newEndpoint(settings) });
  succeeded(await elsewhere.post("/Things", thing({ tag: "T" })), 201);
  await client.delete(made.path);
  assert.equal(succeeded(await client.patch(other.path, replace("tag", "T")), 200).tag, "T");
});

shows("RFC 7643 §7-19", "values without uniqueness may be equal", async () => {
  for (const _ of [1, 2]) await newThing({ code: "same", key: "same" });
  const filter = encodeURIComponent('code eq "same" and key eq "same"');
  assert.equal((await read(`/Things?filter=${filter}`)).totalResults, 2);
});

shows("RFC 7643 §2.3.1-1", "other values than the canonical ones are accepted too", async () => {
  for (const profile of ["tolerant", "strict"]) {
    await world.withSettings({ profile }, async () => {
      for (const kind of ["small", "round"]) assert.equal((await newThing({ kind })).body.kind, kind);
    });
  }
});

shows("RFC 7643 §7-16", "attributes returned on request are returned to their writer, and on request", async () => {
  const made = await newThing({ notes: "x" });
  const patched = await client.patch(made.path, replace("notes", "y"));
  const silent = await client.patch(made.path, replace("code", "z"));
  const replaced = await client.put(made.path, thing({ notes: "x" }));
  const shown = [
    made.body,
    succeeded(patched, 200),
    succeeded(replaced, 200),
    await read(`${made.path}?attributes=notes`),
  ];
  assert.deepEqual(
    shown.map(({ notes }: AnyJson) => notes),
    ["x", "y", "x", "x"],
  );
  for (const body of [succeeded(silent, 200), await read(made), (await read("/Things")).Resources[0]]) {
    assert.equal(body.notes, undefined);
  }
  const named = await newUser();
  succeeded(await client.put(named.path, user(named.body.userName, { schemas: [USER] })), 200);
});
