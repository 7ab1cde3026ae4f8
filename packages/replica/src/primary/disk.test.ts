import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Disk, type Room } from "./disk.ts";

const GIB = 1_024 ** 3;

const diskWith = (room: Room) => new Disk("/data/scim.db", () => room);

describe("a disk", () => {
  test("with room is neither tight nor refuses anything", () => {
    const disk = diskWith({ freeBytes: 0.3 * GIB, totalBytes: GIB });
    assert.equal(disk.isTight, false);
    assert.equal(disk.refusal(), undefined);
  });

  test("of which four fifths are used is tight, and takes more", () => {
    const disk = diskWith({ freeBytes: 0.2 * GIB, totalBytes: GIB });
    assert.equal(disk.isTight, true);
    assert.equal(disk.refusal(), undefined);
  });

  test("with less than 16 MiB left refuses changes, and says how much there is", () => {
    const disk = diskWith({ freeBytes: 15.9 * 1_024 * 1_024, totalBytes: GIB });
    const refusal = disk.refusal();
    assert.equal(refusal?.diskFull, true);
    assert.match(refusal?.reason ?? "", /15 MB are left/);
    assert.ok((refusal?.retryAfterMs ?? 0) > 0);
  });

  test("is as it was at the last look", () => {
    let room: Room = { freeBytes: GIB, totalBytes: GIB };
    const disk = new Disk("/data/scim.db", (folder) => {
      assert.equal(folder, "/data");
      return room;
    });
    room = { freeBytes: 0, totalBytes: GIB };
    assert.equal(disk.refusal(), undefined);
    disk.look();
    assert.ok(disk.refusal());
    room = { freeBytes: GIB, totalBytes: GIB };
    disk.look();
    assert.equal(disk.refusal(), undefined);
  });

  test("that tells no size is not tight", () => {
    assert.equal(diskWith({ freeBytes: GIB, totalBytes: 0 }).isTight, false);
  });

  test("of this system can be looked at", () => {
    const disk = new Disk("/tmp/any.db");
    assert.equal(typeof disk.isTight, "boolean");
  });
});
