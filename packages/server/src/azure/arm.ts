import { ResourceManagementClient } from "@azure/arm-resources";
import type { TokenCredential } from "@azure/core-auth";
import { createPipelineRequest, type HttpClient, type HttpMethods } from "@azure/core-rest-pipeline";
import { CommandError } from "../cli/command.ts";

const ENDPOINT = "https://management.azure.com";

/** Resource Manager requires a version in every request. */
export const API = {
  apps: "2024-03-01",
  metrics: "2023-10-01",
  storage: "2023-05-01",
  subscriptions: "2022-12-01",
} as const;

/** Types of the template's resources, and of what earlier deployments left. */
export const API_OF_TYPE: Readonly<Record<string, string>> = {
  "Microsoft.App/containerApps": API.apps,
  "Microsoft.App/jobs": API.apps,
  "Microsoft.App/managedEnvironments": API.apps,
  "Microsoft.ContainerRegistry/registries": "2023-07-01",
  "Microsoft.DBforPostgreSQL/flexibleServers": "2024-08-01",
  "Microsoft.ManagedIdentity/userAssignedIdentities": "2023-01-31",
  "Microsoft.Network/privateDnsZones": "2020-06-01",
  "Microsoft.Network/privateDnsZones/virtualNetworkLinks": "2020-06-01",
  "Microsoft.Network/privateEndpoints": "2024-05-01",
  "Microsoft.Network/virtualNetworks": "2024-05-01",
  "Microsoft.OperationalInsights/workspaces": "2023-09-01",
  "Microsoft.Storage/storageAccounts": API.storage,
};

// biome-ignore lint/suspicious/noExplicitAny: answers of Resource Manager, read where they are needed.
export type Answer = any;

export type ArmOptions = {
  readonly subscriptionId: string;
  readonly credential: TokenCredential;
  /** Replaces the network. */
  readonly httpClient?: HttpClient;
  /** Pause between polls of a long-running operation. */
  readonly pollMs?: number;
};

/** Azure Resource Manager for one subscription. Retries and throttling are the SDK's. */
export class Arm {
  readonly subscriptionId: string;
  readonly client: ResourceManagementClient;
  readonly pollMs: number;

  constructor({ subscriptionId, credential, httpClient, pollMs = 5_000 }: ArmOptions) {
    this.subscriptionId = subscriptionId;
    this.pollMs = pollMs;
    this.client = new ResourceManagementClient(credential, subscriptionId, httpClient && { httpClient });
  }

  idIn(group: string, type: string, name: string): string {
    return `/subscriptions/${this.subscriptionId}/resourceGroups/${group}/providers/${type}/${name}`;
  }

  /** @returns undefined if it does not exist */
  async find(path: string, apiVersion: string): Promise<Answer | undefined> {
    return this.send("GET", path, apiVersion);
  }

  /** All items of a list, page by page; none if the list does not exist. */
  async list(path: string, apiVersion: string): Promise<Answer[]> {
    const items: Answer[] = [];
    for (let next: string | undefined = path; next !== undefined; ) {
      const page: Answer = await this.send("GET", next, apiVersion);
      items.push(...(page?.value ?? []));
      next = page?.nextLink;
    }
    return items;
  }

  /** @returns undefined if the resource does not exist. @throws CommandError with Azure's message */
  async send(method: HttpMethods, path: string, apiVersion: string, body?: object): Promise<Answer | undefined> {
    const url = new URL(path, ENDPOINT);
    if (!url.searchParams.has("api-version")) url.searchParams.set("api-version", apiVersion);
    const request = createPipelineRequest({ url: url.href, method, ...(body && { body: JSON.stringify(body) }) });
    if (body !== undefined) request.headers.set("content-type", "application/json");
    const { status, bodyAsText } = await this.client.sendRequest(request);
    const answer: Answer = bodyAsText ? JSON.parse(bodyAsText) : undefined;
    if (status === 404) return undefined;
    if (status < 400) return answer;
    throw new CommandError(explain(answer?.error?.code, answer?.error?.message ?? `Azure answered ${status}.`));
  }
}

/** Adds what to do to errors that administrators often meet. */
export function explain(code: string | undefined, message: string): string {
  const advice: Readonly<Record<string, string>> = {
    AuthorizationFailed: "Ask for the role Contributor and, for the role assignment, User Access Administrator.",
    ExpiredAuthenticationToken: "Sign in again: az login",
    InvalidAuthenticationTokenTenant: "Sign in to the right tenant: az login --tenant <tenant>",
    RequestDisallowedByPolicy: "A policy of your organisation forbids this; its name is in the message.",
  };
  const hint = advice[code ?? ""];
  return `${code === undefined ? "" : `${code}: `}${message}${hint === undefined ? "" : ` ${hint}`}`;
}

/**
 * Signs in as the Azure CLI, an environment variable or a managed identity does.
 * @param subscriptionId default: the only subscription that the identity sees
 * @throws CommandError if nobody is signed in, or several subscriptions are possible
 */
export async function signIn(subscriptionId: string | undefined): Promise<Arm> {
  const { DefaultAzureCredential } = await import("@azure/identity");
  const credential = new DefaultAzureCredential();
  if (subscriptionId !== undefined) return new Arm({ subscriptionId, credential });
  return onlySubscription(new Arm({ subscriptionId: "", credential }), (id) => {
    return new Arm({ subscriptionId: id, credential });
  });
}

export async function onlySubscription(arm: Arm, open: (subscriptionId: string) => Arm): Promise<Arm> {
  const subscriptions = await arm.list("/subscriptions", API.subscriptions);
  const [first, second] = subscriptions;
  if (first === undefined) throw new CommandError("this account has no Azure subscription. Run: az login");
  if (second === undefined) return open(first.subscriptionId);
  const names = subscriptions.map(({ displayName, subscriptionId }) => `${displayName} (${subscriptionId})`);
  throw new CommandError(`several subscriptions are possible. Choose one with --subscription: ${names.join(", ")}`);
}

/** One line instead of an error that lists every attempted way to sign in. */
export function explainSignIn(error: unknown): unknown {
  const { name } = error as Error;
  if (!/Authentication|Credential/.test(name)) return error;
  return new CommandError("not signed in to Azure. Run: az login", { cause: error });
}
