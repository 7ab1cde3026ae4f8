import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";

const MEDIA_TYPES = {
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "swagger-ui.css": "text/css; charset=utf-8",
} as const;

/** A file of the library that shows the description to people. */
export type ViewerFile = keyof typeof MEDIA_TYPES;

export const VIEWER_FILES = Object.keys(MEDIA_TYPES) as readonly ViewerFile[];

export type ViewerContent = { readonly mediaType: string; readonly plain: Buffer; readonly gzipped: Buffer };

const known = new Map<ViewerFile, Promise<ViewerContent>>();

/** Reads a file of the viewer when it is asked for first. */
export function readViewerFile(file: ViewerFile): Promise<ViewerContent> {
  const found = known.get(file) ?? read(file);
  known.set(file, found);
  // An error is of its moment.
  found.catch(() => known.delete(file));
  return found;
}

async function read(file: ViewerFile): Promise<ViewerContent> {
  const mediaType = MEDIA_TYPES[file];
  // The build puts it beside the bundle, compressed; else it lies where npm has put the library.
  if (import.meta.url.endsWith(".ts")) {
    const plain = await readFile(new URL(import.meta.resolve(`swagger-ui-dist/${file}`)));
    return { mediaType, plain, gzipped: await promisify(gzip)(plain) };
  }
  const gzipped = await readFile(new URL(`./api-docs/${file}.gz`, import.meta.url));
  return { mediaType, gzipped, plain: await promisify(gunzip)(gzipped) };
}
