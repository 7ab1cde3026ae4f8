import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

/** The part of a test context that fixtures need. */
export type Test = Pick<TestContext, "after">;

const cleanups = new WeakMap<Test, (() => void | Promise<void>)[]>();

/** For tests: runs work after a test, the last one first; `t.after` uses the other order. */
export function afterwards(t: Test, work: () => void | Promise<void>): void {
  const known = cleanups.get(t);
  if (known !== undefined) {
    known.push(work);
    return;
  }
  const works = [work];
  cleanups.set(t, works);
  t.after(async () => {
    for (const next of works.reverse()) await next();
  });
}

/** For tests: a folder that is removed afterwards. */
export function temporaryFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), "replica-"));
  afterwards(t, () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The bytes of an open database: reading it in this process would drop SQLite's locks. */
export function bytesElsewhere(file: string): Buffer {
  return execFileSync("cat", [file], { maxBuffer: 256 * 1_024 * 1_024 });
}
