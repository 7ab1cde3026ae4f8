import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

/** What of a test the fixtures need. */
export type Test = Pick<TestContext, "after">;

const cleanups = new WeakMap<Test, (() => void | Promise<void>)[]>();

/** For tests: does something after a test, the last thing first, which `t.after` does in the other order. */
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

/** For tests: a folder that is gone afterwards. */
export function temporaryFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), "replica-"));
  afterwards(t, () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The bytes of a database that is open here: reading it in this process would drop SQLite's locks on it. */
export function bytesElsewhere(file: string): Buffer {
  return execFileSync("cat", [file], { maxBuffer: 256 * 1_024 * 1_024 });
}
