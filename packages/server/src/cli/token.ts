import type { Command } from "commander";
import type { OptionsOf } from "./server-options.ts";
import { atEndpoint, granting } from "./token-options.ts";

/** Adds `token` with its own commands. What they need is loaded when they run. */
export function addTokenCommands(program: Command, optionsOf: OptionsOf): void {
  const token = program
    .command("token")
    .description("see, make and revoke bearer tokens of an endpoint")
    .helpOption("--help", "print this help")
    .helpCommand(false)
    .addHelpText("after", `\n${HELP}`);

  atEndpoint(token.command("list"))
    .description("list the tokens of an endpoint, and when they were used last")
    .action(async (_, command) => (await import("./token-list.ts")).credentialList("token", optionsOf(command)));
  granting(atEndpoint(token.command("create")))
    .description("make a token; its secret is shown once")
    .argument("<label>", "which one it is, for people")
    .option("--expires <when>", "until when it is valid: 90d, 12h, 2027-01-31 (default: for ever)")
    .action(async (label, _, command) =>
      (await import("./token-create.ts")).credentialCreate("token", label, optionsOf(command)),
    );
  atEndpoint(token.command("rotate"))
    .description("make another token in the place of one, which stays valid for a while")
    .argument("<token>", "its label or key")
    .option("--grace <time>", "how long the old one stays valid: 0s, 12h, 7d (default: 24h)")
    .option("--expires <when>", "until when the new one is valid (default: for as long as the old one was)")
    .action(async (which, _, command) =>
      (await import("./token-rotate.ts")).credentialRotate("token", which, optionsOf(command)),
    );
  atEndpoint(token.command("revoke"))
    .description("remove a token, which counts at once")
    .argument("<token>", "its label or key")
    .action(async (which, _, command) => (await import("./token-revoke.ts")).tokenRevoke(which, optionsOf(command)));
}

const HELP = `Examples:
  scimtool token list
  scimtool token create Okta --endpoint okta-test --expires 90d
  scimtool token create reporting --scope read
  scimtool token rotate Okta --endpoint okta-test --grace 7d
  scimtool token revoke Okta --endpoint okta-test`;
