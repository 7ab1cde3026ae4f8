import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ScimType } from "@scimtool/scim";
import type { CredentialCheck } from "../../auth/decision.ts";
import type { Refused } from "../exchange-facts.ts";
import { refused } from "../testing/exchange-facts.ts";
import { CHANGE, DUPLICATE, diagnosed, failedBy } from "../testing/refusals.ts";
import { english } from "../words/sentence.ts";

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

  test("each kind has its own explanation", () => {
    const codes = new Set(refusals.map(([, outcome]) => diagnosed(outcome).code));
    assert.equal(codes.size, refusals.length - 1, "502 is explained like 500");
  });
});

test("remedies use the labels of the identity provider", () => {
  const texts = (dialect: "entra-flagged" | "okta" | "sailpoint") =>
    diagnosed(DUPLICATE, { dialect })
      .remedies.map(({ text }) => text)
      .join("\n");
  assert.match(texts("entra-flagged"), /In Entra ID, set the matching attribute .*attribute mapping/s);
  assert.match(texts("okta"), /In Okta, set "Unique identifier field for users"/);
  assert.match(texts("sailpoint"), /In SailPoint, set the attribute by which it matches/);
});

test("whether a request is sent again depends on the client and the status", () => {
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
