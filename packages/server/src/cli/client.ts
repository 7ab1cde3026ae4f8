import type { Command } from "commander";
import type { OptionsOf } from "./server-options.ts";
import { atEndpoint, granting } from "./token-options.ts";

/** Adds `client` with its own commands. What they need is loaded when they run. */
export function addClientCommands(program: Command, optionsOf: OptionsOf): void {
  const client = program
    .command("client")
    .description("see, make and revoke OAuth clients of an endpoint")
    .helpOption("--help", "print this help")
    .helpCommand(false)
    .addHelpText("after", `\n${HELP}`);

  atEndpoint(client.command("list"))
    .description("list the client secrets of an endpoint, and when they were used last")
    .action(async (_, command) => (await import("./token-list.ts")).credentialList("client", optionsOf(command)));
  granting(atEndpoint(client.command("create")))
    .description("make a client, or a further secret of one; the secret is shown once")
    .argument("<label>", "which secret it is, for people")
    .option("--client-id <id>", "id of the client (default: a new one)")
    .option("--expires <when>", "until when the secret is valid: 90d, 12h, 2027-01-31 (default: for ever)")
    .action(async (label, _, command) =>
      (await import("./token-create.ts")).credentialCreate("client", label, optionsOf(command)),
    );
  atEndpoint(client.command("rotate"))
    .description("make another secret in the place of one, which stays valid for a while")
    .argument("<secret>", "its label or key")
    .option("--grace <time>", "how long the old one stays valid: 0s, 12h, 7d (default: 24h)")
    .option("--expires <when>", "until when the new one is valid (default: for as long as the old one was)")
    .action(async (which, _, command) =>
      (await import("./token-rotate.ts")).credentialRotate("client", which, optionsOf(command)),
    );
  atEndpoint(client.command("revoke"))
    .description("remove a secret, or every secret of a client, with the access tokens given for it")
    .argument("<client>", "a client id, or the label or key of one secret")
    .action(async (which, _, command) => (await import("./client-revoke.ts")).clientRevoke(which, optionsOf(command)));
}

const HELP = `Examples:
  scimtool client list
  scimtool client create Okta --endpoint okta-test
  scimtool client create "second secret" --client-id 0a1b2c3d --expires 90d
  scimtool client revoke 0a1b2c3d`;
