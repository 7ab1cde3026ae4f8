import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { testFolder } from "../testing/application.ts";
import { succeeded } from "../testing/assert-answer.ts";
import { type Client, clientOf } from "../testing/client.ts";
import { startProgram } from "../testing/program.ts";
import { group, user } from "../testing/scim-bodies.ts";

const ROUNDS = 3;
const CONNECTIONS = 8;
const WRITING_MS = 400;

/** What the server has acknowledged. The last write of each connection may be done or not. */
type Acknowledged = {
  /** Title by user; undefined once it is deleted. */
  readonly titles: Map<string, string | undefined>;
  readonly members: Set<string>;
  readonly uncertain: Set<string>;
};

/** Creates users, changes them, adds them to the group, and deletes every third, until the server is gone. */
async function write(client: Client, groupId: string, name: string, known: Acknowledged): Promise<void> {
  let current: string | undefined;
  try {
    for (let turn = 0; ; turn++) {
      current = undefined;
      const { id } = succeeded(await client.post("/Users", user(`${name}.${turn}`, { title: "new" })), 201);
      known.titles.set(id, "new");
      current = id as string;
      succeeded(await client.patch(`/Users/${id}`, [{ op: "replace", path: "title", value: `T${turn}` }]), 200);
      known.titles.set(id, `T${turn}`);
      const operation = { op: "add", path: "members", value: [{ value: id }] };
      assert.equal((await client.patch(`/Groups/${groupId}`, [operation])).status, 204);
      known.members.add(id);
      if (turn % 3 !== 2) continue;
      assert.equal((await client.delete(`/Users/${id}`)).status, 204);
      known.titles.set(id, undefined);
      known.members.delete(id);
    }
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    if (current !== undefined) known.uncertain.add(current);
  }
}

async function assertAllThere(client: Client, groupId: string, { titles, members, uncertain }: Acknowledged) {
  const group = succeeded(await client.get(`/Groups/${groupId}`), 200);
  const found = new Set(group.members?.map(({ value }: { value: string }) => value));
  for (const [id, title] of titles) {
    if (uncertain.has(id)) continue;
    const answer = await client.get(`/Users/${id}`);
    assert.deepEqual([answer.status, answer.body.title], title === undefined ? [404, undefined] : [200, title]);
    assert.equal(found.has(id), members.has(id), `membership of ${id}`);
  }
}

test("after kill -9 during writes from 8 connections, every acknowledged write is there", async (t) => {
  const dataDir = testFolder();
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  const known: Acknowledged = { titles: new Map(), members: new Set(), uncertain: new Set() };
  let groupId = "";
  for (let round = 0; round < ROUNDS; round++) {
    const program = await startProgram({ dataDir });
    t.after(() => program.kill());
    const clients = Array.from({ length: CONNECTIONS }, () => clientOf(program.baseUrl, program.secret));
    const [first] = clients as [Client];
    if (round === 0) groupId = succeeded(await first.post("/Groups", group("Everybody")), 201).id;
    else await assertAllThere(first, groupId, known);
    const before = known.titles.size;
    const writers = clients.map((client, index) => write(client, groupId, `r${round}c${index}`, known));
    await delay(WRITING_MS);
    await program.kill();
    await Promise.all(writers);
    for (const client of clients) client.close();
    assert.ok(known.titles.size > before + CONNECTIONS, `${known.titles.size - before} users written`);
  }
  const program = await startProgram({ dataDir });
  const client = clientOf(program.baseUrl, program.secret);
  await assertAllThere(client, groupId, known);
  client.close();
  assert.equal(await program.stop(), 0);
  const database = new DatabaseSync(join(dataDir, "scim.db"), { readOnly: true });
  assert.deepEqual(
    database
      .prepare("PRAGMA integrity_check")
      .all()
      .map((row) => Object.values(row)),
    [["ok"]],
  );
  assert.deepEqual(database.prepare("PRAGMA foreign_key_check").all(), []);
  database.close();
});
