/** The measured program as users run it: bundled, because stripping types takes time and memory in every thread. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));

/** @returns the file to start */
export async function bundleChild(folder: string): Promise<string> {
  await build({
    entryPoints: { child: join(here, "child.ts") },
    outdir: folder,
    bundle: true,
    platform: "node",
    target: "node26",
    format: "esm",
    splitting: true,
    sourcemap: true,
    outExtension: { ".js": ".mjs" },
    keepNames: true,
    // CommonJS packages in the bundle require Node's own modules.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    logLevel: "warning",
  });
  return join(folder, "child.mjs");
}
