import assert from "node:assert/strict";
import { test } from "node:test";
import { FINANCE } from "../testing/exchange-facts.ts";
import { findMassChanges } from "./mass.ts";
import { Memory } from "./memory.ts";
import { findSkippedPages } from "./query.ts";
import { recalledMemberRemovals } from "./recall.ts";
import type { Done, Seen } from "./seen.ts";

const facts = { atMs: 0, path: "/Users", actor: { label: "provisioning", dialect: "unknown" } };

function page(memory: Memory, client: string, filter?: string): void {
  const searched = { type: "User", total: 500, returned: 100, filter, paging: { kind: "index", startIndex: 1 } };
  findSkippedPages({ facts, client, memory } as unknown as Seen, searched as never);
}

test("a million clients that list users take as much memory as two thousand", () => {
  const memory = new Memory();
  for (let client = 0; client < 1_000_000; client++) page(memory, `client ${client}`);
  assert.equal(memory.pages.size, 2_000);
});

test("the pages of a search with a very long filter are not remembered", () => {
  const memory = new Memory();
  page(memory, "client", `userName eq "${"a".repeat(1_000)}"`);
  assert.equal(memory.pages.size, 0);
});

test("a client that empties any number of large groups takes the memory of the last ones", async () => {
  const memory = new Memory();
  const store = {
    monitor: { history: { versions: async () => ({ total: 0, entries: [] }) } },
    members: { count: async () => 0 },
  };
  const endpoint = { key: 1, settings: { findings: { massPercent: 20, massMinimum: 5, massMinutes: 10 } } };
  for (let group = 0; group < 200; group++) {
    const removed = Array.from({ length: 900 }, (_, at) => ({ type: "User", value: `${group}-${at}` }));
    const done = {
      fact: { action: "replace", resource: { ...FINANCE, id: `${group}` } },
      written: {
        stored: { id: `${group}`, revision: 2 },
        changes: [{ kind: "collection", path: "members", added: [], removed }],
      },
      subject: { endpoint },
      sent: {},
    };
    const seen = { facts, client: "client", memory, endpoint, store };
    const [found] = await findMassChanges(seen as unknown as Seen, done as unknown as Done);
    assert.match(found?.sentence ?? "", /removed 900 of 900 members/);
  }
  assert.equal(memory.removals.size, Math.floor(50_000 / 901));
});

test("after a start, the versions of a group are read in pages, and not all of many", async () => {
  const limits: number[] = [];
  const versions = async (_scope: unknown, _endpoint: number, _id: string, { limit }: { limit: number }) => {
    limits.push(limit);
    const entries = Array.from({ length: limit }, () => ({
      atMs: facts.atMs,
      action: "modify",
      actor: {},
      changes: [],
    }));
    return { total: 1_000_000, entries, next: limits.length };
  };
  const seen = { facts, endpoint: { key: 1 }, answered: {}, store: { monitor: { history: { versions } } } };
  assert.deepEqual(await recalledMemberRemovals(seen as unknown as Seen, "g1", 0), []);
  assert.deepEqual(
    limits,
    Array.from({ length: 10 }, () => 20),
  );
});
