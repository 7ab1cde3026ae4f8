import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { readPostgresUrl } from "../postgres-url.ts";
import type { AnyJson } from "../testing/client.ts";
import { type DeploymentScope, deployTemplate, type JsonObject, type WantedResource } from "./testing/arm-template.ts";
import { FakeAzure } from "./testing/fake-azure.ts";

const template = JSON.parse(
  readFileSync(fileURLToPath(new URL("../../../../deploy/azure/azuredeploy.json", import.meta.url)), "utf8"),
);
const { version } = JSON.parse(readFileSync(fileURLToPath(new URL("../../package.json", import.meta.url)), "utf8"));

const SECRETS = { scimSecret: "the-scim-secret", adminSecret: "the-admin-secret" };

type Choice = {
  readonly storage: "blob" | "files" | "none";
  readonly privateNetwork: boolean;
  readonly logAnalytics: boolean;
  readonly minReplicas: 0 | 1;
  readonly cpu: "0.25" | "0.5" | "1.0";
};

const CHOICES: readonly Choice[] = (["blob", "files", "none"] as const).flatMap((storage) =>
  [false, true].flatMap((privateNetwork) =>
    [false, true].flatMap((logAnalytics) =>
      ([0, 1] as const).flatMap((minReplicas) =>
        (["0.25", "0.5", "1.0"] as const).map((cpu) => ({ storage, privateNetwork, logAnalytics, minReplicas, cpu })),
      ),
    ),
  ),
);

function parametersOf(choice: Choice, more: JsonObject = {}): JsonObject {
  const values = { ...choice, ...SECRETS, ...more };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
}

/** Deploys into an empty group. @returns the resources in the order of their creation */
async function deployed(parameters: JsonObject): Promise<{ resources: WantedResource[]; outputs: JsonObject }> {
  const azure = new FakeAzure();
  for (const name of ["Microsoft.Network", "Microsoft.DBforPostgreSQL", "Microsoft.OperationalInsights"]) {
    azure.state.providers[name] = "Registered";
  }
  const resources: WantedResource[] = [];
  const scope: DeploymentScope = {
    subscriptionId: azure.state.subscriptionId,
    resourceGroup: azure.createGroup("my-Group_1", "westeurope"),
    find: (id) => azure.find(id).properties,
    nested: (_, deploy) => deploy(scope),
    provision: async (wanted) => {
      resources.push(structuredClone(wanted));
      return azure.provision(wanted).properties;
    },
  };
  const outputs = await deployTemplate(template, parameters, scope);
  return { resources, outputs };
}

function ofType(resources: readonly WantedResource[], type: string): WantedResource[] {
  return resources.filter((resource) => resource.type === type);
}

function appOf(resources: readonly WantedResource[]) {
  const [app] = ofType(resources, "Microsoft.App/containerApps");
  assert.ok(app);
  const { configuration, template: revision } = app.body["properties"] as AnyJson;
  const [container] = revision.containers;
  const env = new Map<string, AnyJson>(container.env.map((variable: { name: string }) => [variable.name, variable]));
  return { app, configuration, revision, container, env };
}

test("every combination of parameters deploys, in the order of dependencies", async () => {
  for (const choice of CHOICES) {
    const label = JSON.stringify(choice);
    const { resources, outputs } = await deployed(parametersOf(choice));
    const ids = resources.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length, label);
    assert.equal(ids.at(-1), appOf(resources).app.id, `the app is last: ${label}`);
    const { storage } = choice;

    const [account] = ofType(resources, "Microsoft.Storage/storageAccounts");
    assert.equal(account !== undefined, storage !== "none", label);
    assert.equal(
      ofType(resources, "Microsoft.Authorization/roleAssignments").length,
      storage === "blob" ? 1 : 0,
      label,
    );
    if (account !== undefined) {
      assert.match(account.name, /^[a-z0-9]{3,24}$/);
      const properties = account.body["properties"] as JsonObject;
      assert.equal(properties["allowSharedKeyAccess"], storage === "files", label);
      assert.equal(properties["publicNetworkAccess"], choice.privateNetwork ? "Disabled" : "Enabled", label);
      assert.deepEqual(
        ofType(resources, "Microsoft.Network/privateEndpoints").map(
          ({ body }) => (body["properties"] as AnyJson).privateLinkServiceConnections[0].properties,
        ),
        choice.privateNetwork
          ? [{ privateLinkServiceId: account.id, groupIds: [storage === "blob" ? "blob" : "file"] }]
          : [],
        label,
      );
    }
    assert.equal(ofType(resources, "Microsoft.OperationalInsights/workspaces").length, choice.logAnalytics ? 1 : 0);

    const { configuration, revision, container, env } = appOf(resources);
    assert.deepEqual([revision.scale.minReplicas, revision.scale.maxReplicas], [choice.minReplicas, 1], label);
    assert.equal(container.resources.cpu, Number(choice.cpu));
    assert.equal(container.resources.memory, `${2 * Number(choice.cpu)}Gi`);
    const target =
      storage === "blob"
        ? `https://${account?.name}.blob.core.windows.net/scimtool`
        : storage === "files"
          ? "/backup"
          : undefined;
    assert.equal(env.get("BACKUP_TARGET")?.value, target, label);
    assert.deepEqual(
      revision.volumes.map(({ storageType }: { storageType: string }) => storageType),
      storage === "files" ? ["EmptyDir", "AzureFile"] : ["EmptyDir"],
      label,
    );
    const { pageUrl, scimUrl } = outputs as { pageUrl: JsonObject; scimUrl: JsonObject };
    assert.equal(env.get("PUBLIC_URL").value, pageUrl["value"], "the app knows its own address");
    assert.equal(scimUrl["value"], `${pageUrl["value"]}/scim/v2`);
    assert.equal(configuration.ingress.allowInsecure, false);
    checkSecrets(resources, outputs, label);
  }
});

/** Asserts that secrets are only in the app's secrets, not in variables, outputs, tags or names. */
function checkSecrets(resources: readonly WantedResource[], outputs: JsonObject, label: string): void {
  const { app, configuration, env } = appOf(resources);
  const names = configuration.secrets.map(({ name }: { name: string }) => name);
  for (const { secretRef, value } of env.values()) {
    assert.ok(secretRef === undefined ? value !== undefined : names.includes(secretRef), label);
  }
  assert.equal(env.get("SCIM_SHARED_SECRET").secretRef, "scim-shared-secret");
  assert.equal(env.get("ADMIN_SECRET").secretRef, "admin-secret");
  configuration.secrets = [];
  const rest = resources.map(({ id, body }) => (id === app.id ? app.body : body));
  const shown = JSON.stringify([rest, outputs]);
  for (const secret of Object.values(SECRETS)) assert.ok(!shown.includes(secret), label);
}

const USUAL: Choice = {
  storage: "blob",
  privateNetwork: false,
  logAnalytics: false,
  minReplicas: 0,
  cpu: "0.5",
};

test("the role is assigned before the app exists, to the identity that the app uses, for the container alone", async () => {
  const { resources } = await deployed(parametersOf(USUAL));
  const types = resources.map(({ type }) => type);
  assert.ok(types.indexOf("Microsoft.Authorization/roleAssignments") < types.indexOf("Microsoft.App/containerApps"));
  const [role] = ofType(resources, "Microsoft.Authorization/roleAssignments");
  const [container] = ofType(resources, "Microsoft.Storage/storageAccounts/blobServices/containers");
  const [identity] = ofType(resources, "Microsoft.ManagedIdentity/userAssignedIdentities");
  assert.ok(role?.id.startsWith(`${container?.id}/providers/Microsoft.Authorization/roleAssignments/`));
  assert.match(JSON.stringify(role?.body), /ba92f5b4-2d11-453d-a403-e96b0029c9fe/);
  assert.deepEqual(appOf(resources).app.body["identity"], {
    type: "UserAssigned",
    userAssignedIdentities: { [String(identity?.id)]: {} },
  });
});

test("the database is on an EmptyDir, probes ask /healthz and /readyz, and the hand-over gets its time", async () => {
  const { resources } = await deployed(parametersOf(USUAL, { terminationGracePeriodSeconds: 90 }));
  const { revision, container, env } = appOf(resources);
  assert.deepEqual(revision.volumes, [{ name: "data", storageType: "EmptyDir" }]);
  assert.deepEqual(container.volumeMounts, [{ volumeName: "data", mountPath: "/data" }]);
  assert.equal(env.get("DATA_DIR").value, "/data");
  assert.deepEqual(
    container.probes.map(({ type, httpGet }: AnyJson) => [type, httpGet.path, httpGet.port]),
    [
      ["Liveness", "/healthz", 8080],
      ["Readiness", "/readyz", 8080],
    ],
  );
  assert.equal(revision.terminationGracePeriodSeconds, 90);
});

test("with PostgreSQL, the app has several replicas, its identity is the only user, and nothing is mounted", async () => {
  const databaseUrl = "postgres://u:secret@db.example.com/scim";
  const postgres = "Microsoft.DBforPostgreSQL/flexibleServers";
  for (const privateNetwork of [false, true]) {
    for (const more of [{ databaseUrl }, { deployPostgres: true, appName: "scim" }]) {
      const { resources, outputs } = await deployed(
        parametersOf({ ...USUAL, privateNetwork }, { ...more, maxReplicas: 5 }),
      );
      const { app, configuration, revision, env } = appOf(resources);
      assert.equal(revision.scale.maxReplicas, 5);
      assert.deepEqual(revision.volumes, [{ name: "data", storageType: "EmptyDir" }]);
      assert.equal(ofType(resources, "Microsoft.Storage/storageAccounts").length, 0);
      assert.equal(env.has("BACKUP_TARGET"), false);
      assert.equal(env.get("DATABASE_URL").secretRef, "database-url");
      const { value } = configuration.secrets.find(({ name }: { name: string }) => name === "database-url");
      assert.doesNotMatch(JSON.stringify([outputs, resources.filter((each) => each !== app)]), /u:secret@/);
      const [server] = ofType(resources, postgres);
      assert.equal(server === undefined, "databaseUrl" in more);
      if (server === undefined) {
        assert.equal(value, databaseUrl);
        continue;
      }
      assert.match(value, /^postgres:\/\/scim-identity@.*\/scimtool\?sslmode=verify-full&auth=entra$/);
      assert.equal(readPostgresUrl(value).hasEntraSignIn, true);
      const properties = server.body["properties"] as AnyJson;
      assert.deepEqual(
        [properties.authConfig.activeDirectoryAuth, properties.authConfig.passwordAuth, properties.administratorLogin],
        ["Enabled", "Disabled", undefined],
      );
      const [administrator] = ofType(resources, `${postgres}/administrators`);
      assert.match(JSON.stringify(administrator?.body), /"principalName":"scim-identity"/);
      // Azure makes the first administrator the owner of new databases.
      const [database] = ofType(resources, `${postgres}/databases`);
      assert.ok(resources.indexOf(administrator as WantedResource) < resources.indexOf(database as WantedResource));
      assert.equal(ofType(resources, `${postgres}/firewallRules`).length, privateNetwork ? 0 : 1);
      assert.equal(properties.network?.delegatedSubnetResourceId !== undefined, privateNetwork);
    }
  }
});

test("further variables and secrets reach the app", async () => {
  const more = {
    extraEnvironment: [
      { name: "LOG_LEVEL", value: "info" },
      { name: "VIEWER_SECRET", secretRef: "viewer" },
    ],
    extraSecrets: { list: [{ name: "viewer", value: "the-viewer-secret" }] },
  };
  const { resources } = await deployed(parametersOf(USUAL, more));
  const { configuration, env } = appOf(resources);
  assert.equal(env.get("LOG_LEVEL").value, "info");
  assert.equal(env.get("VIEWER_SECRET").secretRef, "viewer");
  const { value } = configuration.secrets.find(({ name }: { name: string }) => name === "viewer");
  assert.equal(value, "the-viewer-secret");
});

test("the template's own account name is valid for the longest app name, and differs between groups", async () => {
  const { resources } = await deployed(parametersOf(USUAL, { appName: `${"a-very-long-".repeat(3).slice(0, 31)}x` }));
  const [account] = ofType(resources, "Microsoft.Storage/storageAccounts");
  assert.match(account?.name ?? "", /^averylongav[a-z0-9]{13}$/);
});

test("parameters that cannot work are rejected before anything is created", async () => {
  const refused: [JsonObject, RegExp][] = [
    [{ scimSecret: "short" }, /scimSecret/],
    [{ storage: "disk" }, /storage/],
    [{ minReplicas: 2 }, /minReplicas/],
    [{ storageAccountName: "ab" }, /storageAccountName/],
    [{ terminationGracePeriodSeconds: 10 }, /terminationGracePeriodSeconds/],
  ];
  for (const [parameters, message] of refused) {
    await assert.rejects(deployed(parametersOf(USUAL, parameters)), message);
  }
});

test("secure parameters are declared as such, every parameter is described, and the image is this version's", () => {
  for (const name of ["scimSecret", "adminSecret", "databaseUrl"]) {
    assert.equal(template.parameters[name].type, "securestring", name);
  }
  assert.equal(template.parameters.extraSecrets.type, "secureObject");
  const guide = readFileSync(fileURLToPath(new URL("../../../../docs/azure.md", import.meta.url)), "utf8");
  for (const [name, { defaultValue }] of Object.entries<AnyJson>(template.parameters)) {
    const row = guide.split("\n").find((line) => line.startsWith(`| \`${name}\``));
    assert.ok(row, `docs/azure.md describes the parameter ${name}`);
    const cells = row.split("|").slice(1, -1);
    assert.ok(cells.length === 4 && cells.every((cell) => cell.trim() !== ""), `${name} has a default and a cost`);
    if (typeof defaultValue === "number" || typeof defaultValue === "boolean" || /^[\w.-]+$/.test(defaultValue ?? ""))
      assert.ok(row.includes(`\`${defaultValue}\``), `docs/azure.md has the default of ${name}: ${defaultValue}`);
  }
  assert.equal(template.parameters.image.defaultValue.split(":").at(-1), version);
});
