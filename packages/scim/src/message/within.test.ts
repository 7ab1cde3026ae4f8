import assert from "node:assert/strict";
import { test } from "node:test";
import { badRequest, ScimError, within } from "./error.ts";

function detailOf(where: string, error: unknown): unknown {
  try {
    return within(where, () => {
      throw error;
    });
  } catch (thrown) {
    return thrown instanceof ScimError ? thrown.detail : thrown;
  }
}

test("a step returns its result", () => {
  assert.equal(
    within("here", () => 3),
    3,
  );
});

test("an error names its location once", () => {
  assert.equal(
    detailOf("Operations[1]", badRequest("invalidPath", { code: "bodyEmpty" }, "no such path.")),
    "Operations[1]: no such path.",
  );
  for (const detail of ["emails: wrong.", "emails.type: wrong.", "emails[2]: wrong.", "emails must be an array."]) {
    assert.equal(detailOf("emails", badRequest("invalidValue", { code: "bodyEmpty" }, detail)), detail);
  }
  assert.equal(
    detailOf("em", badRequest("invalidValue", { code: "bodyEmpty" }, "emails: wrong.")),
    "em: emails: wrong.",
  );
});

test("an error keeps everything except its detail", () => {
  const headers = { allow: "GET" };
  const cause = new ScimError(405, "no.", { scimType: "mutability", headers });
  assert.throws(
    () =>
      within("here", () => {
        throw cause;
      }),
    { status: 405, scimType: "mutability", headers, cause },
  );
  assert.throws(
    () =>
      within("here", () => {
        throw new ScimError(404, "no.");
      }),
    { status: 404, scimType: undefined },
  );
});

test("other errors pass unchanged", () => {
  const error = new TypeError("x");
  assert.equal(detailOf("here", error), error);
});
