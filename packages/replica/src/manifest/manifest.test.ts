import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { CorruptObject, NewerVersion } from "../errors.ts";
import { readingTarget } from "../log/test-support.ts";
import { decodeManifest, encodeManifest, MANIFESTS, type Manifest, manifestKey, newestManifest } from "./manifest.ts";

const count = fc.maxSafeNat();
const text = fc.string({ unit: "binary" }).map((any) => any.toWellFormed());

const manifests: fc.Arbitrary<Manifest> = fc.record(
  {
    format: fc.constant(1 as const),
    databaseId: fc.uuid(),
    number: count,
    epoch: count,
    writer: fc.uuid(),
    timeMs: count,
    bases: fc.array(
      fc.record({
        slot: count,
        hash: text,
        epoch: count,
        timeMs: count,
        key: text,
        bytes: count,
        pageSize: count,
        databasePages: count,
        checksum: text,
      }),
    ),
    packs: fc.array(
      fc.record({
        level: fc.constantFrom(1 as const, 2 as const),
        key: text,
        bytes: count,
        sha256: text,
        fromSlot: count,
        toSlot: count,
        toHash: text,
        previousSlot: count,
        firstTimeMs: count,
        lastTimeMs: count,
      }),
    ),
    tailSlot: count,
    headBeforeTail: fc.record({ slot: count, hash: text }),
    plain: fc.record({ slot: count, hash: text, timeMs: count, bytes: count }),
    backupCount: count,
    dropped: fc.array(fc.record({ key: text, atMs: count })),
  },
  {
    requiredKeys: [
      "format",
      "databaseId",
      "number",
      "epoch",
      "writer",
      "timeMs",
      "bases",
      "packs",
      "tailSlot",
      "headBeforeTail",
      "backupCount",
      "dropped",
    ],
    noNullPrototype: true,
  },
);

const manifest = (number: number): Manifest => ({
  format: 1,
  databaseId: "0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
  number,
  epoch: 1,
  writer: "f47ac10b-58cc-4372-a567-0e02b2c3d479",
  timeMs: Date.UTC(2026, 10, 24),
  bases: [],
  packs: [],
  tailSlot: 1,
  headBeforeTail: { slot: 0, hash: "0".repeat(64) },
  backupCount: number,
  dropped: [{ key: "replica/L1/ä", atMs: 1 }],
});

function sealed(content: string): Buffer {
  return Buffer.from(`${content}\n${hash("sha256", `${content}\n`)}\n`);
}

test("a manifest is read as written", () => {
  fc.assert(
    fc.property(manifests, (any) => {
      // As JSON, because the generated objects have no prototype.
      assert.equal(JSON.stringify(decodeManifest(encodeManifest(any))), JSON.stringify(any));
    }),
  );
  assert.deepEqual(decodeManifest(encodeManifest(manifest(7))), manifest(7));
});

test("people can read it: a line of JSON, and a line with its SHA-256", () => {
  const [json, digest, end] = encodeManifest(manifest(7)).toString("utf8").split("\n");
  assert.deepEqual(JSON.parse(json ?? ""), manifest(7));
  assert.equal(digest, hash("sha256", `${json}\n`));
  assert.equal(end, "");
});

test("a flipped bit anywhere is detected", () => {
  const bytes = encodeManifest(manifest(7));
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const damaged = Buffer.from(bytes);
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.throws(() => decodeManifest(damaged), CorruptObject, `bit ${bit}`);
  }
});

test("a manifest that is truncated or too long is rejected", () => {
  const bytes = encodeManifest(manifest(7));
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => decodeManifest(bytes.subarray(0, length)), CorruptObject, `after ${length} bytes`);
  }
  assert.throws(() => decodeManifest(Buffer.concat([bytes, Buffer.from("\n")])), CorruptObject);
});

test("an intact manifest of a later format asks to upgrade; one without a format is invalid", () => {
  assert.throws(() => decodeManifest(sealed('{"format":2}')), NewerVersion);
  assert.throws(() => decodeManifest(sealed('{"format":2}')), /newer version.*upgrade/);
  for (const content of ["{}", "null", "7", '{"format":"2"}', '{"format":0}', "{"]) {
    assert.throws(() => decodeManifest(sealed(content)), CorruptObject, content);
  }
});

/** A target with manifests of these numbers; those in `damaged` have other bytes. */
function targetWith(
  numbers: readonly number[],
  damaged: Readonly<Record<number, Buffer>> = {},
  listed?: readonly string[],
) {
  const objects = new Map(numbers.map((number) => [manifestKey(number), encodeManifest(manifest(number))]));
  for (const [number, bytes] of Object.entries(damaged)) objects.set(manifestKey(Number(number)), bytes);
  return readingTarget(objects, listed === undefined ? undefined : () => [...listed]);
}

test("without manifests there is none, and the next one is number 1", async () => {
  const { target } = targetWith([]);
  assert.deepEqual(await newestManifest(target), { manifest: undefined, corrupt: [], nextNumber: 1 });
});

test("the highest number counts, in numeric order", async () => {
  const { target, reads } = targetWith([2, 9, 10, 3]);
  assert.deepEqual(await newestManifest(target), { manifest: manifest(10), corrupt: [], nextNumber: 11 });
  assert.deepEqual(reads.toSorted(), [manifestKey(10), manifestKey(11)], "others are not read");
});

test("manifests missing in a listing are found by reading higher numbers", async () => {
  for (const listed of [[], [1], [1, 2, 3], [3]]) {
    const { target } = targetWith([1, 2, 3, 4, 5], {}, listed.map(manifestKey));
    assert.deepEqual(await newestManifest(target), { manifest: manifest(5), corrupt: [], nextNumber: 6 });
  }
});

test("damaged ones are skipped and reported; the next number is above them", async () => {
  const cut = encodeManifest(manifest(4)).subarray(0, 50);
  const { target } = targetWith([1, 2, 3], { 4: cut, 5: Buffer.alloc(0) });
  const expected = { manifest: manifest(3), corrupt: [manifestKey(5), manifestKey(4)], nextNumber: 6 };
  assert.deepEqual(await newestManifest(target), expected);
  const stale = targetWith([1, 2, 3], { 4: cut, 5: Buffer.alloc(0) }, [1, 2, 3].map(manifestKey));
  assert.deepEqual(await newestManifest(stale.target), expected);
});

test("an intact one above a torn one counts, even if no listing shows either", async () => {
  const { target } = targetWith([1, 3], { 2: Buffer.alloc(0) }, [manifestKey(1)]);
  assert.deepEqual(await newestManifest(target), { manifest: manifest(3), corrupt: [], nextNumber: 4 });
});

test("a manifest under another number is not valid", async () => {
  const { target } = targetWith([1], { 2: encodeManifest(manifest(1)) });
  assert.deepEqual(await newestManifest(target), { manifest: manifest(1), corrupt: [manifestKey(2)], nextNumber: 3 });
});

test("if none is intact, all are reported", async () => {
  const { target } = targetWith([], { 1: Buffer.alloc(0), 2: Buffer.from("x") });
  const corrupt = [manifestKey(2), manifestKey(1)];
  assert.deepEqual(await newestManifest(target), { manifest: undefined, corrupt, nextNumber: 3 });
});

test("a listed one that was removed meanwhile is not damage; other names are not manifests", async () => {
  const listed = [...[1, 2, 3].map(manifestKey), `${MANIFESTS}readme`, `${manifestKey(9)}.part`];
  const { target } = targetWith([1, 2], {}, listed);
  assert.deepEqual(await newestManifest(target), { manifest: manifest(2), corrupt: [], nextNumber: 4 });
});

test("a newer format at the top is not replaced by an older one", async () => {
  const { target } = targetWith([1], { 2: sealed('{"format":2}') });
  await assert.rejects(newestManifest(target), NewerVersion);
});

test("a target that does not respond is not mistaken for one without manifests", async () => {
  const { target } = targetWith([1]);
  const failing = { ...target, read: async () => Promise.reject(new Error("no answer")) };
  await assert.rejects(newestManifest(failing), /no answer/);
});
