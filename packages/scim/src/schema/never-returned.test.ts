import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Json, JsonObject } from "../json.ts";
import { deepFreeze, USER } from "../patch/test-support.ts";
import { EXTENSION, MODEL, thing } from "../projection/test-support.ts";
import { attribute } from "./attribute.ts";
import { withoutNeverReturned } from "./characteristics.ts";
import { modelOf, readUser, user } from "./test-support.ts";

function kept(resource: JsonObject, model = MODEL): JsonObject {
  return withoutNeverReturned(deepFreeze(resource), model);
}

test("[RFC 7643 §7] never-returned attributes are stored at no level, and all others are", () => {
  const subs = { salways: 1, sdefault: 2, srequest: 3, odd: 5 };
  const without = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(without);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, each]) => (name.endsWith("never") ? [] : [[name, without(each)]])),
    );
  };
  const whole = thing();
  assert.deepEqual(kept(whole), without(whole));
  assert.deepEqual(kept(whole)["mdefault"], [subs, subs]);
  assert.ok(JSON.stringify(whole).includes("never") && !JSON.stringify(kept(whole)).includes("never"));
});

test("members keep their order, because the text of a resource is stored", () => {
  const names = Object.keys(kept(thing()));
  assert.deepEqual(
    names,
    Object.keys(thing()).filter((name) => !name.endsWith("never")),
  );
});

test("a password is not stored, and a user without one stays the same object", () => {
  assert.deepEqual(kept(readUser({ password: "t1meMa$heen" }).resource, USER), readUser({}).resource);
  const plain = deepFreeze(user({ name: { givenName: "Babs" } }));
  assert.equal(withoutNeverReturned(plain, USER), plain);
});

test("empty parts are removed: values, attributes, and extensions with their URN", () => {
  const schemas = ["urn:example:core:2.0:Thing", EXTENSION];
  const resource = {
    schemas,
    mdefault: [{ snever: 1 }, { odd: 1 }],
    cdefault: { snever: 1 },
    [EXTENSION]: { xnever: 1 },
  };
  assert.deepEqual(kept(resource), { schemas: ["urn:example:core:2.0:Thing"], mdefault: [{ odd: 1 }] });
  assert.deepEqual(kept({ mdefault: [{ snever: 1 }] }), {});
  assert.deepEqual(kept({ anever: 1 }), {});
});

test("unchanged parts are the same objects, also values of other kinds", () => {
  const resource = deepFreeze({ cdefault: { odd: {} }, mdefault: ["x", {}], [EXTENSION]: 3, anever: 1 });
  const { cdefault, mdefault, ...rest } = kept(resource);
  assert.equal(cdefault, resource.cdefault);
  assert.equal(mdefault, resource.mdefault);
  assert.deepEqual(rest, { [EXTENSION]: 3 });
});

test("a writeOnly attribute is never returned (RFC 7643 §7)", () => {
  const model = modelOf([attribute("pin", "", { mutability: "writeOnly" }), attribute("label", "")]);
  assert.deepEqual(kept({ pin: "1", label: "x" }, model), { label: "x" });
});

test("doing it again changes nothing, for any resource", () => {
  const names = fc.constantFrom("anever", "cdefault", "cnever", "mdefault", EXTENSION, "snever", "xcdefault", "odd");
  const json = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom<Json>(1, "x", null),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(names, tie("value"), { maxKeys: 4 }),
    ),
  })).value;
  fc.assert(
    fc.property(fc.dictionary(names, json), (resource) => {
      const once = kept({ ...resource });
      assert.equal(withoutNeverReturned(once, MODEL), once);
    }),
  );
});
