import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { eachWord, WordText, wordText } from "./words.ts";

const UUID = "2819c223-7f76-453a-919d-413861904646";

function wordsOf(text: string): string[] {
  const words: string[] = [];
  eachWord(Buffer.from(text), (kind, bytes, start, end) => words.push(`${kind} ${wordText(bytes, start, end)}`));
  return words;
}

describe("words", () => {
  test("are runs of letters and digits in small letters, without accents", () => {
    assert.deepEqual(wordsOf('{"userName":"José.O\'Neill@Example.com"}'), [
      ...["word username", "word jose", "word o", "word neill", "word example", "word com"],
    ]);
    assert.deepEqual(wordsOf("«數學» — Łódź ﬁne x²"), ["word 數學", "word łodz", "word fine", "word x2"]);
    assert.deepEqual(wordsOf(" \n"), []);
  });

  test("a UUID is one word in any letter case, where nothing is joined to it, and its first group another", () => {
    assert.deepEqual(wordsOf(`/Users/${UUID.toUpperCase()}?`), ["word users", "group 2819c223", `uuid ${UUID}`]);
    assert.deepEqual(wordsOf(UUID), ["group 2819c223", `uuid ${UUID}`]);
    const parts = ["word 7f76", "word 453a", "word 919d"];
    assert.deepEqual(wordsOf(`${UUID}0`), ["word 2819c223", ...parts, "word 4138619046460"]);
    assert.deepEqual(wordsOf(`0${UUID}`), ["word 02819c223", ...parts, "word 413861904646"]);
    assert.deepEqual(wordsOf(UUID.replace("c", "g")), ["word 2819g223", ...parts, "word 413861904646"]);
    assert.deepEqual(wordsOf(UUID.slice(0, -1)), ["word 2819c223", ...parts, "word 41386190464"]);
  });

  test("long ones are cut", () => {
    assert.deepEqual(wordsOf(`${"A".repeat(500)} b`), [`word ${"a".repeat(64)}`, "word b"]);
  });

  test("have the same hashes in whatever letter case and surroundings, and others than other words", () => {
    const hashes = new Map<string, Set<string>>();
    for (const text of ["Anna anna ANNA annas", `${UUID} ${UUID.toUpperCase()} 2819C223`, "Änna"]) {
      eachWord(Buffer.from(text), (_, bytes, start, end, ...pair) => {
        const word = wordText(bytes, start, end);
        hashes.set(word, (hashes.get(word) ?? new Set()).add(pair.join()));
      });
    }
    assert.deepEqual([...hashes.keys()], ["anna", "annas", "2819c223", UUID]);
    const all = [...hashes.values()].flatMap((own) => [...own]);
    assert.equal(all.length, 4);
    assert.equal(new Set(all).size, 4);
  });

  test("have two hashes, either of which tells words apart", () => {
    const text = Array.from({ length: 1_000 }, (_, at) => `word${at}`).join(" ");
    const [hashes, others] = [new Set<number>(), new Set<number>()];
    eachWord(Buffer.from(text), (_, bytes, start, end, hash, other) => {
      assert.equal(wordText(bytes, start, end), `word${hashes.size}`);
      hashes.add(hash);
      others.add(other);
    });
    assert.deepEqual([hashes.size, others.size], [1_000, 1_000]);
    assert.equal(hashes.union(others).size, 2_000);
  });

  test("of one text after another are those of each, whatever their length", () => {
    const room = new WordText();
    const wordsOf = (text: string): string[] => {
      const words: string[] = [];
      room.eachWord(text, (_, bytes, start, end) => words.push(wordText(bytes, start, end)));
      return words;
    };
    assert.deepEqual(wordsOf(`one ${"x".repeat(5_000)} zwei ü`), ["one", "x".repeat(64), "zwei", "u"]);
    assert.deepEqual(wordsOf("three"), ["three"]);
    assert.deepEqual(wordsOf(""), []);
  });
});
