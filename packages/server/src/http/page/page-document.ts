import type { PageFiles } from "./page-files.ts";

export type PageParts = {
  /** Of the SCIM protocol, as the reader's browser reaches it. */
  readonly baseUrl: string;
  readonly version: string;
  readonly recording: "on" | "off";
  readonly files: PageFiles;
};

/** Run before the first paint, by itself. */
const THEME_SCRIPT = "theme-at-start.js";

/**
 * The document: how to connect an identity provider, and the frame that the scripts fill once somebody has signed in.
 * Without scripts it still says how to connect.
 */
export function pageDocument({ baseUrl, version, recording, files: { digest, files } }: PageParts): string {
  const at = (path: string) => `/page/${digest}/${path}`;
  const modules = [...files.keys()].filter((path) => path.endsWith(".js") && path !== THEME_SCRIPT);
  const preloads = modules.map((path) => `<link rel="modulepreload" href="${at(path)}">`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>SCIMTool</title>
<link rel="icon" href="data:image/svg+xml,${ICON}">
<script src="${at(THEME_SCRIPT)}"></script>
<link rel="stylesheet" href="${at("style.css")}">
${preloads.join("\n")}
<script type="module" src="${at("main.js")}"></script>
</head>
<body data-base-url="${escapeHtml(baseUrl)}" data-version="${escapeHtml(version)}" data-recording="${recording}">
<a class="skip-link" href="#main">Skip to the content</a>
<header id="top" class="top"><span class="brand">${MARK}SCIMTool</span></header>
<main id="main" tabindex="-1">
<div id="view" class="view"></div>
<section id="connect" class="card connect" aria-labelledby="connect-heading">
<h2 id="connect-heading">Connect an identity provider</h2>
${urlRow("SCIM base URL", baseUrl)}
${urlRow("Tenant URL for Microsoft Entra ID", `${baseUrl}?aadOptscim062020`)}
<p>The <strong>secret token</strong> was printed at the first start and is kept in <code>secrets/scim</code> of the data folder, unless <code>SCIM_SHARED_SECRET</code> sets it.</p>
${
  baseUrl.startsWith("https:")
    ? ""
    : `<p class="hint">Entra ID and Okta reach servers by https only: put a tunnel or a proxy in front of this one and start it with <code>--public-url</code>.</p>`
}
<h3>Or try it at once</h3>
${copyable(`curl -H "Authorization: Bearer $(cat data/secrets/scim)" ${baseUrl}/Users`)}
${copyable(`npm run demo -- --url ${baseUrl.replace(/\/scim\/v2$/, "")}`)}
<noscript><p class="hint">Everything else on this page needs JavaScript.</p></noscript>
</section>
</main>
<footer class="foot">SCIMTool ${escapeHtml(version)}</footer>
</body>
</html>
`;
}

const MARK =
  '<svg class="mark" viewBox="0 0 24 24" width="22" height="22" aria-hidden="true"><path d="M4 7.5h11m0 0-3-3m3 3-3 3M20 16.5H9m0 0 3-3m-3 3 3 3" fill="none" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round"/></svg>';

const ICON = encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><rect width="24" height="24" rx="6" fill="#1f5fd0"/><path d="M5 8.5h11m0 0-2.5-2.5M16 8.5 13.5 11M19 15.5H8m0 0 2.5-2.5M8 15.5l2.5 2.5" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/></svg>',
);

function urlRow(label: string, url: string): string {
  return `<p class="label">${label}</p>\n${copyable(url)}`;
}

/** The button is made by the script: without one it could do nothing. */
function copyable(text: string): string {
  return `<div class="copyable"><code>${escapeHtml(text)}</code></div>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
