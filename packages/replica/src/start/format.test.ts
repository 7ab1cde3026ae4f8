import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { hasCode } from "../errors.ts";
import { directoryTarget } from "../target/directory.ts";
import type { Target } from "../target/target.ts";
import { faultyTarget } from "../target/testing/faulty.ts";
import { withConstants } from "../testing/constants.ts";
import { temporaryFolder } from "../testing/folder.ts";

withConstants({ "start/target-setup.ts": { LOOK_MS: 5 } });
const { ensureDatabaseId } = await import("./target-setup.ts");

const KEY = "replica/format.json";

function open(t: TestContext): { readonly target: Target; readonly file: string } {
  const folder = join(temporaryFolder(t), "target");
  return { target: directoryTarget(folder), file: join(folder, KEY) };
}

describe("the ID of the database", () => {
  test("is created once", async (t) => {
    const { target } = open(t);
    const id = await ensureDatabaseId(target);
    assert.match(id, /^[0-9a-f-]{36}$/);
    assert.equal(await ensureDatabaseId(target), id);
    const { format, createdMs } = JSON.parse(String(await target.read(KEY)));
    assert.equal(format, 1);
    assert.ok(Math.abs(Date.now() - createdMs) < 10_000);
  });

  test("is the same for all simultaneous starts, also if a file appears before its content", async (t) => {
    for (let round = 0; round < 5; round++) {
      const { target, file } = open(t);
      // As on a share: others see the name at once and the content later.
      const slow: Target = {
        ...target,
        create: async (key, content) => {
          const created = await target.create(key, Buffer.alloc(0));
          if (created === "exists") return created;
          await new Promise((resolve) => setTimeout(resolve, 30));
          writeFileSync(file, content as Uint8Array);
          return created;
        },
      };
      const ids = await Promise.all([slow, slow, slow].map(ensureDatabaseId));
      assert.equal(new Set(ids).size, 1, ids.join(" "));
      assert.equal(await ensureDatabaseId(target), ids[0]);
    }
  });

  test("is created again if its writer was interrupted", async (t) => {
    for (const content of ["", '{"format":1,"datab', "null", "[]", '{"format":1}']) {
      const { target, file } = open(t);
      await target.create(KEY, Buffer.alloc(0));
      writeFileSync(file, content);
      const id = await ensureDatabaseId(target);
      assert.equal(await ensureDatabaseId(target), id);
    }
  });

  test("is found if it was written and reported as failed", async (t) => {
    const { target } = open(t);
    let failures = 1;
    const failing = faultyTarget(target, ({ op }) =>
      op === "create" && failures-- > 0 ? { kind: "error-after", fault: "unreachable" } : undefined,
    );
    await assert.rejects(ensureDatabaseId(failing));
    const { databaseId } = JSON.parse(String(await target.read(KEY)));
    assert.equal(await ensureDatabaseId(failing), databaseId);
  });

  test("of a later format is rejected with what to do, and stays unchanged", async (t) => {
    const { target, file } = open(t);
    await target.create(KEY, Buffer.alloc(0));
    const content = '{"format":2,"databaseId":"d0a1"}';
    writeFileSync(file, content);
    await assert.rejects(
      ensureDatabaseId(target),
      (error: Error) => hasCode(error, "start-failed") && /format 2.*Upgrade/.test(error.message),
    );
    assert.equal(String(await target.read(KEY)), content);
  });
});
