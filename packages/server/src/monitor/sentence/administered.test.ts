import assert from "node:assert/strict";
import { test } from "node:test";
import type { Administered } from "../exchange-facts.ts";
import { exchangeFacts } from "../testing/exchange-facts.ts";
import { english } from "../words/sentence.ts";
import { sentencesOf } from "./sentences.ts";

const ACME = { kind: "administered", object: "endpoint", label: "acme", endpoint: "acme", changes: [] } as const;
const TOKEN = { ...ACME, object: "token", label: "Entra" } as const;

function sentenceOf(administered: Administered) {
  const [sentence, ...more] = sentencesOf({
    ...exchangeFacts(administered),
    actor: { label: "admin", dialect: "manual" },
  });
  assert.ok(sentence);
  assert.deepEqual(more, []);
  return sentence;
}

const EXAMPLES: readonly (readonly [kind: string, text: string, administered: Administered])[] = [
  ["endpoint.created", "created the endpoint acme", { ...ACME, verb: "created" }],
  ["endpoint.renamed", "renamed the endpoint acme to umbra", { ...ACME, verb: "renamed", endpoint: "umbra" }],
  ["endpoint.emptied", "emptied the endpoint acme of 1,200 resources", { ...ACME, verb: "emptied", removed: 1_200 }],
  ["endpoint.deleted", "deleted the endpoint acme", { ...ACME, verb: "deleted" }],
  [
    "endpoint.changed",
    "changed the setting profile of the endpoint acme",
    { ...ACME, verb: "changed", changes: [{ name: "profile", after: "strict" }] },
  ],
  [
    "credential.changed",
    'changed the label, scopes and expires of the token "Entra" of the endpoint acme',
    { ...TOKEN, verb: "changed", changes: [{ name: "label" }, { name: "scopes" }, { name: "expires" }] },
  ],
  [
    "credential.replaced",
    'created a new secret for the token "Entra" of the endpoint acme',
    { ...TOKEN, verb: "replaced" },
  ],
  [
    "credential.deleted",
    'deleted the client secret "Entra" of the endpoint acme',
    { ...TOKEN, object: "client secret", verb: "deleted" },
  ],
  ["trust.created", 'created the trust "Entra" of the endpoint acme', { ...TOKEN, object: "trust", verb: "created" }],
];

for (const [kind, text, administered] of EXAMPLES) {
  test(`an administrator ${text}`, () => {
    const sentence = sentenceOf(administered);
    assert.deepEqual([sentence.kind, english(sentence)], [kind, `An administrator ${text}`]);
  });
}

test("what was changed is told with its values, long ones shortened and secret ones not", () => {
  const changes = [
    { name: "label", before: "old", after: "new" },
    { name: "scopes", after: ["read", "write"] },
    { name: "secret", before: "abc", after: "def" },
    { name: "schemas", after: "x".repeat(1_000) },
  ];
  const { attributes } = sentenceOf({ ...TOKEN, verb: "changed", changes });
  const [label, scopes, secret, schemas] = attributes;
  assert.deepEqual(label, { path: "label", name: "label", before: "old", after: "new" });
  assert.deepEqual(scopes, { path: "scopes", name: "scopes", after: "read, write" });
  assert.deepEqual([secret?.before, secret?.after], ["[secret]", "[secret]"]);
  assert.ok((schemas?.after ?? "").length <= 81);
});

test("a label that would turn the sentence around does not", () => {
  const text = english(sentenceOf({ ...TOKEN, verb: "created", label: "a\u202eb\nc" }));
  assert.equal(text, 'An administrator created the token "a b c" of the endpoint acme');
});
