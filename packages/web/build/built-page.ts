import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const WEB = fileURLToPath(new URL("..", import.meta.url));

/** What the server serves: committed, so that a clone shows the page without the tools that build it. */
export const BUILT_FOLDER = join(WEB, "built");

/** Builds the page. @returns its files by path, with slashes */
export async function builtPage(): Promise<ReadonlyMap<string, Buffer>> {
  const folder = mkdtempSync(join(tmpdir(), "scimtool-web-"));
  try {
    await build({ root: WEB, logLevel: "warn", build: { outDir: folder, emptyOutDir: true } });
    return filesIn(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** All files of a folder by path, with slashes. */
export function filesIn(folder: string): ReadonlyMap<string, Buffer> {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  return new Map(
    paths
      .filter((path) => statSync(join(folder, path)).isFile())
      .map((path) => [path.replaceAll(sep, "/"), readFileSync(join(folder, path))]),
  );
}
