import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { BUILT_FOLDER, builtPage } from "./built-page.ts";

// Writes the page into packages/web/built, compressed as browsers take it.

const files = await builtPage();
rmSync(BUILT_FOLDER, { recursive: true, force: true });
let bytes = 0;
for (const [path, content] of files) {
  const compressed = brotliCompressSync(content, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  });
  const file = join(BUILT_FOLDER, `${path}.br`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, compressed);
  bytes += compressed.length;
}
console.log(`${files.size} files, ${Math.ceil(bytes / 1_024)} KiB`);
