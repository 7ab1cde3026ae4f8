import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  badRequest,
  expiredCursor,
  GROUP_TYPE,
  newReading,
  PATCH_SCHEMA,
  parseFilter,
  type Reason,
  readPatch,
  readResource,
  resourceModel,
  ScimError,
  type ScimType,
  TOLERANCES,
  type ToleranceCode,
  tolerate,
  USER_TYPE,
} from "@scimtool/scim";
import type { CredentialCheck, FailedCheck } from "../../auth/decision.ts";
import {
  nothingServedAt,
  resourceNotFound,
  unknownMembersRefusal,
  versionIsThere,
  versionMismatch,
  versionRequired,
} from "../../directory/refusals.ts";
import { toScimError } from "../../http/errors.ts";
import { parseQueryString } from "../../http/scim/request.ts";
import type { Attempt, ExchangeFacts, Holder, Refused } from "../exchange-facts.ts";
import { sentencesOf } from "../sentence/sentences.ts";
import { BOB, DAY_MS, EIGHT_O_CLOCK_MS, exchangeFacts, refused } from "../testing/exchange-facts.ts";
import { english } from "../words/sentence.ts";
import { diagnose } from "./diagnose.ts";
import type { Diagnosis } from "./diagnosis.ts";

const USER = resourceModel(USER_TYPE);
const GROUP = resourceModel(GROUP_TYPE);

const CREATE: Attempt = { action: "create", type: "User", id: undefined, name: "dave@example.com" };
const CHANGE: Attempt = { action: "modify", type: "User", id: "u2", name: "Bob" };

function of(error: ScimError, attempted: Attempt = CHANGE, more: Partial<Refused> = {}): Refused {
  return refused(error.status, error.detail, { scimType: error.scimType, reason: error.reason, attempted, ...more });
}

function diagnosed(outcome: Refused, more: Parameters<typeof exchangeFacts>[1] = {}): Diagnosis {
  const diagnosis = diagnose(exchangeFacts(outcome, { method: "PATCH", path: "/Users/u2", ...more }));
  assert.ok(diagnosis);
  return diagnosis;
}

function told(outcome: Refused, more: Parameters<typeof exchangeFacts>[1] = {}): string {
  const [sentence] = sentencesOf(exchangeFacts(outcome, { method: "PATCH", path: "/Users/u2", ...more }));
  assert.ok(sentence);
  return english(sentence);
}

function settingsOf({ remedies }: Diagnosis): string[] {
  return remedies.flatMap(({ setting }) => setting ?? []);
}

function failedBy(check: CredentialCheck): FailedCheck {
  return { check, expected: "a token that opens it", received: "another one", remedy: "Make a new one." };
}

const SYNTAX_ERROR = { code: "syntaxError", in: "filter", position: 3, expected: "a value" } as const;

function thrownBy(work: () => unknown): ScimError {
  try {
    work();
  } catch (error) {
    return error as ScimError;
  }
  return assert.fail();
}

const HOLDER = {
  type: "User",
  id: "u4",
  label: "Dave Lee",
  createdMs: EIGHT_O_CLOCK_MS - 3 * DAY_MS,
  isDeactivated: false,
  isReactivatable: false,
};
const DUPLICATE = refused(409, "taken", {
  scimType: "uniqueness",
  attempted: CREATE,
  conflict: { attribute: "userName", value: "dave@example.com", holder: HOLDER },
});

describe("a failure in a sentence", () => {
  const sentences: readonly (readonly [text: string, outcome: Refused, more?: Partial<ExchangeFacts>])[] = [
    [
      "Entra ID could not create dave@example.com: the userName is taken by Dave Lee (created on 21 November 2026, 08:00 UTC); Entra ID will retry",
      DUPLICATE,
    ],
    [
      "Entra ID could not create dave@example.com: the externalId 42 is taken; Entra ID will retry",
      { ...DUPLICATE, conflict: { attribute: "externalId", value: "42", holder: undefined } },
    ],
    [
      "Entra ID could not change Bob: somebody else changed it in the meantime; Entra ID will retry",
      of(versionMismatch(USER, 'W/"1"', 2)),
    ],
    [
      "Entra ID could not change Bob: it exists, which If-None-Match rules out; Entra ID will retry",
      of(versionIsThere(USER, "*", 2)),
    ],
    [
      "Entra ID could not delete Bob: it does not say which version it changes; Entra ID will retry",
      of(versionRequired("send it"), { ...CHANGE, action: "delete" }),
    ],
    [
      "Entra ID could not change the user with the ID u9: no user has the ID u9; Entra ID will retry",
      of(resourceNotFound(USER, "u9"), { ...CHANGE, id: "u9", name: undefined }),
    ],
    [
      "Entra ID could not change the user with the ID u9: Bob was deleted on 21 November 2026, 08:00 UTC; Entra ID will retry",
      of(
        resourceNotFound(USER, "u9"),
        { ...CHANGE, id: "u9", name: undefined },
        {
          former: { type: "User", label: BOB.label, deletedMs: EIGHT_O_CLOCK_MS - 3 * DAY_MS },
        },
      ),
    ],
    [
      "Entra ID could not create a user: userName is required; Entra ID will retry",
      of(
        badRequest(
          "invalidValue",
          { code: "missing", path: "userName" },
          "userName is required. Send a User with a userName.",
        ),
        {
          ...CREATE,
          name: undefined,
        },
      ),
    ],
    [
      "Entra ID was rejected: its token has expired; Entra ID will retry",
      refused(401, "", { failed: failedBy("expiry") }),
    ],
    [
      "Entra ID got no access token: its client secret is wrong; Entra ID will retry",
      refused(401, "", { failed: failedBy("client_secret"), attempted: { ...CREATE, action: "token" } }),
    ],
    [
      "Entra ID could not call PATCH /Foo/1: there is nothing at /Foo/1; Entra ID will retry",
      of(nothingServedAt("/Foo/1", [USER]), { action: "other", type: undefined, id: undefined, name: undefined }),
      { path: "/Foo/1" },
    ],
    [
      "Entra ID could not search users: filter: at character 3, expected a value but found the end; Entra ID will retry",
      of(badRequest("invalidFilter", SYNTAX_ERROR, "filter: at character 3, expected a value but found the end."), {
        ...CREATE,
        action: "search",
      }),
    ],
    [
      "Entra ID could not run a bulk request: the body is larger than 9 bytes; Entra ID will retry",
      of(toScimError({ code: "FST_ERR_CTP_BODY_TOO_LARGE" }, 9), { ...CREATE, action: "bulk" }),
    ],
    [
      "Entra ID could not create Device Printer: the server failed; Entra ID will retry",
      of(toScimError(new Error("x"), 9), { ...CREATE, type: "Device", name: "Printer" }),
    ],
    [
      "Entra ID could not read what this server supports: discovery endpoints cannot be filtered; Entra ID will retry",
      of(new ScimError(403, "Discovery endpoints cannot be filtered. Leave out the filter."), {
        ...CREATE,
        action: "discover",
      }),
    ],
  ];
  for (const [text, outcome, more] of sentences) test(text, () => assert.equal(told(outcome, more), text));

  test("says who will try again only where that is known, and who did it where it is asked for", () => {
    const [sentence] = sentencesOf(exchangeFacts(DUPLICATE, { dialect: "okta" }));
    assert.ok(sentence);
    assert.equal(
      english(sentence),
      "Okta could not create dave@example.com: the userName is taken by Dave Lee (created on 21 November 2026, 08:00 UTC)",
    );
  });

  test("is of a kind, and leads to what is here", () => {
    const of = (action: Attempt["action"], more: Partial<Refused> = {}) =>
      sentencesOf(exchangeFacts(refused(400, "x", { attempted: { ...CHANGE, action }, ...more })))[0];
    const failed = failedBy("token");
    assert.deepEqual(
      [of("create"), of("replace"), of("token", { failed }), of("modify", { failed }), of("other")].map(
        (each) => each?.kind,
      ),
      ["failure.create", "failure.change", "failure.token", "failure.authentication", "failure.other"],
    );
    const bob = of("modify")?.parts.find(({ kind }) => kind === "resource");
    assert.deepEqual(bob, { kind: "resource", text: "Bob", resource: BOB });
  });

  test("is an error where somebody has to do something, and else a warning", () => {
    const severity = (status: number) =>
      sentencesOf(exchangeFacts(refused(status, "", { attempted: CHANGE })))[0]?.severity;
    assert.deepEqual([404, 412, 429, 503].map(severity), ["warning", "warning", "warning", "warning"]);
    assert.deepEqual([400, 401, 409, 428, 500, 507].map(severity), [
      "error",
      "error",
      "error",
      "error",
      "error",
      "error",
    ]);
  });
});

describe("every refusal is explained", () => {
  const CHECKS: Record<CredentialCheck, true> = {
    request: true,
    grant_type: true,
    header: true,
    token: true,
    rate: true,
    purpose: true,
    endpoint: true,
    expiry: true,
    scope: true,
    client_id: true,
    client_secret: true,
    algorithm: true,
    issuer: true,
    keys: true,
    key: true,
    signature: true,
    not_before: true,
    audience: true,
    tenant: true,
    subject: true,
    replay: true,
  };
  const SCIM_TYPES: Record<ScimType, true> = {
    invalidFilter: true,
    tooMany: true,
    uniqueness: true,
    mutability: true,
    invalidSyntax: true,
    invalidPath: true,
    noTarget: true,
    invalidValue: true,
    invalidVers: true,
    sensitive: true,
    invalidCursor: true,
    expiredCursor: true,
    invalidCount: true,
  };
  const refusals: [string, Refused][] = [
    ...Object.keys(CHECKS).map((check): [string, Refused] => [
      check,
      refused(401, "It is refused.", { failed: failedBy(check as CredentialCheck) }),
    ]),
    ...Object.keys(SCIM_TYPES).map((scimType): [string, Refused] => {
      return [
        scimType,
        refused(scimType === "uniqueness" ? 409 : 400, "It is refused.", {
          scimType: scimType as ScimType,
          attempted: CHANGE,
        }),
      ];
    }),
    ...[400, 403, 404, 405, 409, 412, 413, 415, 418, 428, 429, 500, 501, 502, 503, 507].map(
      (status): [string, Refused] => {
        return [String(status), refused(status, "It is refused. Do something else.", { attempted: CHANGE })];
      },
    ),
  ];

  for (const [what, outcome] of refusals) {
    test(what, () => {
      for (const dialect of ["entra", "okta", "unknown"] as const) {
        const { code, sent, cause, rule, why, remedies, retry } = diagnosed(outcome, { dialect });
        assert.match(code, /^[\w.-]+$/);
        assert.match(sent, /^PATCH \/Users\/u2(?:, to change "?| \([a-z_]+: another one\)$)/);
        assert.match(english({ parts: cause }), /^\S.*[^.]$/);
        assert.match(rule.section ?? "RFC 0 §0", /^RFC \d+ §\d+(?:\.\d+)*$/);
        for (const text of [rule.text, why, retry.text, ...remedies.map((remedy) => remedy.text)]) {
          assert.match(text, /^["A-Z].*\.$/s, text);
          assert.doesNotMatch(text, /undefined|\[object/);
        }
        assert.ok(remedies.length > 0);
      }
    });
  }

  test("each by an explanation of its own", () => {
    const codes = new Set(refusals.map(([, outcome]) => diagnosed(outcome).code));
    assert.equal(codes.size, refusals.length - 1, "502 is a fault as 500 is");
  });
});

describe("one keyword is explained by where the client has the value from:", () => {
  const SEARCH: Attempt = { ...CREATE, action: "search", name: undefined };
  const remedyOf = (error: ScimError, attempted: Attempt) => {
    const { rule, remedies } = diagnosed(of(error, attempted));
    return `${rule.section}: ${remedies[0]?.text}`;
  };

  test("a filter that cannot be read, of a query or in the path of a change", () => {
    const error = badRequest("invalidFilter", SYNTAX_ERROR, "path: at character 8, expected an attribute.");
    assert.match(remedyOf(error, SEARCH), /^RFC 7644 §3\.4\.2\.2: .*the matching attribute/);
    assert.match(remedyOf(error, CHANGE), /^RFC 7644 §3\.5\.2: Compare the names of the target attributes/);
  });

  test("an attribute that there is not, to sort by or to change", () => {
    const error = badRequest(
      "invalidPath",
      { code: "unknownAttribute", path: "nosuch", schema: "User" },
      'sortBy: User has no attribute "nosuch".',
    );
    assert.match(remedyOf(error, SEARCH), /^RFC 7644 §3\.4\.2: Have Entra ID send this differently/);
    assert.match(remedyOf(error, CHANGE), /^RFC 7644 §3\.5\.2: Compare the names of the target attributes/);
  });

  test("a target that is missing, as the path or as what it selects", () => {
    const message = { schemas: [PATCH_SCHEMA], Operations: [{ op: "remove" }] };
    const pathless = thrownBy(() => readPatch(message, USER, newReading("tolerant")));
    assert.match(remedyOf(pathless, CHANGE), /^RFC 7644 §3\.5\.2\.2: Have Entra ID send this differently/);
    assert.doesNotMatch(diagnosed(of(pathless)).why, /filter/);
    assert.match(
      remedyOf(badRequest("noTarget", { code: "noTarget", path: "emails" }, "emails: nothing."), CHANGE),
      /^RFC 7644 §3\.5\.2: Add the whole value/,
    );
  });

  test("what cannot be read, as the URL or as the body", () => {
    const error = toScimError(Object.assign(new Error("x"), { code: "FST_ERR_BAD_URL" }), undefined);
    const nothing: Attempt = { action: "other", type: undefined, id: undefined, name: undefined };
    const { rule, why } = diagnosed(of(error, nothing), { method: "GET" });
    assert.deepEqual([rule.section, /body/.test(why)], ["RFC 3986 §2.1", false]);
    const query = thrownBy(() => parseQueryString("filter=%zz"));
    assert.equal(diagnosed(of(query, SEARCH)).rule.section, "RFC 3986 §2.1");
    assert.equal(
      diagnosed(of(badRequest("invalidSyntax", { code: "bodyEmpty" }, "The body is empty."))).rule.section,
      "RFC 7644 §3.1",
    );
  });

  test("a value that does not fit, of a parameter or of an attribute", () => {
    const error = badRequest(
      "invalidValue",
      { code: "invalidParameter", name: "count" },
      "count must be a whole number.",
    );
    assert.match(remedyOf(error, SEARCH), /^RFC 7644 §3\.4\.2: Have Entra ID send such a value, or leave out count/);
    assert.match(remedyOf(error, CHANGE), /^RFC 7644 §3\.12: Check what is mapped to the attribute/);
  });

  test("more than is read, whatever it is", () => {
    const operations = Array(1_001).fill({ op: "replace", path: "title", value: "x" });
    const limits: readonly ScimError[] = [
      thrownBy(() => parseFilter("x".repeat(20_000), newReading("tolerant"))),
      thrownBy(() => readPatch({ schemas: [PATCH_SCHEMA], Operations: operations }, USER, newReading("tolerant"))),
    ];
    for (const error of limits) assert.match(remedyOf(error, CHANGE), /: Have Entra ID send smaller requests\.$/);
  });
});

test("what fits is suggested in the words of the identity provider", () => {
  const texts = (dialect: "entra-flagged" | "okta" | "sailpoint") =>
    diagnosed(DUPLICATE, { dialect })
      .remedies.map(({ text }) => text)
      .join("\n");
  assert.match(texts("entra-flagged"), /In Entra ID, set the matching attribute .*attribute mapping/s);
  assert.match(texts("okta"), /In Okta, set "Unique identifier field for users"/);
  assert.match(texts("sailpoint"), /In SailPoint, set the attribute by which it matches/);
});

describe("the setting that decides is named:", () => {
  const strict = (code: ToleranceCode) =>
    thrownBy(() => tolerate(newReading("strict"), code, "active", 'the text "False"', "read as false"));

  test("profile, for everything that the tolerant one takes, with the rule that was departed from", () => {
    for (const code of Object.keys(TOLERANCES) as ToleranceCode[]) {
      const diagnosis = diagnosed(of(strict(code)));
      assert.deepEqual(settingsOf(diagnosis), ["profile"], code);
      const { section, text } = diagnosis.rule;
      assert.equal(`${section}: ${text}`.toLowerCase(), `${TOLERANCES[code].rule}.`.toLowerCase());
      assert.equal(english({ parts: diagnosis.cause }), 'active: the text "False" is refused in the strict profile');
    }
    const pathless = { schemas: [PATCH_SCHEMA], Operations: [{ op: "add", value: { title: "x" } }] };
    const interop = thrownBy(() => readPatch(pathless, USER, newReading("interop")));
    assert.deepEqual(settingsOf(diagnosed(of(interop))), ["profile"]);
    assert.equal(diagnosed(of(interop)).rule.section, "RFC 7644 §3.12");
    assert.deepEqual(
      settingsOf(
        diagnosed(
          of(
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

  test("and beside the profile Entra ID's own flag, where it is not in the address yet", () => {
    const texts = (dialect: "entra" | "entra-flagged" | "unknown") =>
      diagnosed(of(strict("operation-case")), { dialect }).remedies.map(({ text }) => text);
    assert.match(texts("entra")[1] ?? "", /^Append "\?aadOptscim062020" to "Tenant URL"/);
    assert.match(texts("entra-flagged")[1] ?? "", /^Have Entra ID send this differently/);
    assert.equal(texts("unknown").length, 2);
  });

  test("but not the flag where that is no help: it changes no mapping, and has sent what the interop profile refuses", () => {
    const remedyOf = (error: ScimError) => diagnosed(of(error)).remedies[1]?.text ?? "";
    const model = resourceModel(USER_TYPE);
    const unknown = { schemas: [USER_TYPE.schema.id], userName: "x", nosuch: 1 };
    const refusal = thrownBy(() => readResource(unknown, model, newReading("strict")));
    assert.match(remedyOf(refusal), /^Compare the names of the target attributes/);
    assert.match(remedyOf(strict("read-only-ignored")), /^Remove the attribute from/);
    const inInterop = thrownBy(() => tolerate(newReading("interop"), "operation-case", "op", "Add", "read as add"));
    assert.match(remedyOf(inInterop), /^Have Entra ID send this differently/);
  });

  test("danglingReferences, for unknown members and managers", () => {
    assert.deepEqual(settingsOf(diagnosed(of(unknownMembersRefusal(["u9"])))), ["danglingReferences"]);
    const reason = { code: "unknownReference", path: "urn:x:2.0:User:manager", types: ["User"], ids: ["u9"] } as const;
    assert.deepEqual(settingsOf(diagnosed(of(badRequest("invalidValue", reason, "x")))), ["danglingReferences"]);
  });

  test("recreate for users that are created again, unique for everything else", () => {
    const deactivated = { ...HOLDER, isDeactivated: true, isReactivatable: true };
    const of = (holder: Holder) => ({ ...DUPLICATE, conflict: { ...DUPLICATE.conflict, holder } }) as Refused;
    assert.deepEqual(settingsOf(diagnosed(DUPLICATE)), []);
    assert.deepEqual(settingsOf(diagnosed(of({ ...deactivated, isReactivatable: false }))), []);
    assert.equal(diagnosed(of(deactivated)).remedies[0]?.setting, "recreate");
    assert.match(
      told(of(deactivated)),
      /is taken by Dave Lee, who is deactivated \(created on 21 November 2026, 08:00 UTC\)/,
    );
    const group = {
      ...DUPLICATE,
      attempted: { ...CREATE, type: "Group" },
      conflict: { attribute: "displayName", value: "F", holder: undefined },
    };
    assert.deepEqual(settingsOf(diagnosed(group)), ["unique"]);
    assert.match(diagnosed(group).remedies.at(-1)?.text ?? "", /"Group:displayName"/);
    assert.match(diagnosed(group).why, /or it means another group\.$/);
    assert.match(diagnosed(group).remedies[0]?.text ?? "", /finds the existing group/);
    assert.deepEqual(settingsOf(diagnosed({ ...of(deactivated), attempted: CHANGE })), []);
  });

  test("requireEtag, limits and resource types", () => {
    assert.deepEqual(settingsOf(diagnosed(of(versionRequired("x")))), ["requireEtag"]);
    const because = (status: number, reason: Reason) => diagnosed(refused(status, "x", { reason }));
    const fast = because(429, { code: "rateLimited", limit: "concurrentRequests", max: 9 });
    assert.deepEqual(settingsOf(fast), ["limits.concurrentRequests"]);
    assert.match(fast.why, /^This endpoint accepts 9 requests at once/);
    const large = because(413, { code: "bodyTooLarge", bytes: 1_400_000, maxBytes: 1_000_000 });
    assert.deepEqual(settingsOf(large), ["limits.maxBodyBytes"]);
    assert.equal(large.why, "The body is 1.4 MB; this endpoint accepts 1 MB (`limits.maxBodyBytes`).");
    const many = because(413, { code: "tooManyOperations", operations: 12, maxOperations: 10 });
    assert.deepEqual(settingsOf(many), ["limits.maxBulkOperations"]);
    const long = because(400, { code: "searchTooLong", maxMs: 10_000 });
    assert.deepEqual(settingsOf(long), ["indexed"]);
    assert.equal(long.why, "The search was ended after 10 s.");
    const heavy = because(400, { code: "searchTooLarge", maxBytes: 128 * 1_048_576 });
    assert.deepEqual(settingsOf(heavy), ["indexed"]);
    assert.equal(heavy.why, "The search was ended because it took 128 MB of memory.");
    assert.deepEqual(settingsOf(because(400, { code: "searchTooLong", path: "members", maxMs: 2_000 })), []);
    assert.deepEqual(settingsOf(diagnosed(of(expiredCursor("x", 600)))), ["limits.cursorTimeoutSeconds"]);
    const nowhere = of(nothingServedAt("/Foo", [USER, GROUP]), { ...CHANGE, id: undefined });
    assert.deepEqual(settingsOf(diagnosed(nowhere, { path: "/Foo" })), ["resourceTypes"]);
  });
});

describe("404", () => {
  const missing = of(resourceNotFound(USER, "u9"), { ...CHANGE, id: "u9" });
  const because = (reason: Reason): Refused => ({ ...missing, reason, attempted: { ...CHANGE, id: undefined } });

  test("of a read may be a test; of a write the id is of somewhere else; what was deleted is known", () => {
    assert.equal(diagnosed(missing, { method: "GET" }).code, "unknown-id.read");
    assert.equal(diagnosed(missing).code, "unknown-id");
    assert.match(diagnosed(missing).why, /none in the history had it/, "it is kept for a time only");
    assert.equal(diagnosed({ ...missing, former: { type: "User", label: "Bob", deletedMs: 0 } }).code, "gone");
    assert.equal(diagnosed({ ...missing, elsewhere: BOB }).code, "elsewhere");
    assert.equal(diagnosed(because({ code: "meNotBound" })).code, "me");
    assert.equal(diagnosed({ ...missing, attempted: { ...CHANGE, id: undefined } }).code, "address");
  });

  test("of a schema or a resource type: there is none of that name, at an address that is right", () => {
    for (const [reason, cause, setting] of [
      [{ what: "Schema", name: "urn:okta:Role" }, "there is no schema urn:okta:Role", "schemas"],
      [{ what: "ResourceType", name: "Role" }, "there is no resource type Role", "resourceTypes"],
    ] as const) {
      const nothing = diagnosed(because({ code: "unknownDefinition", ...reason }), { method: "GET" });
      assert.equal(english({ parts: nothing.cause }), cause);
      assert.deepEqual(settingsOf(nothing), [setting]);
      assert.ok(nothing.remedies.every(({ text }) => !/Tenant URL/.test(text)));
    }
  });

  test("of what was deleted: it can be brought back, and a second deletion wants nothing", () => {
    const former = { type: "User", label: "Bob", deletedMs: 0 };
    const [first] = diagnosed({ ...missing, former }).remedies;
    assert.deepEqual([first?.where, /restore it from its history/.test(first?.text ?? "")], ["server", true]);
    const again = { ...missing, former, attempted: { ...missing.attempted, action: "delete" } } as const;
    const { remedies, retry } = diagnosed(again, { method: "DELETE" });
    assert.deepEqual([remedies.map(({ text }) => text), retry.will], [["Nothing to do."], "unknown"]);
    assert.match(told(again, { method: "DELETE" }), /was deleted on \d+ \w+ \d{4}, \d\d:\d\d UTC$/);
  });

  test("of an id of another type: whose it is", () => {
    const { cause, remedies } = diagnosed({ ...missing, attempted: { ...CHANGE, type: "Group" }, elsewhere: BOB });
    assert.match(english({ parts: cause }), /^no group has the ID u2: it belongs to the user Bob$/);
    assert.match(remedies[0]?.text ?? "", /to the endpoint of the user\.$/);
    const former = { type: "User", label: "Bob", deletedMs: 0 };
    const gone = diagnosed({ ...missing, attempted: { ...CHANGE, type: "Group" }, former });
    assert.match(english({ parts: gone.cause }), /^no group has the ID u2: it belonged to the user Bob, deleted on /);
    assert.doesNotMatch(gone.why, /a group that was deleted/);
    const laptop = { type: "Device", id: "u9", label: "Laptop" };
    const named = diagnosed({ ...missing, elsewhere: laptop }).cause;
    assert.equal(english({ parts: named }), "no user has the ID u9: it belongs to the Device Laptop");
  });

  test("is explained too where the exchange is told as a read that found nothing", () => {
    const read = { kind: "read", type: "User", id: "u9", label: undefined, found: false, former: undefined } as const;
    assert.equal(diagnose(exchangeFacts(read))?.code, "unknown-id.read");
    assert.equal(diagnose(exchangeFacts({ ...read, elsewhere: BOB }))?.code, "elsewhere");
    assert.equal(diagnose(exchangeFacts({ ...read, found: true, label: "Bob" })), undefined);
  });
});

test("an authentication is explained as its decision was, with what was received", () => {
  const { sent, why, remedies } = diagnosed(refused(401, "", { failed: failedBy("token") }));
  assert.equal(sent, "PATCH /Users/u2 (token: another one)");
  assert.equal(why, "Expected a token that opens it, got another one.");
  assert.equal(remedies[0]?.text, "Make a new one.");
  assert.match(remedies[1]?.text ?? "", /"Secret token"/);
});

test("whether it is sent again depends on the client, and on what was answered", () => {
  const retry = (dialect: "entra" | "okta" | "scimtool" | "unknown", status: number) =>
    diagnosed(refused(status, "x", { attempted: CHANGE }), { dialect }).retry;
  assert.match(retry("entra", 401).text, /quarantine at once/);
  assert.match(retry("entra", 429).text, /next cycle/);
  assert.match(retry("entra", 400).text, /each cycle/);
  assert.deepEqual(
    [retry("entra", 409).will, retry("okta", 409).will, retry("scimtool", 409).will],
    ["yes", "unknown", "no"],
  );
  assert.match(retry("unknown", 503).text, /may succeed unchanged/);
  assert.match(retry("unknown", 400).text, /it will fail again/);
});
