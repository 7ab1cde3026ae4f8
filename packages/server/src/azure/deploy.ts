import { randomBytes } from "node:crypto";
import { CommandError } from "../cli/command.ts";
import { columns } from "../cli/text.ts";
import { isPostgresUrl, readPostgresUrl } from "../postgres-url.ts";
import { VERSION } from "../version.ts";
import { findApp, parametersOf } from "./app.ts";
import { type Answer, API, type Arm, explain } from "./arm.ts";
import { costOf } from "./cost.ts";
import { appNameProblem, storageAccountName, validAppName } from "./names.ts";

const IMAGE_REPOSITORY = "ghcr.io/kayasax/scimtool";

const PROVIDERS = ["Microsoft.App", "Microsoft.Storage", "Microsoft.ManagedIdentity"];
const REGISTRATION_POLLS = 60;
const STORAGE_NAME_ATTEMPTS = 5;
const MIN_SECRET_LENGTH = 12;

export type DeployOptions = {
  readonly resourceGroup: string;
  readonly appName: string;
  readonly location?: string;
  readonly scimSecret?: string;
  readonly imageTag?: string;
  readonly minReplicas?: number;
  /** `create` creates a server. */
  readonly databaseUrl?: string;
  readonly storage?: "blob" | "files" | "none";
  readonly whatIf?: boolean;
};

export type Talk = {
  readonly print: (line: string) => void;
  /** @returns whether to continue */
  readonly confirm: (question: string) => Promise<boolean>;
};

type Plan = {
  readonly parameters: Record<string, unknown>;
  readonly isUpdate: boolean;
  readonly groupExists: boolean;
  /** Shown once, at the end. */
  readonly newSecrets: readonly (readonly [string, string])[];
};

/**
 * Deploys the template, or changes an existing deployment; keeps its secrets and variables.
 * @param template the compiled template
 * @throws CommandError if a name is not valid, or Azure refuses
 */
export async function deploy(
  arm: Arm,
  template: Record<string, unknown>,
  options: DeployOptions,
  talk: Talk,
): Promise<void> {
  const plan = await makePlan(arm, options);
  talk.print(describe(plan, options, arm));
  if (options.whatIf === true) return talk.print("Nothing was changed (--what-if).");
  if (!(await talk.confirm("Continue?"))) return talk.print("Nothing was changed.");
  const { deployPostgres } = plan.parameters;
  await registerProviders(arm, [...PROVIDERS, ...(deployPostgres ? ["Microsoft.DBforPostgreSQL"] : [])], talk);
  if (!plan.groupExists) {
    await arm.client.resourceGroups.createOrUpdate(options.resourceGroup, {
      location: String(plan.parameters["location"]),
    });
  }
  talk.print("Deploying; this takes 3 to 6 minutes the first time …");
  const outputs = await runDeployment(arm, template, plan.parameters, options.resourceGroup, talk);
  talk.print(result(outputs, plan));
}

async function makePlan(arm: Arm, options: DeployOptions): Promise<Plan> {
  const { resourceGroup, appName, scimSecret, minReplicas, databaseUrl } = options;
  const problem = appNameProblem(appName);
  if (problem !== undefined) {
    throw new CommandError(
      `the app name ${appName} is not valid: ${problem}. A valid name would be: ${validAppName(appName)}`,
    );
  }
  if (scimSecret !== undefined && !(scimSecret.length >= MIN_SECRET_LENGTH && /^[!-~]+$/.test(scimSecret))) {
    throw new CommandError(
      `the SCIM secret is not valid: it needs at least ${MIN_SECRET_LENGTH} visible ASCII characters and no blanks.`,
    );
  }
  const group = await arm.find(`/subscriptions/${arm.subscriptionId}/resourcegroups/${resourceGroup}`, "2021-04-01");
  const resources: Answer[] = group === undefined ? [] : await listResources(arm, resourceGroup);
  const app = group === undefined ? undefined : await findApp(arm, resourceGroup, appName);
  const kept = app === undefined ? {} : parametersOf(app);
  const parameters: Record<string, unknown> = {
    minReplicas: 0,
    storage: "blob",
    image: `${IMAGE_REPOSITORY}:${VERSION}`,
    ...optionalParts(resources, appName),
    ...kept,
    appName,
    location: options.location ?? app?.location ?? group?.location ?? "westeurope",
    ...(minReplicas !== undefined && { minReplicas }),
    ...(options.storage !== undefined && { storage: options.storage }),
    ...databaseParameters(databaseUrl),
    ...(options.imageTag !== undefined && { image: `${IMAGE_REPOSITORY}:${options.imageTag}` }),
  };
  if (usesPostgres(parameters)) parameters["storage"] = "none";
  const newSecrets: [string, string][] = [];
  for (const [name, label, wanted] of [
    ["scimSecret", "SCIM secret", scimSecret],
    ["adminSecret", "Admin secret", undefined],
  ] as const) {
    const secret = wanted ?? (parameters[name] as string | undefined) ?? randomBytes(32).toString("base64url");
    if (secret !== parameters[name]) newSecrets.push([label, secret]);
    parameters[name] = secret;
  }
  if (parameters["scimSecret"] === parameters["adminSecret"]) {
    throw new CommandError("the SCIM secret is the same as the admin secret. Choose another --scim-secret.");
  }
  if (parameters["storage"] !== "none" && parameters["storageAccountName"] === undefined) {
    const ours = resources.filter(({ type }) => type === "Microsoft.Storage/storageAccounts").map(({ name }) => name);
    parameters["storageAccountName"] = await freeStorageName(arm, options, ours);
  }
  return { parameters, isUpdate: app !== undefined, groupExists: group !== undefined, newSecrets };
}

/** @throws CommandError if the server could not start with the URL */
function databaseParameters(databaseUrl: string | undefined): Record<string, unknown> {
  if (databaseUrl === undefined) return {};
  if (databaseUrl === "create") return { deployPostgres: true };
  if (!isPostgresUrl(databaseUrl)) throw new CommandError("--database-url must be create, or postgres://….");
  try {
    readPostgresUrl(databaseUrl);
  } catch (error) {
    throw new CommandError(`--database-url ${(error as Error).message}`);
  }
  return { databaseUrl };
}

function usesPostgres({ databaseUrl, deployPostgres }: Readonly<Record<string, unknown>>): boolean {
  return databaseUrl !== undefined || deployPostgres === true;
}

export async function listResources(arm: Arm, group: string): Promise<Answer[]> {
  const path = `/subscriptions/${arm.subscriptionId}/resourceGroups/${group}/resources?$expand=createdTime`;
  return arm.list(path, "2021-04-01");
}

/** Optional parts of a deployment that a resource group has, as parameters of the template. */
export function optionalParts(resources: readonly Answer[], appName: string): Record<string, true> {
  const has = (type: string, name: string) => resources.some((found) => found.type === type && found.name === name);
  return {
    ...(has("Microsoft.Network/virtualNetworks", `${appName}-vnet`) && { privateNetwork: true }),
    ...(has("Microsoft.OperationalInsights/workspaces", `${appName}-logs`) && { logAnalytics: true }),
  };
}

async function freeStorageName(
  arm: Arm,
  { appName, resourceGroup }: DeployOptions,
  ours: readonly string[],
): Promise<string> {
  for (let attempt = 1; attempt <= STORAGE_NAME_ATTEMPTS; attempt++) {
    const name = storageAccountName(appName, resourceGroup, arm.subscriptionId, attempt);
    // Left by a failed run of this command.
    if (ours.includes(name)) return name;
    const path = `/subscriptions/${arm.subscriptionId}/providers/Microsoft.Storage/checkNameAvailability`;
    const body = { name, type: "Microsoft.Storage/storageAccounts" };
    const answer = await arm.send("POST", path, API.storage, body);
    if (answer?.nameAvailable !== false) return name;
  }
  throw new CommandError("no storage account name is free. Choose another --app-name.");
}

function describe({ parameters, isUpdate, groupExists, newSecrets }: Plan, options: DeployOptions, arm: Arm): string {
  const { storage, storageAccountName: account, minReplicas, image, location } = parameters;
  const extra = (parameters["extraEnvironment"] as Answer[] | undefined) ?? [];
  const places: Readonly<Record<string, string>> = {
    blob: `blob container in the storage account ${account}, without account keys`,
    files: `Azure Files share in the storage account ${account}`,
    none: usesPostgres(parameters) ? "PostgreSQL; its server makes the backups" : "NONE: it is lost with every restart",
  };
  return `Plan\n${columns([
    ["  Subscription", arm.subscriptionId],
    ["  Resource group", `${options.resourceGroup} (${groupExists ? "exists" : "create"})`],
    ["  Region", String(location)],
    ["  Container app", `${options.appName} (${isUpdate ? "update" : "create"})`],
    ["  Image", String(image)],
    ["  Database kept", places[String(storage)] ?? ""],
    [
      "  Replicas",
      minReplicas === 1 ? "one always runs" : "none while idle; the first request then takes some seconds",
    ],
    ["  SCIM secret", newSecrets.some(([label]) => label === "SCIM secret") ? "new" : "kept"],
    ...(extra.length > 0 ? [["  Kept variables", extra.map(({ name }) => name).join(", ")] as const] : []),
    ["  Cost", costOf(parameters)],
  ])}`;
}

async function registerProviders(arm: Arm, providers: readonly string[], { print }: Talk): Promise<void> {
  for (const provider of providers) {
    const state = async () => (await arm.client.providers.get(provider)).registrationState;
    if ((await state()) === "Registered") continue;
    print(`Registering ${provider} (once per subscription) …`);
    await arm.client.providers.register(provider);
    for (let poll = 0; (await state()) !== "Registered"; poll++) {
      if (poll === REGISTRATION_POLLS) {
        throw new CommandError(`${provider} is still not registered. Run this again in some minutes.`);
      }
      await new Promise((resolve) => setTimeout(resolve, arm.pollMs));
    }
  }
}

async function runDeployment(
  arm: Arm,
  template: Record<string, unknown>,
  parameters: Readonly<Record<string, unknown>>,
  group: string,
  { print }: Talk,
): Promise<Answer> {
  const name = `scimtool-${new Date().toISOString().replace(/\D/g, "").slice(0, 14)}`;
  const wrapped = Object.fromEntries(Object.entries(parameters).map(([key, value]) => [key, { value }]));
  const properties = { mode: "Incremental" as const, template, parameters: wrapped };
  const shown = new Set<string>();
  const showProgress = async () => {
    for await (const { properties: operation } of arm.client.deploymentOperations.list(group, name)) {
      const line = `  ${operation?.targetResource?.resourceName} - ${operation?.provisioningState}`;
      if (operation?.targetResource === undefined || shown.has(line)) continue;
      shown.add(line);
      print(line);
    }
  };
  try {
    const poller = await arm.client.deployments.beginCreateOrUpdate(
      group,
      name,
      { properties },
      { updateIntervalInMs: arm.pollMs },
    );
    // If an operation cannot be listed now, the next round shows it.
    poller.onProgress(() => void showProgress().catch(() => undefined));
    const { properties: finished } = await poller.pollUntilDone();
    await showProgress();
    return finished?.outputs;
  } catch (error) {
    const failures = await failuresOf(arm, group, name).catch(() => []);
    const { code, message } = error as Error & { code?: string };
    throw new CommandError(
      `the deployment failed. ${failures.length > 0 ? failures.join("; ") : explain(code, message)} ` +
        "Nothing is lost: fix the cause and run the same command again. It continues with what exists.",
    );
  }
}

/** The failures at the bottom of nested deployments. */
async function failuresOf(arm: Arm, group: string, deployment: string): Promise<string[]> {
  const failures: string[] = [];
  for await (const { properties } of arm.client.deploymentOperations.list(group, deployment)) {
    if (properties?.provisioningState !== "Failed" || properties.targetResource === undefined) continue;
    const { resourceType, resourceName = "" } = properties.targetResource;
    if (resourceType === "Microsoft.Resources/deployments")
      failures.push(...(await failuresOf(arm, group, resourceName)));
    else {
      const { code, message = "" } = (properties.statusMessage as Answer)?.error ?? {};
      failures.push(`${resourceName}: ${explain(code, message)}`);
    }
  }
  return failures;
}

function result(outputs: Answer, { parameters, newSecrets }: Plan): string {
  const [page, scim] = [outputs.pageUrl.value, outputs.scimUrl.value];
  return [
    "",
    `Deployed: ${parameters["image"]}`,
    columns([
      ["  Page", page],
      ["  SCIM URL", scim],
      ...newSecrets.map(([label, secret]) => [`  ${label}`, secret] as const),
      ["  Cost", costOf(parameters)],
    ]),
    ...(newSecrets.length > 0 ? ["  Save the secrets now: they are not shown again."] : []),
    "",
    "Next, in the Microsoft Entra admin center (https://entra.microsoft.com):",
    "  1. Enterprise applications > New application > Create your own application >",
    "     'Integrate any other application you don't find in the gallery (Non-gallery)' > Create",
    "  2. Provisioning > New configuration",
    `     Tenant URL    ${scim}?aadOptscim062020`,
    "     Secret token  the SCIM secret",
    "     Test connection > Create",
    "  3. Users and groups > Add user/group, then Overview > Start provisioning",
    `Watch it at ${page} (sign in with the admin secret).`,
  ].join("\n");
}
