import { hash } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { DEFAULT_BASE_PATH } from "../../endpoint/served-endpoint.ts";
import { originOf } from "../base-url.ts";

export type StatusPageOptions = { readonly version: string; readonly publicUrl: string | undefined };

/** Serves `/`: that the server runs, and how to connect to it. Shows no data, for it asks for no secret. */
export function statusPage(server: FastifyInstance, { version, publicUrl }: StatusPageOptions): void {
  const policy =
    `default-src 'none'; style-src 'sha256-${hash("sha256", STYLE, "base64")}'; ` +
    `script-src 'sha256-${hash("sha256", SCRIPT, "base64")}'; img-src data:; base-uri 'none'; frame-ancestors 'none'`;
  server.get("/", async (request, reply) =>
    reply
      .headers({
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
      })
      .send(page(`${originOf(request, publicUrl)}${DEFAULT_BASE_PATH}`, version)),
  );
}

function page(baseUrl: string, version: string): string {
  const reachable = /^https:/.test(baseUrl);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>SCIMTool</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='6' fill='%2318794e'/%3E%3C/svg%3E">
<style>${STYLE}</style>
</head>
<body>
<main>
<header><h1>SCIMTool</h1><p class="state"><span class="dot"></span>Ready <span class="version">version ${version}</span></p></header>
<section>
<h2>Connect an identity provider</h2>
<dl>
${row("SCIM base URL", baseUrl)}
${row("Tenant URL for Microsoft Entra ID", `${baseUrl}?aadOptscim062020`)}
</dl>
<p>The <strong>secret token</strong> was printed at the first start and is kept in <code>secrets/scim</code> of the data folder, unless <code>SCIM_SHARED_SECRET</code> sets it.</p>
${reachable ? "" : `<p class="hint">Entra ID and Okta reach servers by https only: put a tunnel or a proxy in front of this one and start it with <code>--public-url</code>.</p>`}
</section>
<section>
<h2>Try it</h2>
${copyable(`curl -H "Authorization: Bearer $(cat data/secrets/scim)" ${baseUrl}/Users`)}
${copyable("npm run demo")}
</section>
<section>
<h2>What is here</h2>
<table>
<tr><th scope="row"><code>/Users</code> <code>/Groups</code></th><td>create, read, replace, modify, delete, search</td></tr>
<tr><th scope="row"><code>/ServiceProviderConfig</code></th><td>what the server supports</td></tr>
<tr><th scope="row"><code>/ResourceTypes</code> <code>/Schemas</code></th><td>attributes and their rules</td></tr>
<tr><th scope="row"><code>/healthz</code> <code>/readyz</code></th><td>for container platforms, at the root, without a secret</td></tr>
</table>
</section>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function row(label: string, value: string): string {
  return `<dt>${label}</dt><dd>${copyable(value)}</dd>`;
}

function copyable(text: string): string {
  return `<div class="copyable"><code>${escapeHtml(text)}</code><button type="button">Copy</button></div>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

const STYLE = `
:root { color-scheme: light dark; --ground: light-dark(#f6f7f9, #131519); --card: light-dark(#fff, #1c1f25);
  --ink: light-dark(#1b1f26, #e7eaf0); --soft: light-dark(#5b6472, #9aa4b5); --line: light-dark(#e0e4ea, #303641);
  --accent: light-dark(#0b5cad, #7db8ff); --good: light-dark(#18794e, #4cc38a); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
header { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: .5rem; }
h1 { font-size: 1.6rem; margin: 0; letter-spacing: -.02em; }
h2 { font-size: 1.05rem; margin: 0 0 .75rem; }
.state { margin: 0; } .version { color: var(--soft); margin-left: .5rem; }
.dot { display: inline-block; width: .6rem; height: .6rem; border-radius: 50%; background: var(--good); margin-right: .4rem; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.25rem; margin-top: 1.25rem; }
dl { margin: 0; } dt { color: var(--soft); font-size: .875rem; } dd { margin: .25rem 0 .9rem; }
code { font: .875em/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
.copyable { display: flex; gap: .5rem; align-items: center; border: 1px solid var(--line); border-radius: .5rem;
  padding: .35rem .35rem .35rem .75rem; margin-bottom: .5rem; }
.copyable code { flex: 1; }
button { font: inherit; font-size: .875rem; color: var(--accent); background: none; border: 1px solid var(--line);
  border-radius: .4rem; padding: .3rem .7rem; cursor: pointer; min-width: 4.5rem; }
button:hover { border-color: var(--accent); } button:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.hint { color: var(--soft); margin-bottom: 0; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; font-weight: inherit; }
th, td { padding: .4rem 0; border-top: 1px solid var(--line); vertical-align: top; } td { color: var(--soft); padding-left: 1rem; }
tr:first-child > * { border-top: 0; }
@media (max-width: 34rem) { th, td { display: block; padding-left: 0; } td { border-top: 0; padding-top: 0; } }
`;

const SCRIPT = `
for (const button of document.querySelectorAll("button")) {
  button.addEventListener("click", async () => {
    const code = button.previousElementSibling;
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
}
`;
