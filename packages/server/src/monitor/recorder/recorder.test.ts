import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { StoreFull, StoreUnavailable } from "../../store/store.ts";
import { answered, startRecorder } from "../testing/recorder.ts";

/** A request without a valid credential. */
const REJECTED = { status: 401, place: { ...answered(1, 1).place, credential: undefined } };

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}

/** Waits until something holds. @throws Error when it does not after some seconds */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (await holds()) return;
    await setTimeout(20);
  }
  throw new Error("it does not come about");
}

test("what is answered is recorded in its order, soon, and nobody has to ask for it", async (t) => {
  const { recordAll, numbers, summaries, recorder } = await startRecorder(t);
  recordAll(0, 50);
  assert.equal(recorder.waiting, 50);
  assert.deepEqual(await numbers(), []);
  await until(() => recorder.waiting === 0);
  assert.deepEqual(await numbers(), upTo(50));
  const ids = (await summaries()).map(({ id }) => id);
  assert.deepEqual(
    ids,
    ids.toSorted((left, right) => left - right),
  );
});

test("ids go on behind those that are there, also when the clock is set back", async (t) => {
  const { recorder } = await startRecorder(t);
  const nowMs = Date.now();
  const ids = [nowMs, nowMs, nowMs - 3_600_000, nowMs + 1].map((ms) => recorder.nextId(ms));
  assert.deepEqual(
    ids,
    [...new Set(ids)].toSorted((left, right) => left - right),
  );
});

/** On a busy machine it is time to write before all are made fit; then a smaller batch would come in between. */
function neverTimeToWrite(t: TestContext): void {
  t.mock.timers.enable({ apis: ["setTimeout"] });
}

test("many exchanges are recorded batch by batch, and other work runs in between", async (t) => {
  const { recordAll, recorder, batches, numbers } = await startRecorder(t);
  neverTimeToWrite(t);
  let [turns, isOver] = [0, false];
  const takeTurns = () => {
    turns++;
    if (!isOver) setImmediate(takeTurns);
  };
  recordAll(0, 5_000);
  setImmediate(takeTurns);
  await recorder.flush();
  isOver = true;
  assert.deepEqual(batches, [...Array(39).fill(128), 5_000 - 39 * 128]);
  // Also while they are prepared: at least one for each 32.
  assert.ok(turns > 5_000 / 32, `${turns} turns`);
  assert.deepEqual(await numbers(), upTo(5_000));
});

test("what comes while a flush is under way is recorded by the one that was asked for after it", async (t) => {
  const { record, recorder, numbers } = await startRecorder(t);
  record(0);
  const first = recorder.flush();
  record(1);
  await recorder.flush();
  assert.deepEqual(await numbers(), [0, 1]);
  await first;
});

test("what keeps coming is recorded many at once, not one by one as it comes", async (t) => {
  const { record, recorder, batches, numbers } = await startRecorder(t);
  let next = 1;
  recorder.subscribe(() => {
    for (let more = 0; more < 3 && next < 10; more++) record(next++);
  });
  record(0);
  await recorder.flush();
  assert.deepEqual([batches, recorder.waiting], [[1], 3]);
  await until(() => recorder.waiting === 0);
  assert.deepEqual(batches, [1, 3, 3, 3]);
  assert.deepEqual(await numbers(), upTo(10));
});

test("listeners are called after each time that something was written, until they end that", async (t) => {
  const { recordAll, recorder, store } = await startRecorder(t);
  neverTimeToWrite(t);
  const seen: Promise<number>[] = [];
  const end = recorder.subscribe(() => seen.push(store.monitor.exchanges.lastPosition(store.committed)));
  recordAll(0, 257);
  await recorder.flush();
  assert.deepEqual(await Promise.all(seen), [128, 256, 257]);
  end();
  recordAll(0, 1);
  await recorder.flush();
  assert.equal(seen.length, 3);
});

describe("when more comes than the database takes", () => {
  test("the newest are not kept, and a line tells how many, once", async (t) => {
    const { recordAll, recorder, log, summaries } = await startRecorder(t);
    recordAll(0, 20_007);
    assert.deepEqual([recorder.waiting, recorder.lost], [20_000, 7]);
    await recorder.flush();
    const kept = await summaries();
    assert.deepEqual([kept.length, kept.at(-1)?.path], [20_000, "/19999"]);
    recordAll(20_000, 1);
    await recorder.flush();
    assert.deepEqual(log, ["7 exchanges could not be recorded: the database is too slow."]);
    assert.equal(recorder.lost, 7);
  });

  test("bodies count by their bytes, and have room again when they were written", async (t) => {
    const { record, recorder, log, numbers } = await startRecorder(t);
    const megabyte = { responseBody: Buffer.alloc(1_024 * 1_024, "x"), responseBytes: 1_024 * 1_024 };
    for (const number of upTo(70)) record(number, megabyte);
    assert.deepEqual([recorder.waiting, recorder.lost], [63, 7]);
    await recorder.flush();
    for (const number of upTo(63)) record(63 + number, { requestBody: megabyte.responseBody });
    await recorder.flush();
    assert.deepEqual(await numbers(), upTo(126));
    assert.deepEqual(log, ["7 exchanges could not be recorded: the database is too slow."]);
  });

  test("headers and URLs count as bodies do", async (t) => {
    const { record, recorder, numbers } = await startRecorder(t);
    const half = "x".repeat(32 * 1_024);
    for (const number of upTo(2_000)) record(number, { url: `/${number}?${half}`, requestHeaders: ["X-Note", half] });
    assert.deepEqual([recorder.waiting, recorder.lost], [1_023, 2_000 - 1_023]);
    await recorder.flush();
    assert.deepEqual(await numbers(), upTo(1_023));
  });

  test("what the database does not accept still takes its room", async (t) => {
    const { record, recorder, database } = await startRecorder(t);
    database.refuse = () => {
      throw new StoreFull("The disk is full.");
    };
    const requestHeaders = ["X-Note", "x".repeat(64 * 1_024)];
    for (const round of upTo(20)) {
      for (const number of upTo(100)) record(100 * round + number, { requestHeaders });
      await recorder.flush();
    }
    assert.deepEqual([recorder.waiting, recorder.lost], [1_023, 977]);
    database.refuse = undefined;
    await recorder.flush();
    record(0, { requestHeaders });
    assert.deepEqual([recorder.waiting, recorder.lost], [1, 977]);
  });

  test("rejected requests wait apart and never push out others", async (t) => {
    const { record, recorder, numbers } = await startRecorder(t);
    for (const number of upTo(3_000)) record(number, REJECTED);
    assert.deepEqual([recorder.waiting, recorder.lost], [2_000, 1_000]);
    for (const number of upTo(20_000)) record(10_000 + number);
    assert.deepEqual([recorder.waiting, recorder.lost], [22_000, 1_000]);
    await recorder.flush();
    assert.deepEqual(await numbers(), [...upTo(2_000), ...upTo(20_000).map((number) => 10_000 + number)]);
    const large = { ...REJECTED, requestHeaders: ["X-Note", "x".repeat(60 * 1_024)] };
    for (const number of upTo(200)) record(number, large);
    assert.deepEqual([recorder.waiting, recorder.lost], [136, 1_064]);
    await recorder.flush();
    record(1, large);
    assert.deepEqual([recorder.waiting, recorder.lost], [1, 1_064]);
  });
});

describe("when the database takes nothing for a while", () => {
  for (const [what, error] of [
    ["because writes are paused", new StoreUnavailable("Writes are paused.")],
    ["because the disk is full", new StoreFull("The disk is full.")],
  ] as const) {
    test(`${what}, nothing is lost and nothing recorded twice`, async (t) => {
      const { recordAll, recorder, database, log, numbers } = await startRecorder(t);
      neverTimeToWrite(t);
      let recorded = 0;
      database.refuse = ({ length }) => {
        recorded += length;
        if (recorded > 1_024) throw error;
      };
      recordAll(0, 3_010);
      await recorder.flush();
      await recorder.flush();
      assert.equal(recorder.waiting, 3_010 - 1_024);
      database.refuse = undefined;
      // It tries again by itself.
      t.mock.timers.tick(1_000);
      t.mock.timers.reset();
      await until(() => recorder.waiting === 0);
      assert.deepEqual(await numbers(), upTo(3_010));
      assert.deepEqual([log, recorder.lost], [[], 0]);
    });
  }

  test("while the disk has no room but for changes, nothing is written and nothing is lost", async (t) => {
    const { recordAll, recorder, database, batches, numbers } = await startRecorder(t);
    neverTimeToWrite(t);
    database.hasRoom = false;
    recordAll(0, 10);
    await recorder.flush();
    assert.deepEqual([recorder.waiting, recorder.lost, batches], [10, 0, []]);
    database.hasRoom = true;
    t.mock.timers.tick(1_000);
    t.mock.timers.reset();
    await until(() => recorder.waiting === 0);
    assert.deepEqual(await numbers(), upTo(10));
  });

  test("it is not asked for the rest of them, and nobody is called", async (t) => {
    const { recordAll, recorder, database } = await startRecorder(t);
    neverTimeToWrite(t);
    let calls = 0;
    recorder.subscribe(() => calls++);
    const asked = new Set<unknown>();
    database.refuse = (batch) => {
      asked.add(batch);
      throw new StoreFull("The disk is full.");
    };
    recordAll(0, 5_000);
    await recorder.flush();
    // Once by the write under way, once by the flush.
    assert.deepEqual([asked.size, calls, recorder.waiting], [2, 0, 5_000]);
    database.refuse = undefined;
    await recorder.flush();
    assert.deepEqual([calls, recorder.waiting], [40, 0]);
  });

  test("and is closed then, a line tells how many are lost", async (t) => {
    const { recordAll, recorder, database, log } = await startRecorder(t);
    database.refuse = () => {
      throw new StoreUnavailable("The store is closed.");
    };
    recordAll(0, 3);
    await recorder.close();
    assert.deepEqual(log, ["3 exchanges could not be recorded: the database is too slow."]);
  });
});

test("an exchange that cannot be prepared does not keep others from being recorded, and the log says why", async (t) => {
  const { record, recordAll, recorder, log, numbers } = await startRecorder(t);
  recordAll(0, 5);
  record(5, { requestHeaders: undefined as never });
  recordAll(6, 5);
  await recorder.flush();
  assert.deepEqual(
    await numbers(),
    upTo(11).filter((number) => number !== 5),
  );
  assert.equal(log.length, 1);
  assert.match(log[0] ?? "", /^1 exchange could not be recorded: ./);
  assert.equal(recorder.lost, 1);
});

test("what keeps the bodies of an exchange from being looked through does not keep the rest from being recorded", async (t) => {
  const { record, recorder, log, store, summaries } = await startRecorder(t);
  const broken = () => {
    throw new Error("Maximum call stack size exceeded");
  };
  const requestBody = Object.defineProperty(Buffer.from("password=x"), "buffer", { get: broken });
  record(5, { method: "POST", requestBody, responseBody: "{}", responseBytes: 2 });
  record(6);
  await recorder.flush();
  assert.deepEqual([log, recorder.lost, recorder.waiting], [[], 0, 0]);
  const [first, second] = await summaries();
  assert.deepEqual([first?.path, second?.path], ["/5", "/6"]);
  const note = "Not kept, as it could not be looked through for secrets.";
  assert.deepEqual([first?.details["requestNote"], first?.details["responseNote"]], [note, note]);
  const whole = await store.monitor.exchanges.get(store.committed, first?.id ?? 0);
  assert.deepEqual([whole?.request.body.length, whole?.request.bodyBytes, whole?.response.bodyBytes], [0, 10, 2]);
});

test("when the database fails with some, those that come after them are recorded, and a line tells why", async (t) => {
  const { recordAll, recorder, database, log, numbers } = await startRecorder(t);
  neverTimeToWrite(t);
  database.refuse = () => {
    throw new Error("disk I/O error");
  };
  recordAll(0, 150);
  await recorder.flush();
  database.refuse = undefined;
  recordAll(150, 3);
  await recorder.flush();
  assert.deepEqual(await numbers(), [150, 151, 152]);
  assert.deepEqual(log, [
    "128 exchanges could not be recorded: disk I/O error",
    "22 exchanges could not be recorded: disk I/O error",
  ]);
  assert.deepEqual([recorder.lost, recorder.waiting], [150, 0]);
});

describe("at its end", () => {
  test("everything is recorded, and nothing that comes afterwards", async (t) => {
    const { recordAll, recorder, numbers } = await startRecorder(t);
    recordAll(0, 2_000);
    const closed = recorder.close();
    recordAll(2_000, 1);
    await closed;
    recordAll(2_001, 1);
    assert.deepEqual(await numbers(), upTo(2_000));
    assert.deepEqual([recorder.waiting, recorder.lost], [0, 2]);
  });

  test("where the database is another's, nothing more is recorded, also of what is being made", async (t) => {
    const { recordAll, recorder, batches, log } = await startRecorder(t);
    let calls = 0;
    recorder.subscribe(() => calls++);
    recordAll(0, 2_000);
    const flushed = recorder.flush();
    await new Promise(setImmediate);
    recorder.abandon();
    await flushed;
    recordAll(2_000, 1);
    await recorder.close();
    assert.deepEqual([batches, calls, log, recorder.waiting, recorder.lost], [[], 0, [], 0, 1]);
  });
});
