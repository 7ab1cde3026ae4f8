import type { Command } from "commander";
import type { OptionsOf } from "./server-options.ts";
import { atEndpoint, granting } from "./token-options.ts";

/** Adds `trust` with its own commands. What they need is loaded when they run. */
export function addTrustCommands(program: Command, optionsOf: OptionsOf): void {
  const trust = program
    .command("trust")
    .description("say whose tokens (JWT) an endpoint accepts beside its own")
    .helpOption("--help", "print this help")
    .helpCommand(false)
    .addHelpText("after", `\n${HELP}`);

  atEndpoint(trust.command("list"))
    .description("list the issuers that an endpoint trusts")
    .action(async (_, command) => (await import("./trust-list.ts")).trustList(optionsOf(command)));
  granting(atEndpoint(trust.command("add")))
    .description("trust an issuer's tokens that have these claims")
    .argument("<label>", "which one it is, for people")
    .option("--issuer <url>", "the claim iss (default: that of the tenant)")
    .option("--tenant <guid>", "id of a tenant of Entra ID, the claim tid")
    .requiredOption("--audience <audience>", "the claim aud")
    .option("--client-id <id>", "the application that the token was given to: the claim azp, appid or client_id")
    .option("--subject <subject>", "the claim sub")
    .option("--jwks-uri <url>", "where the issuer's keys are (default: where its metadata says)")
    .action(async (label, _, command) => (await import("./trust-add.ts")).trustAdd(label, optionsOf(command)));
  atEndpoint(trust.command("try"))
    .description("tell claim by claim whether a token would be accepted; nothing of it is kept")
    .argument("[token]", "the token (default: what comes from standard input)")
    .action(async (token, _, command) => (await import("./trust-try.ts")).trustTry(token, optionsOf(command)));
  atEndpoint(trust.command("remove"))
    .description("trust an issuer no more, which counts at once")
    .argument("<trust>", "its label or key")
    .action(async (which, _, command) => (await import("./trust-list.ts")).trustRemove(which, optionsOf(command)));
}

const HELP = `Examples:
  scimtool trust add entra --tenant 72f988bf-86f1-41af-91ab-2d7cd011db47 --audience api://6b1f --client-id 6b1f
  scimtool trust add ci --issuer https://token.actions.githubusercontent.com --audience scim --subject repo:example/hr:ref:refs/heads/main
  scimtool trust list --endpoint okta-test
  scimtool trust try < token.txt
  scimtool trust remove entra`;
