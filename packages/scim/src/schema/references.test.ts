import assert from "node:assert/strict";
import { test } from "node:test";
import { GROUP, USER } from "../patch/test-support.ts";
import { type Attribute, attribute } from "./attribute.ts";
import type { ResourceModel } from "./model.ts";
import { referenceAttributes } from "./model.ts";
import { ENTERPRISE, modelOf } from "./test-support.ts";

function referencesOf(model: ResourceModel): unknown[] {
  return referenceAttributes(model).map(({ attribute, types, derived }) => [
    attribute.path,
    types.join(" "),
    derived.map(({ name }) => name).join(" "),
  ]);
}

function ref(...referenceTypes: string[]): Attribute {
  return attribute("$ref", "", { type: "reference", referenceTypes });
}

function referring(name: string, ...subAttributes: Attribute[]): Attribute {
  return attribute(name, "", { type: "complex", subAttributes });
}

test("[RFC 7643 §4.3] a user refers to its manager, whose name and $ref are derived", () => {
  assert.deepEqual(referencesOf(USER), [[`${ENTERPRISE}:manager`, "User", "$ref displayName"]]);
});

test("[RFC 7643 §4.2] a group refers to its members, which are users and groups", () => {
  assert.deepEqual(referencesOf(GROUP), [["members", "User Group", "$ref type display"]]);
});

test("[RFC 7643 §2.4] any complex attribute with value and $ref refers to resources", () => {
  const value = attribute("value", "");
  const model = modelOf([
    referring("owner", value, ref("User")),
    referring("location", value, ref("Site", "Room"), attribute("type", "", { canonicalValues: ["Site", "Room"] })),
    referring("contact", value, ref("User"), attribute("type", "", { canonicalValues: ["day", "User"] })),
    referring("deputy", value, ref("User"), attribute("type", ""), attribute("display", "")),
    attribute("seats", "", { type: "complex", multiValued: true, subAttributes: [value, ref("Seat")] }),
  ]);
  assert.deepEqual(referencesOf(model), [
    ["owner", "User", "$ref"],
    ["location", "Site Room", "$ref type"],
    ["contact", "User", "$ref"],
    ["deputy", "User", "$ref"],
    ["seats", "Seat", "$ref"],
  ]);
});

test("[RFC 7643 §7] external references, those without an ID, and readOnly ones do not", () => {
  const value = attribute("value", "");
  const model = modelOf([
    referring("photo", value, ref("external")),
    referring("policy", value, ref("User", "uri")),
    referring("link", ref("User")),
    referring("email", value),
    { ...referring("groups", value, ref("Group")), mutability: "readOnly" },
    attribute("site", "", { type: "reference", referenceTypes: ["Site"] }),
  ]);
  assert.deepEqual(referencesOf(model), []);
});
