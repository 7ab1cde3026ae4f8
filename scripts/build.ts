import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { VIEWER_FILES } from "../packages/server/src/http/api/openapi/docs.ts";

// Bundles the program with everything it imports into dist/, which then starts alone: node dist/scimtool.mjs

const root = fileURLToPath(new URL("..", import.meta.url));
const { values } = parseArgs({
  options: {
    outdir: { type: "string", default: join(root, "dist") },
    // A module to load first, like Node's own flag.
    import: { type: "string", multiple: true, default: [] },
  },
});
const { outdir } = values;
rmSync(outdir, { recursive: true, force: true });

await build({
  entryPoints: {
    scimtool: join(root, "packages/server/src/cli/main.ts"),
    // Programs of the store's threads.
    "reader-thread": join(root, "packages/server/src/store/sqlite/reader-thread.ts"),
    "checkpoint-thread": join(root, "packages/server/src/store/sqlite/checkpoint-thread.ts"),
  },
  inject: values.import,
  outdir,
  bundle: true,
  platform: "node",
  target: "node26",
  format: "esm",
  // The small first file enables the compile cache, which then serves the rest.
  splitting: true,
  outExtension: { ".js": ".mjs" },
  chunkNames: "[name]-[hash]",
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "linked",
  // CommonJS packages in the bundle require Node's built-in modules.
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  logLevel: "warning",
});

// The API viewer, which only browsers load.
const viewer = join(outdir, "api-docs");
mkdirSync(viewer);
for (const name of VIEWER_FILES) {
  const content = readFileSync(new URL(import.meta.resolve(`swagger-ui-dist/${name}`)));
  writeFileSync(join(viewer, `${name}.gz`), gzipSync(content, { level: 9 }));
}
for (const name of ["LICENSE", "NOTICE", "swagger-ui-bundle.js.LICENSE.txt"]) {
  copyFileSync(new URL(import.meta.resolve(`swagger-ui-dist/${name}`)), join(viewer, name));
}

// The page, beside the chunk that reads it (http/page/web-files.ts).
cpSync(join(root, "packages/web/built"), join(outdir, "web"), { recursive: true });

for (const file of readdirSync(outdir, { recursive: true, encoding: "utf8" })) {
  const found = statSync(join(outdir, file));
  if (found.isFile()) console.log(`${file}  ${Math.ceil(found.size / 1_024)} KiB`);
}
