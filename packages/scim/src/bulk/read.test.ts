import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { newReading } from "../dialect/tolerance.ts";
import type { Json, JsonObject } from "../json.ts";
import { ScimError } from "../message/error.ts";
import { PATCH_SCHEMA } from "../patch/message.ts";
import { refuses } from "../patch/test-support.ts";
import { BULK_REQUEST_SCHEMA, bulkPayloadTooLarge, readBulk } from "./message.ts";
import { faultOf, LIMITS, operationsOf, post, read, request } from "./test-support.ts";

/** The request of RFC 7644 §3.7.3, with a PATCH as in §3.5.2. */
const EXAMPLE = {
  schemas: [BULK_REQUEST_SCHEMA],
  failOnErrors: 1,
  Operations: [
    { method: "POST", path: "/Users", bulkId: "qwerty", data: { userName: "Alice" } },
    { method: "PUT", path: "/Users/b7c14771", version: 'W/"3694e05e9dff591"', data: { userName: "Bob" } },
    { method: "PATCH", path: "/Users/5d8d29d3", version: 'W/"edac3253e2c0ef2"', data: { Operations: [] } },
    { method: "DELETE", path: "/Users/e9025315", version: 'W/"0ee8add0a938e1a"' },
  ],
};

test("[RFC 7644 §3.7.3] the example is read", () => {
  const { entries, failOnErrors, codes } = read(EXAMPLE, "strict");
  assert.equal(failOnErrors, 1);
  assert.deepEqual(codes, []);
  const path = (id: string) => ({ endpoint: "/Users", id });
  const kind = "operation";
  assert.deepEqual(entries, [
    { kind, index: 0, method: "POST", bulkId: "qwerty", path: { endpoint: "/Users" }, data: { userName: "Alice" } },
    {
      kind,
      index: 1,
      method: "PUT",
      path: path("b7c14771"),
      version: 'W/"3694e05e9dff591"',
      data: { userName: "Bob" },
    },
    {
      kind,
      index: 2,
      method: "PATCH",
      path: path("5d8d29d3"),
      version: 'W/"edac3253e2c0ef2"',
      data: { Operations: [] },
    },
    { kind, index: 3, method: "DELETE", path: path("e9025315"), version: 'W/"0ee8add0a938e1a"' },
  ]);
});

test("names ignore letter case, null means absent, and members that an operation does not need are ignored", () => {
  const [operation] = operationsOf({
    METHOD: "DELETE",
    Path: "Users/1",
    BulkId: "a",
    version: null,
    data: 3,
    status: 1,
  });
  assert.deepEqual(operation, {
    kind: "operation",
    index: 0,
    method: "DELETE",
    bulkId: "a",
    path: { endpoint: "/Users", id: "1" },
  });
  assert.equal(read({ ...request(post("a")), failOnErrors: null }).failOnErrors, undefined);
  assert.equal(Object.hasOwn(operationsOf({ ...post("a"), version: 3 })[0] ?? {}, "version"), false);
});

describe("[RFC 7644 §3.7] a path names a resource type or a resource", () => {
  const pathOf = (path: string) => operationsOf({ method: "DELETE", path })[0]?.path;

  test("with or without its first slash, percent-encoded or not", () => {
    assert.deepEqual(pathOf("/Users/2819c223"), { endpoint: "/Users", id: "2819c223" });
    assert.deepEqual(pathOf("Users/2819c223"), { endpoint: "/Users", id: "2819c223" });
    assert.deepEqual(pathOf("/Users/a%20b%2Fc"), { endpoint: "/Users", id: "a b/c" });
  });

  test("or of one that another operation creates", () => {
    assert.deepEqual(pathOf("/Groups/bulkId:ytrewq"), { endpoint: "/Groups", bulkId: "ytrewq" });
    assert.deepEqual(pathOf("/Groups/bulkId%3Aytrewq"), { endpoint: "/Groups", bulkId: "ytrewq" });
    assert.deepEqual(pathOf("/Groups/bulkId:"), { endpoint: "/Groups", id: "bulkId:" });
  });

  test("and nothing else", () => {
    for (const path of [
      "",
      "/",
      "//1",
      "/Users/",
      "/Users/1/x",
      "/Users/%",
      "/Users/1?a=b",
      "/Users#1",
      "/Us ers/1",
      "https://example.com/Users/1",
    ]) {
      const { error } = faultOf({ method: "DELETE", path });
      assert.match(error.detail, /^path must be that of a resource type or of a resource, such as/, path);
      assert.equal(error.scimType, "invalidPath");
    }
    assert.ok(faultOf({ method: "DELETE", path: "/".repeat(100_000) }).error.detail.length < 300);
  });

  test("as the method requires", () => {
    const { error, path } = faultOf({ ...post("a"), path: "/Users/1" });
    assert.match(error.detail, /^path must be that of a resource type when method is "POST", such as "\/Users"\.$/);
    assert.equal(path, undefined);
    for (const method of ["PUT", "PATCH", "DELETE"]) {
      assert.match(faultOf({ method, path: "/Users", data: {} }).error.detail, /^path must be that of a resource when/);
    }
  });
});

describe("an invalid operation becomes a result", () => {
  const cases: [string, Json, string | undefined, RegExp][] = [
    ["that is no object", "POST", "invalidSyntax", /^An operation is an object, but a string was sent\.$/],
    [
      "without a method",
      { path: "/Users" },
      "invalidSyntax",
      /^method must be one of POST, PUT, PATCH, DELETE, but nothing/,
    ],
    [
      "that reads",
      { method: "GET", path: "/Users/1" },
      "invalidSyntax",
      /^method must be one of .*, but "GET" was sent\.$/,
    ],
    ["in lower case", { method: "post", path: "/Users" }, "invalidSyntax", /but "post" was sent/],
    ["whose method is no text", { method: 1 }, "invalidSyntax", /^method must be a string, but it is a number\.$/],
    ["without a path", { method: "DELETE" }, "invalidPath", /^path is required/],
    [
      "that creates without a bulkId",
      { method: "POST", path: "/Users", data: {} },
      "invalidValue",
      /^bulkId is required when/,
    ],
    ["that creates with an empty bulkId", post(""), "invalidValue", /^bulkId is required when/],
    ["whose bulkId is no text", { ...post("a"), bulkId: 1 }, "invalidSyntax", /^bulkId must be a string/],
    ["whose bulkId is very long", post("x".repeat(201)), "invalidValue", /^bulkId may have at most 200 characters/],
    [
      "whose version is no text",
      { method: "DELETE", path: "/Users/1", version: 1 },
      "invalidSyntax",
      /^version must be/,
    ],
    [
      "that replaces by nothing",
      { method: "PUT", path: "/Users/1" },
      "invalidSyntax",
      /^data must be an object when method is "PUT"/,
    ],
    [
      "that creates an array",
      { ...post("a"), data: [] },
      "invalidSyntax",
      /^data must be an object .* it is an array\.$/,
    ],
    [
      "with two paths",
      { method: "DELETE", path: "/Users/1", PATH: "/Users/2" },
      "invalidSyntax",
      /^path is given twice/,
    ],
  ];
  for (const [what, operation, scimType, detail] of cases) {
    test(what, () => {
      const { error } = faultOf(operation);
      assert.deepEqual([error.status, error.scimType], [400, scimType]);
      assert.match(error.detail, detail);
    });
  }

  test("with its readable parts, while the others continue", () => {
    const { entries } = read(
      request(post("a"), { method: "PUT", path: "/Users/1", bulkId: "b" }, { method: "GET" }, post("c")),
    );
    assert.deepEqual(
      entries.map(({ kind }) => kind),
      ["operation", "fault", "fault", "operation"],
    );
    const { error: _, ...fault } = entries[1] as { error: ScimError };
    assert.deepEqual(fault, {
      kind: "fault",
      index: 1,
      method: "PUT",
      bulkId: "b",
      path: { endpoint: "/Users", id: "1" },
    });
    assert.equal(entries[2]?.method, "GET");
  });

  test("[RFC 7644 §3.7] a bulkId that two operations create fails both", () => {
    const { entries } = read(
      request(post("a"), post("b"), post("a"), { method: "DELETE", path: "/Users/1", bulkId: "b" }),
    );
    assert.deepEqual(
      entries.map(({ kind }) => kind),
      ["fault", "operation", "fault", "operation"],
    );
    const [first] = entries;
    assert.ok(first?.kind === "fault" && first.bulkId === "a" && first.path?.endpoint === "/Users");
    assert.match(
      first.error.detail,
      /^the bulkId "a" is used by more than one operation\. Give each operation its own\.$/,
    );
    // An operation with another mistake also has this bulkId.
    assert.equal(read(request(post("a"), { ...post("a"), data: null })).entries[0]?.kind, "fault");
  });
});

test("the operations of a PATCH without a message are accepted with a note, rejected in the strict profile", () => {
  const operations = [{ op: "remove", path: "nickName" }];
  const patch = { method: "PATCH", path: "/Users/1", data: operations };
  assert.deepEqual(operationsOf(patch)[0]?.data, { schemas: [PATCH_SCHEMA], Operations: operations });
  assert.deepEqual(read(request(patch)).codes, ["message-schema"]);
  assert.match(
    faultOf(patch, "strict").error.detail,
    /^Operations\[0\]\.data: an array is refused in the strict profile/,
  );
});

describe("the message as a whole", () => {
  test("names its schema; a missing one is tolerated", () => {
    const body = { Operations: [post("a")] };
    assert.deepEqual(read(body).codes, ["message-schema"]);
    refuses(() => read(body, "strict"), "invalidSyntax", /^schemas: a message without urn:\S+:BulkRequest is refused/);
    assert.deepEqual(read({ ...body, schemas: [BULK_REQUEST_SCHEMA.toUpperCase()] }, "strict").codes, []);
  });

  test("is an object with operations", () => {
    for (const body of [null, [], "x", 1] as Json[])
      refuses(() => read(body), "invalidSyntax", /^A BulkRequest is a JSON/);
    refuses(() => read(request()), "invalidSyntax", /^Operations must be an array of one or more operations/);
    assert.deepEqual(read({ ...request(), Operations: post("a") }).codes, ["operations-shape"]);
  });

  test("[RFC 7644 §3.7] may stop after a number of errors", () => {
    const failing = (failOnErrors: Json, profile: "tolerant" | "strict" = "tolerant") =>
      read({ ...request(post("a")), failOnErrors }, profile).failOnErrors;
    assert.equal(failing(3), 3);
    assert.equal(failing("3"), 3);
    refuses(() => failing("3", "strict"), "invalidValue", /^failOnErrors: a text is refused/);
    for (const value of [-1, 1.5, "", "x", true, [], {}] as Json[]) {
      refuses(() => failing(value), "invalidValue", /^failOnErrors must be a whole number of 0 or more\. Leave it out/);
    }
    assert.equal(failing(0), undefined);
    refuses(() => failing(0, "strict"), "invalidValue", /^failOnErrors must be a whole number of 1 or more/);
    assert.equal(read(request(post("a"))).failOnErrors, undefined);
  });

  test("[RFC 7644 §3.7.4] has limits, which the error names", () => {
    const limits = { maxOperations: 2, maxPayloadSize: 1_048_576 };
    const bulk = (count: number) => () =>
      readBulk(
        request(...Array.from({ length: count }, (_, index) => post(`${index}`))),
        limits,
        newReading("tolerant"),
      );
    assert.doesNotThrow(bulk(2));
    const both =
      "One request may have 2 operations (maxOperations) and 1048576 bytes (maxPayloadSize). Send several smaller ones.";
    assert.throws(bulk(3), {
      status: 413,
      scimType: undefined,
      detail: `The number of operations (3) exceeds maxOperations. ${both}`,
    });
    const tooLarge = bulkPayloadTooLarge(limits);
    assert.deepEqual(
      [tooLarge.status, tooLarge.detail],
      [413, `The size of the bulk request exceeds maxPayloadSize. ${both}`],
    );
  });
});

test("any JSON is read or rejected with a ScimError, every operation once", () => {
  const member = fc.constantFrom("method", "path", "bulkId", "data", "version", "__proto__", "constructor");
  const value = fc.oneof(
    fc.constantFrom<Json>("POST", "PUT", "PATCH", "DELETE", "/Users", "/Users/1", "a", null),
    fc.jsonValue() as fc.Arbitrary<Json>,
  );
  const operation = fc.oneof(fc.dictionary(member, value) as fc.Arbitrary<Json>, fc.jsonValue() as fc.Arbitrary<Json>);
  fc.assert(
    fc.property(
      fc.array(operation, { maxLength: 4 }),
      fc.dictionary(fc.string(), fc.jsonValue()),
      (operations, more) => {
        try {
          const { entries } = readBulk(
            { ...(more as JsonObject), ...request(...operations) },
            LIMITS,
            newReading("tolerant"),
          );
          assert.deepEqual(
            entries.map(({ index }) => index),
            [...operations.keys()],
          );
        } catch (error) {
          assert.ok(error instanceof ScimError, String(error));
        }
      },
    ),
  );
});
