import { hash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";

/** Starts the viewer. The header marks its requests as those of this origin (see browser-session.ts). */
const SCRIPT = `
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();
addEventListener("DOMContentLoaded", () => {
  SwaggerUIBundle({
    url: "/api/openapi.json",
    dom_id: "#viewer",
    deepLinking: true,
    displayRequestDuration: true,
    defaultModelsExpandDepth: 0,
    filter: true,
    validatorUrl: null,
    requestInterceptor: (request) => {
      request.headers["X-SCIMTool-Request"] = "1";
      return request;
    },
  });
});
`;

const STYLE = `
:root { color-scheme: light dark; }
body { margin: 0; }
.swagger-ui .info { margin: 1.5rem 0; }
.swagger-ui .scheme-container { padding: 1rem 0; }
.swagger-ui .response-col_links { display: none; }
`;

/** Loads nothing from other servers. */
export const DOCS_POLICY = [
  "default-src 'none'",
  `script-src 'self' 'sha256-${hash("sha256", SCRIPT, "base64")}'`,
  `style-src 'self' 'sha256-${hash("sha256", STYLE, "base64")}'`,
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The page on which people read and try the API. */
export const DOCS_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>SCIMTool API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
<style>${STYLE}</style>
<script>${SCRIPT}</script>
<script src="/api/docs/swagger-ui-bundle.js" defer></script>
</head>
<body>
<main id="viewer"></main>
<noscript>The OpenAPI document is at <a href="/api/openapi.json">/api/openapi.json</a>.</noscript>
</body>
</html>
`;

const MEDIA_TYPES = {
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "swagger-ui.css": "text/css; charset=utf-8",
} as const;

export type ViewerFile = keyof typeof MEDIA_TYPES;

export const VIEWER_FILES = Object.keys(MEDIA_TYPES) as readonly ViewerFile[];

export type ViewerContent = { readonly mediaType: string; readonly plain: Buffer; readonly gzipped: Buffer };

const known = new Map<ViewerFile, Promise<ViewerContent>>();

/** Reads a file of the viewer on first use. */
export function readViewerFile(file: ViewerFile): Promise<ViewerContent> {
  const found = known.get(file) ?? read(file);
  known.set(file, found);
  // Errors are not cached.
  found.catch(() => known.delete(file));
  return found;
}

async function read(file: ViewerFile): Promise<ViewerContent> {
  const mediaType = MEDIA_TYPES[file];
  // Without a bundle, the files are in the npm package. The build puts them beside the bundle, compressed.
  if (import.meta.url.endsWith(".ts")) {
    const plain = await readFile(new URL(import.meta.resolve(`swagger-ui-dist/${file}`)));
    return { mediaType, plain, gzipped: await promisify(gzip)(plain) };
  }
  const gzipped = await readFile(new URL(`./api-docs/${file}.gz`, import.meta.url));
  return { mediaType, gzipped, plain: await promisify(gunzip)(gzipped) };
}
