import { type Command, Option } from "commander";
import type { Arm } from "../azure/arm.ts";
import type { DeployOptions, Talk } from "../azure/deploy.ts";
import { addCommandGroup, CommandError, fullName, optionsOf, runCommand } from "./command.ts";
import { ask } from "./terminal.ts";
import { count, table } from "./text.ts";

const EXAMPLES = `Examples:
  scimtool azure deploy --resource-group scim-rg --app-name scimtool --location westeurope
  scimtool azure update --resource-group scim-rg --image-tag 0.2.0
  scimtool azure status --resource-group scim-rg
  scimtool azure audit  --resource-group scim-rg`;

type Options = DeployOptions & {
  readonly subscription?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly withData?: boolean;
};

/** Adds `azure` with its commands. The Azure SDK is loaded when one runs. */
export function addAzureCommands(program: Command): void {
  const azure = addCommandGroup(
    program,
    "azure",
    "deploy to Azure Container Apps, update, inspect and remove",
    EXAMPLES,
  );
  withApp(azure.command("deploy"), async (arm, options, talk) => {
    const { deploy } = await import("../azure/deploy.ts");
    const { default: template } = await import("../../../../deploy/azure/azuredeploy.json", { with: { type: "json" } });
    await deploy(arm, template, options, talk);
  })
    .description("create or change a deployment; keeps its secrets, variables and data")
    .option("--location <region>", "Azure region (default: the resource group's, or westeurope)")
    .option("--scim-secret <secret>", "bearer token for provisioning (default: unchanged, or a random one)")
    .option("--image-tag <version>", "version to run (default: unchanged, or this one)")
    .addOption(
      new Option("--storage <kind>", "where the database is kept (default: unchanged, or blob)").choices([
        "blob",
        "files",
        "none",
      ]),
    )
    .addOption(
      new Option("--min-replicas <number>", "0 scales to zero when idle (default: unchanged, or 0)")
        .choices(["0", "1"])
        .argParser(Number),
    )
    .option("--database-url <url>", "PostgreSQL instead of SQLite: postgres://…, or create for a new server")
    .option("--what-if", "show the plan and change nothing");
  withApp(azure.command("update"), async (arm, options, talk) => {
    const { imageTag } = options;
    if (imageTag === undefined) throw new CommandError("which version? Name it with --image-tag, such as 0.2.0.");
    await (await import("../azure/update.ts")).update(arm, { ...options, imageTag }, talk);
  })
    .description("move to another version, or back")
    .option("--image-tag <version>", "version to run");
  withApp(azure.command("status"), async (arm, options, { print }) => {
    await (await import("../azure/update.ts")).status(arm, options, print);
  }).description("show revision, image, backup, restore points and cost");
  withApp(azure.command("audit"), async (arm, { resourceGroup, json }, { print }) => {
    const findings = await (await import("../azure/audit.ts")).audit(arm, resourceGroup);
    if (json === true) return print(JSON.stringify(findings));
    print(
      findings.length === 0
        ? `${resourceGroup} holds nothing that looks unused.`
        : `${table(
            ["What", "Name", "Certainty", "Cost a month", "Why"],
            findings.map(({ what, name, certainty, cost, why }) => [what, name, certainty, cost, why]),
          )}\n\nNothing was deleted. ${count(findings.length, "command")} would:\n${findings.map(({ command }) => `  ${command}`).join("\n")}`,
    );
  })
    .description("find leftovers of earlier deployments in a resource group; deletes nothing")
    .option("--json", "print JSON");
  withApp(azure.command("remove"), async (arm, options, talk) => {
    await (await import("../azure/remove.ts")).remove(arm, options, talk);
  })
    .description("remove a deployment; its data stays without --with-data")
    .option("--with-data", "remove the storage account too");
}

function withApp(command: Command, work: (arm: Arm, options: Options, talk: Talk) => Promise<void>): Command {
  return command
    .helpOption("--help", "print this help")
    .requiredOption("--resource-group <name>", "resource group")
    .option("--app-name <name>", "container app", "scimtool")
    .option("--subscription <id>", "subscription (default: the only one)")
    .option("--yes", "do not ask before changing anything")
    .action(() => {
      const options = optionsOf<Options>(command);
      return runCommand(fullName(command), async (interruption) => {
        const { explainSignIn, signIn } = await import("../azure/arm.ts");
        const confirm = async (question: string) => options.yes === true || (await confirmed(question, interruption));
        try {
          await work(await signIn(options.subscription), options, { print: console.log, confirm });
        } catch (error) {
          throw explainSignIn(error);
        }
      });
    });
}

async function confirmed(question: string, interruption: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY) throw new CommandError(`${question} There is no terminal to ask on: add --yes.`);
  return /^y(es)?$/i.test(await ask(`${question} [y/N] `, interruption));
}
