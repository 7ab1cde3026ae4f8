import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { GROUP, USER } from "../patch/test-support.ts";
import { parseAttributePath } from "../path/parse.ts";
import { attribute } from "./attribute.ts";
import { type AttributeNode, findAttribute, type ResourceModel } from "./model.ts";
import { CORE, ENTERPRISE, modelOf } from "./test-support.ts";

function find(path: string, model: ResourceModel = USER): string | undefined {
  return findAttribute(model, parseAttributePath(path))?.path;
}

test("an attribute is found by its name in any letter case (RFC 7643 §2.1)", () => {
  for (const name of ["userName", "username", "USERNAME", "uSERnAME"]) assert.equal(find(name), "userName");
  assert.equal(find("NAME.givenname"), "name.givenName");
  assert.equal(find("emails.$REF"), undefined);
  assert.equal(find("groups.$REF"), "groups.$ref");
});

test("common attributes are found in every resource type (RFC 7643 §3.1)", () => {
  for (const model of [USER, GROUP, modelOf([])]) {
    for (const path of ["schemas", "id", "externalId", "meta", "meta.lastModified", "meta.version"]) {
      assert.equal(find(path, model), path);
    }
  }
});

test("the URN of the core schema is optional, that of an extension is not (RFC 7644 §3.10)", () => {
  assert.equal(find(`${CORE}:userName`), "userName");
  assert.equal(find(`${CORE.toUpperCase()}:NAME.GIVENNAME`), "name.givenName");
  assert.equal(find(`${ENTERPRISE}:department`), `${ENTERPRISE}:department`);
  assert.equal(find(`${ENTERPRISE.toLowerCase()}:MANAGER.value`), `${ENTERPRISE}:manager.value`);
  assert.equal(find("department"), undefined);
  assert.equal(find(`${ENTERPRISE}:userName`), undefined);
  assert.equal(find(`${CORE}:department`), undefined);
  assert.equal(find("urn:example:other:2.0:User:userName"), undefined);
});

test("names of Object.prototype are unknown", () => {
  for (const name of ["constructor", "toString", "hasOwnProperty", "valueOf", "name.constructor", "userName.length"]) {
    assert.equal(find(name), undefined, name);
  }
});

test("a node knows its path, its keys, its parent and its extension", () => {
  const place = (path: string): unknown => {
    const node = findAttribute(USER, parseAttributePath(path)) as AttributeNode;
    return { path: node.path, keys: node.keys, extension: node.extension, parent: node.parent?.path };
  };
  assert.deepEqual(place("userName"), {
    path: "userName",
    keys: ["userName"],
    extension: undefined,
    parent: undefined,
  });
  assert.deepEqual(place("emails.value"), {
    path: "emails.value",
    keys: ["emails", "value"],
    extension: undefined,
    parent: "emails",
  });
  assert.deepEqual(place(`${ENTERPRISE}:manager.$ref`), {
    path: `${ENTERPRISE}:manager.$ref`,
    keys: [ENTERPRISE, "manager", "$ref"],
    extension: ENTERPRISE,
    parent: `${ENTERPRISE}:manager`,
  });
});

test("a node has the characteristics of its definition, and its sub-attributes", () => {
  const emails = findAttribute(USER, { attribute: "emails" });
  assert.equal(emails?.multiValued, true);
  assert.deepEqual([...(emails?.children.keys() ?? [])], ["value", "display", "type", "primary"]);
  assert.equal(emails?.children.get("primary")?.type, "boolean");
  assert.equal(emails?.children.get("primary")?.parent, emails);
});

test("required attributes are those that a client must send", () => {
  const paths = (model: ResourceModel) => model.required.map(({ path }) => path);
  assert.deepEqual(paths(USER), ["userName"]);
  assert.deepEqual(paths(GROUP), ["displayName"]);
  const issued = attribute("serial", "", { required: true, mutability: "readOnly" });
  assert.deepEqual(paths(modelOf([issued, attribute("label", "", { required: true })])), ["label"]);
});

test("members of Group are the collection, User has none", () => {
  assert.equal(GROUP.collection, findAttribute(GROUP, { attribute: "members" }));
  assert.equal(USER.collection, undefined);
});

describe("a resource type has hidden attributes", () => {
  const hidden = (...definitions: Parameters<typeof attribute>[]) =>
    modelOf(definitions.map((each) => attribute(...each))).hasHiddenAttributes;
  const below = (definition: ReturnType<typeof attribute>) => {
    const schema = { id: "urn:example:more:2.0", name: "More", description: "", attributes: [definition] };
    return modelOf([], [{ schema, required: false }]).hasHiddenAttributes;
  };

  test("if one is returned on request", () => {
    assert.equal(hidden(["a", ""], ["b", "", { returned: "request" }]), true);
    assert.equal(hidden(["a", ""], ["b", "", { returned: "always" }]), false);
  });

  test("if a sub-attribute is returned on request or never", () => {
    for (const returned of ["request", "never"] as const) {
      const sub = attribute("b", "", { returned, mutability: "writeOnly" });
      assert.equal(hidden(["a", "", { type: "complex", subAttributes: [sub] }]), true);
    }
  });

  test("if one of an extension is never returned, also a writeOnly one, because it is stored", () => {
    assert.equal(below(attribute("a", "", { returned: "never" })), true);
    assert.equal(below(attribute("a", "", { returned: "never", mutability: "writeOnly" })), true);
    assert.equal(below(attribute("a", "")), false);
  });

  test("but not because of the password, which is not stored", () => {
    assert.equal(USER.hasHiddenAttributes, false);
    assert.equal(GROUP.hasHiddenAttributes, false);
  });
});

test("a writeOnly attribute is never returned, whatever its definition says (RFC 7643 §7)", () => {
  const model = modelOf([attribute("pin", "", { mutability: "writeOnly" })]);
  assert.equal(model.attributes.get("pin")?.returned, "never");
});
