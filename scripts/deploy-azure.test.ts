import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { missing, ROOT, toolPath } from "../packages/server/src/azure/testing/dotnet-tools.ts";

test("deploy-azure.ps1 passes its Pester tests", { skip: missing("pwsh", "pester"), timeout: 300_000 }, (t) => {
  const cache = mkdtempSync(join(tmpdir(), "scimtool-az-"));
  t.after(() => rmSync(cache, { recursive: true, force: true }));
  const command = [
    `Import-Module '${toolPath("pester")}'`,
    "$configuration = New-PesterConfiguration",
    `$configuration.Run.Path = '${join(ROOT, "scripts/deploy-azure.Tests.ps1")}'`,
    "$configuration.Run.Exit = $true",
    "$configuration.Output.Verbosity = 'Detailed'",
    "$configuration.Output.RenderMode = 'Plaintext'",
    "Invoke-Pester -Configuration $configuration",
  ].join("; ");
  const { status, stdout, stderr } = spawnSync("dotnet", [toolPath("pwsh"), "-NoProfile", "-Command", command], {
    encoding: "utf8",
    env: { ...process.env, TEST_NODE: process.execPath, NODE_COMPILE_CACHE: cache, POWERSHELL_TELEMETRY_OPTOUT: "1" },
  });
  t.diagnostic(/Tests Passed: .*/.exec(stdout)?.[0] ?? "no summary");
  assert.equal(status, 0, `${stdout}\n${stderr}`);
});
