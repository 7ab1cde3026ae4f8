import type { HttpClient, PipelineRequest, PipelineResponse } from "@azure/core-rest-pipeline";
import { createHttpHeaders } from "@azure/core-rest-pipeline";
import { Arm } from "../arm.ts";
import type { Json } from "./arm-expression.ts";
import type { JsonObject } from "./arm-template.ts";
import { AzureFault, type Deployment, FakeAzure, type Resource, type Revision } from "./fake-azure.ts";

type Reply = { status: number; body?: Json; headers?: Record<string, string> };

/** Faults on the way to Azure. */
export type Trouble = {
  /** The next requests that are throttled. */
  throttle?: number;
  /** The next requests that fail inside Azure. */
  serverErrors?: number;
  /** Tokens issued before are rejected from now on. */
  expireTokens?: boolean;
  /** How often a new resource group or app is not found yet. */
  notYetVisible?: number;
  /** How many reads after a change still return the earlier state. */
  staleReads?: number;
  /** Responses of a long-running operation before it ends. */
  runningAnswers?: number;
};

/**
 * Azure Resource Manager over HTTP, as the SDK uses it: long-running operations, pages, throttling, tokens. Requests go
 * through the SDK's whole pipeline; only the network is replaced.
 */
export class FakeArm {
  readonly azure = new FakeAzure();
  readonly requests: string[] = [];
  readonly trouble: Trouble = {};
  #beforePatch: { left: number; readonly body: JsonObject } = { left: 0, body: {} };
  #tokens = 0;
  #validTokens = 0;
  readonly #operations = new Map<string, { left: number; reply: () => Reply }>();

  connect(): Arm {
    return new Arm({
      subscriptionId: this.azure.state.subscriptionId,
      credential: {
        getToken: async () => ({ token: `token-${++this.#tokens}`, expiresOnTimestamp: Date.now() + 3_600_000 }),
      },
      httpClient: this.#httpClient(),
      pollMs: 1,
    });
  }

  #httpClient(): HttpClient {
    return {
      sendRequest: async (request) => {
        this.requests.push(`${request.method} ${new URL(request.url).pathname}`);
        const { status, body, headers = {} } = await this.#answer(request);
        const response: PipelineResponse = {
          request,
          status,
          headers: createHttpHeaders({ "content-type": "application/json", ...headers }),
          bodyAsText: body === undefined ? "" : JSON.stringify(body),
        };
        return response;
      },
    };
  }

  async #answer(request: PipelineRequest): Promise<Reply> {
    try {
      return this.#refused(request) ?? (await this.#route(request));
    } catch (error) {
      if (!(error instanceof AzureFault)) throw error;
      return { status: error.status, body: { error: { code: error.code, message: error.message } } };
    }
  }

  #refused(request: PipelineRequest): Reply | undefined {
    const token = Number(/token-(\d+)/.exec(request.headers.get("authorization") ?? "")?.[1]);
    if (this.trouble.expireTokens === true) {
      this.trouble.expireTokens = false;
      this.#validTokens = token + 1;
    }
    if (token < this.#validTokens) {
      const body = {
        error: { code: "ExpiredAuthenticationToken", message: "The access token expiry is in the past." },
      };
      // Azure requests a new token by a claims challenge.
      const challenge = `Bearer authorization_uri="https://login.windows.net/", error="invalid_token", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ=="`;
      return { status: 401, body, headers: { "www-authenticate": challenge } };
    }
    if ((this.trouble.throttle ?? 0) > 0) {
      this.trouble.throttle = (this.trouble.throttle ?? 0) - 1;
      const body = { error: { code: "SubscriptionRequestsThrottled", message: "Too many requests." } };
      return { status: 429, body, headers: { "retry-after-ms": "1" } };
    }
    if ((this.trouble.serverErrors ?? 0) > 0) {
      this.trouble.serverErrors = (this.trouble.serverErrors ?? 0) - 1;
      return {
        status: 503,
        body: { error: { code: "ServerTimeout", message: "Busy." } },
        headers: { "retry-after-ms": "1" },
      };
    }
    return undefined;
  }

  async #route(request: PipelineRequest): Promise<Reply> {
    const { method } = request;
    const url = new URL(request.url);
    const path = decodeURIComponent(url.pathname).replace(/\/+$/, "");
    if (!url.searchParams.has("api-version") && !path.startsWith("/operations/")) {
      throw new AzureFault(400, "MissingApiVersionParameter", "The api-version query parameter is required.");
    }
    const body = typeof request.body === "string" ? (JSON.parse(request.body) as JsonObject) : {};
    const [, operation] = /^\/operations\/(\w+)$/.exec(path) ?? [];
    if (operation !== undefined) return this.#operationState(operation);
    if (path === "/subscriptions") {
      return {
        status: 200,
        body: { value: [{ subscriptionId: this.azure.state.subscriptionId, displayName: "Test" }] },
      };
    }
    const [, group, rest = ""] = /^\/subscriptions\/[^/]+\/resource[gG]roups\/([^/]+)(.*)$/.exec(path) ?? [];
    if (group === undefined) return this.#subscription(method, path, body);
    if (rest === "") return this.#group(method, group, body);
    if (rest === "/resources") return this.#page(url, this.azure.list(group).map(brief));
    const [, deployment, tail] =
      /^\/(?:providers\/Microsoft\.Resources\/)?deployments\/([^/]+)(\/operations)?$/.exec(rest) ?? [];
    if (deployment !== undefined) return this.#deployment(method, group, deployment, tail !== undefined, body, url);
    return this.#resource(method, path, body, url);
  }

  #subscription(method: string, path: string, body: JsonObject): Reply {
    const [, provider, action] = /^\/subscriptions\/[^/]+\/providers\/([^/]+)(\/\w+)?$/.exec(path) ?? [];
    if (provider === undefined) throw new AzureFault(404, "InvalidResourceId", `${path} is not a path of Azure.`);
    if (path.endsWith("/checkNameAvailability")) {
      try {
        this.azure.checkStorageName(String(body["name"]));
        return { status: 200, body: { nameAvailable: true } };
      } catch (error) {
        return {
          status: 200,
          body: { nameAvailable: false, reason: "AlreadyExists", message: (error as Error).message },
        };
      }
    }
    const { providers } = this.azure.state;
    // Registering takes a while: it is done at the second request.
    if (action === "/register") providers[provider] = "Registering";
    const registrationState = providers[provider] ?? "NotRegistered";
    if (method === "GET" && registrationState === "Registering") providers[provider] = "Registered";
    return { status: 200, body: { namespace: provider, registrationState } };
  }

  #group(method: string, name: string, body: JsonObject): Reply {
    if (method === "PUT") this.azure.createGroup(name, String(body["location"]));
    return { status: method === "PUT" ? 201 : 200, body: this.azure.group(name) };
  }

  async #deployment(
    method: string,
    group: string,
    name: string,
    operations: boolean,
    body: JsonObject,
    url: URL,
  ): Promise<Reply> {
    if (operations) {
      const list = this.azure.deployment(group, name).operations.map(({ id, state, error }) => ({
        properties: {
          provisioningState: state,
          targetResource: { id, resourceName: id.split("/").at(-1) ?? "", resourceType: typeOf(id) },
          ...(error && { statusMessage: { error } }),
        },
      }));
      return this.#page(url, list);
    }
    if (method !== "PUT") return { status: 200, body: shown(this.azure.deployment(group, name)) };
    this.#refuseUntilVisible("ResourceGroupNotFound");
    const { template, parameters } = body["properties"] as { template: Json; parameters: JsonObject };
    const deployment = await this.azure.deploy(group, name, template, parameters);
    if (deployment.error?.code === "InvalidTemplate") {
      throw new AzureFault(400, "InvalidTemplate", deployment.error.message);
    }
    return this.#longRunning(
      201,
      () => ({ status: 200, body: { status: deployment.state, ...(deployment.error && { error: deployment.error }) } }),
      { ...shown(deployment), properties: { provisioningState: "Accepted" } },
    );
  }

  #resource(method: string, path: string, body: JsonObject, url: URL): Reply {
    const [, appId = "", tail] = /^(.*\/containerApps\/[^/]+)\/(listSecrets|revisions.*)$/i.exec(path) ?? [];
    if (tail === "listSecrets")
      return { status: 200, body: { value: this.azure.state.secrets[appId.toLowerCase()] ?? [] } };
    if (tail !== undefined) return this.#revisions(appId, tail, url);
    const [, parent = "", list] = /^(.*)\/(storages|executions|containers|shares)$/.exec(path) ?? [];
    if (list !== undefined) return this.#page(url, this.azure.children(parent, list).map(full));
    if (path.endsWith("/Microsoft.Insights/metrics")) {
      const id = path.replace(/\/providers\/Microsoft\.Insights.*/, "").toLowerCase();
      const total = this.azure.state.transactions[id];
      return { status: 200, body: { value: [{ timeseries: total === undefined ? [] : [{ data: [{ total }] }] }] } };
    }
    if (method === "GET") return { status: 200, body: this.#replica(path) ?? full(this.azure.find(path)) };
    if (method === "DELETE") {
      this.azure.find(path);
      return this.#longRunning(202, () => {
        this.azure.remove(path);
        return { status: 200, body: { status: "Succeeded" } };
      });
    }
    if (method === "PATCH") {
      const { staleReads = 0 } = this.trouble;
      this.#beforePatch = { left: staleReads, body: structuredClone(full(this.azure.find(path))) };
      const app = this.azure.patchApp(path, body);
      return this.#longRunning(202, () => ({ status: 200, body: { status: "Succeeded", properties: full(app) } }));
    }
    throw new AzureFault(405, "MethodNotAllowed", `${method} ${path}`);
  }

  /** The response of a server that has not seen the last change. */
  #replica(path: string): JsonObject | undefined {
    const { left, body } = this.#beforePatch;
    if (left === 0 || body["id"] !== path) return undefined;
    this.#beforePatch.left--;
    return body;
  }

  #revisions(appId: string, tail: string, url: URL): Reply {
    const revisions = this.azure.state.revisions[appId.toLowerCase()] ?? [];
    const [, name, replicas] = /^revisions(?:\/([^/]+))?(\/replicas)?$/.exec(tail) ?? [];
    if (name === undefined) return this.#page(url, revisions.map(shownRevision));
    const revision = revisions.find((candidate) => candidate.name === name);
    if (revision === undefined) throw new AzureFault(404, "RevisionNotFound", name);
    return { status: 200, body: replicas === undefined ? shownRevision(revision) : { value: [{ name: `${name}-1` }] } };
  }

  /** Two items a page, so that code that does not follow the link misses some. */
  #page(url: URL, items: Json[]): Reply {
    const from = Number(url.searchParams.get("$skip") ?? 0);
    const next = new URL(url);
    next.searchParams.set("$skip", String(from + 2));
    return {
      status: 200,
      body: { value: items.slice(from, from + 2), ...(from + 2 < items.length && { nextLink: next.href }) },
    };
  }

  #refuseUntilVisible(code: string): void {
    if ((this.trouble.notYetVisible ?? 0) <= 0) return;
    this.trouble.notYetVisible = (this.trouble.notYetVisible ?? 0) - 1;
    throw new AzureFault(404, code, "It could not be found.");
  }

  #longRunning(status: number, reply: () => Reply, body?: Json): Reply {
    const id = `op${this.#operations.size}`;
    this.#operations.set(id, { left: this.trouble.runningAnswers ?? 1, reply });
    const link = `https://management.azure.com/operations/${id}`;
    return {
      status,
      headers: { "azure-asyncoperation": link, ...(status === 202 && { location: link }) },
      ...(body !== undefined && { body }),
    };
  }

  #operationState(id: string): Reply {
    const operation = this.#operations.get(id);
    if (operation === undefined) throw new AzureFault(404, "OperationNotFound", id);
    if (operation.left-- > 0) return { status: 200, body: { status: "Running" } };
    return operation.reply();
  }
}

function brief({ id, name, type, location, tags, createdTime }: Resource): JsonObject {
  return { id, name, type, location, tags, createdTime };
}

function full(resource: Resource): JsonObject {
  return { ...brief(resource), ...resource.rest, properties: resource.properties };
}

function shown({ name, state, outputs, error }: Deployment): JsonObject {
  return { name, properties: { provisioningState: state, outputs, ...(error && { error }) } };
}

function shownRevision({
  name,
  active,
  healthState,
  runningState,
  details,
  createdTime,
  template,
}: Revision): JsonObject {
  return {
    name,
    properties: { active, healthState, runningState, runningStateDetails: details ?? "", createdTime, template },
  };
}

function typeOf(id: string): string {
  const [provider, ...rest] = (id.split("/providers/").at(-1) ?? "").split("/");
  return [provider, ...rest.filter((_, at) => at % 2 === 0)].join("/");
}
