import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parseFilter } from "../filter/parse.ts";
import { resolveFilter } from "../filter/resolve.ts";
import type { JsonObject } from "../json.ts";
import { patchResource } from "../patch/apply.ts";
import { message, refuses, USER } from "../patch/test-support.ts";
import { readUser } from "../schema/test-support.ts";
import { type Note, newReading, TOLERANCES, type ToleranceCode, tolerate } from "./tolerance.ts";

const CODES = Object.keys(TOLERANCES) as ToleranceCode[];
/** Only the server knows whether a resource exists. */
const APPLIED_BY_SERVER: ToleranceCode = "dangling-reference";

const SOURCE = join(import.meta.dirname, "..");

/** The sources of this package without this folder and without tests. */
function sources(): string[] {
  return readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !/\.test\.ts$|test-support|arbitrary|fixture|^dialect\b/.test(path))
    .map((path) => readFileSync(join(SOURCE, path), "utf8"));
}

describe("every tolerance", () => {
  const text = sources().join("\n");

  for (const code of CODES.filter((each) => each !== APPLIED_BY_SERVER)) {
    test(`${code} is used somewhere`, () => assert.ok(text.includes(`"${code}"`)));
  }

  test("that is used is listed", () => {
    const applied = [...text.matchAll(/\btolerate\(\s*[\w.]+,\s*"([\w-]+)"/g)].map(([, code]) => code as ToleranceCode);
    assert.ok(applied.length > 15, `only ${applied.length} places were found`);
    assert.deepEqual(
      applied.filter((code) => !CODES.includes(code)),
      [],
    );
  });

  test("names the section of the violated rule, and a keyword of RFC 7644 §3.12", () => {
    for (const code of CODES) {
      const { rule, scimType } = TOLERANCES[code];
      assert.match(code, /^[a-z]+(?:-[a-z]+)*$/);
      assert.match(rule, /^RFC 764[34] §\d+(?:\.\d+)*(?:, §\d+(?:\.\d+)*)*: \S.*[^.\s]$/, code);
      assert.match(scimType, /^(?:invalid(?:Filter|Syntax|Path|Value)|noTarget|mutability)$/, code);
    }
  });

  for (const profile of ["strict", "interop"] as const) {
    test(`is rejected in the ${profile} profile with its keyword, the location, the received value and the rule`, () => {
      for (const code of CODES) {
        const reading = newReading(profile);
        const act = () => tolerate(reading, code, "emails.value", "a number", "read as a text");
        const { scimType, rule } = TOLERANCES[code];
        refuses(act, scimType, /^emails\.value: a number is refused in the (?:strict|interop) profile \(RFC 764[34] §/);
        assert.throws(act, (error: Error) => error.message.endsWith(`the ${profile} profile (${rule}).`));
        assert.deepEqual(reading.notes, []);
      }
    });
  }

  test("is noted in the tolerant profile, in the order of use", () => {
    const reading = newReading("tolerant");
    for (const code of CODES) tolerate(reading, code, code, "a number", "read as a text");
    assert.deepEqual(
      reading.notes,
      CODES.map((code) => ({ code, where: code, detail: "a number was read as a text" })),
    );
  });
});

test("each request has its own notes", () => {
  const [one, other] = [newReading("tolerant"), newReading("tolerant")];
  tolerate(one, "string-boolean", "active", "a text", "read as true");
  assert.equal(one.notes.length, 1);
  assert.equal(other.notes.length, 0);
});

test("a note reads as a sentence: received value, was, treatment", () => {
  const user: JsonObject = {
    schemas: null,
    active: "False",
    title: 7,
    nickName: ["x"],
    emails: { value: "x", primary: "True" },
    roles: [{ primary: true }, { primary: true }, "x", ""],
    manager: "m1",
    "name.givenName": "K",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0User": { department: "T", desk: null },
    "urn:ietf:params:scim:schemas:core:2.0:User:locale": "de",
    shoe: 1,
  };
  const operations = [
    { op: "Add", path: 'emails[type eq "new"].value', value: "x" },
    { op: "remove", path: 'emails[type eq "absent"]' },
    { op: "remove", path: "roles", value: [{ value: "x" }] },
    { op: "replace", value: { id: "other", "name.givenName": "K", 'emails[type eq "work"].value': "y" } },
  ];
  const notes = [
    ...readUser(user).notes,
    ...readUser({ schemas: ["urn:other"], "urn:example:a": { b: 1 } }).notes,
    ...patchNotes(operations),
    ...filterNotes('emails[type eq work].value eq "x" and department eq"T" and active eq "True"'),
  ];
  const codes = new Set(notes.map(({ code }) => code));
  assert.ok(codes.size > 18, [...codes].join(" "));
  for (const { where, detail, code } of notes) {
    assert.match(detail, /^(?:a|an|the|no) \S.* was [a-z]+:?(?: \S+)*$/, code);
    assert.doesNotMatch(detail, /undefined|\[object|\bwas was\b| {2}|\.$/, code);
    assert.ok(where.length > 0, code);
  }
});

function patchNotes(operations: JsonObject[]): readonly Note[] {
  const reading = newReading("tolerant");
  const user = { schemas: [USER.type.schema.id], id: "1", userName: "b", emails: [{ type: "work" }] };
  patchResource(user, message(...operations), USER, reading);
  return reading.notes;
}

function filterNotes(filter: string): readonly Note[] {
  const reading = newReading("tolerant");
  resolveFilter(parseFilter(filter, reading), USER, reading);
  return reading.notes;
}

describe("notes are bounded", () => {
  test("in number: the first 200 are enough", () => {
    const reading = newReading("tolerant");
    for (let i = 0; i < 10_000; i++) tolerate(reading, "string-boolean", `a${i}`, "a text", "read as true");
    assert.equal(reading.notes.length, 200);
    assert.equal(reading.notes[0]?.where, "a0");
    assert.equal(reading.notes.at(-1)?.where, "a199");
    const roles = Array.from({ length: 900 }, () => "x");
    assert.equal(readUser({ roles }).notes.length, 200);
    assert.equal((readUser({ roles }).resource.roles as unknown[]).length, 900);
  });

  test("in length: 200 characters of each part", () => {
    const long = "x".repeat(1_000_000);
    const reading = newReading("tolerant");
    tolerate(reading, "string-number", long, long, long);
    const [note] = reading.notes;
    assert.equal(note?.where, `${"x".repeat(200)}…`);
    assert.ok((note?.detail.length ?? 0) < 500);
    assert.throws(
      () => tolerate(newReading("strict"), "string-number", long, long, long),
      (error: Error) => error.message.length < 600,
    );
  });
});
