import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { badRequest, ScimError } from "@scimtool/scim";
import {
  nothingServedAt,
  resourceNotFound,
  versionIsThere,
  versionMismatch,
  versionRequired,
} from "../../directory/refusals.ts";
import { toScimError } from "../../http/errors.ts";
import type { Attempt, ExchangeFacts, Refused } from "../exchange-facts.ts";
import { BOB, DAY_MS, EIGHT_O_CLOCK_MS, exchangeFacts, refused } from "../testing/exchange-facts.ts";
import { CHANGE, CREATE, DUPLICATE, failedBy, refusedBy, SYNTAX_ERROR, told, USER } from "../testing/refusals.ts";
import { english } from "../words/sentence.ts";
import { sentencesOf } from "./sentences.ts";

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
      refusedBy(versionMismatch(USER, 'W/"1"', 2)),
    ],
    [
      "Entra ID could not change Bob: it exists, which If-None-Match rules out; Entra ID will retry",
      refusedBy(versionIsThere(USER, "*", 2)),
    ],
    [
      "Entra ID could not delete Bob: it does not say which version it changes; Entra ID will retry",
      refusedBy(versionRequired("send it"), { ...CHANGE, action: "delete" }),
    ],
    [
      "Entra ID could not change the user with the ID u9: no user has the ID u9; Entra ID will retry",
      refusedBy(resourceNotFound(USER, "u9"), { ...CHANGE, id: "u9", name: undefined }),
    ],
    [
      "Entra ID could not change the user with the ID u9: Bob was deleted on 21 November 2026, 08:00 UTC; Entra ID will retry",
      refusedBy(
        resourceNotFound(USER, "u9"),
        { ...CHANGE, id: "u9", name: undefined },
        {
          former: { type: "User", label: BOB.label, deletedMs: EIGHT_O_CLOCK_MS - 3 * DAY_MS },
        },
      ),
    ],
    [
      "Entra ID could not create a user: userName is required; Entra ID will retry",
      refusedBy(
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
      refusedBy(nothingServedAt("/Foo/1", [USER]), {
        action: "other",
        type: undefined,
        id: undefined,
        name: undefined,
      }),
      { path: "/Foo/1" },
    ],
    [
      "Entra ID could not search users: filter: at character 3, expected a value but found the end; Entra ID will retry",
      refusedBy(
        badRequest("invalidFilter", SYNTAX_ERROR, "filter: at character 3, expected a value but found the end."),
        {
          ...CREATE,
          action: "search",
        },
      ),
    ],
    [
      "Entra ID could not run a bulk request: the body is larger than 9 bytes; Entra ID will retry",
      refusedBy(toScimError({ code: "FST_ERR_CTP_BODY_TOO_LARGE" }, 9), { ...CREATE, action: "bulk" }),
    ],
    [
      "Entra ID could not create Device Printer: the server failed; Entra ID will retry",
      refusedBy(toScimError(new Error("x"), 9), { ...CREATE, type: "Device", name: "Printer" }),
    ],
    [
      "Entra ID could not read what this server supports: discovery endpoints cannot be filtered; Entra ID will retry",
      refusedBy(new ScimError(403, "Discovery endpoints cannot be filtered. Leave out the filter."), {
        ...CREATE,
        action: "discover",
      }),
    ],
  ];
  for (const [text, outcome, more] of sentences) test(text, () => assert.equal(told(outcome, more), text));

  test("names the client, and says that it will retry only if that is known", () => {
    const [sentence] = sentencesOf(exchangeFacts(DUPLICATE, { dialect: "okta" }));
    assert.ok(sentence);
    assert.equal(
      english(sentence),
      "Okta could not create dave@example.com: the userName is taken by Dave Lee (created on 21 November 2026, 08:00 UTC)",
    );
  });

  test("has a kind, and links the resource", () => {
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

  test("is an error if somebody must act, otherwise a warning", () => {
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
