import assert from "node:assert/strict";
import { test } from "node:test";
import type { Terms } from "./found-terms.ts";
import { decodeIndex, encodeIndex, openShare, SHARES_OF_OTHERS, SHARES_OF_SEALED, shareOf } from "./word-index.ts";

const COUNT = 1_024;

function terms(words: readonly string[], hashes: readonly number[]): Terms {
  const posting = (number: number) => (number % 5 === 0 ? [number % COUNT] : [0, number % (COUNT - 1) || 1].sort());
  return {
    words,
    postings: words.map((_, number) => posting(number)),
    hashes,
    hashPostings: hashes.map((_, number) => posting(number + 3)),
  };
}

test("a block that has very many words is read as it was written", () => {
  const words = Array.from({ length: 300_000 }, (_, number) => `word${number}`);
  const hashes = Array.from({ length: 300_000 }, (_, number) => 7 * number);
  const written = terms(words, hashes);
  assert.deepEqual(decodeIndex(encodeIndex(written, COUNT, SHARES_OF_OTHERS), COUNT, SHARES_OF_OTHERS), written);
});

test("a share that is opened once tells of each of its terms who has it", () => {
  const words = ["數學", "anna", "annas", "b", "be", "數", "łodz", "anne", "學"];
  const hashes = [5, 2 ** 52, 77];
  const written = terms(words, hashes);
  for (const shares of [SHARES_OF_OTHERS, SHARES_OF_SEALED]) {
    const encoded = encodeIndex(written, COUNT, shares);
    const opened = new Map([...encoded].map(([share, content]) => [share, open(share, content)]));
    function open(share: number, content: Uint8Array) {
      return openShare(content, share < shares.words ? "word" : "hash", COUNT);
    }
    const found = (term: Parameters<typeof shareOf>[0]): number[] => {
      const hits = new Uint8Array(COUNT);
      const isAny = opened.get(shareOf(term, shares))?.mark(term, hits) ?? false;
      const indexes = [...hits.keys()].filter((at) => hits[at] === 1);
      assert.equal(isAny, indexes.length > 0);
      return indexes;
    };
    const having = (isFound: (word: string) => boolean) => {
      const all = words.flatMap((word, number) => (isFound(word) ? (written.postings[number] as number[]) : []));
      return [...new Set(all)].sort((one, other) => one - other);
    };
    // Not in their order, and again.
    for (const text of ["anne", "數學", "ann", "anna", "annas", "ło", "be", "annabel", "anne"]) {
      assert.deepEqual(
        found({ kind: "word", text }),
        having((word) => word.startsWith(text)),
        text,
      );
    }
    for (const text of ["b", "數", "學", "a"]) {
      assert.deepEqual(
        found({ kind: "word", text }),
        having((word) => word === text),
        text,
      );
    }
    for (const [number, hash] of hashes.entries()) {
      assert.deepEqual(found({ kind: "hash", hash }), written.hashPostings[number]);
    }
    assert.deepEqual(found({ kind: "hash", hash: 78 }), []);
  }
});
