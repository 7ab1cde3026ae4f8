import assert from "node:assert/strict";
import { test } from "node:test";
import { idsOf, inMonitorWorld, message } from "../../conformance/monitor-world.ts";
import { INDEXED_FROM } from "./blocks.ts";
import { openMonitor } from "./test-support.ts";

for (const [name, others] of [
  ["a few exchanges", 0],
  ["exchanges whose words are indexed", INDEXED_FROM],
] as const) {
  test(
    `among ${name}, words are found that JSON has with escapes, and what it was refused with`,
    inMonitorWorld(openMonitor, async ({ monitor, store, exchange, record }) => {
      const own = exchange({
        method: "POST",
        status: 400,
        request: message([], '{"title":"K\\u00fcchenmeister","note":"Line\\nBreaker"}'),
        response: message([], '{"detail":"The \\"title\\" is Gr\\u00f6\\u00dfer"}'),
      });
      await record(own, ...Array.from({ length: others }, () => exchange()));
      for (const text of ["Küchenmeister", "kuchen", "line breaker", "title größer", "breaker"]) {
        const { exchanges } = await monitor.exchanges.search(store.committed, { text }, { limit: 9 });
        assert.deepEqual(idsOf(exchanges), [own.id], text);
      }
      for (const text of ["nbreaker", "u00fcchenmeister"]) {
        assert.equal((await monitor.exchanges.search(store.committed, { text }, { limit: 9 })).total, 0, text);
      }
    }),
  );
}
