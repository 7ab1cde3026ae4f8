import { type Answer, API, API_OF_TYPE, type Arm } from "./arm.ts";
import { PRICES } from "./cost.ts";
import { listResources } from "./deploy.ts";

export type Finding = {
  readonly name: string;
  readonly what: string;
  readonly why: string;
  /** certain: nothing can use it. likely: nothing in this group uses it. possible: check first. */
  readonly certainty: "certain" | "likely" | "possible";
  readonly cost: string;
  readonly command: string;
};

const UNUSED_AFTER_MS = 30 * 86_400_000;

/** What the rules examine. */
type Group = {
  readonly name: string;
  readonly of: (type: string) => readonly Answer[];
  /** Apps and jobs. */
  readonly workloads: readonly Answer[];
  /** Whether an app, job or environment contains this text, such as the name of another resource. */
  readonly mentions: (text: string) => boolean;
};

/** Finds leftovers of earlier or failed deployments in a resource group. Deletes nothing. */
export async function audit(arm: Arm, groupName: string): Promise<Finding[]> {
  const group = await readGroup(arm, groupName);
  return [
    ...registries(group),
    ...workspaces(group),
    ...(await jobs(arm, group)),
    ...(await storageAccounts(arm, group)),
    ...(await revisions(arm, group)),
    ...identities(group),
    ...environments(group),
  ];
}

async function readGroup(arm: Arm, name: string): Promise<Group> {
  const resources: Answer[] = [];
  for (const { id, type } of await listResources(arm, name)) {
    const version = API_OF_TYPE[type];
    const resource = version === undefined ? undefined : await arm.find(id, version);
    if (resource !== undefined) resources.push({ ...resource, type });
  }
  const of = (type: string) => resources.filter((resource) => resource.type === type);
  for (const environment of of("Microsoft.App/managedEnvironments")) {
    environment.storages = await arm.list(`${environment.id}/storages`, API.apps);
  }
  const workloads = [...of("Microsoft.App/containerApps"), ...of("Microsoft.App/jobs")];
  const text = JSON.stringify([workloads, of("Microsoft.App/managedEnvironments")]).toLowerCase();
  return { name, of, workloads, mentions: (word) => text.includes(word.toLowerCase()) };
}

function registries({ name: group, of, mentions }: Group): Finding[] {
  return of("Microsoft.ContainerRegistry/registries")
    .filter(({ properties, name }) => !mentions(properties.loginServer ?? `${name}.azurecr.io`))
    .map(({ name, sku }) => ({
      name,
      what: "container registry",
      why: "no app or job of this group has an image from it; SCIMTool's image comes from ghcr.io",
      certainty: "likely",
      cost: `${PRICES.registry[sku?.name as keyof typeof PRICES.registry] ?? "5 to 50"} USD`,
      command: `az acr delete --resource-group ${group} --name ${name}`,
    }));
}

function workspaces({ name: group, of }: Group): Finding[] {
  const used = of("Microsoft.App/managedEnvironments").map(
    ({ properties }) => properties.appLogsConfiguration?.logAnalyticsConfiguration?.customerId,
  );
  return of("Microsoft.OperationalInsights/workspaces")
    .filter(({ properties }) => !used.includes(properties.customerId))
    .map(({ name }) => ({
      name,
      what: "Log Analytics workspace",
      why: "no environment of this group sends its logs there (no environment has its customerId)",
      certainty: "likely",
      cost: `${PRICES.workspace.join(" to ")} USD`,
      command: `az monitor log-analytics workspace delete --resource-group ${group} --workspace-name ${name}`,
    }));
}

async function jobs(arm: Arm, { name: group, of }: Group): Promise<Finding[]> {
  const findings: Finding[] = [];
  const environmentIds = of("Microsoft.App/managedEnvironments").map(({ id }) => id.toLowerCase());
  for (const { id, name, properties } of of("Microsoft.App/jobs")) {
    const isOrphan = !environmentIds.includes(String(properties.environmentId).toLowerCase());
    const isManual = properties.configuration?.triggerType === "Manual";
    const starts = (await arm.list(`${id}/executions`, API.apps)).map(({ properties }) =>
      Date.parse(properties.startTime),
    );
    const last = Math.max(Number.NEGATIVE_INFINITY, ...starts);
    if (!isOrphan && !(isManual && last < Date.now() - UNUSED_AFTER_MS)) continue;
    const run = Number.isFinite(last) ? `last ran on ${new Date(last).toISOString().slice(0, 10)}` : "has not run";
    findings.push({
      name,
      what: "container job",
      why: isOrphan ? "its environment is not in this group any more" : `started by hand only, and ${run}`,
      certainty: isOrphan ? "certain" : "likely",
      cost: "0 USD while it does not run",
      command: `az containerapp job delete --resource-group ${group} --name ${name}`,
    });
  }
  return findings;
}

async function storageAccounts(arm: Arm, { name: group, of, mentions }: Group): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { id, name } of of("Microsoft.Storage/storageAccounts")) {
    const shares = await arm.list(`${id}/fileServices/default/shares`, API.storage);
    const containers = await arm.list(`${id}/blobServices/default/containers`, API.storage);
    if (!mentions(name)) {
      const requests = await transactions(arm, id);
      findings.push({
        name,
        what: "storage account",
        why: `no app or environment of this group uses it; ${requests === undefined ? "the number of its requests is unknown" : `${requests} requests in 30 days`}. It has ${containers.length} containers and ${shares.length} shares`,
        certainty: requests === 0 ? "likely" : "possible",
        cost: "0 to 2 USD, depending on its size",
        command: `az storage account delete --resource-group ${group} --name ${name}`,
      });
      continue;
    }
    const unused = [
      ...shares.map((share) => ({
        kind: "file share",
        name: share.name,
        command: "share-rm",
        isUsed: mentions(`"sharename":"${share.name}"`),
      })),
      ...containers.map((container) => ({
        kind: "blob container",
        name: container.name,
        command: "container-rm",
        isUsed: mentions(`${name}.blob.core.windows.net/${container.name}`) || mentions(`"value":"${container.name}"`),
      })),
    ].filter(({ isUsed }) => !isUsed);
    for (const { kind, name: part, command } of unused) {
      findings.push({
        name: `${name}/${part}`,
        what: kind,
        why: "no app or environment of this group uses it; it may contain an old backup",
        certainty: "possible",
        cost: `${PRICES.fileSharePerGb} USD per GB`,
        command: `az storage ${command} --resource-group ${group} --storage-account ${name} --name ${part}`,
      });
    }
  }
  return findings;
}

/** @returns requests of the last 30 days; undefined if Azure has no figure */
async function transactions(arm: Arm, id: string): Promise<number | undefined> {
  const span = `${new Date(Date.now() - UNUSED_AFTER_MS).toISOString()}/${new Date().toISOString()}`;
  const path = `${id}/providers/Microsoft.Insights/metrics?metricnames=Transactions&aggregation=Total&interval=P1D&timespan=${span}`;
  const answer = await arm.find(path, API.metrics).catch(() => undefined);
  const points: Answer[] | undefined = answer?.value?.[0]?.timeseries?.[0]?.data;
  return points?.reduce((sum, { total = 0 }) => sum + total, 0);
}

async function revisions(arm: Arm, { name: group, of }: Group): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { id, name, properties } of of("Microsoft.App/containerApps")) {
    for (const revision of await arm.list(`${id}/revisions`, API.apps)) {
      const isCurrent = [properties.latestRevisionName, properties.latestReadyRevisionName].includes(revision.name);
      if (isCurrent || !revision.properties.active || properties.configuration.activeRevisionsMode === "Single")
        continue;
      findings.push({
        name: revision.name,
        what: "old revision",
        why: `still active beside ${properties.latestRevisionName}; two revisions must not serve one SQLite database`,
        certainty: "likely",
        cost: `${PRICES.idleReplica} USD if it keeps a replica`,
        command: `az containerapp revision deactivate --resource-group ${group} --name ${name} --revision ${revision.name}`,
      });
    }
  }
  return findings;
}

function identities({ name: group, of, workloads }: Group): Finding[] {
  const used = workloads.flatMap(({ identity }) =>
    Object.keys(identity?.userAssignedIdentities ?? {}).map((id) => id.toLowerCase()),
  );
  return of("Microsoft.ManagedIdentity/userAssignedIdentities")
    .filter(({ id }) => !used.includes(id.toLowerCase()))
    .map(({ name }) => ({
      name,
      what: "managed identity",
      why: "no app or job of this group uses it; other groups may",
      certainty: "possible",
      cost: "0 USD",
      command: `az identity delete --resource-group ${group} --name ${name}`,
    }));
}

function environments({ name: group, of, workloads }: Group): Finding[] {
  const used = workloads.map(({ properties }) => String(properties.environmentId).toLowerCase());
  return of("Microsoft.App/managedEnvironments")
    .filter(({ id }) => !used.includes(id.toLowerCase()))
    .map(({ name, properties }) => ({
      name,
      what: "Container Apps environment",
      why: "no app or job of this group is in it",
      certainty: "likely",
      cost: properties.vnetConfiguration?.infrastructureSubnetId
        ? `${PRICES.publicIp} USD for its public IP address`
        : "0 USD",
      command: `az containerapp env delete --resource-group ${group} --name ${name}`,
    }));
}
