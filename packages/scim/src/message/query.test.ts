import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Json, JsonObject } from "../json.ts";
import { deepFreeze, refuses } from "../patch/test-support.ts";
import { ScimError } from "./error.ts";
import { type QueryParameters, readSearchRequest, readUrlQuery, SEARCH_REQUEST_SCHEMA } from "./query.ts";

const DEFAULTS: QueryParameters = { sortOrder: "ascending", startIndex: 1, attributes: [], excludedAttributes: [] };

/** URL parameters by lower-case name, as the server's query parser returns them. */
function url(parameters: Record<string, string>): QueryParameters {
  return readUrlQuery(new Map(Object.entries(parameters).map(([name, value]) => [name.toLowerCase(), value])));
}

function search(members: JsonObject): QueryParameters {
  return readSearchRequest(deepFreeze({ schemas: [SEARCH_REQUEST_SCHEMA], ...members }));
}

test("the default is the first page of everything (RFC 7644 §3.4.2.4)", () => {
  assert.deepEqual(url({}), DEFAULTS);
  assert.deepEqual(search({}), DEFAULTS);
});

test("a SearchRequest of RFC 7644 §3.4.3 is read", () => {
  const figure4 = {
    attributes: ["displayName", "userName"],
    filter: 'displayName sw "smith"',
    startIndex: 1,
    count: 10,
  };
  assert.deepEqual(search(figure4), { ...DEFAULTS, ...figure4 });
});

test("every parameter is read, from a URL and from a SearchRequest (RFC 7644 §3.4.2, §3.9)", () => {
  const expected: QueryParameters = {
    filter: "active eq true",
    sortBy: "name.familyName",
    sortOrder: "descending",
    startIndex: 11,
    count: 10,
    attributes: ["userName", "emails.value"],
    excludedAttributes: ["groups"],
  };
  assert.deepEqual(
    url({
      filter: "active eq true",
      sortBy: "name.familyName",
      sortOrder: "descending",
      startIndex: "11",
      count: "10",
      attributes: "userName,emails.value",
      excludedAttributes: "groups",
    }),
    expected,
  );
  assert.deepEqual(search(expected as unknown as JsonObject), expected);
});

describe("startIndex and count (RFC 7644 §3.4.2.4)", () => {
  const page = (startIndex: Json, count: Json) => {
    const { startIndex: start, count: most } = search({ startIndex, count });
    return [start, most];
  };

  test("a startIndex below 1 means 1, a negative count means 0", () => {
    assert.deepEqual(page(0, 0), [1, 0]);
    assert.deepEqual(page(-5, -1), [1, 0]);
    assert.deepEqual(page("-5", "-1"), [1, 0]);
    assert.deepEqual(page("0", "0"), [1, 0]);
    const { count } = url({ count: "-0" });
    assert.ok(Object.is(count, 0));
  });

  test("numbers may be text, with a sign and blanks", () => {
    assert.deepEqual(page("11", "10"), [11, 10]);
    assert.deepEqual(page(" 11 ", "+10"), [11, 10]);
    assert.deepEqual(page("007", "010"), [7, 10]);
  });

  test("huge numbers mean very many, and stay usable numbers", () => {
    const most = Number.MAX_SAFE_INTEGER;
    const huge = "9".repeat(400);
    assert.deepEqual(page(huge, huge), [most, most]);
    assert.deepEqual(page(1e300, Number.POSITIVE_INFINITY), [most, most]);
    assert.deepEqual(page(`-${huge}`, -1e300), [1, 0]);
    assert.deepEqual(page(2 ** 53, String(2 ** 53)), [most, most]);
  });

  test("null and an empty text count as absent", () => {
    for (const nothing of [null, ""] as Json[]) {
      const parameters = search({ startIndex: nothing, count: nothing });
      assert.deepEqual(parameters, DEFAULTS);
      assert.equal(Object.hasOwn(parameters, "count"), false);
    }
  });

  test("anything but a whole number is rejected", () => {
    for (const value of [
      1.5,
      "1.5",
      "1e3",
      "0x10",
      "ten",
      "1,000",
      " ",
      "--1",
      true,
      [],
      [1],
      {},
      Number.NaN,
    ] as Json[]) {
      refuses(() => search({ count: value }), "invalidValue", /^count must be a whole number, for example count=1\.$/);
      refuses(() => search({ startIndex: value }), "invalidValue", /^startIndex must be a whole number/);
    }
  });
});

describe("cursor (RFC 9865)", () => {
  test("[RFC 9865 §2] requests the first page if it is empty", () => {
    assert.deepEqual(url({ cursor: "", count: "10" }), { ...DEFAULTS, cursor: "", count: 10 });
  });

  test("[RFC 9865 §2] requests another page with the cursor of the previous response, unchanged", () => {
    assert.equal(url({ CURSOR: "VZUTiyhEQJ94IR" }).cursor, "VZUTiyhEQJ94IR");
    const unreserved = "AZaz09-._~";
    assert.equal(url({ cursor: unreserved }).cursor, unreserved);
    assert.equal(Object.hasOwn(url({ count: "1" }), "cursor"), false);
  });

  test("[RFC 9865 §2] has unreserved characters only", () => {
    for (const cursor of ["a b", "a+b", "a/b", "a=", "ä", "a%20", "\n", "a\u0000"]) {
      refuses(() => url({ cursor }), "invalidCursor", /^cursor contains invalid characters\. Send an empty one/);
    }
  });

  test("[RFC 9865 §3] is a member of a SearchRequest too, where null counts as absent", () => {
    const figure = { attributes: ["displayName"], filter: 'displayName sw "smith"', cursor: "", count: 10 };
    assert.deepEqual(search(figure), { ...DEFAULTS, ...figure });
    assert.deepEqual(search({ cursor: null, startIndex: 3 }), { ...DEFAULTS, startIndex: 3 });
    for (const cursor of [1, true, [], {}, ["a"]] as Json[]) {
      refuses(() => search({ cursor }), "invalidCursor", /^cursor must be a string, but (?:a|an) \w+ was sent\.$/);
    }
  });

  test("[RFC 9865 §2.4] and startIndex exclude each other", () => {
    for (const cursor of ["", "VZUTiyhEQJ94IR"]) {
      refuses(() => url({ cursor, startIndex: "1" }), "invalidValue", /^startIndex and cursor cannot be combined/);
      assert.equal(url({ cursor, startIndex: "" }).startIndex, 1);
    }
  });

  test("[RFC 9865 §2.1] has its own keyword for an invalid count", () => {
    refuses(() => url({ cursor: "", count: "ten" }), "invalidCount", /^count must be a whole number/);
    refuses(() => search({ cursor: "a", count: [] }), "invalidCount", /^count must be a whole number/);
    refuses(() => url({ count: "ten" }), "invalidValue", /^count must be a whole number/);
    assert.equal(url({ cursor: "", count: "-1" }).count, 0);
  });
});

describe("attributes and excludedAttributes (RFC 7644 §3.4.3, §3.9)", () => {
  const names = (attributes: Json) => search({ attributes }).attributes;

  test("are separated by commas, or an array; blanks and empty names are ignored", () => {
    assert.deepEqual(url({ attributes: "userName, name.givenName ,,emails," }).attributes, [
      "userName",
      "name.givenName",
      "emails",
    ]);
    assert.deepEqual(names(["userName", " name ", ""]), ["userName", "name"]);
    assert.deepEqual(names("userName,name"), ["userName", "name"]);
    assert.deepEqual(url({ excludedAttributes: "members" }).excludedAttributes, ["members"]);
    for (const nothing of [null, "", ",", " , ", [], [""]] as Json[]) assert.deepEqual(names(nothing), []);
  });

  test("may be 1,000", () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => `a${index}`);
    assert.equal(names(many(1_000)).length, 1_000);
    refuses(() => names(many(1_001)), "invalidValue", /^attributes has 1001 names; send at most 1000\.$/);
    refuses(
      () => search({ excludedAttributes: many(1_001).join(",") }),
      "invalidValue",
      /^excludedAttributes has 1001/,
    );
  });

  test("of another type are rejected", () => {
    for (const value of [1, true, {}, [1], [null], ["a", ["b"]]] as Json[]) {
      refuses(() => names(value), "invalidValue", /^attributes must be attribute names, separated by commas/);
      refuses(() => search({ excludedAttributes: value }), "invalidValue", /^excludedAttributes must be attribute/);
    }
  });
});

describe("filter, sortBy and sortOrder (RFC 7644 §3.4.2.2, §3.4.2.3)", () => {
  test("count as absent if they are empty or null", () => {
    assert.deepEqual(url({ sortBy: "", sortOrder: "" }), DEFAULTS);
    // The profile decides later whether to accept it.
    assert.deepEqual(url({ filter: "" }), { ...DEFAULTS, filter: "" });
    assert.deepEqual(search({ filter: null, sortBy: null, sortOrder: null }), DEFAULTS);
  });

  test("are texts", () => {
    for (const value of [1, true, {}, ["a"]] as Json[]) {
      refuses(
        () => search({ filter: value }),
        "invalidValue",
        /^filter must be a string, but (?:a|an) \w+ was sent\.$/,
      );
      refuses(() => search({ sortBy: value }), "invalidValue", /^sortBy must be a string/);
      refuses(() => search({ sortOrder: value }), "invalidValue", /^sortOrder must be a string/);
    }
  });

  test("the order is ascending or descending, in any letter case", () => {
    assert.equal(url({ sortOrder: "Descending" }).sortOrder, "descending");
    assert.equal(url({ sortOrder: "ASCENDING" }).sortOrder, "ascending");
    for (const sortOrder of ["desc", "up", " ascending"]) {
      refuses(() => url({ sortOrder }), "invalidValue", /^sortOrder must be ascending or descending\.$/);
    }
  });
});

test("names are accepted in any letter case, also schemas (RFC 7643 §2.1)", () => {
  assert.equal(url({ STARTINDEX: "3" }).startIndex, 3);
  const members = { SCHEMAS: [SEARCH_REQUEST_SCHEMA], StartIndex: 3, COUNT: 2, FILTER: "id pr", SortBY: "id" };
  const expected = { ...DEFAULTS, startIndex: 3, count: 2, filter: "id pr", sortBy: "id" };
  assert.deepEqual(readSearchRequest(members), expected);
});

test("other parameters are ignored, such as those of a tenant URL", () => {
  assert.deepEqual(url({ aadOptscim062020: "", "api-version": "2", constructor: "x", toString: "y" }), DEFAULTS);
  const hostile = JSON.parse('{"__proto__":{"filter":"x"},"constructor":1,"page":"c"}') as JsonObject;
  assert.deepEqual(search(hostile), DEFAULTS);
  assert.deepEqual(search(Object.assign(hostile, { count: 1 })), { ...DEFAULTS, count: 1 });
});

test("a SearchRequest is an object with its schema (RFC 7644 §3.4.3)", () => {
  for (const body of [null, [], "x", 1, true] as Json[]) {
    refuses(() => readSearchRequest(body), "invalidSyntax", /^A SearchRequest is a JSON object, but (?:a|an|null)/);
  }
  for (const schemas of [undefined, null, SEARCH_REQUEST_SCHEMA, [], ["urn:other"], [[SEARCH_REQUEST_SCHEMA]]]) {
    const body = schemas === undefined ? {} : { schemas };
    refuses(
      () => readSearchRequest(body),
      "invalidSyntax",
      /^A SearchRequest has "schemas": \["urn:ietf:params:scim:api/,
    );
  }
  assert.deepEqual(search({ schemas: ["urn:other", SEARCH_REQUEST_SCHEMA] }), DEFAULTS);
  assert.deepEqual(search({ schemas: [SEARCH_REQUEST_SCHEMA.toLowerCase()] }), DEFAULTS);
});

test("any JSON is read or rejected with a ScimError, and the result is within limits", () => {
  const name = fc.constantFrom(
    "filter",
    "sortBy",
    "sortOrder",
    "startIndex",
    "count",
    "cursor",
    "attributes",
    "excludedAttributes",
  );
  const value = fc.oneof(fc.jsonValue(), fc.double(), fc.bigInt().map(String), fc.constantFrom("", "descending", null));
  fc.assert(
    fc.property(fc.dictionary(name, value), (members) => {
      try {
        const { startIndex, count = 0, attributes, excludedAttributes } = search(members as JsonObject);
        assert.ok(Number.isSafeInteger(startIndex) && startIndex >= 1);
        assert.ok(Number.isSafeInteger(count) && count >= 0);
        for (const each of [...attributes, ...excludedAttributes]) assert.ok(each !== "" && each.trim() === each);
      } catch (error) {
        assert.ok(error instanceof ScimError, String(error));
        assert.match(error.scimType ?? "", /^invalid(?:Value|Cursor|Count)$/);
      }
    }),
    { numRuns: 2_000 },
  );
});
