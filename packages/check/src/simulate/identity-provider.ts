import { type Json, type JsonObject, PATCH_SCHEMA } from "@scimtool/scim";
import { type ClientHeaders, type ClientOptions, type ScimClient, scimClient } from "../client.ts";
import { type ExpectedState, emptyState } from "../expected-state.ts";

/** An identity provider, connected to one tenant. */
export type IdentityProvider = {
  readonly client: ScimClient;
  /** The state that the tenant must have. */
  readonly state: ExpectedState;
};

export type Connection = Omit<ClientOptions, "headers">;

export function connect(connection: Connection, headers: ClientHeaders): IdentityProvider {
  return { client: scimClient({ ...connection, headers }), state: emptyState() };
}

/** A person as the smaller identity providers keep one. */
export type Person = {
  /** Id at the identity provider. */
  readonly externalId: string;
  readonly userName: string;
  readonly givenName: string;
  readonly familyName: string;
  readonly email: string;
  readonly title?: string;
  readonly locale?: string;
  readonly active: boolean;
};

/** A person as provisioned. */
export type Account = {
  /** The id that the server gave. */
  readonly id: string;
  person: Person;
};

/** A PatchOp message (RFC 7644 §3.5.2). */
export function patchMessage(operations: readonly Json[]): JsonObject {
  return { schemas: [PATCH_SCHEMA], Operations: [...operations] };
}
