import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { TargetError } from "../errors.ts";
import { directoryTarget } from "../target/directory.ts";
import type { Target } from "../target/target.ts";
import { faultyTarget } from "../target/testing/faulty.ts";
import { withConstants } from "../testing/constants.ts";
import { afterwards, temporaryFolder } from "../testing/folder.ts";

/** Many times as long as a live primary takes here, even on a busy machine. */
const ANSWERS_WITHIN_MS = 1_500;
const REPEAT_MS = 150;
withConstants({
  "lease/lease.ts": {
    OWNER_ANSWERS_WITHIN_MS: ANSWERS_WITHIN_MS,
    ANSWER_POLL_MS: 20,
    INTENT_REPEAT_MS: REPEAT_MS,
  },
});
const { isOwnerAlive, readIntent, showPresence, writeIntent } = await import("./lease.ts");

const never = new AbortController().signal;

function open(t: TestContext): { readonly target: Target; readonly folder: string } {
  const folder = join(temporaryFolder(t), "target");
  return { target: directoryTarget(folder), folder };
}

/** A primary that looks for intents and answers each newcomer once. */
function owner(t: TestContext, target: Target, everyMs = 40): void {
  let isAlive = true;
  const life = (async () => {
    for (let known: string | undefined; isAlive; await sleep(everyMs)) {
      const intent = await readIntent(target);
      if (intent === undefined || intent.id === known) continue;
      known = intent.id;
      if (intent.wants === "presence") await showPresence(target, intent.id);
    }
  })();
  afterwards(t, () => {
    isAlive = false;
    return life;
  });
}

describe("an intent", () => {
  test("is read as written, and the last one counts", async (t) => {
    const { target } = open(t);
    assert.equal(await readIntent(target), undefined);
    await writeIntent(target, { id: "a", wants: "presence" });
    await writeIntent(target, { id: "b", wants: "hand-over" });
    assert.deepEqual(await readIntent(target), { id: "b", wants: "hand-over" });
  });

  test("that is damaged or of another kind is ignored", async (t) => {
    const { target, folder } = open(t);
    await writeIntent(target, { id: "a", wants: "presence" });
    for (const content of [
      "",
      '{"id":"a","wa',
      "null",
      "7",
      '{"id":"a","wants":"something"}',
      '{"wants":"presence"}',
    ]) {
      writeFileSync(join(folder, "replica/intent"), content);
      assert.equal(await readIntent(target), undefined, content);
    }
  });
});

describe("the question whether the primary is alive", { concurrency: true }, () => {
  test("is answered at once if it responds, without leaving anything", async (t) => {
    const { target } = open(t);
    owner(t, target);
    const startedMs = performance.now();
    assert.equal(await isOwnerAlive(target, "a", never), true);
    assert.ok(performance.now() - startedMs < ANSWERS_WITHIN_MS);
    assert.deepEqual(await target.list("replica/presence/"), []);
  });

  test("is answered no if there is no response in time, not earlier", async (t) => {
    const { target } = open(t);
    const startedMs = performance.now();
    assert.equal(await isOwnerAlive(target, "a", never), false);
    assert.ok(performance.now() - startedMs >= ANSWERS_WITHIN_MS);
  });

  test("is answered to both of two simultaneous callers", async (t) => {
    const { target } = open(t);
    // It sees only the second one's request, and then the first one's again.
    owner(t, target, 60);
    const answers = await Promise.all(["a", "b"].map((id) => isOwnerAlive(target, id, never)));
    assert.deepEqual(answers, [true, true]);
  });

  test("is not answered by a response to another caller", async (t) => {
    const { target } = open(t);
    await showPresence(target, "b");
    assert.equal(await isOwnerAlive(target, "a", never), false);
  });

  test("continues while the target is away, which is not an answer", async (t) => {
    const { target } = open(t);
    let isAway = true;
    const flapping = faultyTarget(target, () => (isAway ? { kind: "refused", fault: "unreachable" } : undefined));
    const answer = isOwnerAlive(flapping, "a", never);
    await sleep(ANSWERS_WITHIN_MS + 200);
    const backMs = performance.now();
    isAway = false;
    assert.equal(await answer, false);
    assert.ok(performance.now() - backMs >= ANSWERS_WITHIN_MS, "it has its time from then on");
  });

  test("stays open if the caller stops", async (t) => {
    const { target } = open(t);
    const stop = new AbortController();
    const answer = isOwnerAlive(target, "a", stop.signal);
    await sleep(50);
    stop.abort();
    assert.equal(await answer, true);
  });
});

test("a presence that is shown twice, or cannot be shown, is reported like any other failure", async (t) => {
  const { target } = open(t);
  await showPresence(target, "a");
  await showPresence(target, "a");
  const readOnly = faultyTarget(target, () => ({ kind: "refused", fault: "read-only" }));
  await assert.rejects(showPresence(readOnly, "b"), TargetError);
});
