import { randomUUID } from "node:crypto";
import type { Json } from "./arm-expression.ts";
import {
  type DeploymentScope,
  deployTemplate,
  type JsonObject,
  uniqueString,
  type WantedResource,
} from "./arm-template.ts";

/** An error of Azure: status, code and message. */
export class AzureFault extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export type Resource = {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  location: string;
  tags: JsonObject;
  properties: JsonObject;
  readonly createdTime: string;
  readonly rest: JsonObject;
};

export type Revision = {
  readonly name: string;
  readonly createdTime: string;
  readonly template: JsonObject;
  active: boolean;
  healthState: "Healthy" | "Unhealthy" | "None";
  runningState: string;
  details?: string;
};

export type Deployment = {
  readonly name: string;
  state: "Running" | "Succeeded" | "Failed";
  outputs: JsonObject;
  error?: { code: string; message: string };
  readonly operations: {
    readonly id: string;
    readonly state: string;
    readonly error?: { code: string; message: string };
  }[];
  readonly timestamp: string;
};

/** The state of the fake: plain data, so that the fake `az` can store it in a file between calls. */
export type AzureState = {
  subscriptionId: string;
  groups: Record<string, { name: string; location: string; tags: JsonObject }>;
  resources: Record<string, Resource>;
  revisions: Record<string, Revision[]>;
  secrets: Record<string, { name: string; value: string }[]>;
  deployments: Record<string, Deployment>;
  providers: Record<string, "Registered" | "NotRegistered" | "Registering">;
  /** Storage account names that are taken elsewhere in Azure. */
  namesTakenElsewhere: string[];
  /** Images that are missing in the registry. */
  missingImages: string[];
  /** Images whose program exits right after its start, with its output. */
  crashingImages: Record<string, string>;
  /** Resource types whose next creation fails, once each. */
  failOnce: string[];
  /** Requests of the last 30 days by storage account ID. */
  transactions: Record<string, number>;
};

const PROVIDERS = ["Microsoft.App", "Microsoft.Storage", "Microsoft.ManagedIdentity"];

export function emptyState(): AzureState {
  return {
    subscriptionId: "11111111-2222-3333-4444-555555555555",
    groups: {},
    resources: {},
    revisions: {},
    secrets: {},
    deployments: {},
    providers: Object.fromEntries(PROVIDERS.map((name) => [name, "Registered" as const])),
    namesTakenElsewhere: [],
    missingImages: [],
    crashingImages: {},
    failOnce: [],
    transactions: {},
  };
}

/** A subscription as Azure Resource Manager stores it: the parts that SCIMTool deploys and examines. */
export class FakeAzure {
  readonly state: AzureState;

  constructor(state: AzureState = emptyState()) {
    this.state = state;
  }

  group(name: string): { name: string; location: string; tags: JsonObject } {
    const group = this.state.groups[name.toLowerCase()];
    if (group !== undefined) return group;
    throw new AzureFault(404, "ResourceGroupNotFound", `Resource group '${name}' could not be found.`);
  }

  createGroup(name: string, location: string): { name: string; location: string; tags: JsonObject } {
    this.state.groups[name.toLowerCase()] ??= { name, location, tags: {} };
    return this.group(name);
  }

  idIn(group: string, type: string, name: string): string {
    return `/subscriptions/${this.state.subscriptionId}/resourceGroups/${group}/providers/${type}/${name}`;
  }

  find(id: string): Resource {
    const resource = this.state.resources[id.toLowerCase()];
    if (resource !== undefined) return resource;
    const [, type, name] = /providers\/(.+)\/([^/]+)$/.exec(id) ?? [];
    throw new AzureFault(404, "ResourceNotFound", `The Resource '${type}/${name}' was not found.`);
  }

  /** Resources of a group; only top-level ones, as Resource Manager lists them. */
  list(group: string): Resource[] {
    const start = this.idIn(group, "", "").replace(/\/+$/, "/").toLowerCase();
    return Object.values(this.state.resources).filter(
      ({ id, type }) =>
        id.toLowerCase().startsWith(start) && type.split("/").length === 2 && id.split("/providers/").length === 2,
    );
  }

  /** Resources directly below another one, such as the containers of a blob service. */
  children(parentId: string, kind: string): Resource[] {
    const start = `${parentId}/${kind}/`.toLowerCase();
    return Object.values(this.state.resources).filter(({ id }) => {
      return id.toLowerCase().startsWith(start) && !id.slice(start.length).includes("/");
    });
  }

  add(group: string, type: string, name: string, properties: JsonObject, more: Partial<Resource> = {}): Resource {
    return this.#put({
      id: this.idIn(group, type, name),
      name,
      type,
      location: "westeurope",
      tags: {},
      createdTime: new Date().toISOString(),
      properties,
      rest: {},
      ...more,
    });
  }

  remove(id: string): void {
    const start = id.toLowerCase();
    for (const key of Object.keys(this.state.resources)) {
      if (key === start || key.startsWith(`${start}/`)) delete this.state.resources[key];
    }
  }

  removeGroup(name: string): void {
    for (const { id } of this.list(name)) this.remove(id);
    delete this.state.groups[name.toLowerCase()];
  }

  /** Deploys a template into a group and records the result, including nested deployments. */
  async deploy(group: string, name: string, template: Json, parameters: JsonObject): Promise<Deployment> {
    this.group(group);
    await this.#record(group, name, (scope) => deployTemplate(template, parameters, scope)).catch(() => undefined);
    return this.deployment(group, name);
  }

  deployment(group: string, name: string): Deployment {
    const deployment = this.state.deployments[`${group}/${name}`.toLowerCase()];
    if (deployment !== undefined) return deployment;
    throw new AzureFault(404, "DeploymentNotFound", `Deployment '${name}' could not be found.`);
  }

  async #record(
    group: string,
    name: string,
    deploy: (scope: DeploymentScope) => Promise<JsonObject>,
  ): Promise<JsonObject> {
    const deployment: Deployment = {
      name,
      state: "Running",
      outputs: {},
      operations: [],
      timestamp: new Date().toISOString(),
    };
    this.state.deployments[`${group}/${name}`.toLowerCase()] = deployment;
    const noting = async <T>(id: string, work: () => Promise<T>): Promise<T> => {
      try {
        const result = await work();
        deployment.operations.push({ id, state: "Succeeded" });
        return result;
      } catch (error) {
        const { code = "DeploymentFailed", message } = error as AzureFault;
        deployment.operations.push({ id, state: "Failed", error: { code, message } });
        throw new AzureFault(409, "DeploymentFailed", "At least one resource deployment operation failed.");
      }
    };
    try {
      deployment.outputs = await deploy({
        subscriptionId: this.state.subscriptionId,
        resourceGroup: this.group(group),
        find: (id) => this.find(id).properties,
        nested: (inner, run) =>
          noting(this.idIn(group, "Microsoft.Resources/deployments", inner), () => this.#record(group, inner, run)),
        provision: (wanted) => noting(wanted.id, async () => this.provision(wanted).properties),
      });
      deployment.state = "Succeeded";
      return deployment.outputs;
    } catch (error) {
      const { code = "InvalidTemplate", message } = error as AzureFault;
      deployment.state = "Failed";
      deployment.error = { code, message };
      throw error;
    }
  }

  provision({ id, type, name, body }: WantedResource): Resource {
    const provider = type.split("/")[0] ?? "";
    if (this.state.providers[provider] === "NotRegistered") {
      const message = `The subscription is not registered to use namespace '${provider}'.`;
      throw new AzureFault(409, "MissingSubscriptionRegistration", message);
    }
    const failing = this.state.failOnce.indexOf(type);
    if (failing >= 0) {
      this.state.failOnce.splice(failing, 1);
      throw new AzureFault(500, "InternalServerError", `Creating ${type} failed. Please retry later.`);
    }
    const { name: _, location, tags, properties = {}, ...rest } = body;
    const known = this.state.resources[id.toLowerCase()];
    const resource: Resource = {
      id,
      name: name.split("/").at(-1) ?? "",
      type,
      location: String(location ?? known?.location ?? ""),
      tags: (tags ?? {}) as JsonObject,
      createdTime: known?.createdTime ?? new Date().toISOString(),
      properties: { ...(properties as JsonObject), provisioningState: "Succeeded" },
      rest,
    };
    if (known !== undefined && known.location !== resource.location) {
      const message = `The resource '${name}' already exists in location '${known.location}'.`;
      throw new AzureFault(409, "InvalidResourceLocation", message);
    }
    this.#complete(resource, known);
    return this.#put(resource);
  }

  /** Changes an existing container app as PATCH does: merges objects, replaces arrays, keeps secrets. */
  patchApp(id: string, change: JsonObject): Resource {
    const app = this.find(id);
    const secrets = this.state.secrets[id.toLowerCase()] ?? [];
    const properties = merge(app.properties, (change["properties"] ?? {}) as JsonObject) as JsonObject;
    const configuration = properties["configuration"] as JsonObject;
    configuration["secrets"] ??= secrets;
    const given = configuration["secrets"] as { name: string; value?: string }[];
    configuration["secrets"] = given.map(({ name, value }) => ({
      name,
      value: value ?? secrets.find((secret) => secret.name === name)?.value ?? "",
    }));
    return this.provision({
      id,
      type: app.type,
      apiVersion: "",
      name: app.name,
      body: { ...app.rest, name: app.name, location: app.location, tags: app.tags, properties },
    });
  }

  #put(resource: Resource): Resource {
    this.state.resources[resource.id.toLowerCase()] = resource;
    return resource;
  }

  /** Adds what the resource provider adds, and rejects what it rejects. */
  #complete(resource: Resource, known: Resource | undefined): void {
    const { type, name, id, properties } = resource;
    switch (type) {
      case "Microsoft.Storage/storageAccounts":
        this.checkStorageName(name, known !== undefined);
        break;
      case "Microsoft.ManagedIdentity/userAssignedIdentities":
        properties["clientId"] = known?.properties["clientId"] ?? randomUUID();
        properties["principalId"] = known?.properties["principalId"] ?? randomUUID();
        break;
      case "Microsoft.DBforPostgreSQL/flexibleServers":
        properties["fullyQualifiedDomainName"] = `${name}.postgres.database.azure.com`;
        break;
      case "Microsoft.OperationalInsights/workspaces":
        properties["customerId"] = known?.properties["customerId"] ?? randomUUID();
        break;
      case "Microsoft.App/managedEnvironments":
        if (
          known !== undefined &&
          JSON.stringify(known.properties["vnetConfiguration"] ?? null) !==
            JSON.stringify(properties["vnetConfiguration"] ?? null)
        ) {
          throw new AzureFault(
            400,
            "ManagedEnvironmentInvalidNetworkConfiguration",
            "vnetConfiguration cannot change.",
          );
        }
        properties["defaultDomain"] = `${uniqueString(id).slice(0, 8)}.${resource.location}.azurecontainerapps.io`;
        break;
      case "Microsoft.App/containerApps":
        this.#completeApp(resource);
        break;
    }
  }

  checkStorageName(name: string, isOwn = false): void {
    if (!/^[a-z0-9]{3,24}$/.test(name)) {
      throw new AzureFault(400, "AccountNameInvalid", `${name} is not a valid storage account name.`);
    }
    if (!isOwn && this.state.namesTakenElsewhere.includes(name)) {
      throw new AzureFault(409, "StorageAccountAlreadyTaken", `The storage account named ${name} is already taken.`);
    }
  }

  #completeApp(app: Resource): void {
    const id = app.id.toLowerCase();
    const { configuration, template } = app.properties as { configuration: JsonObject; template: JsonObject };
    if (!/^[a-z](?!.*--)[a-z0-9-]{0,30}[a-z0-9]$/.test(app.name)) {
      throw new AzureFault(400, "ContainerAppInvalidName", `Invalid ContainerApp name '${app.name}'.`);
    }
    const secrets = (configuration["secrets"] ?? []) as { name: string; value: string }[];
    const [container] = template["containers"] as JsonObject[];
    const env = (container?.["env"] ?? []) as { name: string; secretRef?: string }[];
    const lost = env.find(({ secretRef }) => secretRef && !secrets.some(({ name }) => name === secretRef));
    if (lost !== undefined) {
      const message = `SecretRef '${lost.secretRef}' defined for container '${app.name}' not found.`;
      throw new AzureFault(400, "ContainerAppSecretRefNotFound", message);
    }
    for (const { name } of secrets) {
      if (secrets.filter((secret) => secret.name === name).length > 1) {
        throw new AzureFault(400, "ContainerAppSecretDuplicated", `Secret '${name}' is given twice.`);
      }
    }
    const image = String(container?.["image"]);
    if (this.state.missingImages.includes(image)) {
      const message = `Field 'template.containers.scimtool.image' is invalid with details: 'Invalid value: "${image}": GET https:: MANIFEST_UNKNOWN: manifest unknown'`;
      throw new AzureFault(400, "ContainerAppImageInvalid", message);
    }
    this.state.secrets[id] = secrets;
    configuration["secrets"] = secrets.map(({ name }) => ({ name }));
    const environment = this.find(String(app.properties["environmentId"]));
    const ingress = configuration["ingress"] as JsonObject;
    ingress["fqdn"] = `${app.name}.${environment.properties["defaultDomain"]}`;
    this.#addRevision(app, template, image);
  }

  #addRevision(app: Resource, template: JsonObject, image: string): void {
    const id = app.id.toLowerCase();
    const revisions = this.state.revisions[id] ?? [];
    const crash = this.state.crashingImages[image];
    const latest = revisions.at(-1);
    if (latest === undefined || JSON.stringify(latest.template) !== JSON.stringify(template)) {
      if (crash === undefined) for (const revision of revisions) revision.active = false;
      revisions.push({
        name: `${app.name}--${uniqueString(id, JSON.stringify(template), String(revisions.length)).slice(0, 7)}`,
        createdTime: new Date().toISOString(),
        template: structuredClone(template),
        active: true,
        healthState: crash === undefined ? "Healthy" : "Unhealthy",
        runningState: crash === undefined ? "Running" : "Degraded",
        ...(crash !== undefined && { details: crash }),
      });
    }
    this.state.revisions[id] = revisions;
    app.properties["latestRevisionName"] = revisions.at(-1)?.name ?? "";
    app.properties["latestReadyRevisionName"] =
      revisions.findLast(({ healthState }) => healthState === "Healthy")?.name ?? "";
    app.properties["runningStatus"] = "Running";
  }
}

function merge(of: Json, change: Json): Json {
  if (change === null || typeof change !== "object" || Array.isArray(change)) return structuredClone(change);
  const result: JsonObject = of !== null && typeof of === "object" && !Array.isArray(of) ? structuredClone(of) : {};
  for (const [name, value] of Object.entries(change)) result[name] = merge(result[name] ?? null, value);
  return result;
}
