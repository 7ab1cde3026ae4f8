import { addAbortSignal } from "node:stream";
import { text } from "node:stream/consumers";
import type { Command } from "commander";
import type { ShownTrust, TrustList } from "../http/api/trusts.ts";
import type { CheckResult, TrustResult, TryResult } from "../http/api/try-token.ts";
import { askServer, deleteOnServer, pickOne, printAnswer } from "./ask-server.ts";
import { addCommandGroup, CommandError } from "./command.ts";
import { endpointPath } from "./endpoint-api.ts";
import { formatTime, table } from "./text.ts";
import {
  type AskedEndpoint,
  addGrantOptions,
  askingEndpoint,
  type GrantOptions,
  grantOf,
  lastUsedText,
  scopesText,
} from "./token.ts";

type AddOptions = GrantOptions & {
  readonly issuer?: string;
  readonly tenant?: string;
  readonly audience: string;
  readonly clientId?: string;
  readonly subject?: string;
  readonly jwksUri?: string;
};

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const EXAMPLES = `Examples:
  scimtool trust add entra --tenant 72f988bf-86f1-41af-91ab-2d7cd011db47 --audience api://6b1f --client-id 6b1f
  scimtool trust add ci --issuer https://token.actions.githubusercontent.com --audience scim --subject repo:example/hr:ref:refs/heads/main
  scimtool trust list --endpoint okta-test
  scimtool trust try < token.txt
  scimtool trust remove entra`;

export function addTrustCommands(program: Command): void {
  const description = "list, add, try and remove issuers whose tokens (JWT) an endpoint accepts";
  const trust = addCommandGroup(program, "trust", description, EXAMPLES);
  askingEndpoint(trust.command("list"), listTrusts).description("list the issuers that an endpoint trusts");
  addGrantOptions(
    askingEndpoint(trust.command("add"), addTrust)
      .description("trust an issuer's tokens that have these claims")
      .argument("<label>", "a label for display")
      .option("--issuer <url>", "the claim iss (default: the issuer of the tenant)")
      .option("--tenant <guid>", "ID of an Entra ID tenant, the claim tid")
      .requiredOption("--audience <audience>", "the claim aud")
      .option("--client-id <id>", "the application that got the token: the claim azp, appid or client_id")
      .option("--subject <subject>", "the claim sub")
      .option("--jwks-uri <url>", "URL of the issuer's keys (default: from its metadata)"),
  );
  askingEndpoint(trust.command("try"), tryToken)
    .description("check whether a token would be accepted, claim by claim; the token is not stored")
    .argument("[token]", "the token (default: read from standard input)");
  askingEndpoint(trust.command("remove"), removeTrust)
    .description("stop trusting an issuer, at once")
    .argument("<trust>", "its label or key");
}

async function listTrusts(server: AskedEndpoint): Promise<void> {
  const trusts = await getTrusts(server);
  const rows = trusts.map((trust) => {
    const { key, label, issuer, jwksUri, scopes, user, lastUsed } = trust;
    const used = lastUsedText(lastUsed, Date.now());
    return [String(key), label, issuer, jwksUri ?? "", claimsText(trust), scopesText(scopes), used, user ?? ""];
  });
  const lines =
    trusts.length === 0
      ? `The endpoint "${server.endpoint}" trusts no issuer. See scimtool trust add --help.`
      : table(["Key", "Label", "Issuer", "Keys at", "Claims", "Scopes", "Last used", "User"], rows);
  printAnswer(server, trusts, lines);
}

async function addTrust(server: AskedEndpoint & AddOptions, label: string): Promise<void> {
  const { endpoint, tenant, audience, clientId, subject, jwksUri } = server;
  const body = {
    label,
    issuer: issuerOf(server),
    audience,
    ...grantOf(server),
    ...(tenant !== undefined && { tenant }),
    ...(clientId !== undefined && { clientId }),
    ...(subject !== undefined && { subject }),
    ...(jwksUri !== undefined && { jwksUri }),
  };
  const trust = await askServer<ShownTrust>(server, "POST", trustsPath(endpoint), "issuer", body);
  printAnswer(
    server,
    trust,
    `The endpoint "${endpoint}" trusts ${trust.issuer}: tokens with ${claimsText(trust)} get the scopes ${scopesText(trust.scopes)}.`,
  );
  if (server.json === true || clientId !== undefined || subject !== undefined) return;
  console.error("It accepts every token of this issuer for that audience. Limit it with --client-id or --subject.");
}

/** Each Entra ID tenant is its own issuer; this is its name in tokens of version 2.0. */
function issuerOf({ issuer, tenant }: AddOptions): string {
  if (issuer !== undefined) return issuer;
  if (tenant === undefined) {
    throw new CommandError("no issuer given. Give it with --issuer, or an Entra ID tenant with --tenant.");
  }
  if (GUID.test(tenant)) return `https://login.microsoftonline.com/${tenant}/v2.0`;
  throw new CommandError(
    `"${tenant}" is not a tenant ID, which is a GUID: the Directory (tenant) ID in the Entra admin center's overview.`,
  );
}

async function removeTrust(server: AskedEndpoint, label: string): Promise<void> {
  const { endpoint } = server;
  const trust = pickOne("trust", endpoint, await getTrusts(server), label);
  await deleteOnServer(server, `${trustsPath(endpoint)}/${trust.key}`);
  printAnswer(server, trust, `The endpoint "${endpoint}" no longer trusts "${trust.label}".`);
}

/** Sets exit code 1 if the token would be rejected. */
async function tryToken(server: AskedEndpoint, given: string | undefined): Promise<void> {
  const token = (given ?? (await readStandardInput(server.interruption))).trim();
  if (token === "") throw new CommandError("no token given. Give it as an argument or on standard input.");
  const result = await askServer<TryResult>(server, "POST", `${trustsPath(server.endpoint)}/try`, "trusts", { token });
  printAnswer(server, result, resultText(result));
  if (!result.accepted) process.exitCode = 1;
}

async function readStandardInput(interruption: AbortSignal): Promise<string> {
  if (process.stdin.isTTY) console.error("Paste the token, then press Ctrl-D on its own line.");
  return text(addAbortSignal(interruption, process.stdin));
}

/** The verdict, then each trust's checks. */
function resultText({ accepted, by, scopes, expires, failed, trusts }: TryResult): string {
  const verdict = accepted
    ? `Accepted by "${by}", with the scopes ${scopesText(scopes)}, until ${formatTime(Date.parse(expires ?? ""))}.`
    : `Rejected.${trusts.length === 0 && failed !== null ? `\nExpected   ${failed.expected}\nGot        ${failed.received}\n${failed.remedy}` : ""}`;
  return [verdict, ...trusts.map(trustText)].join("\n\n");
}

function trustText({ label, checks }: TrustResult): string {
  const rows = checks.map(({ verdict, check, expected, received }) => [
    `  ${VERDICTS[verdict]}`,
    check.replace("_", " "),
    expected ?? (check === "signature" ? "" : "anything"),
    received ?? "",
  ]);
  const remedies = checks.flatMap(({ remedy }) => (remedy === null ? [] : [`  ${remedy}`]));
  return [`Trust "${label}"`, table(["", "Check", "Expected", "Got"], rows), ...new Set(remedies)].join("\n");
}

const VERDICTS: Readonly<Record<CheckResult["verdict"], string>> = { fits: "ok", fails: "FAILS", unknown: "unknown" };

function trustsPath(endpoint: string): string {
  return `${endpointPath(endpoint)}/trusts`;
}

async function getTrusts(server: AskedEndpoint): Promise<readonly ShownTrust[]> {
  return (await askServer<TrustList>(server, "GET", trustsPath(server.endpoint), "trusts")).trusts;
}

/** The claims that a token must have: `aud api://6b1f, azp 6b1f`. */
function claimsText({ audience, tenant, clientId, subject }: ShownTrust): string {
  const claims = [
    ["aud", audience],
    ["tid", tenant],
    ["azp", clientId],
    ["sub", subject],
  ];
  return claims.flatMap(([name, value]) => (value === null ? [] : [`${name} ${value}`])).join(", ");
}
