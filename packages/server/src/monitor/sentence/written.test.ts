import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Change, ChangeSet, Note } from "@scimtool/scim";
import type { Reference } from "../../store/store.ts";
import type { Dialect } from "../dialect/client.ts";
import type { Written } from "../exchange-facts.ts";
import { ALICE, attribute, BOB, exchangeFacts, FINANCE, written } from "../testing/exchange-facts.ts";
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
  return sentencesOf(exchangeFacts(outcome, dialect === undefined ? {} : { dialect }));
}

type Example = readonly [kind: string, text: string, sentences: readonly Sentence[]];

const EXAMPLES: readonly Example[] = [
  [
    "user.created",
    "Entra ID created Alice Young",
    told(ALICE, [attribute("userName", undefined, "alice@example.com")], { action: "create", labelBefore: undefined }),
  ],
  [
    "user.created",
    "Entra ID created Alice Young (inactive)",
    told(ALICE, [attribute("active", undefined, false)], { action: "create", labelBefore: undefined }),
  ],
  [
    "user.recreated",
    "Entra ID reactivated Bob instead of creating a duplicate",
    told(BOB, [attribute("active", false, true)], { action: "recreate" }),
  ],
  [
    "user.changed",
    "Entra ID changed Alice's department from Sales to Marketing",
    told(ALICE, [attribute(`${ENTERPRISE}:department`, "Sales", "Marketing")]),
  ],
  [
    "user.changed",
    "Entra ID changed Alice's department and title",
    told(ALICE, [attribute(`${ENTERPRISE}:department`, "Sales", "Marketing"), attribute("title", undefined, "Lead")]),
  ],
  [
    "user.changed",
    "Entra ID changed Alice's locale, title and 2 other attributes",
    told(
      ALICE,
      ["locale", "title", "nickName", "timezone"].map((path) => attribute(path, undefined, "x")),
    ),
  ],
  ["user.changed", "Entra ID set Alice's title to Lead", told(ALICE, [attribute("title", undefined, "Lead")])],
  [
    "user.changed",
    "Entra ID removed Alice's title (it was Lead)",
    told(ALICE, [attribute("title", "Lead", undefined)]),
  ],
  [
    "user.changed",
    "Entra ID set James' title to Lead",
    told({ ...ALICE, label: "James Young" }, [attribute("title", undefined, "Lead")], { givenName: "James" }),
  ],
  [
    "user.changed",
    "Entra ID removed Alice's role A and added role C",
    told(ALICE, [attribute("roles", [{ value: "A" }, { value: "B" }], [{ value: "B" }, { value: "C" }])]),
  ],
  [
    "user.changed",
    "Entra ID added Alice's role C and role D",
    told(ALICE, [attribute("roles", undefined, [{ value: "C" }, { value: "D" }])]),
  ],
  [
    "user.changed",
    "Entra ID changed Alice's work phones and title",
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
    "Entra ID restored Bob after its deletion",
    told(BOB, [attribute("userName", undefined, "bob")], { action: "restore", labelBefore: undefined }),
  ],
  [
    "user.unchanged",
    "Entra ID changed nothing for Bob (that version is the current one)",
    told(BOB, [], { action: "restore" }),
  ],
  [
    "user.renamed",
    "Entra ID renamed Alice Young to Alice Miller",
    told({ ...ALICE, label: "Alice Miller" }, [attribute("name.familyName", "Young", "Miller")], {
      labelBefore: "Alice Young",
    }),
  ],
  ["user.deactivated", "Entra ID deactivated Bob", told(BOB, [attribute("active", true, false)])],
  ["user.deactivated", "Entra ID deactivated Bob", told(BOB, [attribute("active", undefined, false)])],
  ["user.reactivated", "Entra ID reactivated Bob", told(BOB, [attribute("active", false, true)])],
  ["user.reactivated", "Entra ID reactivated Bob", told(BOB, [attribute("active", false, undefined)])],
  ["user.activated", "Entra ID activated Bob", told(BOB, [attribute("active", undefined, true)])],
  ["user.deleted", "Entra ID deleted Bob", told(BOB, [], { action: "delete" })],
  [
    "user.unchanged",
    "Entra ID changed nothing for Alice (the request repeated the current values)",
    told(SHORT_ALICE, []),
  ],
  [
    "user.unchanged",
    "Entra ID changed nothing for Alice (the request sets the password, which is never stored)",
    told(SHORT_ALICE, [], { notKept: ["password"] }),
  ],
  [
    "group.unchanged",
    "Entra ID changed nothing for Finance (the request removed what was not there)",
    told(FINANCE, [], { notes: [{ code: "target-absent", where: "members", detail: "" }] satisfies Note[] }),
  ],
  [
    "user.unchanged",
    "Entra ID changed nothing for Alice (clients cannot change these attributes)",
    told(SHORT_ALICE, [], { notes: [{ code: "read-only-ignored", where: "id", detail: "" }] satisfies Note[] }),
  ],
  [
    "user.unchanged",
    "Entra ID changed nothing for Alice (the request cleared what had no value)",
    told(SHORT_ALICE, [attribute("title", undefined, ""), attribute("name.middleName", "", undefined)]),
  ],
  [
    "group.created",
    "Entra ID created Finance",
    told(FINANCE, [attribute("displayName", undefined, "Finance")], { action: "create", labelBefore: undefined }),
  ],
  [
    "group.renamed",
    "Entra ID renamed Finance to Finance EU",
    told({ ...FINANCE, label: "Finance EU" }, [attribute("displayName", "Finance", "Finance EU")], {
      labelBefore: "Finance",
    }),
  ],
  [
    "group.changed",
    "Entra ID set Finance Europe's external id to 42",
    told({ ...FINANCE, label: "Finance Europe" }, [attribute("externalId", undefined, "42")]),
  ],
  ["members.added", "Entra ID added Alice Young to Finance", told(FINANCE, [members(["Alice Young"])])],
  ["members.added", "Entra ID added Alice and Bob to Finance", told(FINANCE, [members(["Alice", "Bob"])])],
  [
    "members.added",
    "Entra ID added Alice and 3 others to Finance",
    told(FINANCE, [members(["Alice", "Bob", "Carol", "Dave"])]),
  ],
  ["members.removed", "Entra ID removed Bob from Finance", told(FINANCE, [members([], ["Bob"])])],
  [
    "members.added",
    "Entra ID added the unknown ID u9 to Finance",
    told(FINANCE, [{ kind: "collection", path: "members", added: [{ value: "u9", type: "" }], removed: [] }]),
  ],
  [
    "members.removed",
    "Entra ID removed Bob and the unknown ID u9 from Finance",
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
  ["manager.changed", "Entra ID set Alice's manager to Carol", told(SHORT_ALICE, manager(undefined, "Carol"))],
  [
    "manager.removed",
    "Entra ID removed Alice's manager (it was Carol)",
    told(SHORT_ALICE, manager("Carol", undefined)),
  ],
  [
    "manager.renamed",
    "Entra ID changed the name of Alice's manager to Carol Reed",
    told(SHORT_ALICE, [attribute(`${ENTERPRISE}:manager.displayName`, "Carol", "Carol Reed")]),
  ],
  [
    "resource.created",
    "Entra ID created Device Printer 7",
    told(DEVICE, [], { action: "create", labelBefore: undefined }),
  ],
  ["resource.changed", "Entra ID changed Device Printer 7's room from 1 to 2", told(DEVICE, [attribute("room", 1, 2)])],
  [
    "resource.renamed",
    "Entra ID renamed Device Printer 7 to Printer 8",
    told({ ...DEVICE, label: "Printer 8" }, [attribute("displayName", "Printer 7", "Printer 8")], {
      labelBefore: "Printer 7",
    }),
  ],
];

describe("a write is told", () => {
  for (const [kind, text, sentences] of EXAMPLES) {
    test(text, () => {
      const [sentence, ...more] = sentences;
      assert.ok(sentence);
      assert.deepEqual(more, []);
      assert.equal(english(sentence), text);
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
      "Entra ID renamed Alice Young to Alice Miller",
      "Entra ID deactivated Alice Miller",
      "Entra ID changed Alice's title from Clerk to Lead",
      "Entra ID changed Alice's manager from Carol to Dave",
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
    assert.deepEqual(texts(sentences), ["Entra ID changed Alice's display name from A to Alice Young"]);
  });

  test("of a group: new ones come before those that left", () => {
    assert.deepEqual(texts(told(FINANCE, [members(["Alice"], ["Bob", "Carol"])])), [
      "Entra ID added Alice to Finance",
      "Entra ID removed Bob and Carol from Finance",
    ]);
  });

  test("of a group that is created with members", () => {
    const changes = [attribute("displayName", undefined, "Finance"), members(["Alice"])];
    const sentences = told(FINANCE, changes, { action: "create", labelBefore: undefined });
    assert.deepEqual(texts(sentences), ["Entra ID created Finance", "Entra ID added Alice to Finance"]);
  });

  test("another userName is a new name only for who has no other", () => {
    const change = attribute("userName", "a@example.com", "b@example.com");
    assert.deepEqual(texts(told(ALICE, [change])), [
      "Entra ID changed Alice's user name from a@example.com to b@example.com",
    ]);
    assert.deepEqual(texts(told({ ...ALICE, label: "b@example.com" }, [change], { labelBefore: "a@example.com" })), [
      "Entra ID renamed a@example.com to b@example.com",
    ]);
    const both = [change, attribute("displayName", "Alice Miller", "Alice Young")];
    assert.deepEqual(texts(told(ALICE, both, { labelBefore: "Alice Miller" })), [
      "Entra ID renamed Alice Miller to Alice Young",
      "Entra ID changed Alice's user name from a@example.com to b@example.com",
    ]);
  });
});

test("a secret is in no sentence and in no detail", () => {
  const sentences = told(ALICE, [attribute("urn:x:2.0:User:apiToken", "hunter2", "hunter3")]);
  assert.doesNotMatch(JSON.stringify(sentences), /hunter/);
});

test("who did it is the product, or else the credential, or nobody", () => {
  const by = (dialect: Dialect, label: string | undefined) => {
    const [sentence] = sentencesOf(exchangeFacts(written(BOB, { action: "delete" }), { actor: { label, dialect } }));
    return sentence && english(sentence);
  };
  assert.equal(by("okta-wizard", "key"), "Okta deleted Bob");
  assert.equal(by("rfc-clean", "key"), '"key" deleted Bob');
  assert.equal(by("unknown", undefined), "An unknown client deleted Bob");
});
