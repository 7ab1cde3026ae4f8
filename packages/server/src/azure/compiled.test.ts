import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { missing, ROOT, toolPath } from "./testing/dotnet-tools.ts";

const skip = missing("bicep");

function compile(file: string): string {
  const { status, stdout, stderr } = spawnSync(
    toolPath("bicep"),
    ["build", join(ROOT, "deploy/azure", file), "--stdout"],
    {
      encoding: "utf8",
    },
  );
  assert.equal(status, 0, stderr);
  // Warnings report properties that Azure does not know.
  assert.equal(stderr.trim(), "");
  return stdout;
}

test("azuredeploy.json is what main.bicep compiles to, without a warning", { skip }, () => {
  const committed = readFileSync(join(ROOT, "deploy/azure/azuredeploy.json"), "utf8");
  assert.deepEqual(JSON.parse(compile("main.bicep")), JSON.parse(committed), "run: npm run azure:template");
});

test("the template for azd compiles without a warning and gets every parameter that it requires", { skip }, () => {
  const { parameters } = JSON.parse(compile("azd/main.bicep"));
  const required = Object.keys(parameters).filter((name) => !("defaultValue" in parameters[name]));
  const given = JSON.parse(readFileSync(join(ROOT, "deploy/azure/azd/main.parameters.json"), "utf8"));
  assert.deepEqual(Object.keys(given.parameters).sort(), required.sort());
});
