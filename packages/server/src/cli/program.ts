import { Command, type Option } from "commander";
import { configOptions } from "../config.ts";
import { VERSION } from "../version.ts";
import { addBackupCommands } from "./backup.ts";
import { addClientCommands } from "./client.ts";
import { demo } from "./demo.ts";
import { addEndpointCommands } from "./endpoint.ts";
import { addExportCommand } from "./export-command.ts";
import { serve } from "./serve.ts";
import { watchOutput } from "./standard-output.ts";
import { addTokenCommands } from "./token.ts";
import { addTrustCommands } from "./trust.ts";

/**
 * Reads the command line and runs the command it names; without one, `serve`. Ends the process with a message on
 * standard error and exit code 1 for an unknown flag or a bad value.
 */
export async function runCommandLine(argv: readonly string[]): Promise<void> {
  forgetEmptyVariables();
  const named = commandIn(argv.slice(2));
  watchOutput(named ?? "serve");
  const program = new Command("scimtool")
    .description("A SCIM 2.0 server that identity providers can provision into.")
    .version(VERSION, "--version", "print the version")
    .helpOption("--help", "print this help")
    .helpCommand(false)
    .showHelpAfterError("(scimtool --help lists all options)")
    .enablePositionalOptions()
    .allowExcessArguments(false)
    .hook("preAction", (_, command) => refuseForeignOptions(command));
  // With an action of its own it would take the name of a command that is not there for too many arguments.
  if (named === undefined) program.action(serve);
  const serveCommand = program
    .command("serve")
    .description("start the server; what scimtool does without a command")
    .helpOption("--help", "print this help")
    .action((_, command) => serve(optionsOf(command)));
  for (const option of configOptions()) serveCommand.addOption(option);
  // The server's variables are no business of a command that asks one.
  const isServing = named === undefined || named === "serve";
  for (const option of configOptions()) program.addOption(isServing ? option : withoutVariable(option));

  program
    .command("demo")
    .description("play an identity provider's day against a running server")
    .helpOption("--help", "print this help")
    .option("--url <url>", "SCIM base URL", `http://127.0.0.1:${process.env["PORT"] ?? "8080"}/scim/v2`)
    .option("--secret <secret>", "bearer token (default: SCIM_SHARED_SECRET, or the file in --data-dir)")
    .option("--data-dir <folder>", "data folder of the server", process.env["DATA_DIR"] ?? "./data")
    .option("--keep", "leave the people and groups of the demo on the server")
    .action((_, command) => demo(optionsOf(command)));

  addEndpointCommands(program, optionsOf);
  addTokenCommands(program, optionsOf);
  addClientCommands(program, optionsOf);
  addTrustCommands(program, optionsOf);
  addExportCommand(program, optionsOf);
  addBackupCommands(program, optionsOf);
  program.addHelpText("after", `\n${HELP}`);
  await program.parseAsync(argv);
}

/** The first word that is neither a flag nor a flag's value. */
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

/** `scimtool --port 9000 token list` would ask another server than was meant. */
function refuseForeignOptions(command: Command): void {
  const own = new Set(command.options.map((option) => option.attributeName()));
  for (let { parent } = command; parent !== null; { parent } = parent) {
    for (const option of parent.options) {
      const name = option.attributeName();
      if (parent.getOptionValueSource(name) !== "cli" || own.has(name)) continue;
      const instead = own.has("url") ? " Name the server by --url." : "";
      command.error(
        `error: the option ${option.long} is the server's, and ${fullName(command)} does not take it.${instead}`,
      );
    }
  }
}

/** As it is typed: `scimtool token list`. */
function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}

/** Compose files and pipelines pass variables that nobody set as empty ones. */
function forgetEmptyVariables(): void {
  for (const { envVar } of configOptions()) {
    if (envVar !== undefined && process.env[envVar] === "") delete process.env[envVar];
  }
}

/** The options behind a command, and those before it that it has as well: `scimtool --port 9000 serve`. */
function optionsOf<T>(command: Command): T {
  const options = command.opts();
  for (const option of command.options) {
    const name = option.attributeName();
    for (let { parent } = command; parent !== null; { parent } = parent) {
      if (parent.getOptionValueSource(name) !== "cli" || command.getOptionValueSource(name) === "cli") continue;
      options[name] = parent.getOptionValue(name);
      break;
    }
  }
  return options as T;
}

const HELP = `Examples:
  scimtool                                  serve on http://127.0.0.1:8080, data in ./data
  scimtool --port 9000 --data-dir /srv/scim
  HOST=0.0.0.0 PUBLIC_URL=https://scim.example.com scimtool
  BACKUP_TARGET=/mnt/backup scimtool        every change is copied there before it is answered
  scimtool demo                             in a second terminal: see it work
  scimtool endpoint --help                  tenants: base URLs with resources of their own
  scimtool token --help                     bearer tokens; scimtool client, scimtool trust: OAuth, JWT
  scimtool restore --help                   get a database back, of any time`;
