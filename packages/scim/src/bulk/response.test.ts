import assert from "node:assert/strict";
import { test } from "node:test";
import { badRequest, ScimError } from "../message/error.ts";
import { bulkResponseText } from "./message.ts";

test("[RFC 7644 §3.7.3] a result has the resource's location and version, and its status as a string", () => {
  const location = "https://example.com/v2/Users/92b725cd";
  const text = bulkResponseText([
    { method: "POST", bulkId: "qwerty", location, version: 'W/"oY4m"', outcome: 201 },
    { method: "DELETE", location, outcome: 204 },
  ]);
  assert.deepEqual(JSON.parse(text), {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],
    Operations: [
      { location, method: "POST", bulkId: "qwerty", version: 'W/"oY4m"', status: "201" },
      { location, method: "DELETE", status: "204" },
    ],
  });
});

test("[RFC 7644 §3.7.3] a failure contains its error response, and no version", () => {
  const location = "https://example.com/v2/Users/b7c14771";
  const text = bulkResponseText([
    { method: "POST", bulkId: "qwerty", outcome: badRequest("invalidSyntax", { code: "bodyEmpty" }, "no.") },
    { method: "PUT", location, version: 'W/"1"', outcome: new ScimError(412, "changed.") },
    { outcome: badRequest("invalidSyntax", { code: "bodyEmpty" }, "no object.") },
  ]);
  const schemas = ["urn:ietf:params:scim:api:messages:2.0:Error"];
  const invalidSyntax = (detail: string) => ({ schemas, scimType: "invalidSyntax", detail, status: "400" });
  assert.deepEqual(JSON.parse(text).Operations, [
    { method: "POST", bulkId: "qwerty", status: "400", response: invalidSyntax("no.") },
    { location, method: "PUT", status: "412", response: { schemas, detail: "changed.", status: "412" } },
    { status: "400", response: invalidSyntax("no object.") },
  ]);
});
