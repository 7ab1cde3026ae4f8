import { spawnSync } from "node:child_process";
import { accessSync, chmodSync, constants, existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../../../../", import.meta.url));

const PACKAGES = process.env["NUGET_PACKAGES"] ?? join(homedir(), ".nuget/packages");

/** Files that `npm run tools` fetches from NuGet. */
const TOOLS = {
  bicep: join(PACKAGES, "azure.bicep.commandline.linux-x64/0.49.2/tools/bicep"),
  pester: join(PACKAGES, "pester/6.2.0/tools/Pester.psd1"),
  pwsh: join(PACKAGES, "powershell/7.6.9/tools/net10.0/any/unix/pwsh.dll"),
};

/** @returns why tests that need these tools are skipped, for the option `skip` of a test; false if all exist */
export function missing(...names: readonly (keyof typeof TOOLS)[]): string | false {
  if (process.platform !== "linux" || process.arch !== "x64") return "the .NET tools are fetched for Linux on x64 only";
  if (spawnSync("dotnet", ["--version"]).error !== undefined) return "needs .NET: install the SDK, then npm run tools";
  const absent = names.filter((name) => !existsSync(TOOLS[name]));
  return absent.length > 0 && `needs ${absent.join(" and ")}: npm run tools`;
}

/** @returns the path of an existing tool */
export function toolPath(name: keyof typeof TOOLS): string {
  const path = TOOLS[name];
  if (name !== "bicep") return path;
  try {
    accessSync(path, constants.X_OK);
  } catch {
    // NuGet unpacks files without the executable bit.
    chmodSync(path, 0o755);
  }
  return path;
}
