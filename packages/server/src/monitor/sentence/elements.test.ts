import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ChangeSet } from "@scimtool/scim";
import type { Reference } from "../../store/store.ts";
import { ALICE, attribute, exchangeFacts, written } from "../testing/exchange-facts.ts";
import { english, type Sentence } from "../words/sentence.ts";
import { sentencesOf } from "./sentences.ts";

function told(resource: Reference, changes: ChangeSet): Sentence[] {
  return sentencesOf(exchangeFacts(written(resource, { changes })));
}

describe("values of a multi-valued attribute are matched", () => {
  const work = { type: "work", value: "a@example.com", primary: true };
  const home = { type: "home", value: "h@example.com" };
  const seattle = { locality: "Seattle", country: "US" };
  const cases: readonly (readonly [before: unknown, after: unknown, path: string, text: string])[] = [
    [
      [work, home],
      [home, { ...work, value: "b@example.com" }],
      "emails",
      "Entra ID changed Alice's work e-mail from a@example.com to b@example.com",
    ],
    [undefined, [work], "emails", "Entra ID set Alice's work e-mail to a@example.com"],
    [[work, home], [work], "emails", "Entra ID removed Alice's home e-mail (it was h@example.com)"],
    [[work], [{ ...work, primary: false }], "emails", "Entra ID changed Alice's work e-mail (primary) from yes to no"],
    [
      [seattle],
      [
        { country: "US", locality: "Seattle" },
        { type: "home", formatted: "x" },
      ],
      "addresses",
      "Entra ID set Alice's home address to x",
    ],
    [[], [{ value: "Admin" }], "roles", "Entra ID added Alice's role Admin"],
    [[{ value: "Admin" }], undefined, "roles", "Entra ID removed Alice's role Admin"],
    [["a"], ["a", "b"], "tags", "Entra ID added Alice's tag b"],
    [
      [{ value: "1", type: "x" }],
      [{ value: "1", type: "y" }],
      "ims",
      "Entra ID changed Alice's x messenger address (type) from x to y",
    ],
    [
      [{ type: "work", streetAddress: "1 Main", locality: "Seattle" }],
      [{ type: "work", streetAddress: "1 Main", locality: "Bellevue" }],
      "addresses",
      "Entra ID changed Alice's work city from Seattle to Bellevue",
    ],
    [
      undefined,
      [{ type: "work", streetAddress: "1 Main", locality: "Seattle" }],
      "addresses",
      "Entra ID set Alice's work address to 1 Main, Seattle",
    ],
    [
      [{ value: "1", display: "x" }],
      [{ value: "1", display: "y", type: "t" }],
      "photos",
      "Entra ID set Alice's photo 1 (type) to t",
    ],
  ];
  for (const [before, after, path, text] of cases) {
    test(text, () => {
      const [sentence, ...more] = told(ALICE, [attribute(path, before, after)]);
      assert.ok(sentence);
      assert.equal(english(sentence), text);
      assert.deepEqual(more, []);
    });
  }

  test("of two with the same type, by their value", () => {
    const other = { type: "work", value: "c@example.com" };
    const [sentence] = told(ALICE, [attribute("emails", [work, other], [work, { ...other, primary: true }])]);
    assert.equal(sentence && english(sentence), "Entra ID set Alice's work e-mail (primary) to yes");
    const paths = (before: unknown, after: unknown) =>
      told(ALICE, [attribute("emails", before, after)])[0]?.attributes.map(({ path, before, after }) => [
        path,
        before,
        after,
      ]);
    const primary = ['emails[type eq "work"].primary', undefined, "yes"];
    assert.deepEqual(paths([{ ...work, value: "a" }, other], [{ ...other, primary: true }]), [
      ['emails[type eq "work"].value', "a", undefined],
      primary,
    ]);
    assert.deepEqual(paths([other], [work, { ...other, primary: true }]), [
      primary,
      ['emails[type eq "work"].value', undefined, "a@example.com"],
    ]);
    const twice = told(ALICE, [attribute("roles", [{ value: "a" }], [{ value: "a" }, { value: "a" }])]);
    assert.deepEqual(
      twice.map((each) => english(each)),
      ["Entra ID added Alice's role a"],
    );
  });

  test("and very many are told in a bounded time and number", () => {
    const many = (prefix: string) => Array.from({ length: 20_000 }, (_, index) => ({ value: `${prefix}${index}` }));
    const begin = performance.now();
    const [sentence] = told(ALICE, [attribute("roles", many("a"), many("b"))]);
    assert.equal(sentence?.attributes.length, 1);
    assert.ok(performance.now() - begin < 3_000);
    const [hundreds] = told(ALICE, [attribute("roles", many("a").slice(0, 400), many("b").slice(0, 400))]);
    assert.equal(hundreds?.attributes.length, 100);
  });
});

test("an extension that no schema describes is told by its parts", () => {
  const [sentence] = told(ALICE, [attribute("urn:example:Own:2.0:User", { tag: "a", x: 1 }, { tag: "b", x: 1 })]);
  assert.equal(sentence && english(sentence), "Entra ID changed Alice's tag from a to b");
  assert.equal(sentence?.attributes[0]?.path, "urn:example:Own:2.0:User:tag");
  const urn = "urn:scim:schemas:extension:enterprise:1.0";
  const [older] = told(ALICE, [attribute(urn, { department: "Sales" }, undefined)]);
  assert.equal(older && english(older), "Entra ID removed Alice's department (it was Sales)");
  assert.equal(older?.attributes[0]?.path, `${urn}:department`);
});
