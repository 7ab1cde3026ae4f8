import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import fc from "fast-check";
import type { FastifyReply } from "fastify";
import { newResourceId } from "../../directory/resource-id.ts";
import { withMeta } from "../../store/resource-body.ts";
import { GROUP, LOCATIONS, USER } from "../../testing/directory.ts";
import { type AnswerBytes, ByteSink } from "./byte-sink.ts";
import { sendPage } from "./send.ts";
import { TextSink } from "./text-sink.ts";

function encodeParts(parts: readonly string[]): AnswerBytes {
  const sink = new ByteSink();
  for (const part of parts) sink.text(part);
  return sink.lend();
}

test("the pieces' UTF-8 is that of the whole text", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary", maxLength: 300 })), (parts) => {
      const { bytes, giveBack } = encodeParts(parts);
      assert.equal(bytes.toString("utf8"), parts.join(""));
      giveBack();
    }),
  );
});

const SOME_ID = "0197f3a2-5c1e-7b44-9d02-6a1f0c3e8b57";
const links = fc.array(
  fc.record({ id: fc.uuid(), type: fc.constant("Group"), label: fc.string({ unit: "binary", maxLength: 20 }) }),
  { maxLength: 3 },
);
/** What is kept of a resource that has a name. */
function keptText(id: string, name: string): string {
  return withMeta(JSON.stringify({ name }), "User", { id, revision: 1, createdMs: 0, modifiedMs: 0 });
}

const resources = fc.array(
  fc.record({
    key: fc.nat(),
    body: fc.tuple(fc.uuid(), fc.string({ unit: "binary", maxLength: 40 })).map(([id, name]) => keptText(id, name)),
    groups: links,
    members: fc.option(links, { nil: undefined }),
  }),
  { maxLength: 6 },
);

test("resources are written as bytes as they are as text", () => {
  const addresses = ["https://scim.example.com/scim/v2/", "http://127.0.0.1:8080/0/scim/endpoints/zo%C3%AB/v2/"];
  const types = fc.constantFrom(
    ...addresses.flatMap((base) => {
      const locations = new Map(["User", "Group"].map((type) => [type, `${base}${type}s/`]));
      return [USER, GROUP].map((model) => ({ model, locations, projection: undefined }));
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(types, resources)), (pages) => {
      const [sink, expected] = [new ByteSink(), new TextSink()];
      for (const [presentation, page] of pages) {
        for (const { members, ...stored } of page) {
          for (const each of [sink, expected]) {
            each.whole({ ...stored, ...(members && { members }) }, presentation);
            each.comma();
          }
        }
      }
      const { bytes, giveBack } = sink.lend();
      giveBack();
      assert.equal(bytes.toString("utf8"), expected.joined);
    }),
  );
});

test("resources that are longer together than a buffer are whole", () => {
  const presentation = { model: USER, locations: LOCATIONS, projection: undefined };
  const groups = [{ id: SOME_ID, type: "Group", label: "Guides" }];
  const stored = { key: 1, body: keptText(SOME_ID, "Zoë"), groups };
  const one = new TextSink();
  one.whole(stored, presentation);
  const enough = Math.ceil(262_144 / Buffer.byteLength(one.joined)) + 1;
  // Each time they begin a bit later, so that the end of the buffer falls into every part of one.
  for (let before = 0; before <= Buffer.byteLength(one.joined); before++) {
    const [sink, expected] = [new ByteSink(), new TextSink()];
    for (const each of [sink, expected]) {
      each.text("x".repeat(before));
      for (let count = 0; count < enough; count++) {
        each.whole(stored, presentation);
        each.comma();
      }
    }
    const { bytes, giveBack } = sink.lend();
    giveBack();
    assert.equal(bytes.toString("utf8"), expected.joined);
  }
});

test("what is longer than a buffer is whole, in pieces long and short", () => {
  // Three bytes of UTF-8 a letter, which is the most.
  const piece = "€".repeat(10_000);
  const parts = [piece.repeat(30), ...Array.from({ length: 30 }, () => piece), "Małgorzata ".repeat(1_000)];
  const { bytes, giveBack } = encodeParts(parts);
  giveBack();
  assert.equal(bytes.toString("utf8"), parts.join(""));
});

test("a buffer that is lent is not lent again before it is given back", () => {
  const first = encodeParts(["first"]);
  const second = encodeParts(["second"]);
  assert.deepEqual([first.bytes.toString(), second.bytes.toString()], ["first", "second"]);
  first.giveBack();
  const third = encodeParts(["third"]);
  assert.equal(third.bytes.buffer, first.bytes.buffer);
  assert.equal(second.bytes.toString(), "second");
  second.giveBack();
  third.giveBack();
});

test("of buffers given back 4 MiB are kept, and none that had to be larger", () => {
  const large = encodeParts(["x".repeat(300_000)]);
  large.giveBack();
  assert.notEqual(encodeParts(["usual"]).bytes.buffer, large.bytes.buffer);
  const lent = Array.from({ length: 20 }, () => encodeParts(["usual"]));
  for (const { giveBack } of lent) giveBack();
  const known = new Set(lent.map(({ bytes }) => bytes.buffer));
  const again = lent.map(() => encodeParts(["again"]).bytes.buffer).filter((buffer) => known.has(buffer));
  assert.equal(
    again.reduce((total, { byteLength }) => total + byteLength, 0),
    4 * 1_024 * 1_024,
  );
});

test("the buffer of a long page is lent until its answer is through", () => {
  const raw = new EventEmitter();
  const sent: Buffer[] = [];
  const reply: FastifyReply = { raw, header: () => reply, send: (bytes: Buffer) => sent.push(bytes) } as never;
  const resources = Array.from({ length: 20 }, (_, key) => ({
    key,
    body: keptText(newResourceId(key), `name-${key}`),
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
