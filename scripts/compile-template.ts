/** Compiles deploy/azure/main.bicep to azuredeploy.json, with Bicep from `npm run tools`. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { missing, ROOT, toolPath } from "../packages/server/src/azure/testing/dotnet-tools.ts";

const reason = missing("bicep");
if (reason !== false) {
  console.error(`Cannot compile the template: ${reason}`);
  process.exit(1);
}
const folder = join(ROOT, "deploy/azure");
const { status } = spawnSync(
  toolPath("bicep"),
  ["build", join(folder, "main.bicep"), "--outfile", join(folder, "azuredeploy.json")],
  { stdio: "inherit" },
);
process.exitCode = status ?? 1;
