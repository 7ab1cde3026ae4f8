import assert from "node:assert/strict";
import { test } from "node:test";
import { ScimError } from "@scimtool/scim";
import { bodyOf, momentOf, optionalBodyOf, queryOf, splitAtCommas } from "./request.ts";
import {
  described,
  JSON_OBJECT,
  list,
  nullable,
  object,
  oneOf,
  optional,
  partial,
  ruled,
  TEXT,
  wholeNumber,
} from "./schema.ts";

const NOON_MS = Date.UTC(2026, 7, 1, 12);
const TEXTS = partial({ a: TEXT, b: TEXT });
const LISTS = partial({ a: list(TEXT), b: TEXT });

const read = (query: string) => queryOf({ query }, TEXTS);

/** Asserts a 400 with such a detail. */
async function isRefused(work: () => unknown, detail: RegExp): Promise<void> {
  await assert.rejects(
    async () => work(),
    (error) => error instanceof ScimError && error.status === 400 && detail.test(error.detail),
  );
}

test("values are decoded as forms encode them, and empty ones are ignored", async () => {
  const query = await queryOf({ query: "a=J%C3%BCrgen+Wei%C3%9F&b=&a=x%2By&a=1=2" }, LISTS);
  assert.deepEqual(query, { a: ["Jürgen Weiß", "x+y", "1=2"] });
  assert.deepEqual(await read(""), {});
});

test("an unknown parameter is rejected with the names of the known ones", async () => {
  await isRefused(() => read("a=1&limt=5"), /^"limt" is not known here\. The parameters are: a, b\.$/);
  await isRefused(() => read("A=1"), /^"A" is not known/);
  await isRefused(() => read("toString=1"), /"toString"/);
  await isRefused(() => queryOf({ query: "a=1" }, partial({})), /There are no parameters/);
  await isRefused(() => read(`${"x".repeat(500)}=1`), /^"x{100}" is/);
});

test("invalid percent-encoding is rejected", async () => {
  for (const query of ["a=%", "a=%zz", "a=%ff", "%c3=1"]) await isRefused(() => read(query), /percent-encoded/);
});

test("a parameter that is not a list is rejected if it is repeated", async () => {
  assert.deepEqual(await read("a=1"), { a: "1" });
  await isRefused(() => read("a=1&a=1"), /"a" was sent twice/);
});

test("lists may be repeated, and separated by commas", async () => {
  const { a } = await queryOf({ query: "a=x,y&a=z, ,&b=1" }, LISTS);
  assert.deepEqual(splitAtCommas(a), ["x", "y", "z"]);
  assert.deepEqual(splitAtCommas(undefined), []);
});

test("a whole number must be within its range", async () => {
  const number = (query: string, most?: number) => queryOf({ query }, partial({ a: wholeNumber(1, most) }));
  assert.deepEqual(await number("a=1", 500), { a: 1 });
  assert.deepEqual(await number("a=500", 500), { a: 500 });
  for (const text of ["0", "501", "-1", "1.5", "1e2", "0x1", "%201", "x", "99999999999999999"]) {
    await isRefused(() => number(`a=${text}`, 500), /^"a" must be a whole number from 1 to 500\.$/);
  }
  await isRefused(() => number("a=x"), /a whole number of 1 or more\./);
});

test("a word must be one of the allowed ones", async () => {
  const word = (query: string) => queryOf({ query }, partial({ a: oneOf("include", "exclude", "only") }));
  assert.deepEqual(await word("a=only"), { a: "only" });
  await isRefused(() => word("a=Only"), /must be include, exclude or only\./);
});

test("a body must be an object with known members that fit their schemas", async () => {
  const thing = object({
    name: TEXT,
    kind: optional(ruled('must be "a" or "b", depending on the weather', oneOf("a", "b"))),
    user: optional(nullable(TEXT)),
    count: optional(wholeNumber(0)),
    settings: optional(described("Any.", JSON_OBJECT)),
  });
  const body = (value: unknown) => bodyOf({ body: value }, thing);
  const complete = { name: "x", kind: "a", user: null, count: 3, settings: {} };
  assert.deepEqual(await body(complete), complete);
  assert.deepEqual(await body({ name: "x" }), { name: "x" });
  for (const value of [undefined, null, [], "x", 1]) {
    await isRefused(() => body(value), /^Send a JSON object with name, kind, user, count, settings\.$/);
  }
  await isRefused(() => body({ name: "x", nam: 1 }), /^"nam" is not known here\. The members are: name, kind,/);
  await isRefused(() => body({}), /^"name" must be a string\.$/);
  await isRefused(() => body({ name: null }), /^"name" must be a string\.$/);
  await isRefused(() => body({ name: "x", kind: "c" }), /^"kind" must be "a" or "b", depending on the weather\.$/);
  await isRefused(() => body({ name: "x", user: 1 }), /^"user" must be a string or null\.$/);
  await isRefused(() => body({ name: "x", count: 1.5 }), /^"count" must be a whole number of 0 or more\.$/);
  await isRefused(() => body({ name: "x", settings: [] }), /^"settings" must be an object\.$/);
  assert.deepEqual(await optionalBodyOf({ body: undefined }, TEXTS), {});
  await isRefused(() => optionalBodyOf({ body: null }, TEXTS), /^Send a JSON object/);
});

test("a moment is a time, a day, or how long ago", async () => {
  const moment = async (text: string) => momentOf("a", (await read(`a=${text}`)).a, NOON_MS);
  assert.equal(await moment("2026-08-01T11:00:00Z"), NOON_MS - 3_600_000);
  assert.equal(await moment("2026-08-01T11:00:00.250"), NOON_MS - 3_599_750);
  assert.equal(await moment("2026-08-01T14:00:00%2B02:00"), NOON_MS);
  assert.equal(await moment("2026-08-01T14:00:00+02:00"), NOON_MS);
  assert.equal(await moment("2026-08-01"), NOON_MS - 12 * 3_600_000);
  assert.equal(await moment("15m"), NOON_MS - 15 * 60_000);
  assert.equal(await moment("7d"), NOON_MS - 7 * 86_400_000);
  assert.equal(momentOf("a", undefined, NOON_MS), undefined);
  for (const text of ["15", "15w", "yesterday", "2026-02-30", "2026-08-01T25:00:00Z", "m"]) {
    await isRefused(() => moment(text), /^"a" must be a time such as/);
  }
});
