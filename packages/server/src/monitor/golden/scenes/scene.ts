import assert from "node:assert/strict";
import { BULK_REQUEST_SCHEMA, type Json, type JsonObject } from "@scimtool/scim";
import type { AnyJson, Client } from "../../../testing/client.ts";
import type { FindingKind } from "../../finding/kinds.ts";
import { GROUP_URN, USER_URN } from "../../testing/exchange.ts";

/** What a scene plays with: an endpoint of its own. */
export type Stage = {
  /** A client with a credential of this label. */
  readonly as: (label: string) => Promise<Client>;
  /** Sends with the first credential. */
  readonly client: Client;
  /** Of the endpoint's base URL. */
  readonly basePath: string;
  /** Outside any endpoint. */
  readonly root: Client;
};

export type Scene = {
  readonly kind: FindingKind;
  readonly shows: string;
  readonly settings?: JsonObject;
  /** The last request that it sends has the finding. */
  readonly play: (stage: Stage) => Promise<void>;
};

export const OKTA = { headers: { "user-agent": "Okta SCIM Client 1.0.0" } };

export function userBody(userName: string, more: JsonObject = {}): JsonObject {
  return { schemas: [USER_URN], userName, ...more };
}

export async function create(client: Client, userName: string, more: JsonObject = {}): Promise<string> {
  return idOf(await client.post("/Users", userBody(userName, more)));
}

export async function createGroup(client: Client, displayName: string, ids: readonly string[]): Promise<string> {
  const members = ids.map((value) => ({ value }));
  return idOf(await client.post("/Groups", { schemas: [GROUP_URN], displayName, members }));
}

function idOf({ status, body, text }: { status: number; body: AnyJson; text: string }): string {
  assert.equal(status, 201, text);
  return body.id;
}

export async function createMany(client: Client, count: number): Promise<string[]> {
  const operations = Array.from({ length: count }, (_, at) => ({
    method: "POST",
    path: "/Users",
    bulkId: `${at}`,
    data: userBody(`user${at + 1}@example.com`, { displayName: `User ${at + 1}` }),
  }));
  const { body } = await client.post("/Bulk", { schemas: [BULK_REQUEST_SCHEMA], Operations: operations });
  return body.Operations.map(({ location }: AnyJson) => location.split("/").at(-1));
}

export async function patch(client: Client, path: string, ...operations: readonly Json[]): Promise<void> {
  const { status, text } = await client.patch(path, operations);
  assert.ok(status < 500, text);
}

export const ALICE = {
  displayName: "Alice Young",
  title: "Lead",
  emails: [
    { type: "work", value: "alice@example.com" },
    { type: "home", value: "a.young@example.com" },
  ],
};
