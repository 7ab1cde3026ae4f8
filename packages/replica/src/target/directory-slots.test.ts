import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { type FileHandle, open, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { TargetError } from "../errors.ts";
import { directorySlots, openNew, openNewInFolder, type SlotFiles, syncFolder } from "./directory.ts";
import type { SlotWriter } from "./target.ts";

const contentOf = (slot: number, writer = "a") => Buffer.from(`${writer}:${slot};`.repeat(2000));

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "scimtool-slots-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What happens to a step: it works, fails without effect, takes effect and fails, or writes half and fails. */
type Step = "works" | "fails" | "done-and-fails" | "half-done";
type StepName = "create" | "reopen" | "write" | "sync" | "sync-folder";

/** Files whose steps fail as `decide` says. */
function failing(decide: (step: StepName) => Step): SlotFiles {
  const failure = () => Object.assign(new Error("EIO: injected"), { code: "EIO", syscall: "injected" });
  const run = async <T>(name: StepName, step: () => Promise<T>, half?: () => Promise<unknown>): Promise<T> => {
    const what = decide(name);
    if (what === "half-done") await half?.();
    if (what === "fails" || what === "half-done") throw failure();
    const result = await step();
    if (what === "works") return result;
    // A creation that takes effect but is reported as failed leaks a handle.
    if (name === "create" || name === "reopen") await (result as FileHandle | undefined)?.close();
    throw failure();
  };
  const wrap = (handle: FileHandle | undefined) =>
    handle &&
    ({
      write: (bytes: Uint8Array, at: number, length: number, offset: number) =>
        run(
          "write",
          () => handle.write(bytes, at, length, offset),
          () => handle.write(bytes, at, Math.ceil(length / 2), offset),
        ),
      sync: () => run("sync", () => handle.sync()),
      stat: () => handle.stat(),
      truncate: (bytes: number) => handle.truncate(bytes),
      close: () => handle.close(),
    } as unknown as FileHandle);
  return {
    openFirst: async (path) => wrap(await run("create", () => openNewInFolder(path))),
    openNew: async (path) => wrap(await run("create", () => openNew(path))),
    reopen: async (path) => wrap(await run("reopen", () => open(path, "r+"))) as FileHandle,
    syncFolder: (folder) => run("sync-folder", () => syncFolder(folder)),
  };
}

/** Repeats a call until it succeeds. */
async function retried(writer: SlotWriter, slot: number, bytes: Buffer, between: () => Promise<void>) {
  for (;;) {
    try {
      return await writer.write(slot, bytes);
    } catch (error) {
      assert.ok(error instanceof TargetError, String(error));
      await between();
    }
  }
}

const faultsOf = (...kinds: Step[]) => fc.array(fc.constantFrom<Step>("works", ...kinds), { maxLength: 25 });

test("a call that fails at any step is settled by repeating it: the slots are complete and its writer's", async (t) => {
  await fc.assert(
    fc.asyncProperty(faultsOf("fails", "done-and-fails", "half-done"), async (steps) => {
      const folder = newFolder(t);
      const plan = [...steps];
      // A failed creation may have taken effect: that case is below.
      const files = failing((name) => {
        const step = plan.shift() ?? "works";
        return name === "create" && step !== "works" ? "fails" : step;
      });
      const writer = directorySlots((slot) => join(folder, "log", `${slot}`), files);
      for (let slot = 1; slot <= 3; slot++) {
        const result = await retried(writer, slot, contentOf(slot), async () => undefined);
        assert.equal(result, "written");
        assert.ok(readFileSync(join(folder, "log", `${slot}`)).equals(contentOf(slot)));
      }
      await writer.close();
      assert.deepEqual(readdirSync(join(folder, "log")), ["1", "2", "3", "4"]);
    }),
    { numRuns: 150 },
  );
});

test("whatever fails, and however often newcomers come, they saw every written slot completely", async (t) => {
  await fc.assert(
    fc.asyncProperty(faultsOf("fails", "done-and-fails", "half-done"), fc.nat(6), async (steps, newcomerAt) => {
      const folder = newFolder(t);
      const pathOf = (slot: number) => join(folder, `${slot}`);
      const plan = [...steps];
      const writer = directorySlots(
        pathOf,
        failing(() => plan.shift() ?? "works"),
      );
      const wholeOnce = new Set<number>();
      let failures = 0;
      let fence = Number.POSITIVE_INFINITY;
      const seenWhole = new Set<number>();

      const isWhole = async (slot: number) =>
        existsSync(pathOf(slot)) && (await readFile(pathOf(slot))).equals(contentOf(slot));
      const takeOver = async () => {
        const newcomer = directorySlots(pathOf);
        for (fence = 1; (await newcomer.write(fence, contentOf(fence, "newcomer"))) === "taken"; ) fence++;
        await newcomer.close();
        for (let slot = 1; slot < fence; slot++) if (await isWhole(slot)) seenWhole.add(slot);
      };
      const between = async () => {
        for (let slot = 1; slot <= 3; slot++) {
          if (await isWhole(slot)) wholeOnce.add(slot);
          else assert.ok(!wholeOnce.has(slot), `slot ${slot} was whole and is not any more`);
        }
        if (failures++ === newcomerAt) await takeOver();
      };

      for (let slot = 1; slot <= 3; slot++) {
        const result = await retried(writer, slot, contentOf(slot), between);
        if (result === "taken") break;
        assert.ok(await isWhole(slot));
        assert.ok(slot < fence, "went on behind a fence");
        if (fence !== Number.POSITIVE_INFINITY) assert.ok(seenWhole.has(slot), `slot ${slot} was void to the newcomer`);
      }
      await writer.close();
    }),
    { numRuns: 300 },
  );
});

test("a creation that took effect but was reported as failed counts as another writer's", async (t) => {
  const folder = newFolder(t);
  let steps: Step[] = ["done-and-fails"];
  const writer = directorySlots(
    (slot) => join(folder, `${slot}`),
    failing(() => steps.shift() ?? "works"),
  );
  await assert.rejects(writer.write(1, contentOf(1)), TargetError);
  assert.equal(await writer.write(1, contentOf(1)), "taken");
  steps = [];
  assert.equal(await writer.write(2, contentOf(2)), "written");
  await writer.close();
});

test("a file that stays broken after an error, as on a share that was away, is opened again", async (t) => {
  const folder = newFolder(t);
  let broken = 0;
  const breaking = (handle: FileHandle | undefined) => {
    let stale = false;
    const sync = handle?.sync.bind(handle);
    if (handle !== undefined && sync !== undefined) {
      handle.sync = async () => {
        stale ||= broken-- > 0;
        if (stale) throw Object.assign(new Error("ESTALE: injected"), { code: "ESTALE", syscall: "fsync" });
        return sync();
      };
    }
    return handle;
  };
  const writer = directorySlots((slot) => join(folder, `${slot}`), {
    openFirst: async (path) => breaking(await openNewInFolder(path)),
    openNew: async (path) => breaking(await openNew(path)),
    reopen: async (path) => breaking(await open(path, "r+")) as FileHandle,
    syncFolder,
  });
  t.after(() => writer.close());
  for (let slot = 1; slot <= 2; slot++) {
    broken = 2;
    await assert.rejects(writer.write(slot, contentOf(slot)), TargetError);
    await assert.rejects(writer.write(slot, contentOf(slot)), TargetError);
    assert.equal(await writer.write(slot, contentOf(slot)), "written");
  }
});

test("a failed call is not repeated with other bytes", async (t) => {
  const folder = newFolder(t);
  const steps: Step[] = ["works", "works", "fails"];
  const writer = directorySlots(
    (slot) => join(folder, `${slot}`),
    failing(() => steps.shift() ?? "works"),
  );
  await assert.rejects(writer.write(1, contentOf(1)), TargetError);
  await assert.rejects(writer.write(1, contentOf(1, "other")), /Slot 1 was already tried with other bytes/);
  assert.equal(await writer.write(1, contentOf(1)), "written");
  await writer.close();
});

test("a slot counts only once the next one is claimed: if that is taken, do not rely on it", async (t) => {
  const folder = newFolder(t);
  const pathOf = (slot: number) => join(folder, `${slot}`);
  const [a, b] = [directorySlots(pathOf), directorySlots(pathOf)];
  assert.equal(await b.write(2, contentOf(2, "b")), "written");
  assert.equal(await a.write(1, contentOf(1)), "taken");
  assert.equal(await a.write(3, contentOf(3)), "taken");
  assert.equal(await a.write(4, contentOf(4)), "written");
  await Promise.all([a.close(), b.close()]);
});

test("a folder that disappears is not created again under a running writer", async (t) => {
  const folder = join(newFolder(t), "mount");
  const writer = directorySlots((slot) => join(folder, "log", `${slot}`));
  assert.equal(await writer.write(1, contentOf(1)), "written");
  rmSync(folder, { recursive: true });
  await assert.rejects(
    writer.write(2, contentOf(2)),
    (error: unknown) =>
      error instanceof TargetError && error.fault === "missing" && /Mount it again/.test(error.message),
  );
  await assert.rejects(writer.write(2, contentOf(2)), TargetError);
  assert.ok(!existsSync(folder));
  await writer.close();
});

test("a writer that slept while its slot was packed and removed learns that it is taken", async (t) => {
  const folder = newFolder(t);
  const pathOf = (slot: number) => join(folder, `${slot}`);
  const writer = directorySlots(pathOf);
  assert.equal(await writer.write(1, contentOf(1)), "written");
  rmSync(pathOf(1));
  rmSync(pathOf(2));
  assert.equal(await writer.write(2, contentOf(2)), "taken");
  await writer.close();
});

test("one file is open between two writes, the claimed slot's, and none after close", {
  skip: process.platform !== "linux",
}, async (t) => {
  const folder = newFolder(t);
  const openFiles = () =>
    readdirSync("/proc/self/fd").flatMap((fd) => {
      try {
        const path = readlinkSync(`/proc/self/fd/${fd}`);
        return path.startsWith(folder) ? [path] : [];
      } catch {
        return [];
      }
    });
  const pathOf = (slot: number) => join(folder, `${slot}`);
  const writer = directorySlots(pathOf);
  await writer.write(1, contentOf(1));
  await writer.write(2, contentOf(2));
  assert.deepEqual(openFiles(), [pathOf(3)]);
  await writer.close();
  assert.deepEqual(openFiles(), []);
  assert.equal(readFileSync(pathOf(3)).length, 0);

  const another = directorySlots(pathOf);
  const underWay = another.write(11, contentOf(11));
  await another.close();
  await underWay.catch(() => undefined);
  await another.write(12, contentOf(12)).catch(() => undefined);
  assert.deepEqual(openFiles(), []);
});
