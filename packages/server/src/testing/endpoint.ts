import assert from "node:assert/strict";
import { type RunningApplication, TEST_ADMIN_SECRET } from "./application.ts";
import { type Client, clientOf } from "./client.ts";

/**
 * Creates an endpoint with settings, and a token for it.
 * @param scopes of the token
 * @returns a client of its base URI; the caller closes it
 */
export async function makeEndpoint(
  { origin }: RunningApplication,
  name: string,
  settings: object,
  scopes: readonly string[] = ["read", "write"],
): Promise<Client> {
  const admin = clientOf(origin, TEST_ADMIN_SECRET);
  try {
    const made = await admin.post("/api/endpoints", { name, settings });
    assert.equal(made.status, 201, made.text);
    const token = await admin.post(`/api/endpoints/${name}/credentials`, { kind: "token", label: "test", scopes });
    assert.equal(token.status, 201, token.text);
    return clientOf(`${origin}/scim/endpoints/${name}/v2`, token.body.secret);
  } finally {
    admin.close();
  }
}
