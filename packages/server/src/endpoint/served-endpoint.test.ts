import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type JsonObject, ScimError } from "@scimtool/scim";
import { serveEndpoint } from "./served-endpoint.ts";

const DEVICE_SCHEMA = {
  id: "urn:example:params:scim:schemas:Device",
  name: "Device",
  attributes: [
    { name: "serialNumber", type: "string", required: true, uniqueness: "server", caseExact: true },
    { name: "boughtAt", type: "dateTime" },
    { name: "tags", type: "complex", multiValued: true, subAttributes: [{ name: "value", type: "string" }] },
  ],
};
const DEVICE_TYPE = { name: "Device", endpoint: "/Devices", schema: DEVICE_SCHEMA.id };

function serve(settings: JsonObject) {
  return serveEndpoint({ key: 1, revision: 1, name: "default", settings });
}

function refused(settings: JsonObject, detail: RegExp): void {
  assert.throws(
    () => serve(settings),
    (error) => error instanceof ScimError && error.status === 400 && detail.test(error.detail),
  );
}

describe("an endpoint", () => {
  test("with default settings has users and groups, and unique group names", () => {
    const { models, basePath, settings } = serve({});
    assert.deepEqual(
      models.map(({ type }) => type.endpoint),
      ["/Users", "/Groups"],
    );
    assert.equal(basePath, "/scim/v2");
    assert.deepEqual(
      [settings.profile, settings.danglingReferences, settings.recreate],
      ["tolerant", "accept", "refuse"],
    );
    assert.equal(models[1]?.attributes.get("displayname")?.uniqueness, "server");
  });

  test("with a name has a base path of its own", () => {
    assert.equal(
      serveEndpoint({ key: 2, revision: 1, name: "okta-test", settings: {} }).basePath,
      "/scim/endpoints/okta-test/v2",
    );
  });

  test("in the strict profile rejects unknown references, unless its settings accept them", () => {
    assert.equal(serve({ profile: "strict" }).settings.danglingReferences, "refuse");
    assert.equal(serve({ profile: "strict", danglingReferences: "accept" }).settings.danglingReferences, "accept");
  });

  test("can allow equal group names, and make other attributes unique", () => {
    const { models } = serve({
      unique: [
        "User:externalId",
        "User:emails.value",
        "User:urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber",
      ],
    });
    const [user, group] = models;
    assert.equal(group?.attributes.get("displayname")?.uniqueness, "none");
    assert.equal(user?.attributes.get("username")?.uniqueness, "server");
    assert.equal(user?.attributes.get("externalid")?.uniqueness, "server");
    assert.equal(user?.attributes.get("emails")?.children.get("value")?.uniqueness, "server");
    const [enterprise] = [...(user?.extensions.values() ?? [])];
    assert.equal(enterprise?.attributes.get("employeenumber")?.uniqueness, "server");
    assert.equal(enterprise?.attributes.get("department")?.uniqueness, "none");
  });

  test("can have custom resource types", () => {
    const { modelAt } = serve({
      schemas: [DEVICE_SCHEMA],
      resourceTypes: [DEVICE_TYPE],
      indexed: ["Device:boughtAt", "Device:tags.value"],
    });
    assert.deepEqual(modelAt.get("Devices")?.type.indexed, ["boughtAt", "tags.value"]);
  });

  test("rejects settings that name something unknown, and says which", () => {
    refused(
      { unique: ["Device:serialNumber"] },
      /^unique: "Device:serialNumber" names no resource type\. Use one of: User, Group/,
    );
    refused({ indexed: ["User:shoeSize"] }, /^indexed: User has no attribute "shoeSize"/);
    refused({ unique: ["User:name"] }, /^unique: User:name is complex; name a sub-attribute/);
    refused({ indexed: ["User:password"] }, /^indexed: User:password cannot be used here/);
    refused({ resourceTypes: [DEVICE_TYPE] }, /^resourceTypes\[0\]: .*urn:example:params:scim:schemas:Device/);
    refused({ schemas: [{ ...DEVICE_SCHEMA, attributes: [{ name: "x", type: "text" }] }] }, /^schemas\[0\]: .*x.*type/);
  });
});
