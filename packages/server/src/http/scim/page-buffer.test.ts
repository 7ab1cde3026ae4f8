import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import fc from "fast-check";
import type { FastifyReply } from "fastify";
import { newResourceId } from "../../directory/resource.ts";
import { withMeta } from "../../store/resource-body.ts";
import { GROUP, LOCATIONS, USER } from "../../testing/directory.ts";
import { PageBuffer, type PageBytes } from "./page-buffer.ts";
import { resourceText } from "./resource-text.ts";
import { sendPage } from "./response.ts";

function encodeParts(parts: readonly string[]): PageBytes {
  const sink = new PageBuffer();
  for (const part of parts) sink.text(part);
  return sink.finish();
}

test("pieces are encoded like the whole text", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary", maxLength: 300 })), (parts) => {
      const { bytes, release } = encodeParts(parts);
      assert.equal(bytes.toString("utf8"), parts.join(""));
      release();
    }),
  );
});

const SOME_ID = "0197f3a2-5c1e-7b44-9d02-6a1f0c3e8b57";
const links = fc.array(
  fc.record({ id: fc.uuid(), type: fc.constant("Group"), label: fc.string({ unit: "binary", maxLength: 20 }) }),
  { maxLength: 3 },
);
function storedText(id: string, name: string): string {
  return withMeta(JSON.stringify({ name }), "User", { id, revision: 1, createdMs: 0, modifiedMs: 0 });
}

const resources = fc.array(
  fc.record({
    key: fc.nat(),
    body: fc.tuple(fc.uuid(), fc.string({ unit: "binary", maxLength: 40 })).map(([id, name]) => storedText(id, name)),
    groups: links,
    members: fc.option(links, { nil: undefined }),
  }),
  { maxLength: 6 },
);

test("resources have the same bytes as their text", () => {
  const addresses = ["https://scim.example.com/scim/v2/", "http://127.0.0.1:8080/0/scim/endpoints/zo%C3%AB/v2/"];
  const types = fc.constantFrom(
    ...addresses.flatMap((base) => {
      const locations = new Map(["User", "Group"].map((type) => [type, `${base}${type}s/`]));
      return [USER, GROUP].map((model) => ({ model, locations, projection: undefined }));
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(types, resources)), (pages) => {
      const sink = new PageBuffer();
      let expected = "";
      for (const [presentation, page] of pages) {
        for (const { members, ...stored } of page) {
          const resource = { ...stored, ...(members && { members }) };
          sink.resource(resource, presentation);
          expected += resourceText(resource, presentation);
        }
      }
      const { bytes, release } = sink.finish();
      release();
      assert.equal(bytes.toString("utf8"), expected);
    }),
  );
});

test("resources that exceed a buffer together are complete", () => {
  const presentation = { model: USER, locations: LOCATIONS, projection: undefined };
  const groups = [{ id: SOME_ID, type: "Group", label: "Guides" }];
  const stored = { key: 1, body: storedText(SOME_ID, "Zoë"), groups };
  const one = resourceText(stored, presentation);
  const enough = Math.ceil(262_144 / Buffer.byteLength(one)) + 1;
  // Each round begins one byte later, so that the buffer ends at every position of a resource.
  for (let before = 0; before <= Buffer.byteLength(one); before++) {
    const sink = new PageBuffer();
    sink.text("x".repeat(before));
    for (let count = 0; count < enough; count++) sink.resource(stored, presentation);
    const expected = "x".repeat(before) + one.repeat(enough);
    const { bytes, release } = sink.finish();
    release();
    assert.equal(bytes.toString("utf8"), expected);
  }
});

test("text longer than a buffer is complete, in long and short pieces", () => {
  // Three bytes per letter is the maximum.
  const piece = "€".repeat(10_000);
  const parts = [piece.repeat(30), ...Array.from({ length: 30 }, () => piece), "Małgorzata ".repeat(1_000)];
  const { bytes, release } = encodeParts(parts);
  release();
  assert.equal(bytes.toString("utf8"), parts.join(""));
});

test("a buffer is not reused before it is released", () => {
  const first = encodeParts(["first"]);
  const second = encodeParts(["second"]);
  assert.deepEqual([first.bytes.toString(), second.bytes.toString()], ["first", "second"]);
  first.release();
  const third = encodeParts(["third"]);
  assert.equal(third.bytes.buffer, first.bytes.buffer);
  assert.equal(second.bytes.toString(), "second");
  second.release();
  third.release();
});

test("4 MiB of released buffers are kept, and no enlarged buffer", () => {
  const large = encodeParts(["x".repeat(300_000)]);
  large.release();
  assert.notEqual(encodeParts(["usual"]).bytes.buffer, large.bytes.buffer);
  const lent = Array.from({ length: 20 }, () => encodeParts(["usual"]));
  for (const { release } of lent) release();
  const known = new Set(lent.map(({ bytes }) => bytes.buffer));
  const again = lent.map(() => encodeParts(["again"]).bytes.buffer).filter((buffer) => known.has(buffer));
  assert.equal(
    again.reduce((total, { byteLength }) => total + byteLength, 0),
    4 * 1_024 * 1_024,
  );
});

test("the buffer of a long page is released after its response was sent", () => {
  const raw = new EventEmitter();
  const sent: Buffer[] = [];
  const reply: FastifyReply = { raw, header: () => reply, send: (bytes: Buffer) => sent.push(bytes) } as never;
  const resources = Array.from({ length: 20 }, (_, key) => ({
    key,
    body: storedText(newResourceId(key), `name-${key}`),
    groups: [],
  }));
  const presentation = { model: USER, locations: LOCATIONS, projection: undefined };
  sendPage(reply, { startIndex: 1, totalResults: 20, resources }, () => presentation);
  const [page] = sent;
  assert.ok(page);
  assert.match(page.toString("utf8"), /"name-19"/);
  assert.notEqual(encodeParts(["other"]).bytes.buffer, page.buffer);
  raw.emit("close");
  assert.equal(encodeParts(["next"]).bytes.buffer, page.buffer);
});
