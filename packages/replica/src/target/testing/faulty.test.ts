import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { TargetError, type TargetFault } from "../../errors.ts";
import { directoryTarget } from "../directory.ts";
import type { Target } from "../target.ts";
import { targetConformance } from "./conformance.ts";
import { type FaultyOperation, faultyTarget, type InjectedFault } from "./faulty.ts";

function newFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "scimtool-faulty-"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

targetConformance("faulty, without faults", async () => {
  const { folder, remove } = newFolder();
  return {
    target: faultyTarget(directoryTarget(folder), () => undefined),
    another: faultyTarget(directoryTarget(folder), () => undefined),
    dispose: async () => remove(),
  };
});

/** A folder, and the same with these faults in turn, then none. */
function faulty(t: TestContext, ...faults: (InjectedFault | readonly InjectedFault[])[]) {
  const { folder, remove } = newFolder();
  t.after(remove);
  const inner = directoryTarget(folder);
  const seen: FaultyOperation[] = [];
  const target = faultyTarget(inner, (operation) => {
    seen.push(operation);
    return faults.shift();
  });
  return { folder, inner, target, seen, inject: (...more: InjectedFault[]) => faults.push(...more) };
}

const fails = (fault: TargetFault) => (error: unknown) => {
  assert.ok(error instanceof TargetError);
  assert.equal(error.fault, fault);
  return true;
};
const text = async (target: Target, key: string) => (await target.read(key))?.toString();

test("every operation is decided once, by its name and key", async (t) => {
  const { target, seen } = faulty(t);
  await target.create("a", Buffer.from("x"));
  await target.replace("b", Buffer.from("x"));
  await target.read("a");
  await target.remove("a");
  await target.list("pre");
  await target.clockMs();
  const slots = target.openSlots("log/");
  await slots.write(7, Buffer.from("x"));
  await slots.close();
  assert.deepEqual(
    seen.map(({ op, key }) => `${op} ${key}`),
    ["create a", "replace b", "read a", "remove a", "list pre", "clock ", "slot log/0000000000000007"],
  );
});

test("refused: it does not happen, for the given reason", async (t) => {
  for (const fault of ["full", "read-only", "unreachable", "denied", "missing"] as const) {
    const { target, inner } = faulty(t, { kind: "refused", fault });
    await assert.rejects(target.create("a", Buffer.from("x")), fails(fault));
    assert.equal(await inner.read("a"), undefined);
  }
});

test("error after: it happens, and is reported as failed", async (t) => {
  const after = { kind: "error-after", fault: "unreachable" } as const;
  const { target, inner } = faulty(t, after, after, after);
  await assert.rejects(target.create("a", Buffer.from("x")), fails("unreachable"));
  assert.equal(await text(inner, "a"), "x");
  await assert.rejects(target.replace("a", Buffer.from("y")), fails("unreachable"));
  assert.equal(await text(inner, "a"), "y");
  await assert.rejects(target.remove("a"), fails("unreachable"));
  assert.equal(await inner.read("a"), undefined);
});

test("delay: it happens later", async (t) => {
  const { target, inner } = faulty(t, { kind: "delay", ms: 200 });
  const begunMs = performance.now();
  const creation = target.create("a", Buffer.from("x"));
  assert.equal(await inner.read("a"), undefined);
  assert.equal(await creation, "created");
  assert.ok(performance.now() - begunMs >= 195);
});

test("late answer: it happens at once, and is reported later", async (t) => {
  const { target, inner } = faulty(t, { kind: "late-answer", ms: 500 });
  let told = false;
  const creation = target.create("a", Buffer.from("x")).finally(() => {
    told = true;
  });
  while ((await text(inner, "a")) !== "x") await sleep(1);
  assert.ok(!told);
  assert.equal(await creation, "created");
});

test("done later: reported as failed at once, and happens anyway", async (t) => {
  const { target, inner } = faulty(t, { kind: "done-later", ms: 200 });
  await assert.rejects(target.create("a", Buffer.from("x")), fails("unreachable"));
  assert.equal(await inner.read("a"), undefined);
  while ((await text(inner, "a")) !== "x") await sleep(1);
});

test("torn: the beginning is written, and the call fails; also for a stream", async (t) => {
  const torn = { kind: "torn", bytes: 3 } as const;
  const { target, inner } = faulty(t, torn, torn);
  async function* stream() {
    yield Buffer.from("ab");
    yield Buffer.from("cdef");
  }
  await assert.rejects(target.create("a", stream()), fails("unreachable"));
  assert.equal(await text(inner, "a"), "abc");
  await assert.rejects(target.replace("a", Buffer.from("uvwxyz")), fails("unreachable"));
  assert.equal(await text(inner, "a"), "uvw");
});

test("torn: a claimed slot contains the beginning, and writing again completes it", async (t) => {
  const { folder, target, inject } = faulty(t);
  const slots = target.openSlots("log/");
  t.after(() => slots.close());
  const bytesOf = (slot: number) => readFileSync(join(folder, "log", `${slot}`.padStart(16, "0"))).toString();
  assert.equal(await slots.write(1, Buffer.from("first")), "written");
  inject({ kind: "torn", bytes: 3 });
  await assert.rejects(slots.write(2, Buffer.from("second")), fails("unreachable"));
  assert.equal(bytesOf(2), "sec");
  assert.equal(await slots.write(2, Buffer.from("second")), "written");
  assert.equal(bytesOf(2), "second");
});

test("torn: another writer's slot stays unchanged", async (t) => {
  const { inner, target, inject } = faulty(t);
  const [others, slots] = [inner.openSlots("log/"), target.openSlots("log/")];
  t.after(() => Promise.all([others.close(), slots.close()]));
  await others.write(1, Buffer.from("others"));
  inject({ kind: "torn", bytes: 3 });
  await assert.rejects(slots.write(1, Buffer.from("mine")), fails("unreachable"));
  assert.equal(await text(inner, "log/0000000000000001"), "others");
  assert.equal(await slots.write(1, Buffer.from("mine")), "taken");
  inject({ kind: "torn", bytes: 3 });
  await assert.rejects(slots.write(2, Buffer.from("mine")), fails("unreachable"));
  assert.equal(await text(inner, "log/0000000000000002"), "");
});

test("duplicate: it happens twice, and the second result counts", async (t) => {
  const duplicate = { kind: "duplicate" } as const;
  const { target, inner } = faulty(t, duplicate, duplicate);
  async function* stream() {
    yield Buffer.from("x");
  }
  assert.equal(await target.create("a", stream()), "exists");
  assert.equal(await text(inner, "a"), "x");
  const slots = target.openSlots("log/");
  t.after(() => slots.close());
  assert.equal(await slots.write(1, Buffer.from("x")), "written");
});

test("stale list: an earlier result, or empty if there was none", async (t) => {
  const { target } = faulty(t, { kind: "stale-list", ms: 0 });
  assert.deepEqual(await target.list(""), []);
  const { target: other, inject } = faulty(t);
  await other.create("a", Buffer.from("x"));
  inject({ kind: "stale-list", ms: 200 });
  assert.deepEqual(await other.list(""), []);
  await sleep(250);
  await other.create("b", Buffer.from("x"));
  inject({ kind: "stale-list", ms: 200 });
  assert.deepEqual(await other.list(""), ["a"]);
  assert.deepEqual(await other.list(""), ["a", "b"]);
});

test("bit flip: exactly one bit of the content is wrong", async (t) => {
  const { target, inject } = faulty(t);
  const bytes = Buffer.from("some content");
  await target.create("a", bytes);
  await fc.assert(
    fc.asyncProperty(fc.nat(1_000_000), async (bit) => {
      inject({ kind: "bit-flip", bit });
      const read = (await target.read("a")) ?? Buffer.alloc(0);
      const wrong = [...read].map((byte, at) => byte ^ (bytes[at] ?? 0)).filter((difference) => difference !== 0);
      assert.equal(wrong.length, 1);
      assert.equal(Math.log2(wrong[0] ?? 0) % 1, 0);
      assert.ok((await target.read("a"))?.equals(bytes));
    }),
    { numRuns: 30 },
  );
  inject({ kind: "bit-flip", bit: 0 });
  assert.equal(await target.read("absent"), undefined);
});

test("several faults of one operation happen together", async (t) => {
  const { target, inner } = faulty(t, [
    { kind: "delay", ms: 40 },
    { kind: "error-after", fault: "full" },
  ]);
  const begunMs = performance.now();
  await assert.rejects(target.create("a", Buffer.from("x")), fails("full"));
  assert.ok(performance.now() - begunMs >= 35);
  assert.equal(await text(inner, "a"), "x");
});
