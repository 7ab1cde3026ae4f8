import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { DatabaseChecksum } from "../checksum.ts";
import { LOG } from "../log/log.ts";
import { NO_HASH, recordHash, type Segment } from "../log/record.ts";
import { slotKey } from "../target/target.ts";
import type { DecideFaults } from "../target/testing/faulty.ts";
import { bytesElsewhere } from "../testing/folder.ts";
import { until } from "../testing/until.ts";
import type { Shipper as ShipperType } from "./shipper.ts";
import { begin, FIRST_SLOT, links, MAX_FLIGHT_BYTES, once, POLL_MS } from "./shipper-fixture.ts";

describe("a committed change", () => {
  test("arrives, and each link is the database after some commit", async (t) => {
    const { commit, gate, rows, shipper } = await begin(t);
    for (let row = 1; row <= 4; row++) {
      commit(row);
      await gate.wait(false);
    }
    assert.deepEqual(await rows(), [1, 2, 3, 4]);
    assert.equal(shipper.totals.commits, 4);
    assert.equal(shipper.totals.segments, 4);
  });

  test("during a flight goes with the next one, which follows at once", async (t) => {
    t.mock.timers.enable({ apis: ["setInterval"] });
    const { commit, gate, rows, shipper } = await begin(t, { faults: () => ({ kind: "late-answer", ms: 40 }) });
    commit(1);
    const first = gate.wait(false);
    await sleep(10);
    for (let row = 2; row <= 30; row++) commit(row);
    const all = gate.wait(false);
    await first;
    assert.equal(gate.unshippedCommits, 29);
    await all;
    assert.deepEqual(await rows(), [1, 30]);
    assert.equal(shipper.totals.commits, 30);
  });

  test("in the same turn goes with the others", async (t) => {
    const { commit, gate, rows } = await begin(t);
    for (let row = 1; row <= 5; row++) commit(row);
    await gate.wait(false);
    assert.deepEqual(await rows(), [5]);
  });

  test("can shrink the database", async (t) => {
    const { commit, gate, rows, shipped, database } = await begin(t);
    commit(1, 100_000);
    await gate.wait(false);
    for (const sql of ["DELETE FROM t", "VACUUM"]) database.exec(sql);
    commit(2);
    await gate.wait(false);
    assert.deepEqual(await rows(), [1, 1]);
    assert.ok((shipped[1]?.databasePages as number) < (shipped[0]?.databasePages as number));
  });

  test("in one transaction is never split, however large it is", async (t) => {
    const { commit, gate, rows, shipper } = await begin(t);
    commit(1, 5 * MAX_FLIGHT_BYTES);
    await gate.wait(false);
    assert.deepEqual(await rows(), [1]);
    assert.ok((shipper.holdHead()?.head.databasePages ?? 0) * 4_096 > 5 * MAX_FLIGHT_BYTES);
  });

  test("in many transactions is split if it exceeds a flight", async (t) => {
    const { commit, gate, rows, shipped } = await begin(t);
    for (let row = 1; row <= 12; row++) commit(row, MAX_FLIGHT_BYTES / 4);
    await gate.wait(false);
    const counts = await rows();
    assert.ok(counts.length >= 3 && counts.length <= 4, String(counts));
    assert.equal(counts.at(-1), 12);
    for (const { pages } of shipped) assert.ok(pages.size * 4_096 <= 1.5 * MAX_FLIGHT_BYTES);
  });

  test("is acknowledged only when the last of its flights has arrived", async (t) => {
    let flights = 0;
    const faults: DecideFaults = ({ op }) =>
      op === "slot" && ++flights === 3 ? { kind: "delay", ms: 100 } : undefined;
    const { commit, gate, shipper, checkpointer, wal } = await begin(t, { faults });
    for (let row = 1; row <= 12; row++) commit(row, MAX_FLIGHT_BYTES / 4);
    const answer = gate.wait(false);
    let isAnswered = false;
    void answer?.then(() => {
      isAnswered = true;
    });
    await until(() => flights === 3, "a third flight");
    await sleep(30);
    assert.equal(isAnswered, false);
    assert.equal(gate.unshippedCommits, 12);
    assert.equal(shipper.holdHead(), undefined, "the database has gone on from the head, and was not held there");
    await answer;
    const held = shipper.holdHead();
    assert.equal(held?.head.slot, FIRST_SLOT + flights - 1);
    held?.pin.release();
    await checkpointer.passive();
    await shipper.flush();
    const generation = wal.generation();
    commit(13);
    assert.notEqual(wal.generation(), generation, "nothing holds what has arrived");
  });

  test("that was not reported is found", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
    const { database, gate, shipper } = await begin(t);
    database.exec("INSERT INTO t VALUES (1, 1)");
    t.mock.timers.tick(250);
    await gate.wait(false);
    assert.equal(shipper.totals.commits, 1);
    assert.deepEqual([gate.committed, gate.unshippedCommits], [1, 0]);
  });

  test("has labels that never decrease, even if the clock does", async (t) => {
    const aheadMs = Date.now() + 3_600_000;
    const { commit, gate, shipped } = await begin(t, { timeMs: aheadMs });
    commit(1);
    await gate.wait(false);
    assert.equal(shipped[0]?.timeMs, aheadMs);
  });

  test("is all that is written: an idle log does not grow", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
    let writes = 0;
    const count: DecideFaults = ({ op }) => {
      if (op === "slot") writes++;
      return undefined;
    };
    const { commit, gate, shipper } = await begin(t, { faults: count });
    commit(1);
    await gate.wait(false);
    shipper.changed();
    shipper.hurry();
    for (let look = 0; look < 10; look++) {
      t.mock.timers.tick(250);
      await shipper.flush();
    }
    assert.equal(writes, 1);
    assert.equal(gate.unshippedCommits, 0);
  });
});

describe("in mode async", () => {
  /** @param beforeMs time without commits at first */
  async function leavesTogether(t: TestContext, beforeMs: number): Promise<void> {
    t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
    const { commit, gate, rows, shipper } = await begin(t, { durability: "async" });
    t.mock.timers.tick(beforeMs);
    commit(1);
    t.mock.timers.tick(399);
    commit(2);
    const answer = gate.wait(true);
    await setImmediate();
    assert.equal(shipper.inFlight, undefined);
    t.mock.timers.tick(1);
    await answer;
    assert.deepEqual(await rows(), [2]);
  }

  test("a flight waits 0.4 s for more commits", (t) => leavesTogether(t, 0));

  test("and a poll for unreported commits does not start it earlier", (t) => leavesTogether(t, POLL_MS - 50));

  test("it starts at once if somebody hurries it", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
    const { commit, gate, rows, shipper } = await begin(t, { durability: "async" });
    commit(1);
    const answer = gate.wait(true);
    shipper.hurry();
    await answer;
    assert.deepEqual(await rows(), [1]);
  });
});

describe("if the target fails", () => {
  for (const [what, fault] of [
    ["refuses", { kind: "refused", fault: "unreachable" }],
    ["does it and reports a failure", { kind: "error-after", fault: "unreachable" }],
    ["tears it", { kind: "torn", bytes: 30 }],
    ["does it twice", { kind: "duplicate" }],
  ] as const) {
    test(`and ${what}, a committed change arrives once`, async (t) => {
      // A torn first slot would belong to another writer.
      const { commit, gate, rows, shipper, errors } = await begin(t, { faults: once(undefined, fault, fault) });
      for (let row = 1; row <= 3; row++) {
        commit(row);
        await gate.wait(false);
      }
      assert.deepEqual(await rows(), [1, 2, 3]);
      assert.equal(shipper.totals.segments, 3);
      assert.equal(errors.length, fault.kind === "duplicate" ? 0 : 2);
    });
  }

  test("the possible links at its end are known until that is settled", async (t) => {
    let isAway = true;
    const faults: DecideFaults = ({ op }) =>
      op === "slot" && isAway ? { kind: "error-after", fault: "unreachable" } : undefined;
    const { commit, gate, shipper, errors, plain } = await begin(t, { faults });
    const before = shipper.possibleHeads;
    assert.deepEqual(before, [{ slot: 1, hash: NO_HASH }]);
    commit(1);
    await until(() => errors.length > 0, "a failure");
    const [{ record, hash }] = (await links(plain)) as [{ record: Segment; hash: string }];
    assert.deepEqual(shipper.possibleHeads, [...before, { slot: record.slot, hash }]);
    assert.equal(shipper.inFlight?.slot, record.slot);
    isAway = false;
    await gate.wait(false);
    assert.deepEqual(shipper.possibleHeads, [{ slot: record.slot, hash }]);
    assert.equal(shipper.inFlight, undefined);
  });

  test("the checkpointer copies nothing that it lacks, and everything later", async (t) => {
    let isAway = false;
    const faults: DecideFaults = ({ op }) =>
      op === "slot" && isAway ? { kind: "refused", fault: "unreachable" } : undefined;
    const { commit, gate, file, errors, checkpointer } = await begin(t, { faults });
    commit(1);
    await gate.wait(false);
    isAway = true;
    const before = bytesElsewhere(file);
    commit(2);
    await until(() => errors.length > 0, "a failure");
    await checkpointer.passive();
    assert.ok(bytesElsewhere(file).equals(before));
    isAway = false;
    await gate.wait(false);
    await checkpointer.passive();
    assert.equal(bytesElsewhere(file).equals(before), false);
  });
});

describe("a shipper", () => {
  test("that is flushed has shipped everything, including unreported commits", async (t) => {
    const { commit, database, rows, shipper } = await begin(t, { durability: "async" });
    commit(1);
    database.exec("INSERT INTO t VALUES (2, 2)");
    await shipper.flush();
    assert.deepEqual((await rows()).at(-1), 2);
  });

  test("that is halted lets the current flight arrive and starts no other until it is resumed as often", async (t) => {
    const { commit, rows, shipper, gate } = await begin(t, { faults: () => ({ kind: "delay", ms: 30 }) });
    commit(1);
    await sleep(10);
    await shipper.halt();
    await shipper.halt();
    assert.deepEqual(await rows(), [1]);
    commit(2);
    await shipper.flush();
    shipper.resume();
    await sleep(300);
    assert.equal(gate.unshippedCommits, 1);
    shipper.resume();
    await gate.wait(false);
    assert.deepEqual(await rows(), [1, 2]);
  });

  test("that is stopped retries nothing, ships nothing more, and releases the database", async (t) => {
    const faults: DecideFaults = () => ({ kind: "refused", fault: "unreachable" });
    const { commit, shipper, errors, plain, checkpointer } = await begin(t, { faults });
    commit(1);
    await until(() => errors.length > 0, "a failure");
    await shipper.stop();
    const tried = errors.length;
    commit(2);
    shipper.hurry();
    await sleep(300);
    assert.equal(errors.length, tried);
    assert.equal((await links(plain)).length, 0);
    const { walFrames, checkpointedFrames } = await checkpointer.passive();
    assert.equal(checkpointedFrames, walFrames);
  });

  test("that is detached reads no further, and continues after a new base", async (t) => {
    let isAway = true;
    const faults: DecideFaults = ({ op }) =>
      op === "slot" && isAway ? { kind: "refused", fault: "unreachable" } : undefined;
    const { commit, shipper, errors, guard, wal, checkpointer, gate, plain, database } = await begin(t, { faults });
    commit(1);
    await until(() => errors.length > 0, "a failure");
    shipper.detach();
    const { walFrames, checkpointedFrames } = await checkpointer.passive();
    assert.equal(checkpointedFrames, walFrames, "nothing is held any more");
    const generation = wal.generation();
    commit(2);
    assert.notEqual(wal.generation(), generation, "the log has begun anew");
    isAway = false;
    await until(() => shipper.inFlight === undefined, "the arrival of what was under way");
    await shipper.flush();
    await sleep(300);
    assert.equal((await links(plain)).length, 1);
    assert.equal(shipper.holdHead(), undefined);
    await shipper.halt();
    await checkpointer.passive();
    const pin = guard.pin();
    while (wal.next() !== undefined);
    const checksum = new DatabaseChecksum(4_096);
    const { head } = shipper;
    const base = { ...head, slot: head.slot, hash: head.hash, lastCommit: head.lastCommit };
    shipper.rebased(base, checksum, pin);
    gate.arrived(gate.committed);
    shipper.resume();
    assert.equal(shipper.holdHead()?.head, base);
    database.exec("INSERT INTO t VALUES (3, 3)");
    shipper.changed();
    await gate.wait(false);
    assert.equal((await links(plain)).length, 2);
  });
});

test("the shipped links are reported with their content and the hash at the target", async (t) => {
  const { commit, settled, shipped, shipper, plain } = await begin(t);
  commit(1);
  await settled();
  const [link] = await links(plain);
  assert.equal(shipped[0]?.slot, FIRST_SLOT);
  assert.equal(link?.hash, shipper.head.hash);
  const bytes = await plain.read(slotKey(LOG, FIRST_SLOT));
  assert.equal(recordHash(bytes as Buffer), shipper.head.hash);
  const head: ShipperType["head"] = shipper.head;
  assert.equal(head.checksum, shipped[0]?.checksum);
  assert.equal(shipper.nextSlot, FIRST_SLOT + 1);
});
