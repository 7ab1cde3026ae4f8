import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, type TestContext, test } from "node:test";
import { RestoreImpossible } from "../errors.ts";
import { LOG } from "../log/log.ts";
import { manifestKey } from "../manifest/manifest.ts";
import { slotKey, type Target } from "../target/target.ts";
import { DAMAGES, flip, INSERT, impossible, LATER_MS, restoresTo } from "../testing/damages.ts";
import { History } from "./fixture.ts";
import { restore } from "./restore.ts";

/** Two bases, packs of both levels, links of two writers, and only the necessary part of the log. */
async function richHistory(t: TestContext): Promise<History> {
  const history = await new History(t).begin();
  for (let round = 0; round < 3; round++) {
    for (let at = 0; at < 3; at++) await history.commit(INSERT, LATER_MS);
    await history.pack();
  }
  await history.mergePacks(2);
  await history.enter(await history.snapshot());
  await history.commit(INSERT, LATER_MS);
  await history.pack();
  await history.dropPacked();
  await history.commit("DELETE FROM t WHERE a % 2; VACUUM", LATER_MS);
  await history.fence();
  await history.commit(INSERT, LATER_MS);
  await history.commit(INSERT, LATER_MS);
  return history;
}

test("whatever object is damaged in any way: the newest state, an earlier one with a warning, or none", async (t) => {
  const history = await richHistory(t);
  const outcomes: Record<string, string[]> = {};
  for (const key of await history.target.list("replica/")) {
    const room = key.split("/")[1] as string;
    for (const [name, damage] of Object.entries(DAMAGES)) {
      const intact = (await history.target.read(key)) as Buffer;
      await history.alter(key, damage);
      let outcome: string;
      try {
        const { point, warnings } = await restore(history.target, history.restored, { check: "none" });
        const state = history.states.find(({ slot }) => slot === point.slot);
        assert.ok(state && readFileSync(history.restored).equals(state.database), `${key} ${name}`);
        outcome = state === history.last ? "newest" : "earlier";
        if (outcome === "earlier") assert.equal(key, slotKey(LOG, history.last.slot));
        if (outcome === "earlier") assert.ok(warnings.join().includes(key) || name === "emptied" || name === "removed");
      } catch (error) {
        assert.ok(error instanceof RestoreImpossible, `${key} ${name}: ${(error as Error).stack}`);
        assert.equal(error.obstacle, "damaged", error.message);
        outcome = "impossible";
      }
      outcomes[room] = [...new Set([...(outcomes[room] ?? []), outcome])].sort();
      await history.target.remove(key);
      await history.target.create(key, intact);
    }
  }
  assert.deepEqual(outcomes, {
    // After the newest base; earlier ones are only needed from the older base.
    L1: ["impossible", "newest"],
    L2: ["newest"],
    // It has no hash: damage may turn it into that of another database.
    "format.json": ["impossible", "newest"],
    // A damaged last link looks like one that was never written.
    log: ["earlier", "impossible", "newest"],
    // The previous manifest, or the log, no longer leads to where the log was cut.
    man: ["impossible", "newest"],
    snap: ["newest"],
  });
  await restoresTo(history, history.last);
});

describe("a damaged base", () => {
  test("is replaced by an older one and later changes, with a warning", async (t) => {
    for (const damage of Object.values(DAMAGES)) {
      const history = await richHistory(t);
      const key = history.manifest?.bases.at(-1)?.key as string;
      await history.alter(key, damage);
      const { warnings } = await restoresTo(history, history.last);
      assert.ok(
        warnings.some((warning) => warning.startsWith(`${key}: `)),
        warnings.join(),
      );
    }
  });

  test("is named if there is no other", async (t) => {
    const history = await new History(t).begin();
    const [key] = await history.target.list("replica/snap/");
    await history.alter(key as string, flip(0.1));
    const named = impossible("damaged", new RegExp(`${key}: its frame at 8 has the wrong hash`));
    await assert.rejects(restore(history.target, history.restored), named);
  });

  test("that is intact but has other content is not used", async (t) => {
    const history = await new History(t).begin();
    await history.commit(INSERT, LATER_MS);
    const older = await history.snapshot();
    await history.commit(INSERT, LATER_MS);
    const newer = await history.snapshot();
    await history.enter({ ...newer, key: older.key, bytes: older.bytes });
    const { warnings } = await restoresTo(history, history.last);
    assert.match(warnings.join(), /its \w+ is \w+, where \w+ was announced/);
  });

  test("that restarts the log is named", async (t) => {
    const history = await new History(t).begin();
    const before = await history.commit(INSERT, LATER_MS);
    await history.pack();
    history.states.splice(0);
    const base = await history.base(INSERT, LATER_MS);
    await history.commit(INSERT, LATER_MS);
    await history.alter(base.key, flip(0.5));
    await assert.rejects(restore(history.target, history.restored), impossible("damaged", new RegExp(base.key)));
    await restoresTo(history, before, { atMs: before.timeMs });
  });

  test("that is not part of the chain is skipped", async (t) => {
    const history = await new History(t).begin();
    await history.commit(INSERT, LATER_MS);
    await history.enter({ ...(await history.snapshot()), hash: "ab".repeat(32) });
    await history.commit(INSERT, LATER_MS);
    await restoresTo(history, history.last);
  });

  test("of a newer format is not skipped", async (t) => {
    const history = await richHistory(t);
    await history.alter(history.manifest?.bases.at(-1)?.key as string, (bytes) => {
      bytes.write("SQLSNAP2", 0, "latin1");
      return bytes;
    });
    await assert.rejects(restore(history.target, history.restored), impossible("newer-version", /SQLSNAP2/));
  });

  for (const packed of [false, true]) {
    test(`that is a link can be skipped if nothing had changed, ${packed ? "in packs" : "in the log"}`, async (t) => {
      const history = await new History(t).begin();
      await history.commit(INSERT, LATER_MS);
      const base = await history.base("", LATER_MS);
      if (packed) await history.pack();
      await history.alter(base.key, flip(0.5));
      await restoresTo(history, history.last);
      await history.commit(INSERT, LATER_MS);
      await restoresTo(history, history.last);
      if (packed) await history.pack();
      await restoresTo(history, history.last);
      await history.commit(INSERT, LATER_MS);
      await restoresTo(history, history.last);
      for (const state of history.states) await restoresTo(history, state, { atMs: state.timeMs });
    });

    test(`that is a link cannot be skipped if something had changed, ${packed ? "in packs" : "in the log"}`, async (t) => {
      const history = await new History(t).begin();
      const before = await history.commit(INSERT, LATER_MS);
      const base = await history.base("UPDATE t SET a = a + 1", LATER_MS);
      assert.equal(base.databasePages, before.databasePages);
      if (packed) await history.pack();
      await history.alter(base.key, flip(0.5));
      const refused = impossible("damaged", new RegExp(`${base.key}`));
      await assert.rejects(restore(history.target, history.restored), refused);
      await history.commit(INSERT, LATER_MS);
      if (packed) await history.pack();
      await assert.rejects(restore(history.target, history.restored), refused);
      await restoresTo(history, before, { atMs: base.timeMs - 1 });
    });
  }
});

describe("a damaged pack", () => {
  test("is replaced by the log while that has its content, with a warning", async (t) => {
    for (const damaged of [0, 1, 2]) {
      const history = await new History(t).begin();
      for (let at = 0; at < 3; at++) {
        await history.commit(INSERT, LATER_MS);
        await history.commit(INSERT, LATER_MS);
        await history.pack();
      }
      await history.commit(INSERT, LATER_MS);
      const pack = history.manifest?.packs[damaged];
      assert.ok(pack);
      for (const damage of Object.values(DAMAGES)) {
        const intact = (await history.target.read(pack.key)) as Buffer;
        await history.alter(pack.key, damage);
        const { warnings } = await restoresTo(history, history.last);
        assert.ok(warnings.some((warning) => warning.startsWith(`${pack.key}: `)));
        for (const state of history.states) await restoresTo(history, state, { atMs: state.timeMs + 999 });
        await history.target.remove(pack.key);
        await history.target.create(pack.key, intact);
      }
    }
  });

  test("without its log: the message names the last intact time, which can be restored", async (t) => {
    const history = await new History(t).begin();
    for (let at = 0; at < 4; at++) {
      await history.commit(INSERT, LATER_MS);
      await history.pack();
    }
    await history.dropPacked();
    const pack = history.manifest?.packs[2];
    assert.ok(pack);
    await history.alter(pack.key, flip(0.5));
    let message = "";
    await assert.rejects(restore(history.target, history.restored), (error: RestoreImpossible) => {
      message = error.message;
      return impossible("damaged", /its hash does not match its content/)(error);
    });
    const before = Date.parse(/before (\S+Z)/.exec(message)?.[1] ?? "");
    await restoresTo(history, history.states[2], { atMs: before - 1 });
    await assert.rejects(restore(history.target, history.restored, { atMs: before }), RestoreImpossible);
  });
});

describe("a damaged manifest", () => {
  test("is replaced by the previous one if that leads to the newest state, with a warning", async (t) => {
    const history = await new History(t).begin();
    for (let at = 0; at < 3; at++) {
      await history.commit(INSERT, LATER_MS);
      await history.pack();
    }
    for (let number = history.manifest?.number as number; number > 0; number--) {
      await history.alter(manifestKey(number), flip(0.5));
      const { warnings } = await restoresTo(history, history.last);
      assert.ok(warnings.some((warning) => warning.startsWith(`${manifestKey(number)} is damaged`)));
    }
  });

  test("never makes an earlier state look like the newest", async (t) => {
    const history = await new History(t).begin();
    for (let at = 0; at < 3; at++) {
      await history.commit(INSERT, LATER_MS);
      await history.pack();
    }
    await history.dropPacked();
    for (const damage of [flip(0.5), () => undefined]) {
      await history.alter(manifestKey(history.manifest?.number as number), damage);
      await assert.rejects(
        restore(history.target, history.restored),
        impossible("damaged", /log\/\d+: it is not there/),
      );
      await restoresTo(history, history.states[2], { atMs: history.states[2]?.timeMs as number });
    }
  });

  test("never makes an earlier state look like the newest if only a pack shows that there was more", async (t) => {
    for (const level of [1, 2, 3]) {
      const history = await new History(t).begin();
      await history.pack();
      const first = history.manifest?.number as number;
      for (let at = 0; at < 2 ** (level - 1); at++) {
        await history.commit(INSERT, LATER_MS);
        await history.pack();
      }
      if (level > 1) await history.mergePacks(2 ** (level - 1));
      if (level > 2) {
        await history.commit(INSERT, LATER_MS);
        await history.pack();
        await history.mergePacks(2);
      }
      await history.dropPacked();
      const { packs = [], number = 0 } = history.manifest ?? {};
      assert.deepEqual(
        packs.map((pack) => pack.level),
        [level],
      );
      for (const key of await history.target.list("replica/L"))
        if (key !== packs[0]?.key) await history.alter(key, () => undefined);
      for (let later = first + 1; later <= number; later++) await history.alter(manifestKey(later), () => undefined);
      await assert.rejects(
        restore(history.target, history.restored),
        impossible("damaged", /log\/\d+: it is not there/),
        `level ${level}`,
      );
    }
  });

  test("never makes a base that only it names disappear", async (t) => {
    const history = await new History(t).begin();
    await history.pack();
    await history.dropPacked();
    await history.alter(manifestKey(1), flip(0.5));
    await assert.rejects(restore(history.target, history.restored), impossible("no-base", /man\/0000000000000001/));
    assert.ok(!existsSync(history.restored));
  });
});

describe("a missing object", () => {
  test("may have been removed since the manifest was read: then the newer one is used", async (t) => {
    const history = await richHistory(t);
    const base = history.manifest?.bases.at(-1);
    const pack = history.manifest?.packs.at(-1);
    assert.ok(base && pack);
    for (const removed of [base.key, pack.key]) {
      let compacted = false;
      const read: Target["read"] = async (key, range) => {
        if (key === removed && !compacted) {
          compacted = true;
          await history.pack();
          await history.mergePacks(2);
          await history.enter(await history.snapshot());
          await history.target.remove(removed);
        }
        return history.target.read(key, range);
      };
      const { warnings } = await restoresTo(history, history.last, { target: { ...history.target, read } });
      assert.deepEqual(warnings, []);
      await history.commit(INSERT, LATER_MS);
    }
  });

  test("may be a slot that becomes visible late: the log is read again", async (t) => {
    const history = await new History(t).begin();
    const late = await history.commit(INSERT, LATER_MS);
    await history.commit(INSERT, LATER_MS);
    let unseen = 4;
    const read: Target["read"] = async (key, range) =>
      key === slotKey(LOG, late.slot) && unseen-- > 0 ? undefined : history.target.read(key, range);
    await restoresTo(history, history.last, { target: { ...history.target, read } });
    assert.ok(unseen <= 0);
  });

  test("is looked for three more times, and then named", async (t) => {
    const history = await new History(t).begin();
    const [key] = await history.target.list("replica/snap/");
    let reads = 0;
    const read: Target["read"] = async (wanted, range) => {
      if (wanted !== key) return history.target.read(wanted, range);
      // The magic and the index are read at the same time.
      if (range?.offset === 0 && range.length === 8) reads++;
      return undefined;
    };
    const target = { ...history.target, read };
    await assert.rejects(
      restore(target, history.restored),
      impossible("damaged", new RegExp(`${key}: it is not there`)),
    );
    assert.equal(reads, 4);
  });
});
