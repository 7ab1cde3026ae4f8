import assert from "node:assert/strict";
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, suite, test } from "node:test";
import { hasCode } from "../errors.ts";
import { directoryTarget } from "../target/directory.ts";
import type { Target } from "../target/target.ts";
import { type DecideFaults, faultyTarget } from "../target/testing/faulty.ts";
import { QUICK, withConstants } from "../testing/constants.ts";
import { flapping } from "../testing/flapping.ts";
import type { temporaryFolder } from "../testing/folder.ts";
import type { Host as HostType } from "../testing/host.ts";

withConstants(QUICK);
const { Host, restoredFrom, rowsOf, targetFolder } = await import("../testing/host.ts");

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

/** Reads of parts of the database. */
const downloads = (host: HostType) =>
  host.target.operations.filter(({ op, key }) => op === "read" && /snap|L\d/.test(key));

suite("a start with a local file", { concurrency: true }, () => {
  describe("that was replicated to a target that is empty now", () => {
    /** A stopped primary whose target's mount is gone. */
    async function unmounted(t: Parameters<typeof temporaryFolder>[0], end: "stopped" | "killed" | "standby") {
      const { target, folder: mountPoint } = targetFolder(t);
      const before = await Host.primary(t, target);
      await before.write(1);
      let { folder } = before;
      if (end === "killed") folder = before.die(t);
      else await before.close();
      if (end === "standby") {
        const standby = await Host.start(t, target);
        ({ folder } = standby);
        await standby.close();
      }
      const volume = `${mountPoint}-volume`;
      renameSync(mountPoint, volume);
      const mount = () => {
        rmSync(mountPoint, { recursive: true, force: true });
        cpSync(volume, mountPoint, { recursive: true });
      };
      // As a new process opens it, which does not know the earlier folders.
      return { target: directoryTarget(mountPoint), folder, mount };
    }

    for (const end of ["stopped", "killed", "standby"] as const) {
      test(`does not start there again (${end}): it continues once the mount is back`, async (t) => {
        const { target, folder, mount } = await unmounted(t, end);
        await assert.rejects(
          Host.start(t, target, { folder }),
          refused(/is empty, but held the database of .*test\.db/, /Is it mounted\?/, /--init/),
        );
        assert.deepEqual(await target.list("replica/log/"), []);
        mount();
        const host = await Host.primary(t, target, { folder });
        assert.deepEqual(rows(host), [1]);
      });
    }

    test("does not start empty there if the file is missing", async (t) => {
      const { target, folder } = await unmounted(t, "stopped");
      rmSync(join(folder, "test.db"));
      await assert.rejects(Host.start(t, target, { folder }), refused(/Is it mounted\?/));
    });

    test("starts there again with --init, and can then replace the content of the mount", async (t) => {
      const { target, folder, mount } = await unmounted(t, "stopped");
      const astray = await Host.primary(t, target, { folder, init: true });
      await astray.write(2);
      await astray.close();
      const thenMs = Date.now();
      mount();
      await assert.rejects(Host.start(t, target, { folder }), refused(/another database/, /--init/));
      const host = await Host.primary(t, target, { folder, init: true });
      await host.write(3);
      assert.deepEqual((await restoredFrom(t, target)).rows, [1, 2, 3]);
      assert.deepEqual(
        (await restoredFrom(t, target, { atMs: thenMs })).rows,
        [1],
        "the previous one stays restorable",
      );
      await host.close();
      assert.deepEqual(rows(await Host.primary(t, target, { folder })), [1, 2, 3]);
    });

    test("starts there again if an earlier version left no name beside it", async (t) => {
      const { target, folder } = await unmounted(t, "stopped");
      const sidecar = join(folder, "test.db-replica");
      const { target: _, ...known } = JSON.parse(readFileSync(sidecar, "utf8"));
      writeFileSync(sidecar, JSON.stringify(known));
      assert.deepEqual(rows(await Host.primary(t, target, { folder })), [1]);
    });

    test("starts at another target", async (t) => {
      const { folder } = await unmounted(t, "stopped");
      const other = targetFolder(t).target;
      assert.deepEqual(rows(await Host.primary(t, other, { folder })), [1]);
      assert.deepEqual((await restoredFrom(t, other)).rows, [1]);
    });
  });

  describe("a folder in use by an instance", () => {
    test("cannot be used by another one at the same time", async (t) => {
      const { target } = targetFolder(t);
      const host = await Host.start(t, target);
      await assert.rejects(Host.start(t, target, { folder: host.folder }), refused(/Another process is using/));
      await host.close();
      await Host.start(t, target, { folder: host.folder });
    });

    test("is continued after a clean stop: nothing is downloaded", async (t) => {
      const { target } = targetFolder(t);
      const before = await Host.primary(t, target);
      await before.write(1, 2);
      await before.close();
      const host = await Host.start(t, target, { folder: before.folder });
      assert.deepEqual([host.replica.promotable, host.replica.status().restoredFrom?.kind], ["at-once", "local"]);
      await host.promote();
      assert.deepEqual(rows(host), [1, 2]);
      assert.deepEqual(downloads(host), []);
      await host.write(3);
      assert.deepEqual((await restoredFrom(t, target)).rows, [1, 2, 3]);
    });

    test("is continued after a kill, with unshipped changes: nothing is downloaded, nothing is lost", async (t) => {
      const flap = flapping(targetFolder(t).target);
      const before = await Host.primary(t, flap.target, { durability: "async" });
      await before.write(1, 2);
      flap.isAway = true;
      before.insert(3, 4, 5);
      const folder = before.die(t);
      flap.isAway = false;
      assert.deepEqual((await restoredFrom(t, flap.target)).rows, [1, 2]);
      const host = await Host.start(t, flap.target, { folder });
      assert.equal(host.replica.promotable, "at-once");
      assert.match(host.lines.join("\n"), /The local database is still here and continues where it stopped/);
      await host.promote();
      assert.deepEqual(rows(host), [1, 2, 3, 4, 5]);
      assert.deepEqual(downloads(host), []);
      await host.replica.durable(true);
      assert.deepEqual((await restoredFrom(t, flap.target)).rows, [1, 2, 3, 4, 5]);
    });

    test("is continued after a kill during an attempt with an unknown result", async (t) => {
      const { target } = targetFolder(t);
      let isLost = false;
      const faults: DecideFaults = ({ op }) =>
        op === "slot" && isLost ? { kind: "error-after", fault: "unreachable" } : undefined;
      const before = await Host.primary(t, faultyTarget(target, faults), { durability: "async" });
      await before.write(1);
      isLost = true;
      before.insert(2);
      await before.told(/./);
      while (before.replica.status().errors === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      before.insert(3);
      const host = await Host.primary(t, target, { folder: before.die(t) });
      assert.deepEqual(rows(host), [1, 2, 3]);
      await host.replica.durable(true);
      assert.deepEqual((await restoredFrom(t, target)).rows, [1, 2, 3]);
    });

    test("is continued if the promotion failed at first, with unshipped changes", async (t) => {
      const flap = flapping(targetFolder(t).target);
      const before = await Host.primary(t, flap.target, { durability: "async" });
      await before.write(1);
      flap.isAway = true;
      before.insert(2, 3);
      const folder = before.die(t);
      flap.isAway = false;
      for (const failing of ["replica/intent", "replica/man/", "replica/log/"]) {
        let failures = 0;
        const faults: DecideFaults = ({ op, key }) =>
          host !== undefined && op !== "slot" && key.startsWith(failing) && failures++ === 0
            ? { kind: "refused", fault: "missing" }
            : undefined;
        let host: HostType | undefined;
        host = await Host.start(t, faultyTarget(flap.target, faults), { folder });
        await assert.rejects(host.promote(), { code: "not-primary" }, failing);
        for (let attempt = 0; attempt < 2; attempt++)
          await host.promote().catch((error) => assert.ok(hasCode(error, "not-primary"), error));
        assert.equal(host.replica.role, "primary", failing);
        assert.deepEqual(rows(host), [1, 2, 3], failing);
        await host.replica.durable(true);
        assert.deepEqual((await restoredFrom(t, flap.target)).rows, [1, 2, 3], failing);
        await host.close();
      }
    });

    /** Starts, and is killed right after its fence is written, before anything is noted beside the file. */
    async function killedBehindItsFence(t: Parameters<typeof temporaryFolder>[0], target: Target, folder: string) {
      const { promise: fenced, resolve } = Promise.withResolvers<void>();
      const stopping: Target = {
        ...target,
        openSlots: (prefix) => {
          const slots = target.openSlots(prefix);
          const write: typeof slots.write = async (slot, bytes) => {
            const result = await slots.write(slot, bytes);
            host.target.die();
            resolve();
            return result;
          };
          return { ...slots, write };
        },
      };
      const host = await Host.start(t, stopping, { folder });
      assert.equal(host.replica.promotable, "at-once");
      host.promote().catch(() => {});
      await fenced;
      return host.die(t);
    }

    test("is continued after a kill with the fence at the target and nothing noted beside the file yet", async (t) => {
      const flap = flapping(targetFolder(t).target);
      const before = await Host.primary(t, flap.target, { durability: "async" });
      await before.write(1);
      flap.isAway = true;
      before.insert(2, 3);
      let folder = before.die(t);
      flap.isAway = false;
      for (let kills = 0; kills < 2; kills++) folder = await killedBehindItsFence(t, flap.target, folder);
      const host = await Host.start(t, flap.target, { folder });
      assert.equal(host.replica.promotable, "at-once");
      await host.promote();
      assert.deepEqual(rows(host), [1, 2, 3]);
      assert.deepEqual(await flap.target.list("replica/orphan/"), []);
      await host.replica.durable(true);
      assert.deepEqual((await restoredFrom(t, flap.target)).rows, [1, 2, 3]);
      await host.close();
      assert.equal((await Host.start(t, flap.target, { folder: host.folder })).replica.promotable, "at-once");
    });

    test("is not, after such a kill, if another instance had the log before or has had it since", async (t) => {
      for (const isBefore of [true, false]) {
        const flap = flapping(targetFolder(t).target);
        const before = await Host.primary(t, flap.target, { durability: "async" });
        await before.write(1);
        flap.isAway = true;
        before.insert(2, 3);
        let folder = before.die(t);
        flap.isAway = false;
        if (isBefore) {
          // It writes between this instance's look and its fence.
          let other: HostType | undefined;
          const meanwhile = faultyTarget(flap.target, () => undefined);
          const late: Target = {
            ...meanwhile,
            openSlots: (prefix) => {
              const slots = meanwhile.openSlots(prefix);
              const write: typeof slots.write = async (slot, bytes) => {
                if (other === undefined) {
                  other = await Host.primary(t, flap.target);
                  await other.write(10);
                }
                return slots.write(slot, bytes);
              };
              return { ...slots, write };
            },
          };
          folder = await killedBehindItsFence(t, late, folder);
        } else {
          folder = await killedBehindItsFence(t, flap.target, folder);
          const other = await Host.primary(t, flap.target);
          await other.write(10);
        }
        const host = await Host.primary(t, flap.target, { folder });
        assert.deepEqual(rows(host), [1, 10]);
        const [orphan] = await flap.target.list("replica/orphan/");
        assert.deepEqual((await restoredFrom(t, flap.target, { orphan: orphan as string })).rows, [1, 2, 3]);
        await host.close();
      }
    });

    test("is continued after a stop while the target was away: the target gets the whole database", async (t) => {
      const flap = flapping(targetFolder(t).target);
      const before = await Host.primary(t, flap.target, { durability: "async" });
      await before.write(1);
      flap.isAway = true;
      before.insert(2, 3);
      await before.close(100);
      assert.match(before.lines.join("\n"), /error: Stopping with \d+ commits that are not at/);
      assert.ok(!existsSync(`${before.file}-wal`), "closing has copied the log into the file");
      flap.isAway = false;
      const host = await Host.primary(t, flap.target, { folder: before.folder });
      assert.deepEqual(rows(host), [1, 2, 3]);
      assert.deepEqual((await restoredFrom(t, flap.target)).rows, [1, 2, 3]);
      await host.write(4);
      assert.deepEqual((await restoredFrom(t, flap.target)).rows, [1, 2, 3, 4]);
    });

    test("is continued even if it is then killed before the target has the whole database", async (t) => {
      const flap = flapping(targetFolder(t).target);
      const before = await Host.primary(t, flap.target, { durability: "async" });
      await before.write(1);
      flap.isAway = true;
      before.insert(2, 3);
      await before.close(100);
      flap.isAway = false;
      let isDead = false;
      const dying = faultyTarget(flap.target, ({ op, key }) => {
        isDead ||= op === "create" && key.startsWith("replica/snap/");
        return isDead ? { kind: "refused", fault: "unreachable" } : undefined;
      });
      const between = await Host.start(t, dying, { folder: before.folder });
      await assert.rejects(between.promote(), { code: "not-primary" });
      const host = await Host.primary(t, flap.target, { folder: between.die(t) });
      assert.deepEqual(rows(host), [1, 2, 3]);
      assert.deepEqual((await restoredFrom(t, flap.target)).rows, [1, 2, 3]);
    });

    test("may be that of a standby, which is restored again or continued, but not rejected", async (t) => {
      const { target } = targetFolder(t);
      const writer = await Host.primary(t, target);
      await writer.write(1);
      const standby = await Host.start(t, target);
      const unchanged = standby.die(t);
      await writer.write(2);
      const outdated = (await Host.start(t, target, { folder: unchanged })).die(t);
      await writer.write(3);
      const again = await Host.start(t, target, { folder: outdated });
      assert.equal(again.replica.role, "standby");
      assert.deepEqual(rowsOf(again.file), [1, 2, 3]);
      assert.deepEqual(
        readdirSync(again.folder).filter((name) => name.includes("set-aside")),
        [],
      );
    });
  });

  describe("if another instance has continued meanwhile", () => {
    /** An instance that was killed with unshipped rows, and another one that has written since. */
    async function overtaken(t: Parameters<typeof temporaryFolder>[0]) {
      const flap = flapping(targetFolder(t).target);
      const before = await Host.primary(t, flap.target, { durability: "async" });
      await before.write(1);
      flap.isAway = true;
      before.insert(2, 3);
      return { flap, before };
    }

    test("changes that only the local file had are kept as an orphan, and can be restored", async (t) => {
      const { flap, before } = await overtaken(t);
      const folder = before.die(t);
      flap.isAway = false;
      const other = await Host.primary(t, flap.target);
      await other.write(10);
      const host = await Host.start(t, flap.target, { folder });
      assert.deepEqual(rowsOf(host.file), [1, 10]);
      const [orphan] = await flap.target.list("replica/orphan/");
      assert.match(host.lines.join("\n"), new RegExp(`warn: .*${orphan}`));
      assert.deepEqual((await restoredFrom(t, flap.target, { orphan: orphan as string })).rows, [1, 2, 3]);
      assert.deepEqual((await restoredFrom(t, flap.target)).rows, [1, 10]);
    });

    test("and has not written anything yet, it may be alive: this one stands by", async (t) => {
      const { flap, before } = await overtaken(t);
      const folder = before.die(t);
      flap.isAway = false;
      const other = await Host.primary(t, flap.target);
      const host = await Host.start(t, flap.target, { folder });
      assert.equal(host.replica.promotable, "when-needed");
      assert.deepEqual(rowsOf(host.file), [1]);
      const [orphan] = await flap.target.list("replica/orphan/");
      assert.deepEqual((await restoredFrom(t, flap.target, { orphan: orphan as string })).rows, [1, 2, 3]);
      assert.deepEqual(other.demotions, []);
    });

    test("a local file without further changes leaves no orphan", async (t) => {
      const { target } = targetFolder(t);
      const before = await Host.primary(t, target);
      await before.write(1);
      const folder = before.die(t);
      const other = await Host.primary(t, target);
      await other.write(10);
      const host = await Host.start(t, target, { folder });
      assert.deepEqual(rowsOf(host.file), [1, 10]);
      assert.deepEqual(await target.list("replica/orphan/"), []);
      assert.deepEqual(
        readdirSync(folder).filter((name) => name.includes("set-aside")),
        [],
      );
    });

    test("a local file whose log no longer exists is set aside, with all its rows", async (t) => {
      const { flap, before } = await overtaken(t);
      await before.close(100);
      flap.isAway = false;
      const other = await Host.primary(t, flap.target);
      await other.write(10);
      const host = await Host.start(t, flap.target, { folder: before.folder });
      assert.deepEqual(rowsOf(host.file), [1, 10]);
      const aside = readdirSync(host.folder).find((name) => name.includes("set-aside"));
      assert.match(host.lines.join("\n"), new RegExp(`warn: .*set aside as .*${aside}`));
      assert.deepEqual(rowsOf(join(host.folder, aside as string)), [1, 2, 3]);
    });

    test("between this one's start and its promotion, nothing of either is lost", async (t) => {
      const { flap, before } = await overtaken(t);
      const folder = before.die(t);
      flap.isAway = false;
      const host = await Host.start(t, flap.target, { folder });
      assert.equal(host.replica.promotable, "at-once");
      const other = await Host.primary(t, flap.target);
      await other.write(10);
      await host.promote();
      assert.deepEqual(rows(host), [1, 10]);
      const [orphan] = await flap.target.list("replica/orphan/");
      assert.deepEqual((await restoredFrom(t, flap.target, { orphan: orphan as string })).rows, [1, 2, 3]);
    });
  });

  test("that is not a database is named, and left unchanged", async (t) => {
    const { target } = targetFolder(t);
    const before = await Host.primary(t, target);
    await before.write(1);
    await before.close();
    rmSync(before.file);
    renameSync(`${before.file}-replica`, `${before.file}-moved`);
    writeFileSync(before.file, "notes");
    await assert.rejects(Host.start(t, target, { folder: before.folder }), refused(/There is a database here/));
    assert.equal(readFileSync(before.file, "utf8"), "notes");
  });
});
