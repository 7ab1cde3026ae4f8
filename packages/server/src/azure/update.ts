import { CommandError } from "../cli/command.ts";
import { columns, formatPast } from "../cli/text.ts";
import { PLAIN_NAME } from "../replicated/schema-copy.ts";
import { MIGRATIONS } from "../store/sqlite/migrations.ts";
import { GO_BACK, schemaCopyName } from "../store/sqlite/schema-copy.ts";
import { VERSION } from "../version.ts";
import { type DeployedApp, getApp, parametersOf } from "./app.ts";
import { type Answer, API, type Arm, explain } from "./arm.ts";
import { costOf } from "./cost.ts";
import { listResources, optionalParts, type Talk } from "./deploy.ts";

const READY_POLLS = 120;

type Names = { readonly resourceGroup: string; readonly appName: string };

/**
 * Moves an app to another image. The new revision must be ready before the old one is stopped; they hand over between
 * themselves, so no acknowledged write is lost.
 * @throws CommandError if the image cannot open the database (before anything changes), or its revision does not start
 */
export async function update(
  arm: Arm,
  { resourceGroup, appName, imageTag }: Names & { readonly imageTag: string },
  talk: Talk,
): Promise<void> {
  const app = await getApp(arm, resourceGroup, appName);
  const [, repository = "", currentTag = ""] = /^(.*?)(?::([^:/]+))?$/.exec(app.image) ?? [];
  const image = `${repository}:${imageTag}`;
  if (image === app.image) return talk.print(`${appName} already runs ${image}.`);
  const problem = rollbackProblem(currentTag, imageTag);
  if (problem !== undefined) throw new CommandError(problem);
  talk.print(`Update ${appName}: ${app.image} → ${image}`);
  talk.print(`The revision ${app.readyRevision} serves until the new one is ready.`);
  const change = schemaChange(currentTag, imageTag);
  if (change !== undefined) {
    talk.print(
      `The schema of the database changes from ${change.from} to ${change.to}. Before that the new revision copies it to`,
    );
    talk.print(
      `${schemaCopyName(PLAIN_NAME, change.from)} at the backup target, and accepts requests when the copy is complete.`,
    );
  }
  if (!(await talk.confirm("Continue?"))) return talk.print("Nothing was changed.");
  await changeImage(arm, app, image);
  const revision = await whenReady(arm, { resourceGroup, appName }, app, image);
  const back = change === undefined ? updateLine({ resourceGroup, appName }, currentTag) : GO_BACK;
  talk.print(`${revision} serves ${image}. To go back: ${back}`);
}

function updateLine({ resourceGroup, appName }: Names, tag: string): string {
  return `scimtool azure update --resource-group ${resourceGroup} --app-name ${appName} --image-tag ${tag}`;
}

async function changeImage(arm: Arm, app: DeployedApp, image: string): Promise<void> {
  const [first, ...others] = app.properties.template.containers;
  const properties = { template: { containers: [{ ...first, image }, ...others] } };
  try {
    await arm.client.resources.beginUpdateByIdAndWait(
      // The SDK adds the slash.
      app.id.slice(1),
      API.apps,
      { properties },
      { updateIntervalInMs: arm.pollMs },
    );
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    throw new CommandError(`${explain(code, message)} The revision ${app.readyRevision} still serves ${app.image}.`);
  }
}

async function whenReady(
  arm: Arm,
  { resourceGroup, appName }: Names,
  before: DeployedApp,
  image: string,
): Promise<string> {
  for (let poll = 0; poll < READY_POLLS; poll++) {
    const app = await getApp(arm, resourceGroup, appName);
    if (app.image === image && app.latestRevision === app.readyRevision) return app.latestRevision;
    const revision = await arm.find(`${app.id}/revisions/${app.latestRevision}`, API.apps);
    const { healthState, runningState, runningStateDetails, provisioningError } = revision?.properties ?? {};
    if (app.latestRevision !== before.latestRevision && /Failed|Degraded/.test(runningState ?? "")) {
      throw new CommandError(
        `the revision ${app.latestRevision} does not start (${runningState}, ${healthState}): ` +
          `${provisioningError ?? runningStateDetails ?? "see its log"}. ${before.readyRevision} still serves ${before.image}. ` +
          `Log: az containerapp logs show -g ${resourceGroup} -n ${appName} --revision ${app.latestRevision}. ` +
          `Go back: ${updateLine({ resourceGroup, appName }, before.image.split(":").at(-1) ?? "")}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, arm.pollMs));
  }
  throw new CommandError(`the new revision is still not ready. ${before.readyRevision} serves ${before.image}.`);
}

/** Prints revision, image, backup, restore points and cost. */
export async function status(
  arm: Arm,
  { resourceGroup, appName }: Names,
  print: Talk["print"],
  ask: (app: DeployedApp) => Promise<Answer> = askServer,
): Promise<void> {
  const app = await getApp(arm, resourceGroup, appName);
  const revisions = await arm.list(`${app.id}/revisions`, API.apps);
  const { value: replicas = [] } =
    (await arm.find(`${app.id}/revisions/${app.readyRevision}/replicas`, API.apps)) ?? {};
  const backup = await ask(app).catch((error: Error) => ({ problem: error.message }));
  const active = revisions.filter(({ properties }) => properties.active);
  print(
    columns([
      ["Page", app.url],
      ["Image", app.image],
      [
        "Revision",
        `${app.readyRevision}${app.readyRevision === app.latestRevision ? "" : `; ${app.latestRevision} is not ready`}`,
      ],
      ["Revisions", `${active.length} active, ${revisions.length - active.length} inactive`],
      ["Replicas", `${replicas.length} running, at least ${app.minReplicas}`],
      [
        "Database kept",
        app.backupTarget ?? (app.secrets.has("database-url") ? "PostgreSQL" : "NOT: it is lost with a restart"),
      ],
      ...backupRows(backup),
      ...(backup.newerVersion
        ? [
            [
              "New version",
              `${backup.newerVersion}: ${updateLine({ resourceGroup, appName }, backup.newerVersion)}`,
            ] as const,
          ]
        : []),
      ["Cost", costOf({ ...parametersOf(app), ...optionalParts(await listResources(arm, resourceGroup), appName) })],
    ]),
  );
}

function backupRows(backup: Answer): (readonly [string, string])[] {
  if (backup.problem !== undefined) return [["Backup", `unknown: ${backup.problem}`]];
  const { mode, databaseServer, role, durability, lag, lastPlainCopy, restorable, lastError } = backup;
  if (mode === "database-server") return [["Backup", `made by the server of ${databaseServer.name}`]];
  if (mode === "none") return [["Backup", "none"]];
  const weaker = durability.inForce === durability.configured ? "" : `, ${durability.inForce} in force`;
  return [
    [
      "Backup",
      `${role}, ${durability.configured}${weaker}, ${lag.commits === 0 ? "up to date" : `${lag.commits} commits behind`}`,
    ],
    ["Plain copy", lastPlainCopy?.time ? formatPast(lastPlainCopy.time, Date.now()) : "none yet"],
    ["Restore points", restorable === null ? "none yet" : `any time from ${restorable.oldest} to ${restorable.newest}`],
    ...(lastError === null ? [] : [["Last error", lastError] as const]),
  ];
}

const ANSWER_WITHIN_MS = 60_000;

/** Wakes the app if it has scaled to zero. */
async function askServer({ url, secrets }: DeployedApp): Promise<Answer> {
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
  const [backup, version] = await Promise.all(
    ["backup/status", "version"].map(async (path): Promise<Answer> => {
      const headers = { authorization: `Bearer ${secrets.get("admin-secret")}` };
      const response = await fetch(`${url}/api/${path}`, { headers, signal });
      if (!response.ok) throw new Error(`the server answered ${response.status}`);
      return response.json();
    }),
  );
  return { ...backup, newerVersion: version.newerVersion };
}

/**
 * The schema of the database that each release writes. A release opens databases of its own schema and of older ones,
 * which it upgrades; it never opens newer ones.
 */
export const SCHEMA_OF_RELEASE: Readonly<Record<string, number>> = { [VERSION]: MIGRATIONS.length };

/**
 * @param from tag of the image that runs
 * @param to tag of the image to run
 * @returns why `to` cannot open the database; undefined if it can, or if a release is unknown
 */
export function rollbackProblem(
  from: string,
  to: string,
  schemas: Readonly<Record<string, number>> = SCHEMA_OF_RELEASE,
): string | undefined {
  const change = schemaChange(from, to, schemas);
  if (change === undefined || change.to > change.from) return undefined;
  return (
    `${to} cannot open this database: ${from} uses schema ${change.from}, ${to} knows schemas up to ${change.to}. ` +
    `Go back to the copy from before the upgrade: ${GO_BACK}. Nothing was changed.`
  );
}

/** @returns undefined if both releases use the same schema, or if a release is unknown */
function schemaChange(
  from: string,
  to: string,
  schemas: Readonly<Record<string, number>> = SCHEMA_OF_RELEASE,
): { readonly from: number; readonly to: number } | undefined {
  const [current, wanted] = [schemas[from], schemas[to]];
  if (current === undefined || wanted === undefined || current === wanted) return undefined;
  return { from: current, to: wanted };
}
