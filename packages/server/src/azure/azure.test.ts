import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { MIGRATIONS } from "../store/sqlite/migrations.ts";
import type { AnyJson } from "../testing/client.ts";
import { VERSION } from "../version.ts";
import { type Arm, explainSignIn, onlySubscription } from "./arm.ts";
import { audit } from "./audit.ts";
import { type DeployOptions, deploy } from "./deploy.ts";
import { appNameProblem, storageAccountName, validAppName } from "./names.ts";
import { remove } from "./remove.ts";
import { ROOT } from "./testing/dotnet-tools.ts";
import { FakeArm } from "./testing/fake-arm.ts";
import { rollbackProblem, SCHEMA_OF_RELEASE, status, update } from "./update.ts";

const TEMPLATE = JSON.parse(readFileSync(join(ROOT, "deploy/azure/azuredeploy.json"), "utf8"));
const NAMES = { resourceGroup: "my-RG", appName: "scim-test" };
const AGAIN = "scimtool azure update --resource-group my-RG --app-name scim-test";
const SCHEMA = MIGRATIONS.length;
const APP = "Microsoft.App/containerApps";

async function run(
  command: (talk: { print: (line: string) => void; confirm: () => Promise<boolean> }) => Promise<void>,
  agrees = true,
): Promise<string> {
  const lines: string[] = [];
  await command({ print: (line) => lines.push(line), confirm: async () => agrees });
  return lines.join("\n");
}

function deployed(arm: Arm, options: Partial<DeployOptions> = {}, agrees = true): Promise<string> {
  return run((talk) => deploy(arm, TEMPLATE, { ...NAMES, ...options }, talk), agrees);
}

function theApp(fake: FakeArm) {
  const [app] = fake.azure.list(NAMES.resourceGroup).filter(({ type }) => type === APP);
  assert.ok(app);
  const { configuration, template } = app.properties as AnyJson;
  return { app, template, container: template.containers[0], url: `https://${configuration.ingress.fqdn}` };
}

function secretsOf(fake: FakeArm): Map<string, string> {
  return new Map(Object.values(fake.azure.state.secrets)[0]?.map(({ name, value }) => [name, value]));
}

test("the first deployment creates everything and shows URLs, secrets, cost and the next steps", async () => {
  const fake = new FakeArm();
  fake.azure.state.providers["Microsoft.App"] = "NotRegistered";
  const text = await deployed(fake.connect());
  const { url, container } = theApp(fake);
  const secrets = secretsOf(fake);
  for (const part of [
    "Registering Microsoft.App",
    "scim-test-storage - Succeeded",
    `${url}/scim/v2?aadOptscim062020`,
    secrets.get("scim-shared-secret") ?? "",
    secrets.get("admin-secret") ?? "",
    "USD a month",
    "Secret token",
  ]) {
    assert.ok(text.includes(part), part);
  }
  assert.equal(container.image, `ghcr.io/kayasax/scimtool:${VERSION}`);
});

test("a second deployment changes nothing; what people changed since is kept", async () => {
  const fake = new FakeArm();
  const arm = fake.connect();
  await deployed(arm, { scimSecret: `"'$\`&|<>%^!\\;{}()#*` });
  const before = structuredClone(fake.azure.state);
  const text = await deployed(arm);
  for (const part of ["resources", "revisions", "secrets"] as const)
    assert.deepEqual(fake.azure.state[part], before[part]);
  assert.ok(!text.includes(secretsOf(fake).get("admin-secret") ?? "-"));

  const { container, template } = theApp(fake);
  container.env.push({ name: "LOG_LEVEL", value: "info" }, { name: "VIEWER_SECRET", secretRef: "viewer" });
  Object.values(fake.azure.state.secrets)[0]?.push({ name: "viewer", value: "the-viewer-secret" });
  template.scale.minReplicas = 1;
  container.image = "registry.example.com/own/scimtool:7";
  await deployed(arm);
  const now = theApp(fake);
  const env = now.container.env.map(({ name }: { name: string }) => name);
  assert.ok(env.includes("LOG_LEVEL") && env.includes("VIEWER_SECRET"));
  assert.equal(now.template.scale.minReplicas, 1);
  assert.equal(now.container.image, "registry.example.com/own/scimtool:7");
  assert.equal(secretsOf(fake).get("viewer"), "the-viewer-secret");
  assert.equal(secretsOf(fake).get("scim-shared-secret"), `"'$\`&|<>%^!\\;{}()#*`);
});

test("PostgreSQL replaces the storage account, stays with the next deployment, and is kept by remove", async () => {
  const fake = new FakeArm();
  const arm = fake.connect();
  await assert.rejects(deployed(arm, { databaseUrl: "mysql://u:hunter2@x/y" }), /must be create, or postgres/);
  await assert.rejects(
    deployed(arm, { databaseUrl: "postgres://u:hunter2@x/y?sslmode=prefer" }),
    /^(?!.*hunter2).*sslmode=prefer/,
  );
  const plan = await deployed(arm, { databaseUrl: "create" });
  assert.match(plan, /Database kept +PostgreSQL; its server makes the backups/);
  assert.match(plan, /PostgreSQL server 16/);
  const url = secretsOf(fake).get("database-url") ?? "";
  assert.match(url, /^postgres:\/\/scim-test-identity@.*auth=entra$/);
  theApp(fake).template.scale.maxReplicas = 7;
  await deployed(arm);
  assert.equal(secretsOf(fake).get("database-url"), url);
  assert.equal(theApp(fake).template.scale.maxReplicas, 7);
  await run((talk) => remove(arm, NAMES, talk));
  const kept = fake.azure.list(NAMES.resourceGroup).map(({ type }) => type);
  assert.ok(kept.includes("Microsoft.DBforPostgreSQL/flexibleServers"));
  // Only this identity can sign in.
  assert.ok(kept.includes("Microsoft.ManagedIdentity/userAssignedIdentities"));
  assert.ok(!kept.includes(APP));
});

test("throttling, errors of Azure and an expired token are waited for or renewed", async () => {
  const fake = new FakeArm();
  const arm = fake.connect();
  Object.assign(fake.trouble, { throttle: 2, serverErrors: 1, runningAnswers: 3 });
  await deployed(arm);
  fake.trouble.expireTokens = true;
  assert.match(await deployed(arm), /scim-test \(update\)/);
});

test("a group that is not visible yet fails with Azure's words, and the next run continues", async () => {
  const fake = new FakeArm();
  const arm = fake.connect();
  fake.trouble.notYetVisible = 1;
  await assert.rejects(deployed(arm), /ResourceGroupNotFound.*run the same command again/s);
  await deployed(arm);
  theApp(fake);
});

test("a deployment that fails half-way names the resource and the reason; the second run continues", async () => {
  const fake = new FakeArm();
  const arm = fake.connect();
  fake.azure.state.failOnce.push("Microsoft.App/managedEnvironments");
  await assert.rejects(deployed(arm), /scim-test-env: InternalServerError: Creating .* failed.*Nothing is lost/s);
  const accounts = () =>
    fake.azure
      .list(NAMES.resourceGroup)
      .filter(({ type }) => /storageAccounts/.test(type))
      .map(({ name }) => name);
  const before = accounts();
  await deployed(arm);
  assert.deepEqual(accounts(), before);
});

test("nothing changes with --what-if, without consent, or when a name or secret is not valid", async () => {
  const fake = new FakeArm();
  const arm = fake.connect();
  assert.match(await deployed(arm, { whatIf: true }), /Plan[\s\S]*Nothing was changed/);
  assert.match(await deployed(arm, {}, false), /Nothing was changed/);
  await assert.rejects(deployed(arm, { appName: "My App" }), /capital letters.*my-app/);
  await assert.rejects(deployed(arm, { scimSecret: "short" }), /at least 12/);
  assert.deepEqual(
    fake.requests.filter((line) => /^(PUT|PATCH|DELETE)/.test(line)),
    [],
  );
});

test("storage account names differ between groups, are valid, and are those of deploy-azure.ps1", () => {
  const id = "11111111-2222-3333-4444-555555555555";
  assert.equal(storageAccountName("scim-test", "my-RG", id), "scimtest7ee7d2b0656d8");
  assert.equal(storageAccountName("SCIM-test", "MY-rg", id), "scimtest7ee7d2b0656d8");
  assert.notEqual(storageAccountName("scim-test", "other", id), storageAccountName("scim-test", "my-RG", id));
  assert.match(storageAccountName("a-very-long-name-for-an-app", "g", id), /^[a-z0-9]{24}$/);
  for (const name of ["My App", "1scim", "my--app", "x", "scim-", "ü".repeat(40), "scim".repeat(9)]) {
    assert.notEqual(appNameProblem(name), undefined, name);
    assert.equal(appNameProblem(validAppName(name)), undefined, name);
  }
});

test("a storage account name that somebody else has is avoided", async () => {
  const fake = new FakeArm();
  fake.azure.state.namesTakenElsewhere.push("scimtest7ee7d2b0656d8");
  await deployed(fake.connect());
  assert.match(JSON.stringify(theApp(fake).container.env), /https:\/\/scimtest(?!7ee7d2b0656d8)[0-9a-f]{13}\.blob/);
});

test("an update hands over to a new revision and says how to go back", async () => {
  const fake = new FakeArm();
  const arm = fake.connect();
  await deployed(arm);
  const secrets = secretsOf(fake);
  const { image: _, ...others } = theApp(fake).container;
  const refused = await run((talk) => update(arm, { ...NAMES, imageTag: "0.2.0" }, talk), false);
  assert.match(refused, /Nothing was changed/);
  assert.equal(theApp(fake).container.image, `ghcr.io/kayasax/scimtool:${VERSION}`);
  const text = await run((talk) => update(arm, { ...NAMES, imageTag: "0.2.0" }, talk));
  assert.match(text, new RegExp(`serves ghcr.io/kayasax/scimtool:0.2.0.*${AGAIN} --image-tag ${VERSION}`));
  assert.deepEqual(secretsOf(fake), secrets);
  assert.deepEqual(theApp(fake).container, { image: "ghcr.io/kayasax/scimtool:0.2.0", ...others });
  assert.match(await run((talk) => update(arm, { ...NAMES, imageTag: "0.2.0" }, talk)), /already runs/);
});

test("an update that does not start leaves the old revision serving, and says why", async () => {
  const fake = new FakeArm();
  const arm = fake.connect();
  await deployed(arm);
  const old = theApp(fake).app.properties["latestReadyRevisionName"];
  fake.azure.state.missingImages.push("ghcr.io/kayasax/scimtool:9.9.9");
  await assert.rejects(
    run((talk) => update(arm, { ...NAMES, imageTag: "9.9.9" }, talk)),
    /MANIFEST_UNKNOWN.*still serves/s,
  );
  fake.azure.state.crashingImages["ghcr.io/kayasax/scimtool:0.2.0"] = "the database was written by a newer SCIMTool";
  await assert.rejects(
    run((talk) => update(arm, { ...NAMES, imageTag: "0.2.0" }, talk)),
    new RegExp(`written by a newer SCIMTool.*${old} still serves.*Go back: ${AGAIN} --image-tag ${VERSION}`, "s"),
  );
  const text = await run(({ print }) => status(arm, NAMES, print, () => Promise.reject(new Error("no answer"))));
  assert.match(text, new RegExp(`Revision\\s+${old}; scim-test--\\w+ is not ready`));
  assert.match(text, /Revisions\s+2 active, 0 inactive/);

  // For a moment, Azure may return the old state, with the failed revision as the latest.
  fake.trouble.staleReads = 3;
  await run((talk) => update(arm, { ...NAMES, imageTag: "0.3.0" }, talk));
  const after = await run(({ print }) => status(arm, NAMES, print, () => Promise.reject(new Error("no answer"))));
  assert.match(after, /Revisions\s+1 active, 2 inactive/);
});

test("a rollback to a release that cannot open the database is refused before anything changes", () => {
  const schemas = { "0.1.0": 1, "0.2.0": 1, "0.3.0": 2 };
  assert.match(rollbackProblem("0.3.0", "0.2.0", schemas) ?? "", /uses schema 2, 0.2.0 knows schemas up to 1/);
  assert.equal(rollbackProblem("0.2.0", "0.1.0", schemas), undefined);
  assert.equal(rollbackProblem("0.1.0", "0.3.0", schemas), undefined);
  assert.equal(rollbackProblem("latest", "0.1.0", schemas), undefined);
  const changelog = readFileSync(join(ROOT, "CHANGELOG.md"), "utf8");
  for (const [, release = ""] of changelog.matchAll(/^## \[?(\d+\.\d+\.\d+)/gm)) {
    assert.ok(release in SCHEMA_OF_RELEASE, `update.ts has the schema of ${release}`);
  }
});

test("an update that changes the schema says where the copy will be, and how to go back", async () => {
  const fake = new FakeArm();
  const arm = fake.connect();
  await deployed(arm);
  const releases = SCHEMA_OF_RELEASE as Record<string, number>;
  releases["0.9.0"] = 99;
  try {
    const text = await run((talk) => update(arm, { ...NAMES, imageTag: "0.9.0" }, talk));
    assert.match(
      text,
      new RegExp(
        `changes from ${SCHEMA} to 99\\. Before that the new revision copies it to\nscim\\.db\\.schema-${SCHEMA} at`,
      ),
    );
    assert.match(text, /To go back: docs\/upgrade\.md, "Go back over a schema change"/);
    const before = structuredClone(fake.azure.state);
    await assert.rejects(
      run((talk) => update(arm, { ...NAMES, imageTag: VERSION }, talk)),
      /cannot open this database: 0\.9\.0 uses schema 99.*Nothing was changed/,
    );
    assert.deepEqual(fake.azure.state, before);
  } finally {
    delete releases["0.9.0"];
  }
});

test("status shows revision, image, backup, restore points and cost, also when the server does not answer", async () => {
  const fake = new FakeArm();
  const arm = fake.connect();
  await deployed(arm);
  const backup = {
    mode: "azure-blob",
    role: "primary",
    durability: { configured: "semi-sync", inForce: "async" },
    lag: { commits: 3 },
    lastPlainCopy: { time: new Date(Date.now() - 120_000).toISOString(), succeeded: true },
    restorable: { oldest: "2026-11-01T00:00:00Z", newest: "2026-11-08T00:00:00Z" },
    lastError: "403 AuthorizationPermissionMismatch",
    newerVersion: "9.9.9",
  };
  const text = await run(({ print }) => status(arm, NAMES, print, async () => backup));
  for (const part of [
    "async in force",
    "3 commits behind",
    "2 min ago",
    "from 2026-11-01",
    "AuthorizationPermission",
    `${AGAIN} --image-tag 9.9.9`,
    "USD",
  ]) {
    assert.ok(text.includes(part), `${part} in ${text}`);
  }
  const silent = await run(({ print }) => status(arm, NAMES, print, () => Promise.reject(new Error("no answer"))));
  assert.match(silent, /Backup\s+unknown: no answer/);
  assert.doesNotMatch(silent, /New version/);
  fake.azure.add(NAMES.resourceGroup, "Microsoft.OperationalInsights/workspaces", "scim-test-logs", {});
  assert.match(await run(({ print }) => status(arm, NAMES, print, async () => backup)), /Cost .*logs 2\.76 per GB/);
  await assert.rejects(
    run(({ print }) => status(arm, { ...NAMES, appName: "other" }, print)),
    /there is no container app other.*scimtool azure deploy --resource-group my-RG --app-name other/,
  );
});

test("an app of the earlier product, or of somebody else, is left alone", async () => {
  const fake = new FakeArm();
  const arm = fake.connect();
  await deployed(arm);
  theApp(fake).app.tags = {};
  await assert.rejects(deployed(arm), /was not deployed by this command.*scim-test-2.*docs\/upgrade\.md/s);
});

/** A group as earlier and failed deployments leave it. */
async function leftovers(): Promise<FakeArm> {
  const fake = new FakeArm();
  const { azure } = fake;
  fake.azure.state.providers["Microsoft.OperationalInsights"] = "Registered";
  await deployed(fake.connect());
  const group = NAMES.resourceGroup;
  azure.add(
    group,
    "Microsoft.ContainerRegistry/registries",
    "oldacr",
    { loginServer: "oldacr.azurecr.io" },
    { rest: { sku: { name: "Basic" } } },
  );
  azure.add(group, "Microsoft.OperationalInsights/workspaces", "used-logs", { customerId: "used" });
  azure.add(group, "Microsoft.OperationalInsights/workspaces", "other-logs", { customerId: "other" });
  const environment = azure.list(group).find(({ type }) => type === "Microsoft.App/managedEnvironments");
  assert.ok(environment);
  environment.properties["appLogsConfiguration"] = { logAnalyticsConfiguration: { customerId: "used" } };
  azure.add(group, "Microsoft.App/jobs", "migrate", {
    environmentId: environment.id,
    configuration: { triggerType: "Manual" },
  });
  azure.add(group, "Microsoft.App/jobs", "lost-job", { environmentId: `${environment.id}-gone` });
  azure.add(group, "Microsoft.Storage/storageAccounts", "quietstor", {});
  const busy = azure.add(group, "Microsoft.Storage/storageAccounts", "busystor", {});
  azure.state.transactions[`${busy.id.replace("busystor", "quietstor")}`.toLowerCase()] = 0;
  azure.state.transactions[busy.id.toLowerCase()] = 1234;
  azure.add(group, "Microsoft.ManagedIdentity/userAssignedIdentities", "old-identity", {});
  azure.add(group, "Microsoft.App/managedEnvironments", "empty-env", {});
  return fake;
}

test("audit finds what looks unused, with reason, certainty, cost and command, and spares what is used", async () => {
  const fake = await leftovers();
  const before = structuredClone(fake.azure.state.resources);
  const findings = await audit(fake.connect(), NAMES.resourceGroup);
  assert.deepEqual(
    findings.map(({ name, certainty }) => [name, certainty]),
    [
      ["oldacr", "likely"],
      ["other-logs", "likely"],
      ["migrate", "likely"],
      ["lost-job", "certain"],
      ["quietstor", "likely"],
      ["busystor", "possible"],
      ["old-identity", "possible"],
      ["empty-env", "likely"],
    ],
  );
  for (const { why, cost, command } of findings) {
    assert.match(cost, /USD/);
    assert.match(command, /^az [\w-]+.* delete --resource-group my-RG/);
    assert.ok(why.length > 10);
  }
  assert.match(findings[0]?.cost ?? "", /^5 USD/);
  assert.match(findings[5]?.why ?? "", /1234 requests/);
  assert.deepEqual(fake.azure.state.resources, before);
});

test("audit finds nothing in a group that was just deployed", async () => {
  const fake = new FakeArm();
  await deployed(fake.connect());
  assert.deepEqual(await audit(fake.connect(), NAMES.resourceGroup), []);
});

test("remove takes only what deploy created, and keeps the data unless asked", async () => {
  const fake = await leftovers();
  const arm = fake.connect();
  const names = () =>
    fake.azure
      .list(NAMES.resourceGroup)
      .map(({ name }) => name)
      .sort();
  const others = names().filter((name) => !name.startsWith("scim"));
  assert.match(await run((talk) => remove(arm, NAMES, talk), false), /Nothing was changed/);
  assert.match(await run((talk) => remove(arm, NAMES, talk)), /Keeps the data: Microsoft.Storage/);
  assert.deepEqual(
    names(),
    [...others, storageAccountName(NAMES.appName, NAMES.resourceGroup, arm.subscriptionId)].sort(),
  );
  await run((talk) => remove(arm, { ...NAMES, withData: true }, talk));
  assert.deepEqual(names(), others);
});

test("without signing in, the message says what to do", async () => {
  const failed = Object.assign(new Error("a list of everything"), { name: "AggregateAuthenticationError" });
  assert.match(String(explainSignIn(failed)), /Run: az login/);
  const other = new Error("other");
  assert.equal(explainSignIn(other), other);
});

test("without --subscription the only one is taken", async () => {
  const fake = new FakeArm();
  const taken: string[] = [];
  await onlySubscription(fake.connect(), (id) => {
    taken.push(id);
    return fake.connect();
  });
  assert.deepEqual(taken, [fake.azure.state.subscriptionId]);
});
