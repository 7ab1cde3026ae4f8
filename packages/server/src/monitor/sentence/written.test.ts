import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Change, ChangeSet, Note } from "@scimtool/scim";
import type { Reference } from "../../store/store.ts";
import type { Dialect } from "../dialect/client.ts";
import type { Written } from "../happening.ts";
import { ALICE, attribute, BOB, FINANCE, happening, written } from "../testing/happening.ts";
import { english, type Sentence } from "../words/sentence.ts";
import { sentencesOf } from "./sentences.ts";

const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const SHORT_ALICE: Reference = { ...ALICE, label: "Alice" };
const DEVICE: Reference = { type: "Device", id: "d1", label: "Printer 7" };

function members(added: readonly string[], removed: readonly string[] = []): Change {
  const values = (names: readonly string[]) => names.map((display) => ({ value: display, type: "User", display }));
  return { kind: "collection", path: "members", added: values(added), removed: values(removed) };
}

function manager(before: string | undefined, after: string | undefined): ChangeSet {
  const id = (name: string | undefined) => name && `id-of-${name}`;
  return [
    attribute(`${ENTERPRISE}:manager.value`, id(before), id(after)),
    attribute(`${ENTERPRISE}:manager.$ref`, id(before), id(after)),
    attribute(`${ENTERPRISE}:manager.displayName`, before, after),
  ];
}

function told(resource: Reference, changes: ChangeSet, more: Partial<Written> = {}, dialect?: Dialect): Sentence[] {
  const outcome = written(resource, { changes, ...more });
  return sentencesOf(happening(outcome, dialect === undefined ? {} : { dialect }));
}

type Example = readonly [kind: string, text: string, byEntra: string, sentences: readonly Sentence[]];

const EXAMPLES: readonly Example[] = [
  [
    "user.created",
    "Alice Young was created",
    "Alice Young was created by Entra ID",
    told(ALICE, [attribute("userName", undefined, "alice@example.com")], { action: "create", labelBefore: undefined }),
  ],
  [
    "user.created",
    "Alice Young was created (not active)",
    "Alice Young was created by Entra ID (not active)",
    told(ALICE, [attribute("active", undefined, false)], { action: "create", labelBefore: undefined }),
  ],
  [
    "user.recreated",
    "Bob was reactivated instead of being created a second time",
    "Bob was reactivated by Entra ID instead of being created a second time",
    told(BOB, [attribute("active", false, true)], { action: "recreate" }),
  ],
  [
    "user.changed",
    "Alice's department changed from Sales to Marketing",
    "Alice's department was changed from Sales to Marketing by Entra ID",
    told(ALICE, [attribute(`${ENTERPRISE}:department`, "Sales", "Marketing")]),
  ],
  [
    "user.changed",
    "Alice's department and title changed",
    "Alice's department and title were changed by Entra ID",
    told(ALICE, [attribute(`${ENTERPRISE}:department`, "Sales", "Marketing"), attribute("title", undefined, "Lead")]),
  ],
  [
    "user.changed",
    "Alice's locale, title and 2 other attributes changed",
    "Alice's locale, title and 2 other attributes were changed by Entra ID",
    told(
      ALICE,
      ["locale", "title", "nickName", "timezone"].map((path) => attribute(path, undefined, "x")),
    ),
  ],
  [
    "user.changed",
    "Alice's title was set to Lead",
    "Alice's title was set to Lead by Entra ID",
    told(ALICE, [attribute("title", undefined, "Lead")]),
  ],
  [
    "user.changed",
    "Alice's title was removed (it was Lead)",
    "Alice's title was removed by Entra ID (it was Lead)",
    told(ALICE, [attribute("title", "Lead", undefined)]),
  ],
  [
    "user.changed",
    "James' title was set to Lead",
    "James' title was set to Lead by Entra ID",
    told({ ...ALICE, label: "James Young" }, [attribute("title", undefined, "Lead")], { givenName: "James" }),
  ],
  [
    "user.changed",
    "Alice's role A was removed and role C was added",
    "Alice's role A was removed and role C was added by Entra ID",
    told(ALICE, [attribute("roles", [{ value: "A" }, { value: "B" }], [{ value: "B" }, { value: "C" }])]),
  ],
  [
    "user.changed",
    "Alice's role C and role D were added",
    "Alice's role C and role D were added by Entra ID",
    told(ALICE, [attribute("roles", undefined, [{ value: "C" }, { value: "D" }])]),
  ],
  [
    "user.changed",
    "Alice's work phones and title changed",
    "Alice's work phones and title were changed by Entra ID",
    told(ALICE, [
      attribute("phoneNumbers", undefined, [
        { type: "work", value: "1" },
        { type: "work", value: "2" },
      ]),
      attribute("title", undefined, "Lead"),
    ]),
  ],
  [
    "user.restored",
    "Bob was brought back after its deletion",
    "Bob was brought back after its deletion by Entra ID",
    told(BOB, [attribute("userName", undefined, "bob")], { action: "restore", labelBefore: undefined }),
  ],
  [
    "user.unchanged",
    "Nothing changed for Bob (the request was for the version that is there)",
    "Nothing changed for Bob (the request of Entra ID was for the version that is there)",
    told(BOB, [], { action: "restore" }),
  ],
  [
    "user.renamed",
    "Alice Young was renamed to Alice Miller",
    "Alice Young was renamed to Alice Miller by Entra ID",
    told({ ...ALICE, label: "Alice Miller" }, [attribute("name.familyName", "Young", "Miller")], {
      labelBefore: "Alice Young",
    }),
  ],
  [
    "user.deactivated",
    "Bob was deactivated",
    "Bob was deactivated by Entra ID",
    told(BOB, [attribute("active", true, false)]),
  ],
  [
    "user.deactivated",
    "Bob was deactivated",
    "Bob was deactivated by Entra ID",
    told(BOB, [attribute("active", undefined, false)]),
  ],
  [
    "user.reactivated",
    "Bob was reactivated",
    "Bob was reactivated by Entra ID",
    told(BOB, [attribute("active", false, true)]),
  ],
  [
    "user.reactivated",
    "Bob was reactivated",
    "Bob was reactivated by Entra ID",
    told(BOB, [attribute("active", false, undefined)]),
  ],
  [
    "user.activated",
    "Bob was activated",
    "Bob was activated by Entra ID",
    told(BOB, [attribute("active", undefined, true)]),
  ],
  ["user.deleted", "Bob was deleted", "Bob was deleted by Entra ID", told(BOB, [], { action: "delete" })],
  [
    "user.unchanged",
    "Nothing changed for Alice (the request repeated what was there)",
    "Nothing changed for Alice (the request of Entra ID repeated what was there)",
    told(SHORT_ALICE, []),
  ],
  [
    "user.unchanged",
    "Nothing changed for Alice (the request has a password, which is not kept here)",
    "Nothing changed for Alice (the request of Entra ID has a password, which is not kept here)",
    told(SHORT_ALICE, [], { notKept: ["password"] }),
  ],
  [
    "group.unchanged",
    "Nothing changed for Finance (the request was to remove what was not there)",
    "Nothing changed for Finance (the request of Entra ID was to remove what was not there)",
    told(FINANCE, [], { notes: [{ code: "target-absent", where: "members", detail: "" }] satisfies Note[] }),
  ],
  [
    "user.unchanged",
    "Nothing changed for Alice (the request was about what clients cannot change)",
    "Nothing changed for Alice (the request of Entra ID was about what clients cannot change)",
    told(SHORT_ALICE, [], { notes: [{ code: "read-only-ignored", where: "id", detail: "" }] satisfies Note[] }),
  ],
  [
    "user.unchanged",
    "Nothing changed for Alice (the request emptied what had no value)",
    "Nothing changed for Alice (the request of Entra ID emptied what had no value)",
    told(SHORT_ALICE, [attribute("title", undefined, ""), attribute("name.middleName", "", undefined)]),
  ],
  [
    "group.created",
    "Finance was created",
    "Finance was created by Entra ID",
    told(FINANCE, [attribute("displayName", undefined, "Finance")], { action: "create", labelBefore: undefined }),
  ],
  [
    "group.renamed",
    "Finance was renamed to Finance EU",
    "Finance was renamed to Finance EU by Entra ID",
    told({ ...FINANCE, label: "Finance EU" }, [attribute("displayName", "Finance", "Finance EU")], {
      labelBefore: "Finance",
    }),
  ],
  [
    "group.changed",
    "Finance Europe's external id was set to 42",
    "Finance Europe's external id was set to 42 by Entra ID",
    told({ ...FINANCE, label: "Finance Europe" }, [attribute("externalId", undefined, "42")]),
  ],
  [
    "members.added",
    "Alice Young was added to Finance",
    "Alice Young was added to Finance by Entra ID",
    told(FINANCE, [members(["Alice Young"])]),
  ],
  [
    "members.added",
    "Alice and Bob were added to Finance",
    "Alice and Bob were added to Finance by Entra ID",
    told(FINANCE, [members(["Alice", "Bob"])]),
  ],
  [
    "members.added",
    "Alice and 3 others were added to Finance",
    "Alice and 3 others were added to Finance by Entra ID",
    told(FINANCE, [members(["Alice", "Bob", "Carol", "Dave"])]),
  ],
  [
    "members.removed",
    "Bob was removed from Finance",
    "Bob was removed from Finance by Entra ID",
    told(FINANCE, [members([], ["Bob"])]),
  ],
  [
    "members.added",
    "The unknown id u9 was added to Finance",
    "The unknown id u9 was added to Finance by Entra ID",
    told(FINANCE, [{ kind: "collection", path: "members", added: [{ value: "u9", type: "" }], removed: [] }]),
  ],
  [
    "members.removed",
    "Bob and the unknown id u9 were removed from Finance",
    "Bob and the unknown id u9 were removed from Finance by Entra ID",
    told(FINANCE, [
      {
        kind: "collection",
        path: "members",
        added: [],
        removed: [
          { value: "u2", type: "User", display: "Bob" },
          { value: "u9", type: "" },
        ],
      },
    ]),
  ],
  [
    "manager.changed",
    "Manager of Alice is now Carol",
    "Manager of Alice is now Carol, set by Entra ID",
    told(SHORT_ALICE, manager(undefined, "Carol")),
  ],
  [
    "manager.removed",
    "Manager of Alice was removed (it was Carol)",
    "Manager of Alice was removed by Entra ID (it was Carol)",
    told(SHORT_ALICE, manager("Carol", undefined)),
  ],
  [
    "manager.renamed",
    "Manager of Alice is now called Carol Reed",
    "Manager of Alice is now called Carol Reed, set by Entra ID",
    told(SHORT_ALICE, [attribute(`${ENTERPRISE}:manager.displayName`, "Carol", "Carol Reed")]),
  ],
  [
    "resource.created",
    "Device Printer 7 was created",
    "Device Printer 7 was created by Entra ID",
    told(DEVICE, [], { action: "create", labelBefore: undefined }),
  ],
  [
    "resource.changed",
    "Device Printer 7's room changed from 1 to 2",
    "Device Printer 7's room was changed from 1 to 2 by Entra ID",
    told(DEVICE, [attribute("room", 1, 2)]),
  ],
  [
    "resource.renamed",
    "Device Printer 7 was renamed to Printer 8",
    "Device Printer 7 was renamed to Printer 8 by Entra ID",
    told({ ...DEVICE, label: "Printer 8" }, [attribute("displayName", "Printer 7", "Printer 8")], {
      labelBefore: "Printer 7",
    }),
  ],
];

describe("a write is told", () => {
  for (const [kind, text, byEntra, sentences] of EXAMPLES) {
    test(text, () => {
      const [sentence, ...more] = sentences;
      assert.ok(sentence);
      assert.deepEqual(more, []);
      assert.equal(english(sentence), text);
      assert.equal(english(sentence, { actor: true }), byEntra);
      assert.equal(sentence.kind, kind);
    });
  }
});

describe("several things at once", () => {
  const texts = (sentences: readonly Sentence[]) => sentences.map((sentence) => english(sentence));

  test("are told one by one: the name, the account, what it says, whose it is", () => {
    const changes = [
      attribute("displayName", "Alice Young", "Alice Miller"),
      attribute("name.familyName", "Young", "Miller"),
      attribute("title", "Clerk", "Lead"),
      attribute("active", true, false),
      ...manager("Carol", "Dave"),
    ];
    const sentences = told({ ...ALICE, label: "Alice Miller" }, changes, { labelBefore: "Alice Young" });
    assert.deepEqual(texts(sentences), [
      "Alice Young was renamed to Alice Miller",
      "Alice Miller was deactivated",
      "Alice's title changed from Clerk to Lead",
      "Manager of Alice Miller is now Dave",
    ]);
    assert.deepEqual(
      sentences.map(({ attributes }) => attributes.map(({ path }) => path)),
      [["displayName", "name.familyName"], ["active"], ["title"], [`${ENTERPRISE}:manager`]],
    );
    assert.deepEqual(
      sentences.map(({ severity }) => severity),
      ["info", "notice", "info", "info"],
    );
  });

  test("are told by the manager's name, also when a user is created", () => {
    const [sentence] = told(ALICE, manager(undefined, "Carol"), { action: "create", labelBefore: undefined });
    assert.deepEqual(sentence?.attributes, [{ path: `${ENTERPRISE}:manager`, name: "manager", after: "Carol" }]);
  });

  test("without a name before there is no renaming", () => {
    const sentences = told(ALICE, [attribute("displayName", "A", "Alice Young")], { labelBefore: undefined });
    assert.deepEqual(texts(sentences), ["Alice's display name changed from A to Alice Young"]);
  });

  test("of a group: new ones come before those that left", () => {
    assert.deepEqual(texts(told(FINANCE, [members(["Alice"], ["Bob", "Carol"])])), [
      "Alice was added to Finance",
      "Bob and Carol were removed from Finance",
    ]);
  });

  test("of a group that is created with members", () => {
    const changes = [attribute("displayName", undefined, "Finance"), members(["Alice"])];
    const sentences = told(FINANCE, changes, { action: "create", labelBefore: undefined });
    assert.deepEqual(texts(sentences), ["Finance was created", "Alice was added to Finance"]);
  });

  test("another userName is a new name only for who has no other", () => {
    const change = attribute("userName", "a@example.com", "b@example.com");
    assert.deepEqual(texts(told(ALICE, [change])), ["Alice's user name changed from a@example.com to b@example.com"]);
    assert.deepEqual(texts(told({ ...ALICE, label: "b@example.com" }, [change], { labelBefore: "a@example.com" })), [
      "a@example.com was renamed to b@example.com",
    ]);
    const both = [change, attribute("displayName", "Alice Miller", "Alice Young")];
    assert.deepEqual(texts(told(ALICE, both, { labelBefore: "Alice Miller" })), [
      "Alice Miller was renamed to Alice Young",
      "Alice's user name changed from a@example.com to b@example.com",
    ]);
  });
});

test("a secret is in no sentence and in no detail", () => {
  const sentences = told(ALICE, [attribute("urn:x:2.0:User:apiToken", "hunter2", "hunter3")]);
  assert.doesNotMatch(JSON.stringify(sentences), /hunter/);
});

test("who did it is the product, or else the credential, or nobody", () => {
  const by = (dialect: Dialect, label: string | undefined) => {
    const [sentence] = sentencesOf(happening(written(BOB, { action: "delete" }), { actor: { label, dialect } }));
    return sentence && english(sentence, { actor: true });
  };
  assert.equal(by("okta-wizard", "key"), "Bob was deleted by Okta");
  assert.equal(by("rfc-clean", "key"), 'Bob was deleted by "key"');
  assert.equal(by("unknown", undefined), "Bob was deleted");
});
