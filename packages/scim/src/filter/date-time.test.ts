import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDateTime } from "../date-time.ts";

test("an xsd:dateTime is an instant in milliseconds", () => {
  const instant = Date.parse("2011-05-13T04:42:34Z");
  assert.equal(parseDateTime("2011-05-13T04:42:34Z"), instant);
  assert.equal(parseDateTime("2011-05-13T06:12:34+01:30"), instant);
  assert.equal(parseDateTime("2011-05-12T22:42:34-06:00"), instant);
  assert.equal(parseDateTime("2011-05-13T04:42:34"), instant);
  assert.equal(parseDateTime("2011-05-13T04:42:34.5Z"), instant + 500);
  assert.equal(parseDateTime("2011-05-13T04:42:34.1239999Z"), instant + 123);
  assert.equal(parseDateTime("2024-02-29T00:00:00Z"), Date.UTC(2024, 1, 29));
  assert.equal(parseDateTime("2010-12-31T24:00:00.00Z"), Date.UTC(2011, 0, 1));
  assert.equal(parseDateTime("1969-12-31T23:59:59.999Z"), -1);
  assert.equal(parseDateTime("0001-01-01T00:00:00Z"), Date.parse("0001-01-01T00:00:00Z"));
});

test("another text is not an instant", () => {
  for (const text of [
    "",
    "2011-05-13",
    "2011-05-13T04:42Z",
    "2011-05-13 04:42:34Z",
    "2011-05-13t04:42:34z",
    " 2011-05-13T04:42:34Z",
    "2011-05-13T04:42:34Z\n",
    "2011-02-31T00:00:00Z",
    "2023-02-29T00:00:00Z",
    "2011-13-01T00:00:00Z",
    "2011-00-01T00:00:00Z",
    "2011-01-00T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "2011-05-13T24:00:01Z",
    "2011-05-13T24:00:00.001Z",
    "2011-05-13T25:00:00Z",
    "2011-05-13T04:60:00Z",
    "2011-05-13T04:42:60Z",
    "2011-05-13T04:42:34.Z",
    "2011-05-13T04:42:34+14:01",
    "2011-05-13T04:42:34+01:60",
    "2011-05-13T04:42:34+0100",
    "12011-05-13T04:42:34Z",
    "٢٠١١-05-13T04:42:34Z",
  ]) {
    assert.equal(parseDateTime(text), undefined, text);
  }
});
