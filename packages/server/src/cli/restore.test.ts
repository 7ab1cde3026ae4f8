import assert from "node:assert/strict";
import { test } from "node:test";
import { serveLine } from "./restore.ts";

test("the line that serves a restored file names the target, but no token", () => {
  const command = (file: string, from?: string) => /: (scimtool .*)$/.exec(serveLine(file, from))?.[1];
  assert.equal(command("restored.db"), "scimtool --database-url 'file:restored.db' --init");
  assert.equal(
    command("it's.db", "/mnt/back up"),
    "scimtool --database-url 'file:it'\\''s.db' --backup-target '/mnt/back up' --init",
  );
  const ofUrl = serveLine("restored.db", "https://account.blob.core.windows.net/scim?sig=s3cret");
  assert.match(
    ofUrl,
    /goes on with, which BACKUP_TARGET has to name: scimtool --database-url 'file:restored\.db' --init$/,
  );
  assert.doesNotMatch(ofUrl, /s3cret/);
  // A target may be named with blanks around it.
  assert.doesNotMatch(serveLine("restored.db", " https://account.blob.core.windows.net/scim?sig=s3cret"), /s3cret/);
});
