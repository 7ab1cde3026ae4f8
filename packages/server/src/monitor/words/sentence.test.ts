import assert from "node:assert/strict";
import { test } from "node:test";
import { actor, agent, resource, text } from "./parts.ts";
import { english } from "./sentence.ts";

const ENTRA = { label: "key", dialect: "entra" } as const;

test("who did it is said where it is asked for, and the words around it change with it", () => {
  const parts = [text("Bob"), text(" changed", " was changed"), ...agent(ENTRA), text(" (twice)")];
  assert.equal(english({ parts }), "Bob changed (twice)");
  assert.equal(english({ parts }, { actor: true }), "Bob was changed by Entra ID (twice)");
});

test("where it is the subject it is always said, and nothing else changes", () => {
  const parts = [actor(ENTRA), text(" came", " was here")];
  assert.equal(english({ parts }), "Entra ID came");
  assert.equal(english({ parts }, { actor: true }), "Entra ID came");
});

test("a resource is called in its part as it is called in the text: without what would turn the text around it", () => {
  const [part] = resource({ type: "User", id: "u1", label: "A\u202eB" });
  assert.deepEqual(part, { kind: "resource", text: "A B", resource: { type: "User", id: "u1", label: "A B" } });
});
