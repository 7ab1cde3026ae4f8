import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync, gzipSync } from "node:zlib";

/** A file of the page in the encodings that browsers accept. */
export type WebFile = {
  readonly mediaType: string;
  readonly brotli: Buffer;
  /** Browsers accept Brotli only over https and from localhost. */
  readonly gzipped: () => Buffer;
  readonly plain: () => Buffer;
};

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
};

/** Beside the bundle, or in the sources. */
const FOLDERS = ["./web/", "../../../../web/built/"].map((path) => fileURLToPath(new URL(path, import.meta.url)));

/** The files of the built page by path, with a leading slash. */
export function readWebFiles(): ReadonlyMap<string, WebFile> {
  const folder = FOLDERS.find((each) => existsSync(each));
  if (folder === undefined) throw new Error("The page is not built: run `npm run web:build`.");
  const files = new Map<string, WebFile>();
  for (const compressed of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const path = compressed.replace(/\.br$/, "").replaceAll(sep, "/");
    const mediaType = MEDIA_TYPES[extname(path)];
    if (path === compressed || mediaType === undefined) continue;
    files.set(path, webFile(mediaType, readFileSync(join(folder, compressed))));
  }
  return files;
}

function webFile(mediaType: string, brotli: Buffer): WebFile {
  let gzipped: Buffer | undefined;
  const plain = () => brotliDecompressSync(brotli);
  return {
    mediaType,
    brotli,
    plain,
    gzipped: () => {
      gzipped ??= gzipSync(plain(), { level: 9 });
      return gzipped;
    },
  };
}
