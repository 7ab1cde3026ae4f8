import { hash } from "node:crypto";

/** Starts the viewer. Its requests are of this origin, which the header says (see same-origin.ts). */
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

/** Nothing but this server is needed, and nothing else could be asked. */
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

/** The description of the API as people read it and try it. */
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
<noscript>The description itself is at <a href="/api/openapi.json">/api/openapi.json</a>.</noscript>
</body>
</html>
`;
