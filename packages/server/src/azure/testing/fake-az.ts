/**
 * A fake `az`: handles the commands that scripts/deploy-azure.ps1 sends, with the real output formats. The subscription
 * is in the file that FAKE_AZURE names; every call is logged in FAKE_AZURE.log.
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Json } from "./arm-expression.ts";
import type { JsonObject } from "./arm-template.ts";
import { AzureFault, type Deployment, emptyState, FakeAzure, type Resource } from "./fake-azure.ts";

/** How often a deployment is reported as running before it ends. */
const RUNNING_ANSWERS = 1;

const file = process.env["FAKE_AZURE"] ?? "";
const azure = new FakeAzure(existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : emptyState());
const args = process.argv.slice(2);
appendFileSync(`${file}.log`, `${args.join(" ")}\n`);

const words = args.slice(0, args.findIndex((arg) => arg.startsWith("-")) >>> 0);
const options = new Map<string, string>();
for (let at = words.length; at < args.length; at++) {
  const name = args[at] ?? "";
  const value = args[at + 1];
  options.set(name, value === undefined || value.startsWith("--") ? "" : value);
  if (value !== undefined && !value.startsWith("--")) at++;
}

function option(...names: string[]): string {
  for (const name of names) {
    const value = options.get(name);
    if (value !== undefined) return value;
  }
  throw new AzureFault(2, "", `the following arguments are required: ${names.join("/")}`);
}

const group = () => option("--resource-group", "-g");
const name = () => option("--name", "-n");

/** As `az containerapp show` prints it: everything except the values of secrets. */
function shown({ id, name, type, location, tags, properties, rest, createdTime }: Resource): JsonObject {
  return { id, name, type, location, tags, properties, ...rest, resourceGroup: id.split("/")[4] ?? "", createdTime };
}

function shownDeployment({ name, state, outputs, error }: Deployment): JsonObject {
  const polls = Number(process.env["FAKE_AZURE_POLLS"] ?? RUNNING_ANSWERS);
  const asked = readFileSync(`${file}.log`, "utf8")
    .split("\n")
    .filter((line) => line.includes(`group show`) && line.includes(name));
  const isOver = asked.length > polls;
  return {
    name,
    properties: {
      provisioningState: isOver ? state : "Running",
      outputs: isOver ? outputs : null,
      error: isOver && error !== undefined ? { ...error, details: null } : null,
    },
  };
}

/** `…/providers/Microsoft.App/containerApps/x` has the type `Microsoft.App/containerApps`. */
function typeOf(id: string): string {
  const [provider, ...rest] = (id.split("/providers/").at(-1) ?? "").split("/");
  return [provider, ...rest.filter((_, at) => at % 2 === 0)].join("/");
}

function parametersFrom(argument: string): JsonObject {
  if (!argument.startsWith("@")) throw new AzureFault(1, "", "secrets belong into a file, not on the command line");
  const text = readFileSync(argument.slice(1), "utf8");
  writeFileSync(`${file}.parameters`, text);
  return (JSON.parse(text) as { parameters: JsonObject }).parameters;
}

async function startDeployment(): Promise<Json> {
  const template = JSON.parse(readFileSync(option("--template-file", "-f"), "utf8")) as Json;
  const deployment = await azure.deploy(group(), name(), template, parametersFrom(option("--parameters", "-p")));
  // Errors in the template or a parameter are reported at once, others later.
  if (deployment.error?.code === "InvalidTemplate")
    throw new AzureFault(1, "InvalidTemplate", deployment.error.message);
  return null;
}

function whatIf(): Json {
  parametersFrom(option("--parameters", "-p"));
  return { status: "Succeeded", changes: [], error: null };
}

function checkName(): Json {
  const name = option("--name", "-n");
  try {
    azure.checkStorageName(name);
  } catch (error) {
    const { code, message } = error as AzureFault;
    const reason = code === "StorageAccountAlreadyTaken" ? "AlreadyExists" : code;
    return { nameAvailable: false, reason, message };
  }
  const isOurs = Object.values(azure.state.resources).some((resource) => {
    return resource.type === "Microsoft.Storage/storageAccounts" && resource.name === name;
  });
  return isOurs
    ? { nameAvailable: false, reason: "AlreadyExists", message: `The storage account named ${name} is already taken.` }
    : { nameAvailable: true, reason: null, message: null };
}

function registerProvider(): Json {
  azure.state.providers[option("--namespace", "-n")] = "Registered";
  return null;
}

const COMMANDS: Readonly<Record<string, () => Json | Promise<Json>>> = {
  "account show": () => ({
    id: azure.state.subscriptionId,
    name: "Test subscription",
    user: { name: "admin@example.com" },
  }),
  "group list": () => Object.values(azure.state.groups),
  "group show": () => azure.group(name()),
  "group create": () => azure.createGroup(name(), option("--location", "-l")),
  "provider show": () => {
    const namespace = option("--namespace", "-n");
    return { namespace, registrationState: azure.state.providers[namespace] ?? "NotRegistered" };
  },
  "provider register": registerProvider,
  "containerapp list": () =>
    azure
      .list(group())
      .filter(({ type }) => type === "Microsoft.App/containerApps")
      .map(shown),
  "containerapp show": () => shown(azure.find(azure.idIn(group(), "Microsoft.App/containerApps", name()))),
  "containerapp secret list": () => {
    const id = azure.idIn(group(), "Microsoft.App/containerApps", name());
    const secrets = azure.state.secrets[id.toLowerCase()] ?? [];
    return options.has("--show-values") ? secrets : secrets.map(({ name }) => ({ name }));
  },
  "storage account check-name": checkName,
  "resource list": () =>
    azure.list(group()).map(({ id, name, type, location, tags }) => ({ id, name, type, location, tags })),
  "deployment group create": startDeployment,
  "deployment group what-if": whatIf,
  "deployment group show": () => shownDeployment(azure.deployment(group(), name())),
  "deployment operation group list": () =>
    azure.deployment(group(), name()).operations.map(({ id, state, error }) => ({
      properties: {
        provisioningState: state,
        targetResource: { id, resourceName: id.split("/").at(-1) ?? "", resourceType: typeOf(id) },
        statusMessage: error === undefined ? null : { status: "Failed", error },
      },
    })),
};

try {
  const command = COMMANDS[words.join(" ")];
  if (command === undefined) throw new AzureFault(2, "", `'${words.join(" ")}' is not in the 'az' command group.`);
  const answer = await command();
  writeFileSync(file, JSON.stringify(azure.state));
  if (answer !== null) console.log(JSON.stringify(answer, null, 2));
} catch (error) {
  writeFileSync(file, JSON.stringify(azure.state));
  const { status, code, message } = error as AzureFault;
  console.error(code ? `ERROR: (${code}) ${message}\nCode: ${code}\nMessage: ${message}` : `ERROR: ${message}`);
  process.exitCode = status === 404 ? 3 : status === 2 ? 2 : 1;
}
