import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Disk, type Room } from "./disk.ts";

const GIB = 1_024 ** 3;

const MIB = 1_024 ** 2;

const diskWith = (room: Room, growthBytes = 0) =>
  new Disk(
    "/data/scim.db",
    () => growthBytes,
    () => room,
  );

describe("a disk", () => {
  test("with space is neither tight nor refuses anything", () => {
    const disk = diskWith({ freeBytes: 0.3 * GIB, totalBytes: GIB });
    assert.equal(disk.isTight, false);
    assert.equal(disk.refusal(), undefined);
  });

  test("that is 80 % full is tight, and still accepts changes", () => {
    const disk = diskWith({ freeBytes: 0.2 * GIB, totalBytes: GIB });
    assert.equal(disk.isTight, true);
    assert.equal(disk.refusal(), undefined);
  });

  test("with less than 16 MiB left refuses changes, and reports the free space", () => {
    const disk = diskWith({ freeBytes: 15.9 * 1_024 * 1_024, totalBytes: GIB });
    const refusal = disk.refusal();
    assert.equal(refusal?.diskFull, true);
    assert.match(refusal?.reason ?? "", /15 MB are left/);
    assert.ok((refusal?.retryAfterMs ?? 0) > 0);
  });

  test("with less than 64 MiB left is tight, whatever the share", () => {
    assert.equal(diskWith({ freeBytes: 63 * MIB, totalBytes: 80 * MIB }).isTight, true);
    assert.equal(diskWith({ freeBytes: 65 * MIB, totalBytes: 80 * MIB }).isTight, false);
  });

  test("reserves space for the part of the log that must go into the file", () => {
    const room = { freeBytes: 40 * MIB, totalBytes: GIB };
    assert.equal(diskWith(room, 23 * MIB).refusal(), undefined);
    const disk = diskWith(room, 25 * MIB);
    assert.match(disk.refusal()?.reason ?? "", /40 MB are left, and the WAL needs 25 MB of them\./);
    assert.equal(disk.isFull, true);
  });

  test("is checked again before a write: after a second, or much sooner if a burst could fill it", (t) => {
    let nowMs = 0;
    t.mock.method(performance, "now", () => nowMs);
    let looks = 0;
    const room = { freeBytes: 600 * MIB, totalBytes: GIB };
    const disk = new Disk(
      "/data/scim.db",
      () => 0,
      () => {
        looks++;
        return room;
      },
    );
    const looksIn = (ms: number) => {
      const before = looks;
      for (const untilMs = nowMs + ms; nowMs < untilMs; nowMs++) disk.refusal();
      return looks - before;
    };
    assert.equal(looksIn(3_000), 2);
    room.freeBytes = 500 * MIB;
    looksIn(1_000);
    assert.equal(looksIn(1_000), 100);
  });

  test("is reported as of the last check", () => {
    let room: Room = { freeBytes: GIB, totalBytes: GIB };
    const disk = new Disk(
      "/data/scim.db",
      () => 0,
      (folder) => {
        assert.equal(folder, "/data");
        return room;
      },
    );
    room = { freeBytes: 0, totalBytes: GIB };
    assert.equal(disk.refusal(), undefined);
    disk.look();
    assert.ok(disk.refusal());
    room = { freeBytes: GIB, totalBytes: GIB };
    disk.look();
    assert.equal(disk.refusal(), undefined);
  });

  test("that reports no size is not tight", () => {
    assert.equal(diskWith({ freeBytes: GIB, totalBytes: 0 }).isTight, false);
  });

  test("of this system can be checked", () => {
    const disk = new Disk("/tmp/any.db", () => 0);
    assert.equal(typeof disk.isTight, "boolean");
  });
});
