import { type ClientHeaders, type ClientOptions, type ScimClient, scimClient } from "../client.ts";
import { type ExpectedState, emptyState } from "../expected-state.ts";

/** An identity provider, connected to one tenant. */
export type IdentityProvider = {
  readonly client: ScimClient;
  /** What it has made of the tenant. */
  readonly state: ExpectedState;
};

export type Connection = Omit<ClientOptions, "headers">;

export function connect(connection: Connection, headers: ClientHeaders): IdentityProvider {
  return { client: scimClient({ ...connection, headers }), state: emptyState() };
}
