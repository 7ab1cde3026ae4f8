import type { Secrets } from "../access.ts";
import type { Config } from "../config.ts";
import { DEFAULT_BASE_PATH } from "../endpoint/served-endpoint.ts";
import { databaseName } from "../postgres-url.ts";
import { type Secret, shortPath } from "../secrets.ts";
import { VERSION } from "../version.ts";
import { briefShellWord, shellWord } from "./text.ts";

/** The defaults of `scimtool demo` in another terminal. */
const DEMO_DEFAULTS = { url: "http://127.0.0.1:8080", dataDir: "data" };

/** Printed after the start: the address, the secrets, a line to try, how to connect. */
export function startLines({ scim, admin }: Secrets, config: Config, port: number): string {
  const local = localOrigin(config, port);
  const origin = config.publicUrl ?? local;
  return `SCIMTool ${VERSION}

  Status page     ${origin}/
  SCIM base URL   ${origin}${DEFAULT_BASE_PATH}
  SCIM secret     ${describe(scim, "SCIM_SHARED_SECRET", config.scimSharedSecret, config.scimSharedSecretFile)}
  Admin secret    ${describe(admin, "ADMIN_SECRET", config.adminSecret, config.adminSecretFile)}
${
  config.postgresUrl === undefined
    ? ""
    : `  Database        PostgreSQL at ${databaseName(config.postgresUrl)}; backups are made by its server, not by SCIMTool
`
}
  Try it:
    curl -H "Authorization: Bearer ${inShell(scim, config.scimSharedSecretFile)}" ${briefShellWord(`${local}${DEFAULT_BASE_PATH}/Users`)}

  Connect Microsoft Entra ID (Enterprise applications > your application > Provisioning):
    Tenant URL      ${config.publicUrl ?? "https://<your public address>"}${DEFAULT_BASE_PATH}?aadOptscim062020
    Secret token    the SCIM secret above
${config.publicUrl === undefined ? "    Entra ID needs a public https address: put a tunnel or a proxy in front of this server and set --public-url.\n" : ""}${config.recording === "off" ? "\n  Recording is off: the page shows earlier requests only.\n" : ""}
  See it work, in a second terminal:  ${demoLine(config, local)}
`;
}

/** Printed instead while another instance may have the database. */
export function standbyLines(config: Config, port: number): string {
  return `SCIMTool ${VERSION}, standby on ${config.publicUrl ?? localOrigin(config, port)}
  Another instance may still have the database. This one takes over at the first SCIM request it receives, or when the
  other instance stops responding. Then it prints the rest.
`;
}

/** @param setNow the secret that is set now @param file where it comes from */
function describe(secret: Secret, variable: string, setNow: string | undefined, file: string | undefined): string {
  switch (secret.kind) {
    case "made":
      return `${secret.secret}   (shown this once; stored in ${shortPath(secret.file)})`;
    case "kept":
      return `in the file ${shortPath(secret.file)}`;
    case "removed":
      return `removed; create a token with scimtool token create, or set ${variable}`;
    case "given":
      if (file !== undefined) return `in the file ${shortPath(file)}`;
      return setNow !== undefined
        ? `set by ${variable}`
        : `unchanged, but not stored in a file; set ${variable} to replace it`;
  }
}

/** A secret in a shell line: itself when it is new, later its file. */
function inShell(secret: Secret, file: string | undefined): string {
  switch (secret.kind) {
    case "made":
      return secret.secret;
    case "kept":
      return `$(cat ${shellWord(shortPath(secret.file))})`;
    case "given":
    case "removed":
      return file !== undefined ? `$(cat ${shellWord(shortPath(file))})` : "$SCIM_SHARED_SECRET";
  }
}

/** The command that runs the demo against this server, as the server itself was started. */
function demoLine({ dataDir }: Config, url: string): string {
  const folder = shortPath(dataDir);
  const options = [
    ...(url === DEMO_DEFAULTS.url ? [] : ["--url", url]),
    ...(folder === DEMO_DEFAULTS.dataDir ? [] : ["--data-dir", folder]),
  ].map(briefShellWord);
  const { argv } = process;
  const program = argv[1] ?? "";
  if (program.endsWith(".mjs")) return ["node", briefShellWord(shortPath(program)), "demo", ...options].join(" ");
  if (/scimtool(\.js)?$/.test(program)) return ["npx scimtool demo", ...options].join(" ");
  return ["npm run demo", ...(options.length === 0 ? [] : ["--", ...options])].join(" ");
}

function localOrigin({ host }: Config, port: number): string {
  return `http://${hostForUrl(host)}:${port}`;
}

function hostForUrl(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}
