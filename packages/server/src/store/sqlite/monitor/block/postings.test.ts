import assert from "node:assert/strict";
import { test } from "node:test";
import { decodePostings, encodePostings, type Posting, PostingLog, union } from "./postings.ts";

const listed = (posting: Posting) => (typeof posting === "number" ? [posting] : posting);

test("a union has each exchange once, in their order", () => {
  const some: readonly Posting[] = [0, 7, [0, 1], [1, 3, 5], [5, 6, 7, 900], [0, 1, 2, 3, 4, 5, 6, 7]];
  for (const left of some) {
    for (const right of some) {
      const expected = [...new Set([...listed(left), ...listed(right)])].sort((one, other) => one - other);
      assert.deepEqual(listed(union(left, right)), expected, `${listed(left)} and ${listed(right)}`);
    }
  }
});

test("what is noted more than once of an exchange is kept once, and what is forgotten is gone", () => {
  const log = new PostingLog();
  for (const at of [2, 2, 3]) log.note(1, at);
  log.note(0, 3);
  assert.deepEqual(log.postings(), [3, [2, 3]]);
  log.clear();
  // The same that was noted last.
  log.note(1, 3);
  assert.deepEqual(log.postings()[1], 3);
});

test("postings are read as they were written, rare ones and those that most have", () => {
  const most = Array.from({ length: 1_000 }, (_, at) => at + 3);
  const postings: Posting[] = [5, [1, 1_020], most, [], [0]];
  assert.deepEqual(
    decodePostings(Buffer.from(encodePostings(postings, 1_024)), postings.length, 1_024),
    postings.map(listed),
  );
});
