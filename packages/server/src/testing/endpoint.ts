import assert from "node:assert/strict";
import type { RunningApplication } from "./application.ts";
import type { Client } from "./client.ts";

/**
 * Creates an endpoint with settings, and a token for it.
 * @param scopes of the token
 * @returns a client of its base URI
 */
export async function makeEndpoint(
  { admin, connect }: RunningApplication,
  name: string,
  settings: object,
  scopes: readonly string[] = ["read", "write"],
): Promise<Client> {
  const made = await admin.post("/api/endpoints", { name, settings });
  assert.equal(made.status, 201, made.text);
  const token = await admin.post(`/api/endpoints/${name}/credentials`, { kind: "token", label: "test", scopes });
  assert.equal(token.status, 201, token.text);
  return connect(token.body.secret, `/scim/endpoints/${name}/v2`);
}
