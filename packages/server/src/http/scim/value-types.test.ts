import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startApplication } from "../../testing/application.ts";
import { changingNothing, refused, succeeded } from "../../testing/assert-answer.ts";
import type { AnyJson } from "../../testing/client.ts";
import { ENTERPRISE, GROUP, USER, user } from "../../testing/scim-bodies.ts";

const tolerant = await startApplication();
const strict = await startApplication({ profile: "strict" });
after(async () => {
  await tolerant.close();
  await strict.close();
});

type Typed = { readonly schema: string; readonly path: string; readonly attribute: AnyJson; readonly parent: AnyJson };
const typed: Typed[] = [];
let userPath = "";

before(async () => {
  for (const schema of [USER, ENTERPRISE, GROUP]) {
    const { attributes } = succeeded(await tolerant.client.get(`/Schemas/${schema}`), 200);
    for (const attribute of attributes) {
      if (attribute.mutability === "readOnly") continue;
      typed.push({ schema, path: attribute.name, attribute, parent: undefined });
      for (const sub of attribute.subAttributes ?? []) {
        if (sub.mutability === "readOnly") continue;
        typed.push({ schema, path: `${attribute.name}.${sub.name}`, attribute: sub, parent: attribute });
      }
    }
  }
  assert.ok(typed.length > 60, `${typed.length} attributes`);
  userPath = `/Users/${succeeded(await tolerant.client.post("/Users", user("typed")), 201).id}`;
});

/** Values that no tolerance converts to the type (RFC 7643 §2.3). */
const NEVER: Record<string, unknown[]> = {
  string: [{}, { a: "b" }, ["a", "b"], [["a"]]],
  boolean: ["perhaps", 1, 0, {}, [true, false]],
  reference: [{}, ["a", "b"]],
  binary: ["%%%", {}, ["a", "b"]],
  complex: [[[1]], [[{ value: "x" }]]],
};

/** Values of another JSON type. */
const NOT_STRICTLY: Record<string, unknown[]> = {
  string: [1, true, ["a"]],
  boolean: ["true", "False", [true]],
  reference: [1, true, ["a"]],
  binary: [1, true, ["a"]],
  complex: ["text", 5, true, ""],
};

function body({ schema, attribute, parent }: Typed, value: unknown): object {
  const member =
    parent === undefined
      ? { [attribute.name]: value }
      : { [parent.name]: parent.multiValued ? [{ [attribute.name]: value }] : { [attribute.name]: value } };
  if (schema === GROUP) return { schemas: [GROUP], displayName: "typed group", ...member };
  if (schema === USER) return { schemas: [USER], userName: "typed2", ...member };
  return { schemas: [USER, ENTERPRISE], userName: "typed2", [ENTERPRISE]: member };
}

const endpoint = ({ schema }: Typed) => (schema === GROUP ? "/Groups" : "/Users");

test("a value of a wrong type is rejected for every attribute of every schema, naming it (RFC 7643 §2.3)", async () => {
  await changingNothing(tolerant.client, async () => {
    for (const each of typed) {
      for (const value of NEVER[each.attribute.type] ?? assert.fail(each.attribute.type)) {
        const answer = await tolerant.client.post(endpoint(each), body(each, value));
        const detail = new RegExp(`${each.path.replace("$", "\\$")} must be .*, but .* was sent`);
        refused(answer, 400, "invalidValue", detail);
      }
    }
  });
});

test("the strict profile accepts only values of the attribute's JSON type (RFC 7643 §2.3)", async () => {
  await changingNothing(strict.client, async () => {
    for (const each of typed) {
      const values = [...(NEVER[each.attribute.type] ?? []), ...(NOT_STRICTLY[each.attribute.type] ?? [])];
      for (const value of values) {
        refused(await strict.client.post(endpoint(each), body(each, value)), 400, "invalidValue", /./);
      }
    }
  });
});

test("PATCH rejects a value of a wrong type too, with or without a path", async () => {
  await changingNothing(tolerant.client, async () => {
    for (const { schema, path, attribute, parent } of typed) {
      if (schema === GROUP || parent?.multiValued) continue;
      const full = schema === ENTERPRISE ? `${ENTERPRISE}:${path}` : path;
      for (const value of NEVER[attribute.type] ?? []) {
        const answer = await tolerant.client.patch(userPath, [{ op: "replace", path: full, value }]);
        refused(answer, 400, "invalidValue", /^Operations\[0\]: .* must be .*, but .* was sent/);
      }
    }
    for (const [name, value] of [
      ["active", "perhaps"],
      ["name", 5],
      ["emails", [[1]]],
      [ENTERPRISE, "text"],
    ] as const) {
      const answer = await tolerant.client.patch(userPath, [{ op: "add", value: { [name]: value } }]);
      refused(answer, 400, "invalidValue", /^Operations\[0\]: /);
    }
  });
});

test("an extension that is not an object is rejected, and so are schemas that are not URNs", async () => {
  await changingNothing(tolerant.client, async () => {
    for (const value of ["text", 1, [], [{}], true]) {
      const answer = await tolerant.client.post("/Users", user("ext", { [ENTERPRISE]: value }));
      refused(answer, 400, "invalidValue", /enterprise:2\.0:User must be an object/);
    }
    for (const schemas of [[1], [null], [{}], [[USER]]]) {
      const answer = await tolerant.client.post("/Users", user("ext", { schemas }));
      refused(answer, 400, "invalidValue", /schemas must be an array of URNs/);
    }
  });
});

test("a missing, null or empty userName is rejected (RFC 7643 §4.1.1)", async () => {
  await changingNothing(tolerant.client, async () => {
    for (const userName of [undefined, null, "", [], [null]]) {
      const detail = /^userName is required\. Send a User with a userName\.$/;
      refused(await tolerant.client.post("/Users", { schemas: [USER], userName }), 400, "invalidValue", detail);
      refused(await tolerant.client.put(userPath, { schemas: [USER], userName }), 400, "invalidValue", detail);
    }
  });
});

test("an attribute without a schema is stored, and rejected in the strict profile", async () => {
  const unknown = { shoeSize: 38, badge: { colour: "red", marks: ["a", "b"] }, "urn:example:x:1.0": { a: 1 } };
  const created = succeeded(await tolerant.client.post("/Users", user("unknown", unknown)), 201);
  for (const [name, value] of Object.entries(unknown)) assert.deepEqual(created[name], value);
  assert.deepEqual((await tolerant.client.get(`/Users/${created.id}`)).body, created);
  await changingNothing(strict.client, async () => {
    for (const [name, value] of Object.entries(unknown)) {
      const answer = await strict.client.post("/Users", user("unknown", { [name]: value }));
      refused(answer, 400, "invalidSyntax", /is refused in the strict profile \(RFC 7643 §2\.1/);
    }
  });
});
