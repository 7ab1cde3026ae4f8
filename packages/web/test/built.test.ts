import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { brotliDecompressSync } from "node:zlib";
import { API_TYPES_FILE, apiTypes } from "../build/api-types.ts";
import { BUILT_FOLDER, builtPage, filesIn } from "../build/built-page.ts";

test("the committed page is what its sources build to", async () => {
  const built = await builtPage();
  const committed = filesIn(BUILT_FOLDER);
  const advice = "Run `npm run web:build` and commit packages/web/built.";
  assert.deepEqual(
    [...committed.keys()],
    [...built.keys()].map((path) => `${path}.br`),
    advice,
  );
  for (const [path, content] of built) {
    const compressed = committed.get(`${path}.br`) ?? Buffer.alloc(0);
    assert.ok(brotliDecompressSync(compressed).equals(content), `${path} differs. ${advice}`);
  }
});

test("the page's types are those of the server's OpenAPI document", async () => {
  assert.equal(readFileSync(API_TYPES_FILE, "utf8"), await apiTypes(), "Run `npm run web:api` and commit the result.");
});
