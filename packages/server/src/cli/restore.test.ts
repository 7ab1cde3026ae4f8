import assert from "node:assert/strict";
import { test } from "node:test";
import { momentOf, parseMoment, serveLine } from "./restore.ts";

test("the line that serves a restored file names the target, but no token", () => {
  const command = (file: string, from?: string) => /: (scimtool .*)$/.exec(serveLine(file, from))?.[1];
  assert.equal(command("restored.db"), "scimtool --database-url 'file:restored.db' --init");
  assert.equal(
    command("it's.db", "/mnt/back up"),
    "scimtool --database-url 'file:it'\\''s.db' --backup-target '/mnt/back up' --init",
  );
  const ofUrl = serveLine("restored.db", "https://account.blob.core.windows.net/scim?sig=s3cret");
  assert.match(ofUrl, /from it \(set BACKUP_TARGET first\): scimtool --database-url 'file:restored\.db' --init$/);
  assert.doesNotMatch(ofUrl, /s3cret/);
  // A target may be named with blanks around it.
  assert.doesNotMatch(serveLine("restored.db", " https://account.blob.core.windows.net/scim?sig=s3cret"), /s3cret/);
});

const NOW_MS = Date.parse("2026-08-01T12:00:00Z");
const read = (text: string) => parseMoment(text, NOW_MS);

test("a moment is a time of RFC 3339, in UTC if it has no zone", () => {
  assert.equal(read("2026-08-01T10:00:00Z"), NOW_MS - 7_200_000);
  assert.equal(read("2026-08-01T12:00:00.250+02:00"), NOW_MS - 7_200_000 + 250);
  assert.equal(read("2026-08-01 10:00:00"), NOW_MS - 7_200_000);
});

test("a moment is how long ago, as a unit or in words", () => {
  for (const text of ["90m", "90 min", "90 minutes ago", "5400s", "5400 seconds", "90m ago", " 90M "]) {
    assert.equal(read(text), NOW_MS - 5_400_000, text);
  }
  for (const text of ["2h", "2 hours ago", "120 min"]) assert.equal(read(text), NOW_MS - 7_200_000, text);
  for (const text of ["1d", "1 day ago", "24h"]) assert.equal(read(text), NOW_MS - 86_400_000, text);
});

test("any other text is not a moment", () => {
  for (const text of ["", "90", "yesterday", "2 weeks", "-1h", "1.5h", "2026-08-01", "2026-13-01T00:00:00Z", "12:00"]) {
    assert.equal(read(text), undefined, text);
  }
});

test("a time given to the second includes all of that second", () => {
  assert.equal(momentOf("2026-08-01T12:00:00Z"), Date.parse("2026-08-01T12:00:00.999Z"));
});

test("a time given to the millisecond is used as it is", () => {
  assert.equal(momentOf("2026-08-01T12:00:00.250Z"), Date.parse("2026-08-01T12:00:00.250Z"));
});

test("a time in the future is rejected", () => {
  const future = new Date(Date.now() + 60_000).toISOString();
  assert.throws(() => momentOf(future), /is in the future\. Leave --at out/);
});
