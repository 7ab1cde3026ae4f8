import { api, dataOf } from "../api/client.ts";
import { messageOf } from "../api/problem.ts";
import type { JsonObject } from "../api/types.ts";
import { chunks } from "./member-writes.ts";

/** A write, as a Bulk request has it (RFC 7644 §3.7). */
export type Operation = {
  readonly method: "POST" | "PATCH" | "DELETE";
  /** Below the endpoint's base URI: `/Users/123`. */
  readonly path: string;
  readonly data?: JsonObject;
};

/** Why an operation was refused; undefined if it was carried out. */
export type Outcome = string | undefined;

type RunOptions = {
  readonly onProgress: (outcomes: readonly Outcome[]) => void;
  readonly signal: AbortSignal;
};

/** Operations in one request: few enough that progress is seen, and that stopping takes effect soon. */
const AT_ONCE = 100;

/** Sends operations one after the other. Refused ones do not stop the others; an outage does. */
export async function runOperations(
  endpoint: string,
  operations: readonly Operation[],
  { onProgress, signal }: RunOptions,
): Promise<void> {
  const atOnce = await operationsAtOnce(endpoint);
  const outcomes: Outcome[] = [];
  for (const some of chunks(operations, Math.max(1, atOnce))) {
    if (signal.aborted) return;
    // Not aborted by the signal: what was sent may have been carried out, and people want to know.
    outcomes.push(...(atOnce === 0 ? await sendOne(endpoint, some) : await sendBulk(endpoint, some)));
    onProgress([...outcomes]);
  }
}

/** @returns 0 if the endpoint accepts no Bulk requests */
async function operationsAtOnce(endpoint: string): Promise<number> {
  const params = { path: { endpoint } };
  const config = await dataOf(api.GET("/api/endpoints/{endpoint}/scim/v2/ServiceProviderConfig", { params }));
  const { bulk } = config as { readonly bulk?: { readonly supported?: boolean; readonly maxOperations?: number } };
  return bulk?.supported === true ? Math.min(AT_ONCE, bulk.maxOperations ?? AT_ONCE) : 0;
}

type BulkAnswer = {
  readonly Operations?: readonly {
    readonly bulkId?: string;
    readonly status: string;
    readonly response?: { readonly detail?: string };
  }[];
};

/** @throws Problem if the request as a whole was refused */
async function sendBulk(endpoint: string, operations: readonly Operation[]): Promise<Outcome[]> {
  const body = {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
    Operations: operations.map((operation, index) => ({ ...operation, bulkId: `o${index}` })),
  };
  const params = { path: { endpoint } };
  const headers = { "content-type": "application/scim+json" };
  const answer = await dataOf(
    api.POST("/api/endpoints/{endpoint}/scim/v2/Bulk", { params, body: body as never, headers }),
  );
  const { Operations: done = [] } = answer as BulkAnswer;
  return operations.map((_, index) => {
    const found = done.find(({ bulkId }) => bulkId === `o${index}`) ?? done[index];
    if (found === undefined) return "The server did not carry it out.";
    return Number(found.status) < 300 ? undefined : (found.response?.detail ?? `The server answered ${found.status}.`);
  });
}

async function sendOne(endpoint: string, [operation]: readonly Operation[]): Promise<Outcome[]> {
  if (operation === undefined) return [];
  const { method, path, data } = operation;
  const [, type = "", id = ""] = path.split("/");
  const place = { endpoint, type, id: decodeURIComponent(id) };
  const sent = { body: data as never, headers: { "content-type": "application/scim+json" } };
  const at = "/api/endpoints/{endpoint}/scim/v2/{type}/{id}";
  try {
    if (method === "POST") {
      await api.POST("/api/endpoints/{endpoint}/scim/v2/{type}", { params: { path: { endpoint, type } }, ...sent });
    } else if (method === "PATCH") await api.PATCH(at, { params: { path: place }, ...sent });
    else await api.DELETE(at, { params: { path: place } });
    return [undefined];
  } catch (error) {
    return [messageOf(error)];
  }
}
