import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, suite, test } from "node:test";
import { hasCode, TargetError, type TargetFault } from "../errors.ts";
import type { Target } from "../target/target.ts";
import { faultyTarget } from "../target/testing/faulty.ts";
import { QUICK, withConstants } from "../testing/constants.ts";
import { temporaryFolder } from "../testing/folder.ts";
import type { Host as HostType } from "../testing/host.ts";
import { isWrite } from "../testing/mortal.ts";

withConstants(QUICK);
const { Host, restoredFrom, rowsOf, targetFolder } = await import("../testing/host.ts");
const { startReplica } = await import("../replica.ts");

const DAY_MS = 86_400_000;

const refused =
  (...patterns: readonly RegExp[]) =>
  (error: unknown) => {
    assert.ok(hasCode(error, "start-failed"), String(error));
    for (const pattern of patterns) assert.match(error.message, pattern);
    return true;
  };

const rows = (host: HostType) =>
  host.database
    .prepare("SELECT a FROM t ORDER BY a")
    .all()
    .map(({ a }) => a as number);

/** A folder with a database that was never replicated. */
function localDatabase(t: Parameters<typeof temporaryFolder>[0], ...values: readonly number[]): string {
  const folder = join(temporaryFolder(t), "local");
  mkdirSync(folder);
  const database = new DatabaseSync(join(folder, "test.db"));
  database.exec("CREATE TABLE t (a INTEGER PRIMARY KEY, b)");
  for (const value of values) database.prepare("INSERT INTO t VALUES (?, 'local')").run(value);
  database.close();
  return folder;
}

suite("a start", { concurrency: true }, () => {
  describe("an empty target", () => {
    test("is used with an empty database, at once", async (t) => {
      const { target } = targetFolder(t);
      const host = await Host.start(t, target);
      assert.equal(host.replica.promotable, "at-once");
      await host.replica.ownerless;
      assert.equal(host.replica.status().restoredFrom?.kind, "empty");
      assert.match(host.lines.join("\n"), /is empty; starting with an empty database.*Init complete/s);
      await host.promote();
      await host.write(1, 2);
      assert.deepEqual((await restoredFrom(t, target)).rows, [1, 2]);
    });

    test("gets the local database", async (t) => {
      const { target } = targetFolder(t);
      const host = await Host.primary(t, target, { folder: localDatabase(t, 7, 8) });
      assert.equal(host.replica.status().restoredFrom?.kind, "local");
      assert.deepEqual((await restoredFrom(t, target)).rows, [7, 8]);
      await host.write(9);
      assert.deepEqual((await restoredFrom(t, target)).rows, [7, 8, 9]);
    });

    test("does not get a damaged local database", async (t) => {
      const { target } = targetFolder(t);
      for (const isKilled of [false, true]) {
        const folder = localDatabase(t, 7);
        const file = join(folder, "test.db");
        const database = new DatabaseSync(file);
        database.exec("PRAGMA journal_mode = WAL; CREATE TABLE more (a); INSERT INTO more VALUES (1)");
        const killed = join(temporaryFolder(t), "killed");
        cpSync(folder, killed, { recursive: true });
        database.close();
        const left = isKilled ? killed : folder;
        assert.equal(existsSync(join(left, "test.db-wal")), isKilled);
        const bytes = readFileSync(join(left, "test.db"));
        writeFileSync(join(left, "test.db"), bytes.fill(7, 4_096, 8_192));
        await assert.rejects(
          Host.start(t, target, { folder: left }),
          refused(/test\.db is damaged \(.*\), so .* does not get it/, /\.recover/),
        );
      }
      assert.deepEqual(await target.list("replica/log/"), []);
    });

    test("does not get another program's database", async (t) => {
      const { target } = targetFolder(t);
      const host = {
        pauseWrites: async () => () => {},
        demoted: async () => {},
        accept: async () => {
          throw new Error("it is not ours");
        },
      };
      const log = () => {};
      const options = {
        target,
        host,
        log,
        durability: "semi-sync",
        plainIntervalMs: DAY_MS,
        retentionMs: DAY_MS,
      } as const;
      const file = join(localDatabase(t, 7), "test.db");
      await assert.rejects(startReplica({ ...options, file, init: false }), /it is not ours/);
      await target.create("scim.db", readFileSync(file));
      const empty = join(temporaryFolder(t), "test.db");
      await assert.rejects(startReplica({ ...options, file: empty, init: false }), /it is not ours.* Empty the target/);
      assert.equal(existsSync(empty), false);
      assert.deepEqual(await target.list("replica/log/"), []);
    });

    test("except for a plain copy is used with that, and it stays until the next one", async (t) => {
      const { target, folder } = targetFolder(t);
      const before = readFileSync(join(localDatabase(t, 3, 4), "test.db"));
      await target.create("scim.db", before);
      const host = await Host.primary(t, target);
      assert.equal(host.replica.status().restoredFrom?.kind, "plain-copy");
      assert.deepEqual(rows(host), [3, 4]);
      assert.ok(readFileSync(join(folder, "scim.db")).equals(before));
      await host.write(5);
      await host.replica.backupNow();
      assert.deepEqual(rowsOf(join(folder, "scim.db")), [3, 4, 5]);
    });

    test("except for a plain copy under another name is used with that", async (t) => {
      const { target } = targetFolder(t);
      await target.create("other.db", readFileSync(join(localDatabase(t, 3), "test.db")));
      const host = await Host.primary(t, target, { plainKey: "other.db" });
      assert.deepEqual(rows(host), [3]);
    });

    test("except for a damaged plain copy is rejected, and used without it with --init", async (t) => {
      const { target } = targetFolder(t);
      await target.create("scim.db", Buffer.from("no database"));
      const folder = join(temporaryFolder(t), "local");
      await assert.rejects(Host.start(t, target, { folder }), refused(/not a complete database/, /--init/));
      assert.deepEqual(
        readdirSync(folder).filter((name) => !name.endsWith("-lock")),
        [],
      );
      const host = await Host.primary(t, target, { folder, init: true });
      assert.deepEqual(rows(host), []);
      assert.equal(host.replica.status().restoredFrom?.kind, "empty");
    });

    for (const isLocal of [false, true]) {
      test(`except for a plain copy that --init ignores: the copy is kept (${isLocal ? "a" : "no"} local database)`, async (t) => {
        const { target, folder } = targetFolder(t);
        const content = readFileSync(join(localDatabase(t, 3, 4), "test.db"));
        await target.create("scim.db", content);
        const local = isLocal ? localDatabase(t, 5) : join(temporaryFolder(t), "local");
        const host = await Host.primary(t, target, { folder: local, init: true });
        assert.deepEqual(rows(host), isLocal ? [5] : []);
        await host.write(6);
        await host.replica.backupNow();
        const [aside, ...more] = readdirSync(folder).filter((name) => name.startsWith("scim.db."));
        assert.deepEqual(more, []);
        assert.match(host.lines.join("\n"), new RegExp(`warn: scim\\.db at .* kept there as ${aside}`));
        assert.ok(readFileSync(join(folder, aside as string)).equals(content));
        assert.deepEqual(rowsOf(join(folder, "scim.db")), isLocal ? [5, 6] : [6]);
        await host.close();
        await Host.primary(t, target, { folder: local, init: true });
        assert.equal(readdirSync(folder).filter((name) => name.startsWith("scim.db.")).length, 1, "once");
      });
    }

    test("except for a plain copy, and a local database: a person must choose", async (t) => {
      const { target } = targetFolder(t);
      const content = readFileSync(join(localDatabase(t, 3), "test.db"));
      await target.create("scim.db", content);
      const folder = localDatabase(t, 4);
      await assert.rejects(Host.start(t, target, { folder }), refused(/test\.db/, /scim\.db/, /[Mm]ove away/));
      assert.deepEqual(rowsOf(join(folder, "test.db")), [4]);
      assert.ok((await target.read("scim.db"))?.equals(content));
    });

    test("is set up again by the next instance if the first one was killed before its base was written", async (t) => {
      const { target } = targetFolder(t);
      let isDead = false;
      const dying = faultyTarget(target, ({ op, key }) => {
        isDead ||= op === "create" && key.startsWith("replica/snap/");
        return isDead ? { kind: "refused", fault: "unreachable" } : undefined;
      });
      const first = await Host.start(t, dying, { folder: localDatabase(t, 1) });
      await assert.rejects(first.promote(), { code: "not-primary" });
      const again = await Host.primary(t, target, { folder: first.die(t) });
      assert.deepEqual(rows(again), [1]);
      assert.deepEqual((await restoredFrom(t, target)).rows, [1]);
    });

    test("with a plain copy is set up again if the first one was killed before its base was written", async (t) => {
      const { target } = targetFolder(t);
      await target.create("scim.db", readFileSync(join(localDatabase(t, 3, 4), "test.db")));
      let isDead = false;
      const dying = faultyTarget(target, ({ op, key }) => {
        isDead ||= op === "create" && key.startsWith("replica/snap/");
        return isDead ? { kind: "refused", fault: "unreachable" } : undefined;
      });
      const first = await Host.start(t, dying);
      await assert.rejects(first.promote(), { code: "not-primary" });
      const again = await Host.primary(t, target, { folder: first.die(t) });
      assert.deepEqual(rows(again), [3, 4]);
    });

    test("with a plain copy is set up again if the first one was killed right after taking it", async (t) => {
      const { target } = targetFolder(t);
      await target.create("scim.db", readFileSync(join(localDatabase(t, 3, 4), "test.db")));
      const first = await Host.start(t, target);
      const host = await Host.primary(t, target, { folder: first.die(t) });
      assert.deepEqual(rows(host), [3, 4]);
      await host.write(5);
      assert.deepEqual((await restoredFrom(t, target)).rows, [3, 4, 5]);
    });

    test("has one database in the end if two instances start at once, with every acknowledged change", async (t) => {
      const { target } = targetFolder(t);
      const [one, two] = await Promise.all([Host.start(t, target), Host.start(t, target)]);
      await one.promote();
      await one.write(1);
      await two.promote();
      assert.deepEqual(rows(two), [1]);
      await two.write(2);
      assert.deepEqual((await restoredFrom(t, target)).rows, [1, 2]);
    });

    test("has one primary if two instances start at the very same time", async (t) => {
      const { target } = targetFolder(t);
      const hosts = await Promise.all([Host.start(t, target), Host.start(t, target)]);
      const results = await Promise.allSettled(hosts.map((host) => host.promote()));
      for (const result of results) if (result.status === "rejected") assert.ok(hasCode(result.reason, "not-primary"));
      const acknowledged: number[] = [];
      for (const [at, host] of hosts.entries()) {
        try {
          await host.write(at + 1);
          acknowledged.push(at + 1);
        } catch {
          // It is not the primary, or no longer.
        }
      }
      if (acknowledged.length > 0) {
        const { rows: restored } = await restoredFrom(t, target);
        for (const value of acknowledged) assert.ok(restored.includes(value), `${value} of ${restored}`);
      }
    });
  });

  describe("a database at the target", () => {
    test("is restored if there is none here, and stands by while another instance may be the primary", async (t) => {
      const { target } = targetFolder(t);
      const before = await Host.primary(t, target);
      await before.write(1, 2, 3);
      before.die(t);
      const host = await Host.start(t, target);
      assert.equal(host.replica.promotable, "when-needed");
      assert.equal(host.replica.role, "standby");
      assert.deepEqual(rowsOf(host.file), [1, 2, 3]);
      const { restoredFrom: from, lastRestore } = host.replica.status();
      assert.equal(from?.kind, "target");
      assert.ok((from?.objects ?? 0) > 0 && (from?.bytes ?? 0) > 0 && (from?.durationMs ?? 0) > 0);
      assert.equal(lastRestore?.verdict, "ok");
      assert.match(
        host.lines.join("\n"),
        /holds a database as of.*Database restored: .* MB as of .* every page verified.*Init complete/s,
      );
    });

    test("that its primary released is served at once", async (t) => {
      const { target } = targetFolder(t);
      const before = await Host.primary(t, target);
      await before.write(1);
      await before.close();
      const host = await Host.start(t, target);
      assert.equal(host.replica.promotable, "at-once");
      await host.promote();
      assert.deepEqual(rows(host), [1]);
    });

    test("that a newer version wrote is left alone, also with --init", async (t) => {
      const { target, folder } = targetFolder(t);
      const before = await Host.primary(t, target);
      await before.close();
      writeFileSync(join(folder, "replica/format.json"), '{"format":2,"databaseId":"x"}');
      for (const init of [false, true])
        await assert.rejects(Host.start(t, target, { init }), refused(/newer version/, /Upgrade/));
    });

    test("without its base is not replaced by an empty one, except with --init", async (t) => {
      const { target } = targetFolder(t);
      const before = await Host.primary(t, target);
      await before.write(1);
      before.die(t);
      const snapshots = await target.list("replica/snap/");
      for (const key of snapshots) await target.remove(key);
      await assert.rejects(
        Host.start(t, target),
        refused(new RegExp(snapshots[0] as string), /cannot be restored/, /--init/),
      );
      const host = await Host.primary(t, target, { init: true });
      assert.match(host.lines.join("\n"), /What .* holds is set aside; starting with an empty database/);
      assert.deepEqual(rows(host), []);
      await host.write(5);
      assert.deepEqual((await restoredFrom(t, target)).rows, [5]);
    });

    test("that --init ignores is replaced at once if its primary released it", async (t) => {
      const { target } = targetFolder(t);
      for (const isInOrder of [true, false]) {
        const before = await Host.primary(t, target, { init: true });
        await before.write(1);
        if (isInOrder) await before.close();
        else before.die(t);
        for (const key of await target.list("replica/snap/")) await target.remove(key);
        const host = await Host.start(t, target, { init: true });
        assert.equal(host.replica.promotable, isInOrder ? "at-once" : "when-needed");
        await host.close();
      }
    });

    test("without disk space here is not ignored, even with --init", async (t) => {
      const { target } = targetFolder(t);
      const before = await Host.primary(t, target);
      await before.write(1);
      await before.close();
      const snapshot = (await target.list("replica/snap/")).at(-1);
      for (const [from, what, init] of [
        ["replica/format.json", "does not exist\\. Create it", false],
        ["replica/format.json", "does not exist\\. Create it", true],
        [snapshot, "could not be checked|is not there", false],
        [snapshot, "could not be checked|is not there", true],
      ] as const) {
        const folder = join(temporaryFolder(t), "local");
        const losing = faultyTarget(target, ({ key }) => {
          if (key === from) rmSync(folder, { recursive: true, force: true });
          return undefined;
        });
        await assert.rejects(Host.start(t, losing, { folder, init }), (error: Error) => {
          assert.doesNotMatch(error.message, /--init/);
          return refused(/cannot be restored here/, new RegExp(`${folder}.* (?:${what})`))(error);
        });
      }
      assert.deepEqual((await restoredFrom(t, target)).rows, [1]);
    });

    test("with a damaged slot in its log is not mistaken for a shorter one, and the message names the damage", async (t) => {
      const { target, folder } = targetFolder(t);
      const before = await Host.primary(t, target);
      for (const value of [1, 2, 3]) await before.write(value);
      before.die(t);
      const slots = await target.list("replica/log/");
      const damaged = slots.at(-3) as string;
      const bytes = (await target.read(damaged)) as Buffer;
      writeFileSync(join(folder, damaged), bytes.fill(7, 60, 70));
      await assert.rejects(Host.start(t, target), refused(/replica\/log\//, /damaged|follows on/));
    });

    test("whose end of the log may be lost is rejected, except with --init", async (t) => {
      const { target, folder } = targetFolder(t);
      const before = await Host.primary(t, target);
      await before.write(1, 2);
      await before.write(3);
      before.die(t);
      const slots = await target.list("replica/log/");
      for (const key of slots.slice(-3, -1)) truncateSync(join(folder, key));
      await assert.rejects(
        Host.start(t, target),
        refused(/may be damaged: .*is not a complete record.*acknowledged changes are lost/),
      );
      const host = await Host.start(t, target, { init: true });
      assert.match(
        host.lines.join("\n"),
        /error: .* may be damaged: .*is not a complete record.*acknowledged changes are lost/,
      );
      assert.ok(!rowsOf(host.file).includes(3));
    });

    for (const kind of ["directory", "azure-blob"] as const) {
      test(`whose log is missing is not mistaken for an earlier one (${kind}), except with --init`, async (t) => {
        const { target: plain, folder } = targetFolder(t);
        const target = { ...plain, kind };
        const before = await Host.primary(t, target);
        await before.write(1);
        before.die(t);
        rmSync(join(folder, "replica/log"), { recursive: true });
        await assert.rejects(Host.start(t, target), refused(/the log has no slot/));
        const anew = await Host.primary(t, target, { init: true });
        await anew.write(2);
        assert.deepEqual((await restoredFrom(t, target)).rows, [2]);
      });
    }

    test("with a damaged newest manifest is restored from the previous one, and the message says so", async (t) => {
      const { target, folder } = targetFolder(t);
      const before = await Host.primary(t, target);
      await before.write(1, 2);
      await before.replica.backupNow();
      before.die(t);
      const manifests = await target.list("replica/man/");
      assert.ok(manifests.length > 1);
      writeFileSync(join(folder, manifests.at(-1) as string), "{}");
      const host = await Host.start(t, target);
      assert.deepEqual(rowsOf(host.file), [1, 2]);
      assert.match(host.lines.join("\n"), new RegExp(`warn: .*${manifests.at(-1)}.*damaged`));
    });

    test("does not match a local file that is another database's copy", async (t) => {
      const one = targetFolder(t);
      const two = targetFolder(t);
      const first = await Host.primary(t, one.target);
      await first.write(1);
      await first.close();
      const second = await Host.primary(t, two.target);
      await second.close();
      await assert.rejects(
        Host.start(t, two.target, { folder: first.folder }),
        refused(/another database/, /move the local file away/),
      );
      assert.deepEqual(rowsOf(first.file), [1]);
    });

    test("and a local one that was never replicated: a person must choose", async (t) => {
      const { target } = targetFolder(t);
      const before = await Host.primary(t, target);
      await before.write(1);
      await before.close();
      const folder = localDatabase(t, 77);
      await assert.rejects(
        Host.start(t, target, { folder }),
        refused(/There is a database here/, /another at/, /--init/),
      );
      assert.deepEqual(rowsOf(join(folder, "test.db")), [77]);
      const thenMs = Date.now();
      const host = await Host.start(t, target, { folder, init: true });
      assert.equal(host.replica.promotable, "at-once", "the writer before has said that it is gone");
      await host.promote();
      assert.deepEqual(rows(host), [77]);
      assert.deepEqual((await restoredFrom(t, target)).rows, [77]);
      assert.deepEqual(
        (await restoredFrom(t, target, { atMs: thenMs })).rows,
        [1],
        "the previous one stays restorable",
      );
    });
  });

  describe("a target that cannot be used", () => {
    for (const fault of ["full", "read-only", "unreachable", "denied", "missing"] satisfies readonly TargetFault[]) {
      test(`because it is ${fault} fails the start, with nothing changed here`, async (t) => {
        const { target } = targetFolder(t);
        const folder = join(temporaryFolder(t), "local");
        const broken = faultyTarget(target, ({ op }) =>
          op === "read" || op === "list" ? undefined : { kind: "refused", fault },
        );
        await assert.rejects(Host.start(t, broken, { folder }), (error: Error) => {
          assert.ok(error.cause instanceof TargetError && error.cause.fault === fault);
          return refused(/cannot be used/, /injected/)(error);
        });
        assert.deepEqual(
          readdirSync(folder).filter((name) => !name.endsWith("-lock")),
          [],
        );
      });
    }

    test("lets the next start lock the local file", async (t) => {
      const { target } = targetFolder(t);
      const broken = faultyTarget(target, () => ({ kind: "refused", fault: "unreachable" }));
      const folder = localDatabase(t, 1);
      await assert.rejects(Host.start(t, broken, { folder }), { code: "start-failed" });
      const host = await Host.primary(t, target, { folder });
      assert.deepEqual(rows(host), [1]);
    });
  });

  describe("with a clock that is a day off", () => {
    for (const days of [-1, 1]) {
      test(`(${days > 0 ? "ahead" : "behind"}), the start reports it, and nothing is lost`, async (t) => {
        const { target } = targetFolder(t);
        const skewed: Target = { ...target, clockMs: async () => (await target.clockMs()) - days * DAY_MS };
        const host = await Host.primary(t, skewed, { retentionMs: 1_000 });
        assert.match(host.lines.join("\n"), /warn: The clock here is 14\d\d min (ahead of|behind) that of/);
        await host.write(1, 2);
        await host.close();
        assert.deepEqual((await restoredFrom(t, target)).rows, [1, 2]);
      });
    }
  });

  test("a start writes to the target only to test it", async (t) => {
    const { target } = targetFolder(t);
    const before = await Host.primary(t, target);
    await before.close();
    const host = await Host.start(t, target);
    const written = host.target.operations.filter(isWrite);
    assert.ok(
      written.every(({ key }) => key.startsWith("replica/self-test/")),
      JSON.stringify(written),
    );
  });
});
