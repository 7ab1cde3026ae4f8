import { CommandError } from "../cli/command.ts";
import { getApp } from "./app.ts";
import { type Answer, API_OF_TYPE, type Arm } from "./arm.ts";
import { listResources, type Talk } from "./deploy.ts";

/** Types in the order of removal: what uses others goes first. */
const ORDER = [
  "Microsoft.App/containerApps",
  "Microsoft.App/managedEnvironments",
  "Microsoft.Network/privateEndpoints",
  "Microsoft.DBforPostgreSQL/flexibleServers",
  "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
  "Microsoft.Network/privateDnsZones",
  "Microsoft.Network/virtualNetworks",
  "Microsoft.OperationalInsights/workspaces",
  "Microsoft.ManagedIdentity/userAssignedIdentities",
  "Microsoft.Storage/storageAccounts",
];

const POSTGRES = "Microsoft.DBforPostgreSQL/flexibleServers";
const DATA = ["Microsoft.Storage/storageAccounts", POSTGRES];

/** Only the identity may sign in, and a private server is in the network. */
const NEEDED_BY_POSTGRES = [
  "Microsoft.ManagedIdentity/userAssignedIdentities",
  "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
  "Microsoft.Network/privateDnsZones",
  "Microsoft.Network/virtualNetworks",
];

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
  const data = withData ? [] : ours.filter(({ type }) => DATA.includes(type));
  const keepsPostgres = data.some(({ type }) => type === POSTGRES);
  const kept = keepsPostgres ? ours.filter(({ type }) => [...DATA, ...NEEDED_BY_POSTGRES].includes(type)) : data;
  const doomed = ORDER.flatMap((type) => ours.filter((each) => each.type === type && !kept.includes(each)));
  print(`Removes from ${resourceGroup}:`);
  for (const { type, name } of doomed) print(`  ${type} ${name}`);
  for (const { type, name } of kept) print(`Keeps the data: ${type} ${name} (--with-data removes it too)`);
  if (!(await confirm(`Remove ${appName}?`))) return print("Nothing was changed.");
  const failures: string[] = [];
  for (const { id, type, name } of doomed) {
    try {
      // The SDK adds the slash.
      await arm.client.resources.beginDeleteByIdAndWait(id.slice(1), API_OF_TYPE[type] ?? "", {
        updateIntervalInMs: arm.pollMs,
      });
      print(`Removed ${name}`);
    } catch (error) {
      failures.push(`${name}: ${(error as Error).message}`);
    }
  }
  if (failures.length > 0) throw new CommandError(`not everything was removed. Run it again. ${failures.join("; ")}`);
}
