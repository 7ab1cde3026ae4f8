import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { inDirectory } from "../../testing/directory.ts";
import { inTurn } from "./turns.ts";

test(
  "parts run one after the other in the order in which they ask, also behind one that fails",
  inDirectory(async ({ store }) => {
    const seen: string[] = [];
    const part = (name: string) => async () => {
      seen.push(`${name} begins`);
      await turn();
      seen.push(`${name} ends`);
      if (name === "a") throw new Error("a failed");
      return name;
    };
    const results = await Promise.allSettled(["a", "b", "c"].map((name) => inTurn(store, part(name))));
    assert.deepEqual(
      results.map((each) => (each.status === "fulfilled" ? each.value : "failed")),
      ["failed", "b", "c"],
    );
    assert.deepEqual(seen, ["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
  }),
);

test(
  "the event loop comes round between two of them",
  inDirectory(async ({ store }) => {
    const seen: string[] = [];
    const part = (name: string) => async () => {
      seen.push(name);
      setImmediate(() => seen.push(`the loop after ${name}`));
    };
    await Promise.all([inTurn(store, part("a")), inTurn(store, part("b")), inTurn(store, part("c"))]);
    assert.deepEqual(seen, ["a", "the loop after a", "b", "the loop after b", "c"]);
  }),
);

test(
  "those of another store do not wait for them",
  inDirectory(async ({ store }) => {
    const other = { ...store };
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    const waiting = inTurn(store, () => held);
    assert.equal(await inTurn(other, async () => "at once"), "at once");
    letGo();
    await waiting;
  }),
);
