import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { newReading, type Profile } from "../dialect/tolerance.ts";
import { evaluateFilter } from "../filter/evaluate.ts";
import { parseFilter } from "../filter/parse.ts";
import { resolveFilter } from "../filter/resolve.ts";
import type { Json, JsonObject } from "../json.ts";
import { patch, refuses, USER } from "../patch/test-support.ts";
import { attribute } from "./attribute.ts";
import type { ResourceModel } from "./model.ts";
import { CORE, ENTERPRISE, EVERY_TYPE, modelOf, read, readThing, readUser } from "./test-support.ts";

// The rules of RFC 7643 §2 and §3 about attributes and values, one test per rule; more cases are beside the code.

const PROFILES: readonly Profile[] = ["tolerant", "strict", "interop"];

function matches(filter: string, resource: JsonObject, model: ResourceModel = EVERY_TYPE): boolean {
  const reading = newReading("strict");
  return evaluateFilter(resolveFilter(parseFilter(filter, reading), model, reading), resource);
}

describe("§2.1", () => {
  const model = modelOf([attribute("a-b_c$1", "")]);

  test("[RFC 7643 §2.1] names have letters, digits, $, - and _, and ignore letter case everywhere", () => {
    const { resource } = read({ "A-B_C$1": "x" }, model);
    assert.equal(resource["a-b_c$1"], "x");
    assert.equal(matches('A-b_C$1 eq "x"', resource, model), true);
    assert.equal(patch(resource, { op: "replace", path: "a-B_c$1", value: "y" }, model).resource["a-b_c$1"], "y");
  });

  test("[RFC 7643 §2.1] so an object cannot have two names that differ only in letter case", () => {
    refuses(() => read({ "a-b_c$1": "x", "A-b_c$1": "y" }, model), "invalidSyntax", /is given twice/);
  });

  test("[RFC 7643 §2.1] attributes are defined by a schema: others are stored with a note, or rejected", () => {
    assert.deepEqual(readUser({ shoe: 38 }).codes, ["unknown-attribute"]);
    for (const profile of ["strict", "interop"] as const) {
      refuses(
        () => readUser({ shoe: 38 }, profile),
        "invalidSyntax",
        /^shoe: an attribute that no schema defines is ref/,
      );
    }
  });
});

describe("§2.3", () => {
  test("[RFC 7643 §2.3.5] a dateTime has a date and a time; the strict profile rejects an empty one", () => {
    assert.equal(readThing({ dateTime: "" }).resource["dateTime"], "");
    refuses(() => readThing({ dateTime: "" }, "strict"), "invalidValue", /^dateTime must be a date and time such as/);
    for (const profile of PROFILES)
      refuses(() => readThing({ dateTime: "2008-01-23" }, profile), "invalidValue", /^dateT/);
  });

  test("[RFC 7643 §2.3.6] a binary may lack its padding, and may have the alphabet of URLs", () => {
    for (const binary of ["QQ==", "QQ", "-_-_"])
      assert.equal(readThing({ binary }, "strict").resource["binary"], binary);
  });

  test("[RFC 7643 §2.3.6, §2.3.7] a binary and a reference are case exact, a string is not", () => {
    const thing = { binary: "QQ==", reference: "Users/a", string: "A" };
    assert.equal(matches('binary eq "qq=="', thing) || matches('string eq "b"', thing), false);
    const caseExact = modelOf([
      attribute("reference", "", { type: "reference", referenceTypes: ["uri"], caseExact: true }),
    ]);
    assert.equal(matches('reference eq "users/A"', thing, caseExact), false);
    assert.equal(matches('string eq "a"', thing), true);
  });

  test("[RFC 7643 §2.3.7] a reference is an absolute or relative URI; other texts are stored, or rejected", () => {
    const uris = ["https://[::1]:8080/a?b=c#d", "urn:ietf:rfc:7643", "../Users/1", "", "a%20b", "?x", "(a)*'!$&;,+"];
    for (const reference of uris) assert.equal(readThing({ reference }, "strict").resource["reference"], reference);
    for (const reference of ["a b", "ä", "a%2", "<a>", "a\nb", 'a"', "a\\b", "{a}", "a|b", "a^b"]) {
      refuses(
        () => readThing({ reference }, "strict"),
        "invalidValue",
        /^reference must be a URI as a string, but the text/,
      );
      assert.equal(readThing({ reference }).resource["reference"], reference);
    }
  });

  test("[RFC 7643 §2.3.8] the order of sub-attributes is not significant", () => {
    const [one, other] = [
      { value: "a", primary: true },
      { primary: true, value: "a" },
    ];
    assert.deepEqual(readThing({ complexes: [one] }).resource, readThing({ complexes: [other] }).resource);
    const operation = { op: "replace", path: "complexes", value: [other] };
    assert.deepEqual(patch({ complexes: [one] }, operation, EVERY_TYPE).changes, []);
  });
});

describe("§2.4", () => {
  const emails = [{ value: "a", primary: true }, { value: "b" }, { value: "c", primary: false }];

  test("[RFC 7643 §2.4] at most one value has primary true", () => {
    const twice = [
      { value: "a", primary: true },
      { value: "b", primary: true },
    ];
    assert.deepEqual(readUser({ emails: twice }).resource["emails"], [twice[0], { value: "b", primary: false }]);
    for (const profile of ["strict", "interop"] as const) {
      refuses(
        () => readUser({ emails: twice }, profile),
        "invalidValue",
        /^emails: a second value with primary true is/,
      );
    }
  });

  test("[RFC 7643 §2.4] a value without primary is assumed not to be primary", () => {
    const found = (filter: string, ...values: Json[]) => matches(filter, { emails: values }, USER);
    for (const filter of ["emails[primary eq false]", "emails.primary eq false", "emails.primary ne true"]) {
      assert.equal(found(filter, { value: "b" }), true, filter);
      assert.equal(found(filter, { value: "c", primary: false }), true, filter);
      assert.equal(found(filter, { value: "a", primary: true }), false, filter);
      assert.equal(found(filter), false, filter);
    }
    for (const filter of ["emails[primary ne false]", "emails.primary eq true"]) {
      assert.equal(found(filter, { value: "b" }), false, filter);
      assert.equal(found(filter, { value: "a", primary: true }), true, filter);
    }
    assert.equal(matches("active eq false", { userName: "x" }, USER), false);
  });

  test("[RFC 7643 §2.4] so a PATCH finds it, and creates one if there is none", () => {
    const operation = { op: "remove", path: "emails[primary eq false]" };
    assert.deepEqual(patch({ userName: "x", emails }, operation).resource["emails"], [emails[0]]);
    const { resource } = patch(
      { userName: "x" },
      { op: "replace", path: 'emails[primary eq false and type eq "work"].value', value: "n" },
    );
    assert.deepEqual(resource["emails"], [{ primary: false, type: "work", value: "n" }]);
  });
});

test("[RFC 7643 §2.5] null, an empty array and an absent member are the same state", () => {
  const nothing = readUser({}).resource;
  for (const members of [{ title: null }, { emails: [] }, { emails: null }, { name: {} }, { [ENTERPRISE]: null }]) {
    for (const profile of PROFILES) assert.deepEqual(readUser(members as JsonObject, profile).resource, nothing);
  }
  const held = { userName: "x", title: "t", emails: [{ value: "a" }] };
  for (const [path, value] of [
    ["title", null],
    ["emails", []],
    ["emails", null],
  ] as [string, Json][]) {
    const after = patch(held, { op: "replace", path, value }).resource;
    assert.deepEqual(after, patch(held, { op: "remove", path }).resource);
    assert.equal(Object.hasOwn(after, path), false);
  }
});

describe("§3", () => {
  test("[RFC 7643 §3] schemas always contains the base schema, and an extension if the resource has some of it", () => {
    const { resource } = read(
      { schemas: [CORE, ENTERPRISE], userName: "x", [ENTERPRISE]: { department: "T" } },
      USER,
      "strict",
    );
    assert.deepEqual(resource["schemas"], [CORE, ENTERPRISE]);
    assert.deepEqual(patch(resource, { op: "remove", path: `${ENTERPRISE}:department` }).resource["schemas"], [CORE]);
  });

  test("[RFC 7643 §3] schemas has no duplicates: one counts, or they are rejected", () => {
    const body = { schemas: [CORE, CORE.toUpperCase()], userName: "x" };
    assert.deepEqual(read(body).resource["schemas"], [CORE]);
    for (const profile of ["strict", "interop"] as const) {
      refuses(() => read(body, USER, profile), "invalidValue", /^schemas lists urn:\S+ twice; list each once/i);
    }
  });

  test("[RFC 7643 §3.1] every resource type has the common attributes, and the service provider sets id and meta", () => {
    const { resource } = readThing({ id: "1", externalId: "e", meta: { version: "x" } }, "strict");
    assert.deepEqual(resource, { schemas: [EVERY_TYPE.type.schema.id], externalId: "e" });
    assert.equal(matches('externalId eq "E"', { externalId: "e" }), false);
    assert.equal(matches('id eq "A"', { id: "a" }), false);
  });

  test("[RFC 7643 §3.3] attributes of an extension are in their own container", () => {
    const model = modelOf(
      [attribute("color", "")],
      [
        {
          schema: { id: "urn:example:x:2.0", name: "X", description: "", attributes: [attribute("color", "")] },
          required: false,
        },
      ],
    );
    const body = { color: "red", "urn:example:x:2.0": { color: "blue" } };
    const { resource } = read(body, model);
    assert.equal(resource["color"], "red");
    assert.deepEqual(resource["urn:example:x:2.0"], { color: "blue" });
    assert.equal(matches('urn:example:x:2.0:color eq "blue" and color eq "red"', resource, model), true);
  });
});
