/** Prints the product's lines of code per package and folder, without tests, blank lines and comments. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const PACKAGES = join(ROOT, "packages");
const CODE = /\.(?:ts|tsx|js)$/;
const NOT_PRODUCT =
  /\.test\.|\.d\.ts$|test-(?:support|server|counts)|fixture|arbitrary|(?:^|\/)(?:testing|dist|chaos|golden)\/|store\/conformance\//;

/** Counts lines that contain more than comments. Good enough for a trend: it does not parse strings. */
function countCodeLines(text: string): number {
  const withoutComments = text.replace(/^[ \t]*\/\*[\s\S]*?\*\/[ \t]*$/gm, "").replace(/^\s*\/\/.*$/gm, "");
  return withoutComments.split("\n").filter((line) => line.trim() !== "").length;
}

function productFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(PACKAGES, join(entry.parentPath, entry.name)))
    .filter((path) => path.includes("/src/") && CODE.test(path) && !NOT_PRODUCT.test(path));
}

/** `server/src/store/sqlite/page.ts` counts for `server` and for `server/store`. */
function groupsOf(path: string): string[] {
  const [name = "", , folder = ""] = path.split("/");
  return name === "server" && !folder.includes(".") ? [name, `${name}/${folder}`] : [name];
}

if (import.meta.main) {
  const lines = new Map<string, { files: number; lines: number }>();
  for (const path of productFiles(PACKAGES)) {
    const count = countCodeLines(readFileSync(join(PACKAGES, path), "utf8"));
    for (const group of ["total", ...groupsOf(path)]) {
      const sum = lines.get(group) ?? { files: 0, lines: 0 };
      lines.set(group, { files: sum.files + 1, lines: sum.lines + count });
    }
  }
  for (const [group, { files, lines: count }] of [...lines].sort(([a], [b]) => a.localeCompare(b))) {
    console.log(`${group.padEnd(24)} ${String(count).padStart(7)} lines ${String(files).padStart(5)} files`);
  }
}
