import type { JsonObject } from "@scimtool/scim";
import type { ClientHeaders } from "../client.ts";
import { DEFAULT_DIALECT, type EntraDialect, FLAGGED_DIALECT } from "./entra-dialect.ts";
import { ENTERPRISE_URN, type EntraUser } from "./entra-user.ts";
import { type Connection, connect, type IdentityProvider } from "./identity-provider.ts";

/** A user as provisioned. */
export type EntraAccount = {
  /** The id that the server gave. */
  readonly id: string;
  user: EntraUser;
  /** Attributes that the server must have. */
  readonly attributes: JsonObject;
  /** Id of the manager on the server. */
  manager: string | undefined;
};

export type EntraGroup = { readonly objectId: string; readonly displayName: string };

/** A group as provisioned. */
export type EntraGroupAccount = { readonly id: string; group: EntraGroup };

/** The provisioning service of one Entra ID tenant and application. Maps are by object id. */
export type Entra = IdentityProvider & {
  readonly dialect: EntraDialect;
  /** URN of the enterprise extension as it stands in the attribute mapping, which may be mistyped. */
  readonly enterpriseUrn: string;
  readonly accounts: Map<string, EntraAccount>;
  readonly groups: Map<string, EntraGroupAccount>;
};

const HEADERS: ClientHeaders = {
  userAgent: "",
  contentType: "application/scim+json; charset=utf-8",
  accept: "application/scim+json, application/json",
  blank: "+",
};

/**
 * Connects Entra ID to a tenant URL, whose flag decides the dialect: with `?aadOptscim062020` it keeps to the RFCs
 * more closely.
 */
export function entraId(connection: Connection): Entra {
  const dialect = connection.baseUrl.includes(FLAGGED_DIALECT.name) ? FLAGGED_DIALECT : DEFAULT_DIALECT;
  return {
    ...connect(connection, HEADERS),
    dialect,
    enterpriseUrn: ENTERPRISE_URN,
    accounts: new Map(),
    groups: new Map(),
  };
}

/** @throws Error for a user that has not been provisioned */
export function accountOf(entra: Entra, objectId: string): EntraAccount {
  const account = entra.accounts.get(objectId);
  if (account === undefined) throw new Error(`Entra ID has not provisioned the user ${objectId}.`);
  return account;
}

/** @throws Error for a group that has not been provisioned */
export function groupOf(entra: Entra, objectId: string): EntraGroupAccount {
  const group = entra.groups.get(objectId);
  if (group === undefined) throw new Error(`Entra ID has not provisioned the group ${objectId}.`);
  return group;
}
