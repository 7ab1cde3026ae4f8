import { CommandError } from "../cli/command.ts";
import { getApp } from "./app.ts";
import type { Answer, Arm } from "./arm.ts";
import { listResources, type Talk } from "./deploy.ts";

/** Types in the order of removal: what uses others goes first. */
const ORDER: readonly (readonly [type: string, apiVersion: string])[] = [
  ["Microsoft.App/containerApps", "2024-03-01"],
  ["Microsoft.App/managedEnvironments", "2024-03-01"],
  ["Microsoft.Network/privateEndpoints", "2024-05-01"],
  ["Microsoft.Network/privateDnsZones/virtualNetworkLinks", "2020-06-01"],
  ["Microsoft.Network/privateDnsZones", "2020-06-01"],
  ["Microsoft.Network/virtualNetworks", "2024-05-01"],
  ["Microsoft.OperationalInsights/workspaces", "2023-09-01"],
  ["Microsoft.ManagedIdentity/userAssignedIdentities", "2023-01-31"],
  ["Microsoft.Storage/storageAccounts", "2023-05-01"],
];

const DATA = "Microsoft.Storage/storageAccounts";

/**
 * Removes what `deploy` created for an app, and nothing else of the group. The data stays unless `withData` is set.
 * @throws CommandError naming what could not be removed
 */
export async function remove(
  arm: Arm,
  options: { readonly resourceGroup: string; readonly appName: string; readonly withData?: boolean },
  { print, confirm }: Talk,
): Promise<void> {
  const { resourceGroup, appName, withData = false } = options;
  const resources: Answer[] = await listResources(arm, resourceGroup);
  const ours = resources.filter(({ tags }) => tags?.product === "scimtool" && tags?.app === appName);
  if (ours.length === 0) await getApp(arm, resourceGroup, appName);
  const kept = withData ? [] : ours.filter(({ type }) => type === DATA);
  const doomed = ORDER.flatMap(([type, apiVersion]) =>
    ours
      .filter((resource) => resource.type === type && !kept.includes(resource))
      .map(({ id, name }) => ({ id, name, type, apiVersion })),
  );
  print(`Removes from ${resourceGroup}:`);
  for (const { type, name } of doomed) print(`  ${type} ${name}`);
  for (const { type, name } of kept) print(`Keeps the data: ${type} ${name} (--with-data removes it too)`);
  if (!(await confirm(`Remove ${appName}?`))) return print("Nothing was changed.");
  const failures: string[] = [];
  for (const { id, apiVersion, name } of doomed) {
    try {
      // The SDK adds the slash.
      await arm.client.resources.beginDeleteByIdAndWait(id.slice(1), apiVersion, { updateIntervalInMs: arm.pollMs });
      print(`Removed ${name}`);
    } catch (error) {
      failures.push(`${name}: ${(error as Error).message}`);
    }
  }
  if (failures.length > 0) throw new CommandError(`not everything was removed. Run it again. ${failures.join("; ")}`);
}
