import assert from "node:assert/strict";
import { test } from "node:test";
import { GROUP, USER } from "../patch/test-support.ts";
import { attribute } from "./attribute.ts";
import { uniqueAttributes } from "./model.ts";
import { modelOf } from "./test-support.ts";

test("users are unique by userName, groups by displayName, and everything by its ID", () => {
  assert.deepEqual(
    uniqueAttributes(USER).map(({ path }) => path),
    ["userName"],
  );
  assert.deepEqual(
    uniqueAttributes(GROUP).map(({ path }) => path),
    ["displayName"],
  );
});

test("[RFC 7643 §7] server and global, in sub-attributes and extensions too", () => {
  const tags = [attribute("value", "", { uniqueness: "server" }), attribute("type", "")];
  const extension = {
    id: "urn:example:x:2.0",
    name: "X",
    description: "",
    attributes: [attribute("id", "", { uniqueness: "server" })],
  };
  const model = modelOf(
    [
      attribute("serial", "", { uniqueness: "global" }),
      attribute("label", ""),
      attribute("tags", "", { type: "complex", multiValued: true, subAttributes: tags }),
    ],
    [{ schema: extension, required: false }],
  );
  assert.deepEqual(
    uniqueAttributes(model).map(({ path }) => path),
    ["serial", "tags.value", "urn:example:x:2.0:id"],
  );
});
