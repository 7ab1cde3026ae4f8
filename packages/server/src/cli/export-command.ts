import { type Command, Option } from "commander";
import { FORMAT_NAMES } from "../monitor/export/export.ts";
import { askingServer, type OptionsOf } from "./server-options.ts";

/** Adds `export`. What it needs is loaded when it runs. */
export function addExportCommand(program: Command, optionsOf: OptionsOf): void {
  askingServer(program.command("export"))
    .description("write down what clients sent and were answered, as a running server recorded it")
    .addOption(
      new Option("--format <format>", "what it is written as (default: by the name of the file, else ndjson)").choices(
        FORMAT_NAMES,
      ),
    )
    .option("--output <file>", "file to write; must not be there yet (default: standard output)")
    .option("--from <time>", "what came at this time or later: 2026-08-01T12:00:00Z, a day, or 24h")
    .option("--to <time>", "what came before this time")
    .option("--endpoint <name>", "what was sent to this endpoint")
    .option("--kind <kinds>", 'what was told so: user.created, "failure.*"')
    .option("--severity <severities>", "info, notice, warning, error")
    .option("--status <statuses>", "what was answered so: 404, 4xx, 400-499")
    .option("--method <methods>", "POST,PATCH")
    .option("--dialect <dialects>", "what clients of this kind sent: entra, okta-wizard")
    .option("--credential <labels>", "what came with the credential of this label")
    .option("--resource <id>", "what read or wrote this resource")
    .option("--request-id <id>", "the one of this request id")
    .addOption(
      new Option("--probes <which>", "tests of the connection (default: include)").choices([
        "include",
        "exclude",
        "only",
      ]),
    )
    .option("--q <words>", "what has all of these words")
    .addHelpText("after", `\n${HELP}`)
    .action(async (_, command) => (await import("./export.ts")).exportExchanges(optionsOf(command)));
}

const HELP = `Examples:
  scimtool export --from 7d --output week.har
  scimtool export --status 4xx,5xx --output failures.csv
  scimtool export --endpoint okta --kind 'user.*' | jq -r '.sentences[].text'`;
