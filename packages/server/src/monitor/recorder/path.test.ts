import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { pathBelow } from "./path.ts";

describe("below a base path", () => {
  const CASES: readonly (readonly [url: string, path: string, query: string | undefined])[] = [
    ["/scim/v2/Users", "/Users", undefined],
    ["/scim/v2/Users?", "/Users", ""],
    ["/scim/v2/Users?a=/scim/v2?b", "/Users", "a=/scim/v2?b"],
    ["/scim/v2", "/", undefined],
    ["/scim/v2/", "/", undefined],
    ["//scim//v2///Users//1?a//b", "/Users/1", "a//b"],
    ["/scim/v2x/Users", "/scim/v2x/Users", undefined],
    ["/other", "/other", undefined],
    ["/scim/v2/scim/v2/Users", "/scim/v2/scim/v2/Users", undefined],
    ["/scim/v2/oauth/token", "/scim/v2/oauth/token", undefined],
    ["http://user:pl4nted@host/scim/v2/Users?a=http://b/", "/Users", "a=http://b/"],
    ["https://host", "/", undefined],
    ["HTTP://host?a", "/", "a"],
    ["", "/", undefined],
    ["?a", "/", "a"],
  ];
  for (const [url, path, query] of CASES) {
    test(url, () => assert.deepEqual(pathBelow(url, "/scim/v2"), { path, query }));
  }

  test("that is an endpoint's and not that of its resources", () => {
    const path = "/oauth/token";
    assert.deepEqual(pathBelow(`/scim/endpoints/x${path}`, "/scim/endpoints/x"), { path, query: undefined });
  });

  test("that is none, everything is", () => {
    assert.deepEqual(pathBelow("/scim/v2/Users?a", ""), { path: "/scim/v2/Users", query: "a" });
  });
});
