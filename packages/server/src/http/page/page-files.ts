import { hash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** What the browser loads besides the document. */
export type PageFiles = {
  /** Stands in their addresses, so that each version of them may be kept by browsers for ever. */
  readonly digest: string;
  /** By path, with slashes. */
  readonly files: ReadonlyMap<string, PageFile>;
};

export type PageFile = { readonly mediaType: string; readonly content: Buffer };

/** The browser's sources as they are written, or beside the bundle what the build has made of them. */
const FOLDER = fileURLToPath(new URL("./browser/", import.meta.url));

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
};

/** Reads all of them: some hundred kilobytes at most. */
export function readPageFiles(): PageFiles {
  const files = new Map<string, PageFile>();
  for (const path of readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).sort()) {
    const mediaType = MEDIA_TYPES[extname(path)];
    if (mediaType === undefined) continue;
    files.set(path.replaceAll(sep, "/"), { mediaType, content: readFileSync(join(FOLDER, path)) });
  }
  const all = [...files].flatMap(([path, { content }]) => [Buffer.from(`${path}\0`), content]);
  return { digest: hash("sha256", Buffer.concat(all)).slice(0, 16), files };
}
