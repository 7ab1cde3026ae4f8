// Runs after `npm install`, on any Node.js: deletes files of installed packages that nothing loads, which are Node's
// C++ headers (67 MB) and source maps (45 MB).
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const modules = fileURLToPath(new URL("../node_modules", import.meta.url));
const NODE_PACKAGE = /^node-(?:bin-)?(?:darwin|linux|win)-/;

function deleteSourceMaps(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    // Workspaces are links to the sources and must not be changed.
    if (entry.isDirectory()) deleteSourceMaps(path);
    else if (entry.isFile() && entry.name.endsWith(".map")) rmSync(path);
  }
}

if (existsSync(modules)) {
  for (const name of readdirSync(modules).filter((name) => NODE_PACKAGE.test(name))) {
    rmSync(join(modules, name, "include"), { recursive: true, force: true });
  }
  deleteSourceMaps(modules);
}
