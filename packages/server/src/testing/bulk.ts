import assert from "node:assert/strict";
import { succeeded } from "./assert-answer.ts";
import type { AnyJson, Client } from "./client.ts";

const BULK_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const BULK_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";
const ERROR = "urn:ietf:params:scim:api:messages:2.0:Error";

export function bulkRequest(operations: unknown, more: object = {}): object {
  return { schemas: [BULK_REQUEST], ...more, Operations: operations };
}

/** Sends operations and returns their results (RFC 7644 §3.7.3). */
export async function bulk(client: Client, operations: readonly object[], more: object = {}): Promise<AnyJson[]> {
  const { schemas, Operations, ...rest } = succeeded(await client.post("/Bulk", bulkRequest(operations, more)), 200);
  assert.deepEqual([schemas, rest], [[BULK_RESPONSE], {}]);
  return Operations;
}

export function statuses(results: readonly AnyJson[]): string[] {
  return results.map(({ status }) => status);
}

/** The ID at the end of a result's location. */
export function idOf({ location }: AnyJson): string {
  assert.equal(typeof location, "string");
  return location.replace(/^.*\//, "");
}

/** Asserts that an operation failed with the error of the equivalent single request. */
export function refusedOperation(result: AnyJson, status: number, scimType: string | undefined, detail: RegExp): void {
  assert.equal(result?.status, String(status), JSON.stringify(result));
  const { detail: said, ...rest } = result.response;
  assert.deepEqual(rest, { schemas: [ERROR], status: String(status), ...(scimType && { scimType }) });
  assert.match(said, detail);
  assert.equal(result.version, undefined);
}

export function post(bulkId: string, path: string, data: object): object {
  return { method: "POST", path, bulkId, data };
}

export function membersOf(...bulkIds: string[]): { value: string }[] {
  return bulkIds.map((bulkId) => ({ value: `bulkId:${bulkId}` }));
}
