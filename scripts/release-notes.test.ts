import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

test("release notes are the changelog's section of the tagged version, or the reason why there are none", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "scimtool-notes-"));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "scripts"));
  cpSync(fileURLToPath(new URL("./release-notes.js", import.meta.url)), join(folder, "scripts/release-notes.js"));
  writeFileSync(join(folder, "package.json"), '{"version":"0.2.0","type":"module"}');
  writeFileSync(
    join(folder, "CHANGELOG.md"),
    "# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2027-01-01\n\n### Added\n\n- Two.\n\n## [0.1.0] - 2026-12-01\n\n- One.\n",
  );
  const notes = (tag: string) =>
    spawnSync(process.execPath, [join(folder, "scripts/release-notes.js"), tag], { encoding: "utf8" });
  assert.equal(notes("v0.2.0").stdout, "### Added\n\n- Two.\n");
  assert.match(notes("v0.3.0").stderr, /The tag v0\.3\.0 is not the version of package\.json, 0\.2\.0/);
  writeFileSync(join(folder, "package.json"), '{"version":"0.3.0","type":"module"}');
  const missing = notes("v0.3.0");
  assert.deepEqual([missing.status, missing.stdout], [1, ""]);
  assert.match(missing.stderr, /no heading "## \[0\.3\.0\]/);
});
