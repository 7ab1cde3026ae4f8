/**
 * Makes the folder for `npm publish`: the bundle, its start program, and Node.js as optional packages. Usage: node
 * scripts/npm-package.ts [folder]
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = process.argv[2] ?? join(root, "dist/npm");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
execFileSync(process.execPath, [join(root, "scripts/build.ts"), "--outdir", join(folder, "dist")], {
  stdio: ["ignore", "ignore", "inherit"],
});
for (const file of ["LICENSE", "README.md", "CHANGELOG.md"]) copyFileSync(join(root, file), join(folder, file));
copyFileSync(join(root, "scripts/npm-start.js"), join(folder, "scimtool.js"));

const { version, description, license, repository, type, engines, optionalDependencies } = JSON.parse(
  readFileSync(join(root, "package.json"), "utf8"),
);
const manifest = {
  name: "scimtool",
  ...{ version, description, license, repository, type, engines, optionalDependencies },
  homepage: "https://github.com/kayasax/SCIMTool#readme",
  keywords: ["scim", "scim2", "entra", "okta", "provisioning", "identity"],
  bin: { scimtool: "scimtool.js" },
  files: ["dist", "scimtool.js", "CHANGELOG.md"],
};
writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
