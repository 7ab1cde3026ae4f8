import { type Command, Option } from "commander";
import type { AskingOptions } from "./server-options.ts";
import { askingServer } from "./server-options.ts";

/** Options of a command about who may come in to one endpoint. */
export type AtEndpointOptions = AskingOptions & { readonly endpoint: string };

/** What a new token, client secret or trust may be given. */
export type GrantOptions = AtEndpointOptions & {
  readonly scope?: "read" | "write";
  readonly user?: string;
};

/** Gives a command the options of those that ask about one endpoint of a running server. */
export function atEndpoint(command: Command): Command {
  return askingServer(command).option("--endpoint <name>", "name of the endpoint", "default");
}

/** Gives a command the options of what it grants. */
export function granting(command: Command): Command {
  return command
    .addOption(
      new Option("--scope <scope>", "what it may do (default: write, which includes read)").choices(["read", "write"]),
    )
    .option("--user <id>", "id or userName of the User that /Me stands for");
}

/** What a request says of it. */
export function grantOf({ scope, user }: GrantOptions): object {
  return { ...(scope !== undefined && { scopes: [scope] }), ...(user !== undefined && { user }) };
}
