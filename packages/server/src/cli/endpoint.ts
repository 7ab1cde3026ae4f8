import { Argument, type Command } from "commander";
import { mergePatch } from "../endpoint/administration.ts";
import type { MadeCredential } from "../http/api/credentials.ts";
import type { EmptiedEndpoint, EndpointList, ShownEndpoint } from "../http/api/endpoints.ts";
import { type AskedServer, askingServer, askServer, deleteOnServer, printAnswer } from "./ask-server.ts";
import { addCommandGroup, CommandError } from "./command.ts";
import { changeEndpoint, createToken, endpointPath, getEndpoint, resourcesText } from "./endpoint-api.ts";
import { addDefinitions, removeDefinitions } from "./endpoint-schema.ts";
import { endpointText, settingsOf } from "./endpoint-settings.ts";
import { confirmName } from "./terminal.ts";
import { count, table } from "./text.ts";
import { curlLine, secretText } from "./token.ts";

type SettingsOptions = { readonly settings?: string };
type ConfirmOptions = { readonly confirm?: string };

const NAME = "name of the endpoint";
const SETTINGS = "JSON file of settings";
const ASSIGNMENTS = "settings as key=value: limits.maxPageSize=50";
const CONFIRM = "repeat the name; without this, a terminal asks";

const EXAMPLES = `Examples:
  scimtool endpoint list
  scimtool endpoint create okta-test --set profile=strict limits.maxPageSize=50
  scimtool endpoint set default unique=Group:displayName,User:externalId
  scimtool endpoint set default profile=default
  scimtool endpoint schema default add device.json
  scimtool endpoint delete okta-test --url https://scim.example.com --secret "$ADMIN_SECRET"`;

export function addEndpointCommands(program: Command): void {
  const description = "list, create and configure endpoints: tenants, each with its own base URL";
  const endpoint = addCommandGroup(program, "endpoint", description, EXAMPLES);
  askingServer(endpoint.command("list"), listEndpoints).description("list the endpoints of a running server");
  askingServer(endpoint.command("show"), showEndpoint)
    .description("show the settings of an endpoint, and how many resources it has")
    .argument("<name>", NAME);
  askingServer(endpoint.command("create"), createEndpoint)
    .description("create an endpoint, with a first token")
    .argument("<name>", "its name: lower-case letters, digits and hyphens")
    .option("--set <key=value...>", ASSIGNMENTS)
    .option("--settings <file>", SETTINGS);
  askingServer(endpoint.command("set"), setSettings)
    .description("change settings of an endpoint; key=default restores a default")
    .argument("<name>", NAME)
    .argument("[key=value...]", ASSIGNMENTS)
    .option("--settings <file>", SETTINGS);
  askingServer(endpoint.command("rename"), renameEndpoint)
    .description("rename an endpoint, which changes its base URL")
    .argument("<name>", NAME)
    .argument("<new>", "its new name");
  askingServer(endpoint.command("schema"), async (server, name: string, action: string, items: string[]) => {
    await (action === "add" ? addDefinitions : removeDefinitions)(server, name, items);
  })
    .description("add schemas and resource types to an endpoint, or remove them")
    .argument("<name>", NAME)
    .addArgument(new Argument("<action>", "what to do").choices(["add", "remove"]))
    .argument("<what...>", "to add: JSON files; to remove: URNs of schemas, names of resource types");
  askingServer(endpoint.command("empty"), emptyEndpoint)
    .description("delete all resources of an endpoint")
    .argument("<name>", NAME)
    .option("--confirm <name>", CONFIRM);
  askingServer(endpoint.command("delete"), deleteEndpoint)
    .description("delete an endpoint with its resources, credentials and records")
    .argument("<name>", NAME)
    .option("--confirm <name>", CONFIRM);
}

async function listEndpoints(server: AskedServer): Promise<void> {
  const { endpoints } = await askServer<EndpointList>(server, "GET", "/api/endpoints", "endpoints");
  const rows = endpoints.map((endpoint) => [
    endpoint.name,
    endpoint.baseUrl,
    endpoint.inForce.profile,
    resourcesText(endpoint),
  ]);
  printAnswer(server, endpoints, table(["Name", "SCIM base URL", "Profile", "Resources"], rows));
}

async function showEndpoint(server: AskedServer, name: string): Promise<void> {
  const endpoint = await getEndpoint(server, name);
  printAnswer(server, endpoint, endpointText(endpoint));
}

/** Creates an endpoint and a token for it: everything an identity provider needs. */
async function createEndpoint(
  server: AskedServer & SettingsOptions & { readonly set?: readonly string[] },
  name: string,
): Promise<void> {
  // A new endpoint has only defaults: null, which restores one, means nothing.
  const settings = mergePatch({}, settingsOf(server.set ?? [], server.settings));
  const body = { name, settings };
  const endpoint = await askServer<ShownEndpoint>(server, "POST", "/api/endpoints", "inForce", body);
  const token = await createFirstToken(server, name);
  printAnswer(
    server,
    { endpoint, token },
    `Created the endpoint "${name}".\n\n${secretText(token)}\n\nTry it:\n  ${curlLine(token)}`,
  );
}

async function createFirstToken(server: AskedServer, name: string): Promise<MadeCredential> {
  try {
    return await createToken(server, name, "first token");
  } catch (error) {
    const { message } = error as Error;
    throw new CommandError(
      `created the endpoint "${name}", but no token for it: ${message} Try: scimtool token create "first token" --endpoint ${name}`,
    );
  }
}

async function setSettings(
  server: AskedServer & SettingsOptions,
  name: string,
  assignments: readonly string[],
): Promise<void> {
  if (assignments.length === 0 && server.settings === undefined) {
    throw new CommandError(
      `no setting given. Give key=value or --settings <file>; scimtool endpoint show ${name} lists the keys.`,
    );
  }
  const endpoint = await changeEndpoint(server, name, { settings: settingsOf(assignments, server.settings) });
  printAnswer(server, endpoint, endpointText(endpoint));
}

async function renameEndpoint(server: AskedServer, name: string, newName: string): Promise<void> {
  const endpoint = await changeEndpoint(server, name, { name: newName });
  const text = `Renamed "${name}" to "${newName}". Enter its new base URL at the identity provider: ${endpoint.baseUrl}`;
  printAnswer(server, endpoint, text);
}

async function emptyEndpoint(server: AskedServer & ConfirmOptions, name: string): Promise<void> {
  const resources = resourcesText(await getEndpoint(server, name));
  const warning = `This permanently deletes all resources of "${name}": ${resources}.`;
  await confirmName(name, server.confirm, warning, server.interruption);
  const path = `${endpointPath(name)}/empty`;
  const answer = await askServer<EmptiedEndpoint>(server, "POST", path, "removed", { confirm: name });
  printAnswer(server, answer, `Deleted ${count(answer.removed, "resource")} of "${name}".`);
}

async function deleteEndpoint(server: AskedServer & ConfirmOptions, name: string): Promise<void> {
  const resources = resourcesText(await getEndpoint(server, name));
  const warning = `This permanently deletes "${name}", its credentials, its records and its resources: ${resources}.`;
  await confirmName(name, server.confirm, warning, server.interruption);
  await deleteOnServer(server, endpointPath(name), { confirm: name });
  printAnswer(server, { deleted: name }, `Deleted the endpoint "${name}".`);
}
