import type { Secrets } from "../access.ts";
import type { Config } from "../config.ts";
import { DEFAULT_BASE_PATH } from "../endpoint/served-endpoint.ts";
import { type Secret, shortPath } from "../secrets.ts";
import { VERSION } from "../version.ts";
import { briefShellWord, shellWord } from "./text.ts";

/** What `scimtool demo` takes by itself, in a terminal of its own. */
const DEMO_DEFAULTS = { url: `http://127.0.0.1:8080${DEFAULT_BASE_PATH}`, dataDir: "data" };

/** What a person needs to know after the start: where it is, the secrets, a line to try, how to connect. */
export function startLines({ scim, admin }: Secrets, config: Config, port: number): string {
  const local = localOrigin(config, port);
  const origin = config.publicUrl ?? local;
  return `SCIMTool ${VERSION}

  Status page     ${origin}/
  SCIM base URL   ${origin}${DEFAULT_BASE_PATH}
  SCIM secret     ${describe(scim, "SCIM_SHARED_SECRET", config.scimSharedSecret !== undefined)}
  Admin secret    ${describe(admin, "ADMIN_SECRET", config.adminSecret !== undefined)}

  Try it:
    curl -H "Authorization: Bearer ${inShell(scim)}" ${briefShellWord(`${local}${DEFAULT_BASE_PATH}/Users`)}

  Connect Microsoft Entra ID (Enterprise applications > your application > Provisioning):
    Tenant URL      ${config.publicUrl ?? "https://<your public address>"}${DEFAULT_BASE_PATH}?aadOptscim062020
    Secret Token    the SCIM secret above
${config.publicUrl === undefined ? "    Entra ID must reach this server by https: put a tunnel or a proxy in front of it and set --public-url.\n" : ""}${config.recording === "off" ? "\n  Recording is off: the page shows what was recorded before, and nothing of what is answered now.\n" : ""}
  See it work, in a second terminal:  ${demoLine(config, `${local}${DEFAULT_BASE_PATH}`)}
`;
}

/** What is printed instead as long as another instance may have the database. */
export function standbyLines(config: Config, port: number): string {
  return `SCIMTool ${VERSION}, standing by on ${config.publicUrl ?? localOrigin(config, port)}
  Another instance may still have the database. This one takes it over with the first SCIM request that comes here, or
  when the other does not answer any more; then it prints the rest.
`;
}

function describe(secret: Secret, variable: string, isSetNow: boolean): string {
  switch (secret.kind) {
    case "made":
      return `${secret.secret}   (shown this once; kept in ${shortPath(secret.file)})`;
    case "kept":
      return `in the file ${shortPath(secret.file)}`;
    case "removed":
      return `removed; make a token with scimtool token create, or set ${variable}`;
    case "given":
      return isSetNow ? `as set by ${variable}` : `the one valid so far; no file here has it, ${variable} sets another`;
  }
}

/** A secret as a shell line may carry it: itself the one time that it is shown, afterwards by its file. */
function inShell(secret: Secret): string {
  switch (secret.kind) {
    case "made":
      return secret.secret;
    case "kept":
      return `$(cat ${shellWord(shortPath(secret.file))})`;
    case "given":
    case "removed":
      return "$SCIM_SHARED_SECRET";
  }
}

/** How the demo is run against this server. The bundle comes without the scripts of npm. */
function demoLine({ dataDir }: Config, baseUrl: string): string {
  const folder = shortPath(dataDir);
  const options = [
    ...(baseUrl === DEMO_DEFAULTS.url ? [] : ["--url", baseUrl]),
    ...(folder === DEMO_DEFAULTS.dataDir ? [] : ["--data-dir", folder]),
  ].map(briefShellWord);
  const { argv } = process;
  const program = argv[1] ?? "";
  if (program.endsWith(".mjs")) return ["node", briefShellWord(shortPath(program)), "demo", ...options].join(" ");
  return ["npm run demo", ...(options.length === 0 ? [] : ["--", ...options])].join(" ");
}

function localOrigin({ host }: Config, port: number): string {
  return `http://${hostForUrl(host)}:${port}`;
}

function hostForUrl(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}
