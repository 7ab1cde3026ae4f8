import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type Exchange, SEVERITIES } from "../../../exchange.ts";
import { type Frame, FrameWriter, OpenFrame } from "./frame.ts";

const header = fc.string().filter((text) => !text.includes("\n"));
const text = fc.string({ unit: "binary" });
const messages = fc.record(
  {
    headers: fc.array(fc.tuple(fc.constantFrom("Accept", "X"), header)).map((pairs) => pairs.flat()),
    body: fc.uint8Array({ maxLength: 300 }),
    bodyBytes: fc.nat(),
  },
  { noNullPrototype: true },
);

const exchanges: fc.Arbitrary<Exchange> = fc.record({
  ...{ id: fc.nat(), endpoint: fc.option(fc.nat(), { nil: undefined }), method: text, path: text, query: text },
  ...{ status: fc.nat(), durationUs: fc.nat(), clientAddress: text, userAgent: text, requestId: text },
  split: fc.record({ queueUs: fc.nat(), databaseUs: fc.nat(), durableUs: fc.nat() }, { noNullPrototype: true }),
  ...{ request: messages, response: messages, credential: fc.option(text, { nil: undefined }), dialect: text },
  ...{ severity: fc.constantFrom(...SEVERITIES), isProbe: fc.boolean() },
  sentences: fc.array(fc.record({ kind: text, text }, { noNullPrototype: true })),
  resources: fc.array(fc.record({ id: text, type: text, label: text }, { noNullPrototype: true })),
  details: fc.constantFrom({}, { changes: [{ path: "title", after: null }] }),
});

function encodeFrames(made: readonly Exchange[]): readonly Frame[] {
  const writer = new FrameWriter();
  for (const exchange of made) writer.add(exchange);
  return writer.written();
}

function readAll(frames: readonly Frame[]): Exchange[] {
  return frames.flatMap(({ count, content }) => {
    const frame = new OpenFrame(content);
    return Array.from({ length: count }, (_, at) => frame.exchange(at));
  });
}

describe("frames", () => {
  test("have the exchanges back as they were, whatever texts and bytes they consist of", () => {
    fc.assert(
      fc.property(fc.array(exchanges, { maxLength: 5 }), (made) => {
        assert.deepEqual(
          readAll(encodeFrames(made)),
          made.map((exchange) => ({ ...exchange })),
        );
      }),
      { numRuns: 100 },
    );
  });

  test("are several where the exchanges are many or large", () => {
    const [small] = fc.sample(exchanges, { numRuns: 1, seed: 1 });
    assert.ok(small);
    const body = new Uint8Array(200_000).fill(65);
    const large = { ...small, request: { headers: [], body, bodyBytes: body.length } };
    const counts = (made: readonly Exchange[]) => encodeFrames(made).map(({ count }) => count);
    assert.deepEqual(counts(Array.from({ length: 1_100 }, () => small)), [512, 512, 76]);
    assert.deepEqual(counts([small, large, large, small]), [2, 2]);
    const huge = { ...large, request: { ...large.request, body: new Uint8Array(1_000_000) } };
    assert.deepEqual(counts([huge, small]), [1, 1]);
    assert.equal(readAll(encodeFrames([huge, small])).length, 2);
  });

  test("are several where exchanges have long headers, each others", () => {
    const [small] = fc.sample(exchanges, { numRuns: 1, seed: 1 });
    assert.ok(small);
    const made = Array.from({ length: 12 }, (_, at) => {
      const headers = ["X-Note", `${at}${"x".repeat(60_000)}`];
      return { ...small, request: { headers, body: new Uint8Array(), bodyBytes: 0 } };
    });
    const frames = encodeFrames(made);
    assert.deepEqual(
      frames.map(({ count }) => count),
      [5, 5, 2],
    );
    assert.deepEqual(readAll(frames), made);
    const alike = encodeFrames(Array.from({ length: 12 }, () => made[0] as Exchange));
    assert.deepEqual(
      alike.map(({ count }) => count),
      [12],
    );
  });
});
