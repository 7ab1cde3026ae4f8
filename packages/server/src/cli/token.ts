import { type Command, Option } from "commander";
import { formatDuration } from "../duration.ts";
import type {
  CredentialList,
  MadeCredential,
  RemovedCredential,
  RotatedCredential,
  ShownCredential,
} from "../http/api/credentials.ts";
import { type AskedServer, askingServer, askServer, pickOne, printAnswer } from "./ask-server.ts";
import { addCommandGroup } from "./command.ts";
import { endpointPath } from "./endpoint-api.ts";
import { columns, count, formatTime, table } from "./text.ts";

/** A server, and the endpoint whose credentials a command is about. */
export type AskedEndpoint = AskedServer & { readonly endpoint: string };

/** Options for a new token, client secret or trust. */
export type GrantOptions = { readonly scope?: "read" | "write"; readonly user?: string };

type CredentialKind = "token" | "client";
type CreateOptions = GrantOptions & { readonly expires?: string; readonly clientId?: string };
type RotateOptions = { readonly grace?: string; readonly expires?: string };

const NOUNS: Readonly<Record<CredentialKind, string>> = { token: "token", client: "client secret" };

const TOKEN_EXAMPLES = `Examples:
  scimtool token list
  scimtool token create Okta --endpoint okta-test --expires 90d
  scimtool token create reporting --scope read
  scimtool token rotate Okta --endpoint okta-test --grace 7d
  scimtool token revoke Okta --endpoint okta-test`;

const CLIENT_EXAMPLES = `Examples:
  scimtool client list
  scimtool client create Okta --endpoint okta-test
  scimtool client create "second secret" --client-id 0a1b2c3d --expires 90d
  scimtool client revoke 0a1b2c3d`;

export function addCredentialCommands(program: Command): void {
  const token = addCommandGroup(program, "token", "list, create and revoke the tokens of an endpoint", TOKEN_EXAMPLES);
  addSharedCommands(token, "token");
  askingEndpoint(token.command("revoke"), revokeToken)
    .description("revoke a token; it stops working at once")
    .argument("<token>", "its label or key");
  const description = "list, create and revoke the OAuth clients of an endpoint";
  const client = addCommandGroup(program, "client", description, CLIENT_EXAMPLES);
  addSharedCommands(client, "client");
  askingEndpoint(client.command("revoke"), revokeClient)
    .description("revoke a secret, or all secrets of a client, with the access tokens issued for it")
    .argument("<client>", "a client ID, or the label or key of one secret");
}

function addSharedCommands(group: Command, kind: CredentialKind): void {
  const noun = NOUNS[kind];
  askingEndpoint(group.command("list"), (server) => listCredentials(server, kind)).description(
    `list the ${noun}s of an endpoint, and when each was last used`,
  );
  const create = askingEndpoint<CreateOptions>(group.command("create"), (server, label: string) =>
    createCredential(server, kind, label),
  )
    .description(kind === "token" ? "create a token" : "create a client, or another secret for one")
    .argument("<label>", "a label for display")
    .option("--expires <when>", "when it expires: 90d, 12h, 2027-01-31 (default: never)");
  if (kind === "client") create.option("--client-id <id>", "ID of the client (default: a new one)");
  addGrantOptions(create);
  askingEndpoint<RotateOptions>(group.command("rotate"), (server, label: string) =>
    rotateCredential(server, kind, label),
  )
    .description(`create a new ${noun}; the old one stays valid for a while`)
    .argument(kind === "token" ? "<token>" : "<secret>", "its label or key")
    .option("--grace <time>", "how long the old one stays valid: 0s, 12h, 7d (default: 24h)")
    .option("--expires <when>", "when the new one expires (default: after the lifetime of the old one)");
}

/** Like {@link askingServer}, for a command about one endpoint. */
export function askingEndpoint<Options extends object>(
  command: Command,
  // biome-ignore lint/suspicious/noExplicitAny: commander passes each argument as the command declares it.
  work: (server: AskedEndpoint & Options, ...args: any[]) => Promise<void>,
): Command {
  return askingServer(command, work).option("--endpoint <name>", "name of the endpoint", "default");
}

export function addGrantOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--scope <scope>", "what it may do (default: write, which includes read)").choices(["read", "write"]),
    )
    .option("--user <id>", "id or userName of the User that /Me stands for");
}

/** The grant options as the API takes them. */
export function grantOf({ scope, user }: GrantOptions): object {
  return { ...(scope !== undefined && { scopes: [scope] }), ...(user !== undefined && { user }) };
}

async function listCredentials(server: AskedEndpoint, kind: CredentialKind): Promise<void> {
  const credentials = await getCredentials(server, kind);
  const text =
    credentials.length > 0
      ? credentialTable(credentials, Date.now())
      : `The endpoint "${server.endpoint}" has no ${NOUNS[kind]}. Create one: scimtool ${kind} create <label>`;
  printAnswer(server, credentials, text);
}

async function createCredential(server: AskedEndpoint & CreateOptions, kind: CredentialKind, label: string) {
  const { endpoint, expires, clientId } = server;
  const body = {
    kind,
    label,
    ...grantOf(server),
    ...(expires !== undefined && { expires }),
    ...(clientId !== undefined && { clientId }),
  };
  const created = await askServer<MadeCredential>(server, "POST", credentialsPath(endpoint), "secret", body);
  const text = `Created the ${NOUNS[kind]} "${created.label}" of the endpoint "${endpoint}".\n\n${createdText(created)}`;
  printAnswer(server, created, text);
}

async function rotateCredential(server: AskedEndpoint & RotateOptions, kind: CredentialKind, label: string) {
  const { endpoint, grace, expires } = server;
  const { key } = pickOne(NOUNS[kind], endpoint, await getCredentials(server, kind), label);
  const path = `${credentialsPath(endpoint)}/${key}/rotate`;
  const body = { ...(grace !== undefined && { grace }), ...(expires !== undefined && { expires }) };
  const created = await askServer<RotatedCredential>(server, "POST", path, "secret", body);
  const end = formatTime(Date.parse(created.replaced.expires ?? ""));
  printAnswer(
    server,
    created,
    `Created a new ${NOUNS[kind]} "${created.label}" of the endpoint "${endpoint}".\n\n${createdText(created)}\n\n` +
      `Enter it at the identity provider: the old one is valid until ${end}.`,
  );
}

async function revokeToken(server: AskedEndpoint, label: string): Promise<void> {
  const token = pickOne(NOUNS.token, server.endpoint, await getCredentials(server, "token"), label);
  const { removed, advice } = await removeCredential(server, token);
  printAnswer(server, removed, `Revoked the token "${removed.label}" of the endpoint "${server.endpoint}".`);
  if (advice !== null) console.error(advice);
}

async function revokeClient(server: AskedEndpoint, idOrLabel: string): Promise<void> {
  const all = await getCredentials(server, "client");
  const ofClient = all.filter(({ clientId }) => clientId === idOrLabel);
  const secrets = ofClient.length > 0 ? ofClient : [pickOne(NOUNS.client, server.endpoint, all, idOrLabel)];
  const revoked: ShownCredential[] = [];
  let lastAdvice: string | null = null;
  for (const secret of secrets) {
    const { removed, advice } = await removeCredential(server, secret);
    revoked.push(removed);
    lastAdvice = advice;
  }
  printAnswer(server, revoked, `Revoked ${count(revoked.length, "secret")} of the client ${secrets[0]?.clientId}.`);
  if (lastAdvice !== null) console.error(lastAdvice);
}

function credentialsPath(endpoint: string): string {
  return `${endpointPath(endpoint)}/credentials`;
}

async function getCredentials(server: AskedEndpoint, wanted: CredentialKind): Promise<ShownCredential[]> {
  const { credentials } = await askServer<CredentialList>(
    server,
    "GET",
    credentialsPath(server.endpoint),
    "credentials",
  );
  return credentials.filter(({ kind }) => kind === wanted);
}

function removeCredential(server: AskedEndpoint, { key }: ShownCredential) {
  return askServer<RemovedCredential>(server, "DELETE", `${credentialsPath(server.endpoint)}/${key}`, "removed");
}

/** A line for bash that reads the users of an endpoint. */
export function curlLine({ secret, baseUrl }: Pick<MadeCredential, "secret" | "baseUrl">): string {
  return `curl -H "Authorization: Bearer ${secret}" '${baseUrl}/Users'`;
}

/** `read`, or `read, write`. */
export function scopesText(scopes: readonly string[]): string {
  return scopes.join(", ");
}

function credentialTable(credentials: readonly ShownCredential[], nowMs: number): string {
  const rows = credentials.map(({ key, label, clientId, scopes, lastUsed, expires, created, user }) => [
    String(key),
    label,
    clientId ?? "",
    scopesText(scopes),
    lastUsedText(lastUsed, nowMs),
    expiryText(expires, nowMs),
    formatTime(Date.parse(created ?? "")),
    user ?? "",
  ]);
  return table(["Key", "Label", "Client ID", "Scopes", "Last used", "Expires", "Created", "User"], rows);
}

export function lastUsedText(lastUsed: string | null, nowMs: number): string {
  return lastUsed === null ? "never" : `${formatDuration(Math.max(0, nowMs - Date.parse(lastUsed)))} ago`;
}

function expiryText(expires: string | null, nowMs: number): string {
  if (expires === null) return "never";
  const ms = Date.parse(expires);
  return `${ms <= nowMs ? "expired " : ""}${formatTime(ms)}`;
}

/**
 * The base URL and the new secret, as an identity provider asks for them.
 * @param more further lines
 */
export function secretText(created: MadeCredential, more: readonly (readonly [string, string])[] = []): string {
  const { kind, secret, baseUrl, tokenUrl, clientId } = created;
  const isClient = kind === "client";
  return columns([
    ["  SCIM base URL", baseUrl],
    ...(isClient ? [["  Token URL", tokenUrl ?? ""] as const, ["  Client ID", clientId ?? ""] as const] : []),
    [isClient ? "  Client secret" : "  Secret token", `${secret}   (shown this once)`],
    ...more,
  ]);
}

function createdText(created: MadeCredential): string {
  const { kind, secret, tokenUrl, clientId, scopes, expires, user } = created;
  const rows: (readonly [string, string])[] = [
    ["  Scopes", scopesText(scopes)],
    ["  Expires", expires === null ? "never" : formatTime(Date.parse(expires))],
    ...(user === null ? [] : [["  /Me is", user] as const]),
  ];
  const line =
    kind === "client"
      ? `curl -u '${clientId}:${secret}' -d grant_type=client_credentials '${tokenUrl}'`
      : curlLine(created);
  return `${secretText(created, rows)}\n\nTry it:\n  ${line}`;
}
