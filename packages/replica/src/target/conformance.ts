import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Target } from "./target.ts";

export type OpenTarget = () => Promise<{ readonly target: Target; readonly dispose: () => Promise<void> }>;

const text = (bytes: Buffer | undefined) => bytes?.toString("utf8");

/** What every target must do; `openTarget` gives an empty one. */
export function targetConformance(name: string, openTarget: OpenTarget): void {
  describe(`target ${name}`, () => {
    let target: Target;
    let dispose: () => Promise<void>;
    before(async () => {
      ({ target, dispose } = await openTarget());
    });
    after(() => dispose());

    test("has nothing before anything is created", async () => {
      assert.deepEqual(await target.list(""), []);
      assert.equal(await target.read("replica/format.json"), undefined);
    });

    test("creates an object once and keeps the first", async () => {
      assert.equal(await target.create("once/a", Buffer.from("first")), "created");
      assert.equal(await target.create("once/a", Buffer.from("second")), "exists");
      assert.equal(text(await target.read("once/a")), "first");
    });

    test("lets one of many win who create the same object at once, and keeps the winner's whole", async () => {
      for (let round = 0; round < 10; round++) {
        const contents = Array.from({ length: 20 }, (_, at) => `${at}`.repeat(10_000));
        const key = `race/${round}`;
        const results = await Promise.all(contents.map((content) => target.create(key, Buffer.from(content))));
        const winners = contents.filter((_, at) => results[at] === "created");
        assert.equal(winners.length, 1);
        assert.equal(text(await target.read(key)), winners[0]);
      }
    });

    test("replaces an object; a reader sees one or the other whole", async () => {
      const contents = ["x".repeat(200_000), "y".repeat(150_000)];
      await target.replace("plain.db", Buffer.from(contents[0] ?? ""));
      let writing = true;
      const write = async () => {
        for (let round = 0; round < 20; round++)
          await target.replace("plain.db", Buffer.from(contents[round % 2] ?? ""));
        writing = false;
      };
      const watch = async () => {
        while (writing) assert.ok(contents.includes(text(await target.read("plain.db")) ?? ""));
      };
      await Promise.all([write(), watch()]);
    });

    test("removes an object, and does not mind when there is none", async () => {
      await target.create("gone/a", Buffer.from("a"));
      await target.remove("gone/a");
      await target.remove("gone/a");
      assert.equal(await target.read("gone/a"), undefined);
      assert.equal(await target.create("gone/a", Buffer.from("again")), "created");
    });

    test("lists the keys below a prefix in ascending order, and no others", async () => {
      for (const key of ["list/log/02", "list/log/01", "list/log/10", "list/man/01", "list/logs"]) {
        await target.create(key, Buffer.from(key));
      }
      assert.deepEqual(await target.list("list/log/"), ["list/log/01", "list/log/02", "list/log/10"]);
      assert.deepEqual(await target.list("list/log/0"), ["list/log/01", "list/log/02"]);
      assert.deepEqual(await target.list("list/none/"), []);
      assert.equal((await target.list("list/")).length, 5);
    });

    test("keeps bytes as they are, also none and many", async () => {
      for (const bytes of [Buffer.alloc(0), Buffer.from([0, 255, 10, 13, 0]), Buffer.alloc(5_000_000, 7)]) {
        const key = `bytes/${bytes.length}`;
        await target.create(key, bytes);
        assert.ok((await target.read(key))?.equals(bytes));
      }
    });
  });
}
