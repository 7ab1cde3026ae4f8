import assert from "node:assert/strict";
import { test } from "node:test";
import type { Target } from "@scimtool/replica";
import { restoresFrom } from "./restores.ts";

test("a verification does not begin during a download, and does not count as failed", async () => {
  const restores = restoresFrom({ name: "/mnt/backup" } as Target, "/nonexistent/scim.db");
  const download = restores.copyAt(undefined, new AbortController().signal);
  assert.throws(() => restores.verify(), { status: 409, detail: /is already running/ });
  assert.equal(restores.verification(), undefined);
  await assert.rejects(download);
  assert.equal(restores.verify().state, "running");
});
