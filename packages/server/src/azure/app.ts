import { CommandError } from "../cli/command.ts";
import { type Answer, API, type Arm } from "./arm.ts";
import { validAppName } from "./names.ts";

const APP_TYPE = "Microsoft.App/containerApps";

/** Variables and secrets that the template sets itself; all others of an app are kept as they are. */
const TEMPLATE_VARIABLES = new Set([
  "HOST",
  "PORT",
  "DATA_DIR",
  "PUBLIC_URL",
  "SCIM_SHARED_SECRET",
  "ADMIN_SECRET",
  "AZURE_CLIENT_ID",
  "DATABASE_URL",
  "BACKUP_TARGET",
  "BACKUP_DURABILITY",
]);
const TEMPLATE_SECRETS = new Set(["scim-shared-secret", "admin-secret", "database-url"]);

export type DeployedApp = {
  readonly id: string;
  readonly url: string;
  readonly image: string;
  readonly location: string;
  readonly latestRevision: string;
  readonly readyRevision: string;
  readonly minReplicas: number;
  readonly backupTarget: string | undefined;
  readonly secrets: ReadonlyMap<string, string>;
  readonly properties: Answer;
};

/** @throws CommandError if an app of that name is not SCIMTool's */
export async function findApp(arm: Arm, group: string, name: string): Promise<DeployedApp | undefined> {
  const id = arm.idIn(group, APP_TYPE, name);
  const app = await arm.find(id, API.apps);
  if (app === undefined) return undefined;
  if (app.tags?.product !== "scimtool") {
    throw new CommandError(
      `the container app ${name} was not deployed by this command: it belongs to an earlier version or to somebody else. ` +
        `Choose another name, such as ${validAppName(`${name}-2`)}. To import its data, see docs/upgrade.md.`,
    );
  }
  const { value: secrets = [] } = (await arm.send("POST", `${id}/listSecrets`, API.apps)) ?? {};
  const { configuration, template } = app.properties;
  const [{ image, env = [] }] = template.containers;
  return {
    id,
    url: `https://${configuration.ingress.fqdn}`,
    image,
    location: app.location,
    latestRevision: app.properties.latestRevisionName,
    readyRevision: app.properties.latestReadyRevisionName,
    minReplicas: template.scale?.minReplicas ?? 0,
    backupTarget: env.find(({ name }: Answer) => name === "BACKUP_TARGET")?.value,
    secrets: new Map(secrets.map(({ name, value }: Answer) => [name, value])),
    properties: app.properties,
  };
}

/** @throws CommandError if there is none */
export async function getApp(arm: Arm, group: string, name: string): Promise<DeployedApp> {
  const app = await findApp(arm, group, name);
  if (app !== undefined) return app;
  throw new CommandError(
    `there is no container app ${name} in the resource group ${group}. Create it: scimtool azure deploy --resource-group ${group} --app-name ${name}`,
  );
}

/** An app as parameters of the template, so that another deployment keeps what people changed. */
export function parametersOf({ properties, secrets, image, url }: DeployedApp): Record<string, unknown> {
  const { template } = properties;
  const [container] = template.containers;
  const env: Answer[] = container.env ?? [];
  const variable = (name: string): string | undefined => env.find((item) => item.name === name)?.value;
  const target = variable("BACKUP_TARGET");
  const account = /^https:\/\/([a-z0-9]+)\.blob\./.exec(target ?? "")?.[1];
  const publicUrl = variable("PUBLIC_URL");
  const databaseUrl = secrets.get("database-url");
  return {
    image,
    minReplicas: template.scale?.minReplicas ?? 0,
    cpu: container.resources.cpu === 1 ? "1.0" : String(container.resources.cpu),
    storage: account !== undefined ? "blob" : target !== undefined ? "files" : "none",
    ...(template.terminationGracePeriodSeconds && {
      terminationGracePeriodSeconds: template.terminationGracePeriodSeconds,
    }),
    ...(account !== undefined && { storageAccountName: account }),
    ...(variable("BACKUP_DURABILITY") && { durability: variable("BACKUP_DURABILITY") }),
    ...(publicUrl !== undefined && publicUrl !== url && { publicUrl }),
    ...(databaseUrl !== undefined && { databaseUrl, maxReplicas: template.scale.maxReplicas }),
    scimSecret: secrets.get("scim-shared-secret"),
    adminSecret: secrets.get("admin-secret"),
    extraEnvironment: env.filter(({ name }) => !TEMPLATE_VARIABLES.has(name)),
    extraSecrets: {
      list: [...secrets].filter(([name]) => !TEMPLATE_SECRETS.has(name)).map(([name, value]) => ({ name, value })),
    },
  };
}
