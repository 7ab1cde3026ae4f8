import assert from "node:assert/strict";
import { test } from "node:test";
import { ScimError } from "@scimtool/scim";
import type { FastifyRequest } from "fastify";
import { momentIn, queryOf, textIn, textsIn, wholeNumberIn, wordIn } from "./query-of.ts";

const NOON_MS = Date.UTC(2026, 7, 1, 12);
const KNOWN = { a: {}, b: {} };

const read = (query: string, known: Readonly<Record<string, unknown>> = KNOWN) =>
  queryOf({ query } as unknown as FastifyRequest, known);

/** Asserts a refusal whose detail says this. */
function isRefused(work: () => unknown, detail: RegExp): void {
  assert.throws(work, (error) => error instanceof ScimError && error.status === 400 && detail.test(error.detail));
}

test("values are decoded as forms encode them, and empty ones count as left out", () => {
  const query = read("a=J%C3%BCrgen+Wei%C3%9F&b=&a=x%2By&a=1=2");
  assert.deepEqual([...query], [["a", ["Jürgen Weiß", "x+y", "1=2"]]]);
  assert.equal(read("").size, 0);
});

test("a parameter that is not known is refused with those that are", () => {
  isRefused(() => read("a=1&limt=5"), /^"limt" is not known here\. The parameters are: a, b\.$/);
  isRefused(() => read("A=1"), /^"A" is not known/);
  isRefused(() => read("toString=1"), /"toString"/);
  isRefused(() => read("a=1", {}), /There are no parameters/);
  isRefused(() => read(`${"x".repeat(500)}=1`), /^"x{100}" is/);
});

test("what is no percent-encoded UTF-8 is refused", () => {
  for (const query of ["a=%", "a=%zz", "a=%ff", "%c3=1"]) isRefused(() => read(query), /percent-encoded/);
});

test("a parameter that has one value is refused when it is there twice", () => {
  assert.equal(textIn(read("a=1"), "a"), "1");
  assert.equal(textIn(read("b=1"), "a"), undefined);
  isRefused(() => textIn(read("a=1&a=1"), "a"), /"a" is there twice/);
});

test("several values come repeated or with commas", () => {
  assert.deepEqual(textsIn(read("a=x,y&a=z, ,&b=1"), "a"), ["x", "y", "z"]);
  assert.deepEqual(textsIn(read("b=1"), "a"), []);
});

test("a whole number is within its range, and nothing else", () => {
  assert.equal(wholeNumberIn(read("a=1"), "a", 1, 500), 1);
  assert.equal(wholeNumberIn(read("a=500"), "a", 1, 500), 500);
  assert.equal(wholeNumberIn(read(""), "a", 1, 500), undefined);
  for (const text of ["0", "501", "-1", "1.5", "1e2", "0x1", "%201", "x", "99999999999999999"]) {
    isRefused(() => wholeNumberIn(read(`a=${text}`), "a", 1, 500), /a whole number from 1 to 500\./);
  }
  isRefused(() => wholeNumberIn(read("a=x"), "a", 1, Number.MAX_SAFE_INTEGER), /a whole number from 1 on\./);
});

test("a word is one of those that there are", () => {
  assert.equal(wordIn(read("a=only"), "a", ["include", "only"]), "only");
  assert.equal(wordIn(read(""), "a", ["include", "only"]), undefined);
  isRefused(() => wordIn(read("a=Only"), "a", ["include", "exclude", "only"]), /must be include, exclude or only\./);
});

test("a moment is a time, a day, or how long ago", () => {
  const moment = (text: string) => momentIn(read(`a=${text}`), "a", NOON_MS);
  assert.equal(moment("2026-08-01T11:00:00Z"), NOON_MS - 3_600_000);
  assert.equal(moment("2026-08-01T11:00:00.250"), NOON_MS - 3_599_750);
  assert.equal(moment("2026-08-01T14:00:00%2B02:00"), NOON_MS);
  assert.equal(moment("2026-08-01T14:00:00+02:00"), NOON_MS);
  assert.equal(moment("2026-08-01"), NOON_MS - 12 * 3_600_000);
  assert.equal(moment("15m"), NOON_MS - 15 * 60_000);
  assert.equal(moment("7d"), NOON_MS - 7 * 86_400_000);
  assert.equal(momentIn(read(""), "a", NOON_MS), undefined);
  for (const text of ["15", "15w", "yesterday", "2026-02-30", "2026-08-01T25:00:00Z", "m"]) {
    isRefused(() => moment(text), /^"a" must be a time such as/);
  }
});
