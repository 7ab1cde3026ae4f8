import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, type TestContext, test } from "node:test";
import fc from "fast-check";
import { DatabaseChecksum } from "../checksum.ts";
import { Guard, type Pin } from "../primary/guard.ts";
import { afterwards, bytesElsewhere, temporaryFolder } from "../testing/folder.ts";
import { WalReader } from "../wal/wal.ts";
import { findInLocalLog } from "./resume.ts";

const PAGE_SIZE = 1_024;

type Known = { readonly checksum: string; readonly databasePages: number; readonly pageSize: number };

/** A database, its state after each transaction, and checkpoints that stop at unshipped commits. */
class Life {
  readonly folder: string;
  readonly file: string;
  readonly database: DatabaseSync;
  readonly states: Known[] = [];
  readonly #wal: WalReader;
  readonly #checksum: DatabaseChecksum;
  readonly #guard: Guard;
  #pin: Pin | undefined;

  constructor(t: Pick<TestContext, "after">) {
    this.folder = temporaryFolder(t);
    this.file = join(this.folder, "test.db");
    this.database = new DatabaseSync(this.file);
    this.database.exec(
      `PRAGMA page_size = ${PAGE_SIZE}; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = OFF`,
    );
    this.#wal = new WalReader(`${this.file}-wal`);
    this.#checksum = new DatabaseChecksum(PAGE_SIZE);
    this.#guard = new Guard(this.file);
    this.commit("CREATE TABLE t (a, b)");
    afterwards(t, () => {
      this.#wal.close();
      this.#guard.close();
      this.database.close();
    });
  }

  get last(): Known {
    return this.states.at(-1) as Known;
  }

  commit(sql: string): void {
    this.database.exec(sql);
    const change = this.#wal.next();
    if (change === undefined) return;
    for (const [page, image] of change.pages) this.#checksum.set(page, image);
    this.#checksum.resize(change.databasePages);
    const { databasePages, pageSize } = change;
    this.states.push({ checksum: this.#checksum.value, databasePages, pageSize });
  }

  insert(rows = 5): void {
    this.commit(
      `WITH RECURSIVE n (v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < ${rows})
       INSERT INTO t SELECT v, hex(randomblob(60)) FROM n`,
    );
  }

  /** Everything committed so far is at the target: no checkpoint goes beyond it until the next call. */
  shipped(): void {
    const before = this.#pin;
    this.#pin = this.#guard.pin();
    before?.release();
  }

  checkpoint(): void {
    this.database.exec("PRAGMA wal_checkpoint(PASSIVE)");
  }

  /** The file and its WAL, as another process would find them after a crash. */
  killed(): string {
    const file = join(mkdtempSync(join(this.folder, "killed-")), "test.db");
    for (const suffix of ["", "-wal"]) {
      if (existsSync(this.file + suffix)) writeFileSync(file + suffix, bytesElsewhere(this.file + suffix));
    }
    return file;
  }
}

/** The known state and the states after it that were found. */
async function followed(file: string, known: Known): Promise<string[] | undefined> {
  const found = await findInLocalLog(file, known);
  if (found === undefined) return undefined;
  const { wal, checksum } = found;
  const states = [checksum.value];
  for (let change = wal.next(1); change !== undefined; change = wal.next(1)) {
    for (const [page, image] of change.pages) checksum.set(page, image);
    checksum.resize(change.databasePages);
    states.push(checksum.value);
  }
  wal.close();
  return states;
}

const checksums = (states: readonly Known[]) => states.map(({ checksum }) => checksum);

describe("a local file that survived", () => {
  test("is found at each state of its log, with the later changes", async (t) => {
    const life = new Life(t);
    for (let transaction = 0; transaction < 6; transaction++) life.insert();
    const file = life.killed();
    for (const [at, known] of life.states.entries()) {
      assert.deepEqual(await followed(file, known), checksums(life.states.slice(at)));
    }
  });

  test("is found at the last state if the log has been copied completely, without later changes", async (t) => {
    const life = new Life(t);
    for (let transaction = 0; transaction < 4; transaction++) life.insert();
    life.checkpoint();
    assert.deepEqual(await followed(life.killed(), life.last), [life.last.checksum]);
  });

  test("without a log is found unchanged", async (t) => {
    const life = new Life(t);
    life.insert();
    life.database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    const file = life.killed();
    execFileSync("rm", [`${file}-wal`]);
    assert.deepEqual(await followed(file, life.last), [life.last.checksum]);
  });

  test("is found if the log has restarted after what was shipped", async (t) => {
    const life = new Life(t);
    life.insert();
    life.checkpoint();
    life.shipped();
    const at = life.states.length - 1;
    for (let transaction = 0; transaction < 3; transaction++) life.insert(1);
    life.checkpoint();
    assert.deepEqual(await followed(life.killed(), life.states[at] as Known), checksums(life.states.slice(at)));
  });

  test("that shrank and grew again is found at each state", async (t) => {
    const life = new Life(t);
    life.insert(300);
    life.commit("DELETE FROM t WHERE a > 20");
    life.commit("VACUUM");
    life.insert(100);
    life.shipped();
    life.checkpoint();
    const at = life.states.length - 1;
    life.commit("DELETE FROM t");
    life.commit("VACUUM");
    assert.deepEqual(await followed(life.killed(), life.states[at] as Known), checksums(life.states.slice(at)));
    assert.deepEqual(await followed(life.killed(), life.last), [life.last.checksum]);
  });

  test("is found whatever was written, shipped and copied, with everything unshipped", async (t) => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom("insert", "update", "insert") },
      { weight: 1, arbitrary: fc.constantFrom("delete", "VACUUM") },
      { weight: 4, arbitrary: fc.constantFrom("shipped", "shipped", "checkpoint") },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const life = new Life(t);
        life.shipped();
        let at = 0;
        for (const [number, what] of steps.entries()) {
          if (what === "insert") life.insert(1 + (number % 9) * 3);
          if (what === "update") life.commit(`UPDATE t SET b = 'x${number}' WHERE a % 4 = ${number % 4}`);
          if (what === "delete") life.commit(`DELETE FROM t WHERE a % 2 = ${number % 2}`);
          if (what === "VACUUM") life.commit("VACUUM");
          if (what === "checkpoint") life.checkpoint();
          if (what !== "shipped") continue;
          life.shipped();
          at = life.states.length - 1;
        }
        const states = await followed(life.killed(), life.states[at] as Known);
        assert.equal(states?.at(-1), life.last.checksum);
        // A later equal state is just as good.
        const expected = checksums(life.states.slice(at));
        assert.deepEqual(states, expected.slice(expected.lastIndexOf(expected[0] as string)));
      }),
      { numRuns: 25, seed: 7 },
    );
  });

  test("with a truncated log is found at its last complete commit", async (t) => {
    const life = new Life(t);
    for (let transaction = 0; transaction < 3; transaction++) life.insert(1);
    const file = life.killed();
    truncateSync(`${file}-wal`, bytesElsewhere(`${file}-wal`).length - 1);
    const whole = life.states.slice(0, -1);
    assert.deepEqual(await followed(file, whole.at(-1) as Known), [whole.at(-1)?.checksum]);
    assert.equal(await followed(file, life.last), undefined);
  });
});

describe("a local file is not mistaken", () => {
  test("for another database", async (t) => {
    const life = new Life(t);
    const another = new Life(t);
    life.insert();
    another.insert();
    assert.equal(await followed(life.killed(), another.last), undefined);
  });

  test("for an earlier state than it has", async (t) => {
    const life = new Life(t);
    const before = life.last;
    life.insert();
    life.checkpoint();
    life.insert();
    assert.equal(await followed(life.killed(), before), undefined);
  });

  test("if one of its pages is damaged", async (t) => {
    const life = new Life(t);
    life.insert(50);
    life.checkpoint();
    life.shipped();
    const known = life.last;
    life.commit("CREATE TABLE other (a)");
    const file = life.killed();
    const bytes = bytesElsewhere(file);
    bytes.writeUInt8(bytes.readUInt8(3_000) ^ 1, 3_000);
    writeFileSync(file, bytes);
    assert.equal(await followed(file, known), undefined);
  });

  test("if its pages have another size", async (t) => {
    const life = new Life(t);
    life.insert();
    assert.equal(await followed(life.killed(), { ...life.last, pageSize: 4_096 }), undefined);
  });

  test("if it is missing or empty", async (t) => {
    const life = new Life(t);
    assert.equal(await followed(join(life.folder, "none.db"), life.last), undefined);
    writeFileSync(join(life.folder, "empty.db"), "");
    assert.equal(await followed(join(life.folder, "empty.db"), life.last), undefined);
  });
});
