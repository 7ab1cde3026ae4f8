import assert from "node:assert/strict";
import { test } from "node:test";
import { actor, english, resource, text } from "./sentence.ts";

test("a sentence begins with who did it: the product, the credential, or an unknown client", () => {
  const by = (who: Parameters<typeof actor>[0]) => english({ parts: [actor(who), text(" deleted Bob")] });
  assert.equal(by({ label: "key", dialect: "entra" }), "Entra ID deleted Bob");
  assert.equal(by({ label: "key", dialect: "unknown" }), '"key" deleted Bob');
  assert.equal(by({ label: undefined, dialect: "unknown" }), "An unknown client deleted Bob");
});

test("a resource's name is the same in its part and in the text, without characters that change the direction", () => {
  const [part] = resource({ type: "User", id: "u1", label: "A\u202eB" });
  assert.deepEqual(part, { kind: "resource", text: "A B", resource: { type: "User", id: "u1", label: "A B" } });
});
