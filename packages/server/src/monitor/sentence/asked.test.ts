import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ExchangeFacts, Outcome } from "../exchange-facts.ts";
import {
  ALICE,
  BOB,
  DAY_MS,
  EIGHT_O_CLOCK_MS,
  exchangeFacts,
  FINANCE,
  MINUTE_MS,
  refused,
  searched,
  written,
} from "../testing/exchange-facts.ts";
import { english } from "../words/sentence.ts";
import { type Tests, testsSentence } from "./asked.ts";
import { sentencesOf } from "./sentences.ts";

const GUID = "7f3c1d2e-93a1-4a54-9a3e-3b5f0f4bb0a1";

type Example = readonly [kind: string, text: string, outcome: Outcome, more?: Partial<ExchangeFacts>];

const page = (startIndex: number, count: number) => ({ kind: "index", startIndex, count }) as const;
const nextPage = { kind: "cursor", isFirst: false, count: 5 } as const;

const EXAMPLES: readonly Example[] = [
  ["connection.tested", "Entra ID tested the connection", searched(`userName eq "${GUID}"`)],
  [
    "look-up.found",
    "Entra ID looked for the user name alice@example.com and found Alice Young",
    searched('userName eq "alice@example.com"', { total: 1, returned: 1, only: ALICE }),
  ],
  [
    "look-up.missed",
    "Entra ID looked for the work e-mail a@example.com and found nobody",
    searched('emails[type eq "work"].value eq "a@example.com"'),
  ],
  [
    "look-up.missed",
    "Entra ID looked for the display name Finance and found nothing",
    searched('displayName eq "Finance"', { type: "Group" }),
  ],
  [
    "look-up.found",
    "Entra ID looked for the title Lead and found 3",
    searched('title eq "Lead"', { total: 3, returned: 1 }),
  ],
  [
    "search",
    'Entra ID searched users by id eq "u1" and manager eq "u2" and found Alice Young',
    searched('id eq "u1" and manager eq "u2"', { total: 1, returned: 1, only: ALICE }),
  ],
  [
    "search",
    "Entra ID listed users 1 to 5 of 1,200",
    searched(undefined, { total: 1200, returned: 5, paging: page(1, 5) }),
  ],
  ["search", "Entra ID listed groups, all 3", searched(undefined, { type: "Group", total: 3, returned: 3 })],
  ["search", "Entra ID counted users: there are 7", searched(undefined, { total: 7, paging: page(1, 0) })],
  ["search", "Entra ID counted users: there are 9", searched(undefined, { total: 9, paging: page(10, 0) })],
  [
    "search",
    "Entra ID listed users from 501 on: there are only 7",
    searched(undefined, { total: 7, paging: page(501, 100) }),
  ],
  [
    "search",
    "Entra ID listed resources of the type Device, the next 5 of 20",
    searched(undefined, { type: "Device", total: 20, returned: 5, paging: nextPage }),
  ],
  [
    "search",
    "Entra ID listed resources of every type, all 2",
    searched(undefined, { type: undefined, total: 2, returned: 2 }),
  ],
  [
    "read.found",
    "Entra ID read Alice Young",
    { kind: "read", type: "User", id: "u1", label: "Alice Young", found: true, former: undefined },
  ],
  [
    "read.missed",
    "Entra ID asked for a user that does not exist (ID u9)",
    { kind: "read", type: "User", id: "u9", label: undefined, found: false, former: undefined },
  ],
  [
    "read.missed",
    "Entra ID asked for a user that does not exist (Bob, deleted on 21 November 2026, 08:00 UTC)",
    {
      kind: "read",
      type: "User",
      id: "u9",
      label: undefined,
      found: false,
      former: { type: "User", label: "Bob", deletedMs: EIGHT_O_CLOCK_MS - 3 * DAY_MS },
    },
  ],
  [
    "read.missed",
    "Entra ID asked for a user that does not exist (the ID belonged to the group Finance, deleted on 21 November 2026, 08:00 UTC)",
    {
      kind: "read",
      type: "User",
      id: "g1",
      label: undefined,
      found: false,
      former: { type: "Group", label: "Finance", deletedMs: EIGHT_O_CLOCK_MS - 3 * DAY_MS },
    },
  ],
  [
    "read.missed",
    "Entra ID asked for a user that does not exist (the ID belongs to the group Finance)",
    { kind: "read", type: "User", id: "g1", label: undefined, found: false, former: undefined, elsewhere: FINANCE },
  ],
  [
    "discovery",
    "Entra ID read what this server supports",
    { kind: "discovered", what: "ServiceProviderConfig", name: undefined },
  ],
  ["discovery", "Entra ID read the schemas", { kind: "discovered", what: "Schemas", name: undefined }],
  ["discovery", "Entra ID read the resource type User", { kind: "discovered", what: "ResourceTypes", name: "User" }],
  [
    "token.issued",
    "The client entra-1 got an access token (valid until 09:00 UTC)",
    { kind: "token", clientId: "entra-1", label: "Entra", expiresMs: EIGHT_O_CLOCK_MS + 60 * MINUTE_MS },
  ],
  [
    "search",
    "An unknown client listed users, all 1",
    searched(undefined, { total: 1, returned: 1 }),
    { actor: { label: undefined, dialect: "unknown" } },
  ],
  [
    "search",
    '"key of HR" listed users, all 1',
    searched(undefined, { total: 1, returned: 1 }),
    { actor: { label: "key of HR", dialect: "rfc-clean" } },
  ],
];

describe("what a client asked is told", () => {
  for (const [kind, text, outcome, more] of EXAMPLES) {
    test(text, () => {
      const [sentence, ...others] = sentencesOf(exchangeFacts(outcome, more));
      assert.ok(sentence);
      assert.equal(english(sentence), text);
      assert.equal(sentence.kind, kind);
      assert.deepEqual(others, []);
    });
  }

  test("without what a filter compares a secret with", () => {
    const [sentence] = sentencesOf(exchangeFacts(searched('password eq "hunter2" or password co "hunter3"')));
    assert.doesNotMatch(JSON.stringify(sentence), /hunter/);
    const [unquoted] = sentencesOf(exchangeFacts(searched("password eq hunter2 or title pr")));
    assert.doesNotMatch(JSON.stringify(unquoted), /hunter/);
    const [lookUp] = sentencesOf(exchangeFacts(searched('password eq "hunter2"')));
    assert.doesNotMatch(JSON.stringify(lookUp), /hunter/);
  });
});

test("a bulk request is summed up, and then told by its operations", () => {
  const operations = [
    { method: "POST", path: "/Users", status: 201, outcome: written(ALICE, { action: "create" }) },
    { method: "DELETE", path: "/Users/u2", status: 204, outcome: written(BOB, { action: "delete" }) },
    { method: "PATCH", path: "/Groups/g9", status: 428, outcome: refused(428, "It says no version.") },
  ] as const;
  const told = sentencesOf(exchangeFacts({ kind: "bulk", operations }));
  assert.deepEqual(
    told.map((sentence) => english(sentence)),
    [
      "Entra ID sent 3 operations in a bulk request, of which 1 failed",
      "Entra ID created Alice Young",
      "Entra ID deleted Bob",
      "Entra ID could not call PATCH /Groups/g9: it does not say which version it changes; Entra ID will retry",
    ],
  );
  assert.deepEqual(
    told.map(({ severity }) => severity),
    ["warning", "info", "notice", "error"],
  );
  const many = Array.from({ length: 300 }, () => operations[1]);
  assert.equal(sentencesOf(exchangeFacts({ kind: "bulk", operations: many })).length, 101);
});

test("connection tests are told in one sentence: of more than a day with the day, a single one without time", () => {
  const tests: Tests = {
    endpoint: "default",
    actor: { label: "provisioning", dialect: "entra" },
    count: 412,
    sinceMs: EIGHT_O_CLOCK_MS,
    lastMs: EIGHT_O_CLOCK_MS + 411 * MINUTE_MS,
  };
  const told = (own: Partial<Tests>, timeZone?: string) => english(testsSentence({ ...tests, ...own }, timeZone));
  assert.equal(told({}), "Entra ID tested the connection (412 times since 08:00)");
  assert.equal(told({}, "America/Los_Angeles"), "Entra ID tested the connection (412 times since 00:00)");
  const twoDays = { count: 2, lastMs: EIGHT_O_CLOCK_MS + DAY_MS };
  assert.equal(told(twoDays), "Entra ID tested the connection (2 times since 24 November, 08:00)");
  assert.equal(told({ count: 1 }), "Entra ID tested the connection");
});
