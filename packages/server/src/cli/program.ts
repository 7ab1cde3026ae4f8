import { Command, type Option } from "commander";
import { configOptions } from "../config.ts";
import { VERSION } from "../version.ts";
import { addAzureCommands } from "./azure.ts";
import { addBackupCommands } from "./backup.ts";
import { fullName, optionsOf, reportLostOutput, sourcesOf } from "./command.ts";
import { addDemoCommand } from "./demo.ts";
import { addEndpointCommands } from "./endpoint.ts";
import { addExportCommand } from "./export.ts";
import { addImportCommand } from "./import.ts";
import { addMigrateCommand } from "./migrate.ts";
import { serve } from "./serve.ts";
import { addCredentialCommands } from "./token.ts";
import { addTrustCommands } from "./trust.ts";

/**
 * Reads the command line and runs its command; without one, `serve`. For an unknown flag or a bad value, ends the
 * process with a message on standard error and exit code 1.
 */
export async function runCommandLine(argv: readonly string[]): Promise<void> {
  deleteEmptyVariables();
  const named = commandIn(argv.slice(2));
  reportLostOutput(named ?? "serve");
  await createProgram(named).parseAsync(argv);
}

/** @param named the command that will run; without one, the program itself serves */
export function createProgram(named?: string): Command {
  const program = new Command("scimtool")
    .description("A SCIM 2.0 server that identity providers can provision into.")
    .version(VERSION, "--version", "print the version")
    .helpOption("--help", "print this help")
    .helpCommand(false)
    .showHelpAfterError("(scimtool --help lists all options)")
    .enablePositionalOptions()
    .allowExcessArguments(false)
    .hook("preAction", (_, command) => refuseForeignOptions(command));
  // With an action, commander would report an unknown command as too many arguments.
  if (named === undefined) program.action((_, command) => serve(optionsOf(command), sourcesOf(command)));
  const serveCommand = program
    .command("serve")
    .description("start the server; the default command")
    .helpOption("--help", "print this help")
    .action((_, command) => serve(optionsOf(command), sourcesOf(command)));
  for (const option of configOptions()) serveCommand.addOption(option);
  // Commands that ask a server ignore the server's environment variables.
  const isServing = named === undefined || named === "serve";
  for (const option of configOptions()) program.addOption(isServing ? option : withoutVariable(option));

  addDemoCommand(program);
  addEndpointCommands(program);
  addCredentialCommands(program);
  addTrustCommands(program);
  addExportCommand(program);
  addBackupCommands(program);
  addImportCommand(program);
  addMigrateCommand(program);
  addAzureCommands(program);
  return program.addHelpText("after", `\n${HELP}`);
}

/** The first word that is neither a flag nor the value of one. */
function commandIn(words: readonly string[]): string | undefined {
  const taking = new Set(configOptions().flatMap(({ long, required }) => (required && long ? [long] : [])));
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (!word.startsWith("-")) return word;
    if (taking.has(word)) at++;
  }
  return undefined;
}

function withoutVariable(option: Option): Option {
  delete option.envVar;
  return option;
}

/** `scimtool --port 9000 token list` would ask a different server than intended. */
function refuseForeignOptions(command: Command): void {
  const own = new Set(command.options.map((option) => option.attributeName()));
  for (let { parent } = command; parent !== null; { parent } = parent) {
    for (const option of parent.options) {
      const name = option.attributeName();
      if (parent.getOptionValueSource(name) !== "cli" || own.has(name)) continue;
      const instead = own.has("url") ? " Give the server with --url." : "";
      command.error(
        `error: ${option.long} is an option of the server; ${fullName(command)} does not have it.${instead}`,
      );
    }
  }
}

/** Compose files and pipelines pass unset variables as empty ones. */
function deleteEmptyVariables(): void {
  for (const { envVar } of configOptions()) {
    if (envVar !== undefined && process.env[envVar] === "") delete process.env[envVar];
  }
}

const HELP = `Examples:
  scimtool                                  serve on http://127.0.0.1:8080, data in ./data
  scimtool --port 9000 --data-dir /srv/scim
  HOST=0.0.0.0 PUBLIC_URL=https://scim.example.com scimtool
  BACKUP_TARGET=/mnt/backup scimtool        back up every change there before answering
  scimtool demo                             in a second terminal: see it at work
  scimtool endpoint --help                  tenants: base URLs with their own resources
  scimtool token --help                     tokens; scimtool client, scimtool trust: OAuth, JWT
  scimtool azure --help                     deploy to Azure Container Apps
  scimtool restore --help                   restore the database as of any time`;
