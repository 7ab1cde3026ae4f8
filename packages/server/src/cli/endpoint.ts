import { Argument, type Command } from "commander";
import { askingServer, type OptionsOf } from "./server-options.ts";

const NAME = "name of the endpoint";
const SETTINGS = "file of settings, a JSON object";
const ASSIGNMENTS = "settings as key=value: limits.maxPageSize=50";
const CONFIRM = "its name once more; is asked for on a terminal";

/** Adds `endpoint` with its own commands. What they need is loaded when they run. */
export function addEndpointCommands(program: Command, optionsOf: OptionsOf): void {
  const endpoint = program
    .command("endpoint")
    .description("see, make and configure endpoints: tenants, each with a base URL of its own")
    .helpOption("--help", "print this help")
    .helpCommand(false)
    .addHelpText("after", `\n${HELP}`);

  askingServer(endpoint.command("list"))
    .description("list the endpoints of a running server")
    .action(async (_, command) => (await import("./endpoint-list.ts")).endpointList(optionsOf(command)));
  askingServer(endpoint.command("show"))
    .description("tell how an endpoint is configured, and what it holds")
    .argument("<name>", NAME)
    .action(async (name, _, command) => (await import("./endpoint-show.ts")).endpointShow(name, optionsOf(command)));
  askingServer(endpoint.command("create"))
    .description("make an endpoint, with a first token")
    .argument("<name>", "its name: lower-case letters, digits and hyphens")
    .option("--set <key=value...>", ASSIGNMENTS)
    .option("--settings <file>", SETTINGS)
    .action(async (name, _, command) =>
      (await import("./endpoint-create.ts")).endpointCreate(name, optionsOf(command)),
    );
  askingServer(endpoint.command("set"))
    .description("change settings of an endpoint; key=default brings a default back")
    .argument("<name>", NAME)
    .argument("[key=value...]", ASSIGNMENTS)
    .option("--settings <file>", SETTINGS)
    .action(async (name, assignments, _, command) =>
      (await import("./endpoint-set.ts")).endpointSet(name, assignments, optionsOf(command)),
    );
  askingServer(endpoint.command("rename"))
    .description("give an endpoint another name, and so another base URL")
    .argument("<name>", NAME)
    .argument("<new>", "its new name")
    .action(async (name, newName, _, command) =>
      (await import("./endpoint-set.ts")).endpointRename(name, newName, optionsOf(command)),
    );
  askingServer(endpoint.command("schema"))
    .description("add schemas and resource types to an endpoint, or remove them")
    .argument("<name>", NAME)
    .addArgument(new Argument("<action>", "what to do").choices(["add", "remove"]))
    .argument("<what...>", "to add: JSON files; to remove: URNs of schemas, names of resource types")
    .action(async (name, action, what, _, command) => {
      const { schemaAdd, schemaRemove } = await import("./endpoint-schema.ts");
      await (action === "add" ? schemaAdd : schemaRemove)(name, what, optionsOf(command));
    });
  askingServer(endpoint.command("empty"))
    .description("remove every resource of an endpoint")
    .argument("<name>", NAME)
    .option("--confirm <name>", CONFIRM)
    .action(async (name, _, command) => (await import("./endpoint-remove.ts")).endpointEmpty(name, optionsOf(command)));
  askingServer(endpoint.command("delete"))
    .description("delete an endpoint with everything it has")
    .argument("<name>", NAME)
    .option("--confirm <name>", CONFIRM)
    .action(async (name, _, command) =>
      (await import("./endpoint-remove.ts")).endpointDelete(name, optionsOf(command)),
    );
}

const HELP = `Examples:
  scimtool endpoint list
  scimtool endpoint create okta-test --set profile=strict limits.maxPageSize=50
  scimtool endpoint set default unique=Group:displayName,User:externalId
  scimtool endpoint set default profile=default
  scimtool endpoint schema default add device.json
  scimtool endpoint delete okta-test --url https://scim.example.com --secret "$ADMIN_SECRET"`;
