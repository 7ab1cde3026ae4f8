import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  badRequest,
  expiredCursor,
  newReading,
  PATCH_SCHEMA,
  parseFilter,
  type Reason,
  readPatch,
  readResource,
  resourceModel,
  type ScimError,
  TOLERANCES,
  type ToleranceCode,
  tolerate,
  USER_TYPE,
} from "@scimtool/scim";
import { unknownMembersRefusal } from "../../directory/refusals.ts";
import { toScimError } from "../../http/errors.ts";
import { parseQueryString } from "../../http/scim/request.ts";
import type { Attempt } from "../exchange-facts.ts";
import { refused } from "../testing/exchange-facts.ts";
import { CHANGE, CREATE, diagnosed, refusedBy, SYNTAX_ERROR, settingsOf, thrownBy, USER } from "../testing/refusals.ts";
import { english } from "../words/sentence.ts";

describe("the explanation of a scimType depends on what was wrong:", () => {
  const SEARCH: Attempt = { ...CREATE, action: "search", name: undefined };
  const remedyOf = (error: ScimError, attempted: Attempt) => {
    const { rule, remedies } = diagnosed(refusedBy(error, attempted));
    return `${rule.section}: ${remedies[0]?.text}`;
  };

  test("an invalid filter, in a query or in the path of a PATCH", () => {
    const error = badRequest("invalidFilter", SYNTAX_ERROR, "path: at character 8, expected an attribute.");
    assert.match(remedyOf(error, SEARCH), /^RFC 7644 §3\.4\.2\.2: .*the matching attribute/);
    assert.match(remedyOf(error, CHANGE), /^RFC 7644 §3\.5\.2: Compare the names of the target attributes/);
  });

  test("an unknown attribute, in sortBy or in a PATCH", () => {
    const error = badRequest(
      "invalidPath",
      { code: "unknownAttribute", path: "nosuch", schema: "User" },
      'sortBy: User has no attribute "nosuch".',
    );
    assert.match(remedyOf(error, SEARCH), /^RFC 7644 §3\.4\.2: Have Entra ID send this differently/);
    assert.match(remedyOf(error, CHANGE), /^RFC 7644 §3\.5\.2: Compare the names of the target attributes/);
  });

  test("a missing path, or a path that selects nothing", () => {
    const message = { schemas: [PATCH_SCHEMA], Operations: [{ op: "remove" }] };
    const pathless = thrownBy(() => readPatch(message, USER, newReading("tolerant")));
    assert.match(remedyOf(pathless, CHANGE), /^RFC 7644 §3\.5\.2\.2: Have Entra ID send this differently/);
    assert.doesNotMatch(diagnosed(refusedBy(pathless)).why, /filter/);
    assert.match(
      remedyOf(badRequest("noTarget", { code: "noTarget", path: "emails" }, "emails: nothing."), CHANGE),
      /^RFC 7644 §3\.5\.2: Add the whole value/,
    );
  });

  test("a URL that cannot be decoded, or an empty body", () => {
    const error = toScimError(Object.assign(new Error("x"), { code: "FST_ERR_BAD_URL" }), undefined);
    const nothing: Attempt = { action: "other", type: undefined, id: undefined, name: undefined };
    const { rule, why } = diagnosed(refusedBy(error, nothing), { method: "GET" });
    assert.deepEqual([rule.section, /body/.test(why)], ["RFC 3986 §2.1", false]);
    const query = thrownBy(() => parseQueryString("filter=%zz"));
    assert.equal(diagnosed(refusedBy(query, SEARCH)).rule.section, "RFC 3986 §2.1");
    assert.equal(
      diagnosed(refusedBy(badRequest("invalidSyntax", { code: "bodyEmpty" }, "The body is empty."))).rule.section,
      "RFC 7644 §3.1",
    );
  });

  test("an invalid value of a parameter or of an attribute", () => {
    const error = badRequest(
      "invalidValue",
      { code: "invalidParameter", name: "count" },
      "count must be a whole number.",
    );
    assert.match(remedyOf(error, SEARCH), /^RFC 7644 §3\.4\.2: Have Entra ID send such a value, or leave out count/);
    assert.match(remedyOf(error, CHANGE), /^RFC 7644 §3\.12: Check what is mapped to the attribute/);
  });

  test("an exceeded limit", () => {
    const operations = Array(1_001).fill({ op: "replace", path: "title", value: "x" });
    const limits: readonly ScimError[] = [
      thrownBy(() => parseFilter("x".repeat(20_000), newReading("tolerant"))),
      thrownBy(() => readPatch({ schemas: [PATCH_SCHEMA], Operations: operations }, USER, newReading("tolerant"))),
    ];
    for (const error of limits) assert.match(remedyOf(error, CHANGE), /: Have Entra ID send smaller requests\.$/);
  });
});

describe("the setting that allows a request is a remedy:", () => {
  const strict = (code: ToleranceCode) =>
    thrownBy(() => tolerate(newReading("strict"), code, "active", 'the text "False"', "read as false"));

  test("profile, for everything that the tolerant profile accepts, with the rule that was broken", () => {
    for (const code of Object.keys(TOLERANCES) as ToleranceCode[]) {
      const diagnosis = diagnosed(refusedBy(strict(code)));
      assert.deepEqual(settingsOf(diagnosis), ["profile"], code);
      const { section, text } = diagnosis.rule;
      assert.equal(`${section}: ${text}`.toLowerCase(), `${TOLERANCES[code].rule}.`.toLowerCase());
      assert.equal(english({ parts: diagnosis.cause }), 'active: the text "False" is refused in the strict profile');
    }
    const pathless = { schemas: [PATCH_SCHEMA], Operations: [{ op: "add", value: { title: "x" } }] };
    const interop = thrownBy(() => readPatch(pathless, USER, newReading("interop")));
    assert.deepEqual(settingsOf(diagnosed(refusedBy(interop))), ["profile"]);
    assert.equal(diagnosed(refusedBy(interop)).rule.section, "RFC 7644 §3.12");
    assert.deepEqual(
      settingsOf(
        diagnosed(
          refusedBy(
            badRequest(
              "invalidValue",
              { code: "wrongType", path: "active", expected: "a boolean", received: "a string" },
              "active must be a boolean.",
            ),
          ),
        ),
      ),
      [],
    );
  });

  test("profile, and Entra ID's flag if its tenant URL does not have it yet", () => {
    const texts = (dialect: "entra" | "entra-flagged" | "unknown") =>
      diagnosed(refusedBy(strict("operation-case")), { dialect }).remedies.map(({ text }) => text);
    assert.match(texts("entra")[1] ?? "", /^Append "\?aadOptscim062020" to "Tenant URL"/);
    assert.match(texts("entra-flagged")[1] ?? "", /^Have Entra ID send this differently/);
    assert.equal(texts("unknown").length, 2);
  });

  test("not the flag where it would not help: for mappings, and for what the interop profile refuses", () => {
    const remedyOf = (error: ScimError) => diagnosed(refusedBy(error)).remedies[1]?.text ?? "";
    const model = resourceModel(USER_TYPE);
    const unknown = { schemas: [USER_TYPE.schema.id], userName: "x", nosuch: 1 };
    const refusal = thrownBy(() => readResource(unknown, model, newReading("strict")));
    assert.match(remedyOf(refusal), /^Compare the names of the target attributes/);
    assert.match(remedyOf(strict("read-only-ignored")), /^Remove the attribute from/);
    const inInterop = thrownBy(() => tolerate(newReading("interop"), "operation-case", "op", "Add", "read as add"));
    assert.match(remedyOf(inInterop), /^Have Entra ID send this differently/);
  });

  test("danglingReferences, for unknown members and managers", () => {
    assert.deepEqual(settingsOf(diagnosed(refusedBy(unknownMembersRefusal(["u9"])))), ["danglingReferences"]);
    const reason = { code: "unknownReference", path: "urn:x:2.0:User:manager", types: ["User"], ids: ["u9"] } as const;
    assert.deepEqual(settingsOf(diagnosed(refusedBy(badRequest("invalidValue", reason, "x")))), ["danglingReferences"]);
  });

  test("indexed and cursorTimeoutSeconds, for searches", () => {
    const because = (reason: Reason) => diagnosed(refused(400, "x", { reason }));
    const long = because({ code: "searchTooLong", maxMs: 10_000 });
    assert.deepEqual(settingsOf(long), ["indexed"]);
    assert.equal(long.why, "The search was ended after 10 s.");
    const heavy = because({ code: "searchTooLarge", maxBytes: 128 * 1_048_576 });
    assert.deepEqual(settingsOf(heavy), ["indexed"]);
    assert.equal(heavy.why, "The search was ended because it took 128 MB of memory.");
    assert.deepEqual(settingsOf(because({ code: "searchTooLong", path: "members", maxMs: 2_000 })), []);
    assert.deepEqual(settingsOf(diagnosed(refusedBy(expiredCursor("x", 600)))), ["limits.cursorTimeoutSeconds"]);
  });
});
