import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Answer, type Client, clientOf } from "../testing/client.ts";
import { type Program, startProgram } from "../testing/program.ts";

const SECRET = "disaster-test-secret";
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const CLIENTS = 16;
const GROUPS = 4;

/** Maximum time without writes while one instance takes over from another. */
const MAX_GAP_MS = 5_000;

/** A container whose local disk is lost with it; the target remains. */
function world(t: TestContext): { start: (standby?: boolean) => Promise<Program & { readonly dataDir: string }> } {
  const folder = mkdtempSync(join(tmpdir(), "scimtool-disaster-"));
  let started = 0;
  const programs: Program[] = [];
  t.after(async () => {
    for (const program of programs) await program.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    start: async (standby = false) => {
      const program = await startProgram({
        dataDir: join(folder, `disk-${started++}`),
        env: { SCIM_SHARED_SECRET: SECRET, BACKUP_TARGET: join(folder, "target") },
        standby,
      });
      programs.push(program);
      return program;
    },
  };
}

/** The acknowledged changes, and the errors that clients got. */
class Ledger {
  readonly users = new Set<string>();
  readonly memberships = new Map<string, Set<string>>();
  readonly refusals: Answer[] = [];
  lastWriteMs = performance.now();
  longestGapMs = 0;

  wrote(): void {
    const nowMs = performance.now();
    this.longestGapMs = Math.max(this.longestGapMs, nowMs - this.lastWriteMs);
    this.lastWriteMs = nowMs;
  }
}

async function createGroups(client: Client): Promise<string[]> {
  const ids: string[] = [];
  for (let group = 0; group < GROUPS; group++) {
    const created = await client.post("/Groups", { schemas: [GROUP], displayName: `Group ${group}` });
    assert.equal(created.status, 201, created.text);
    ids.push(created.body.id);
  }
  return ids;
}

/** Creates users and adds each to a group until stopped; reconnects if a connection breaks. */
async function writeUntil(
  isOver: () => boolean,
  clientNow: () => Client,
  name: string,
  groups: readonly string[],
  ledger: Ledger,
): Promise<void> {
  for (let count = 0; !isOver(); count++) {
    try {
      const created = await clientNow().post("/Users", { schemas: [USER], userName: `${name}-${count}` });
      if (created.status !== 201) {
        ledger.refusals.push(created);
        await sleep(20);
        continue;
      }
      ledger.users.add(created.body.id);
      ledger.wrote();
      const group = groups[count % groups.length] as string;
      const operations = [{ op: "add", path: "members", value: [{ value: created.body.id }] }];
      const patched = await clientNow().patch(`/Groups/${group}`, operations);
      if (patched.status >= 300) {
        ledger.refusals.push(patched);
        continue;
      }
      ledger.wrote();
      const members = ledger.memberships.get(group) ?? new Set();
      ledger.memberships.set(group, members.add(created.body.id));
    } catch {
      // The server is killed: nothing was acknowledged.
      await sleep(20);
    }
  }
}

async function assertKept(client: Client, ledger: Ledger): Promise<void> {
  for (const id of ledger.users) {
    const { status } = await client.get(`/Users/${id}?attributes=userName`);
    assert.equal(status, 200, `the user ${id} was acknowledged and is not there`);
  }
  for (const [group, members] of ledger.memberships) {
    const { body } = await client.get(`/Groups/${group}`);
    const kept = new Set((body.members ?? []).map(({ value }: { value: string }) => value));
    const lost = [...members].filter((id) => !kept.has(id));
    assert.deepEqual(lost, [], `memberships of ${group} were acknowledged and are not there`);
  }
}

function assertRefusedPolitely(ledger: Ledger): void {
  for (const { status, headers, text } of ledger.refusals) {
    assert.equal(status, 503, text);
    assert.match(String(headers["retry-after"]), /^[1-9]\d*$/);
  }
}

test("after kill -9 amid writes of 16 clients and the loss of the disk, every acknowledged user and membership is back", async (t) => {
  const { start } = world(t);
  const ledger = new Ledger();
  let program = await start();
  const groups = await createGroups(clientOf(program.baseUrl, SECRET));
  for (let round = 0; round < 3; round++) {
    let over = false;
    const client = clientOf(program.baseUrl, SECRET);
    const writers = Array.from({ length: CLIENTS }, (_, writer) =>
      writeUntil(
        () => over,
        () => client,
        `${round}-${writer}`,
        groups,
        ledger,
      ),
    );
    await sleep(500 + Math.random() * 1_000);
    await program.kill();
    over = true;
    await Promise.all(writers);
    client.close();
    rmSync(program.dataDir, { recursive: true, force: true });
    program = await start();
    assert.match(program.output(), /Database restored/);
    const reader = clientOf(program.baseUrl, SECRET);
    await assertKept(reader, ledger);
    reader.close();
  }
  assertRefusedPolitely(ledger);
  assert.ok(ledger.users.size > 100, `only ${ledger.users.size} users were written`);
});

for (const signal of ["SIGTERM", "SIGKILL"] as const) {
  test(`a deployment that ends the old instance by ${signal} loses nothing and interrupts writing for 5 s at most`, async (t) => {
    const { start } = world(t);
    const ledger = new Ledger();
    const old = await start();
    let client = clientOf(old.baseUrl, SECRET);
    const groups = await createGroups(client);
    let over = false;
    const writers = Array.from({ length: CLIENTS }, (_, writer) =>
      writeUntil(
        () => over,
        () => client,
        `${writer}`,
        groups,
        ledger,
      ),
    );
    await sleep(500);
    const fresh = await start(true);
    const ready = await fetch(new URL("/readyz", fresh.baseUrl));
    assert.equal(ready.status, 200);
    await sleep(300);
    const before = ledger.users.size;
    assert.ok(before > 0);
    // The platform switches the traffic, then stops the old one.
    client = clientOf(fresh.baseUrl, SECRET);
    if (signal === "SIGTERM") await old.stop();
    else await old.kill();
    await sleep(MAX_GAP_MS + 1_000);
    over = true;
    await Promise.all(writers);
    assert.ok(ledger.users.size > before, "nothing was written after the switch");
    assert.ok(ledger.longestGapMs < MAX_GAP_MS, `nobody could write for ${Math.round(ledger.longestGapMs)} ms`);
    assertRefusedPolitely(ledger);
    await assertKept(client, ledger);
    client.close();
    await fresh.stop();
  });
}
