import type { Json, JsonObject } from "@scimtool/scim";

/**
 * One request: `alice = POST /Users` keeps the ID of the answer for `$alice` in later paths and bodies. A path that
 * begins with `~` does not begin with the base URL. An array is sent as a PatchOp message, a text as it is.
 */
export type Step = readonly [line: string, body?: Json | undefined, more?: More];

/** `token` is sent instead of the client's; `as` sends with another client's token; null leaves a header out. */
export type More = {
  readonly as?: string;
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string | null>>;
  /** How often it is sent. */
  readonly times?: number;
};

/** An incident, or what looks like one. The last request is what an administrator asks about. */
export type Scene = {
  readonly name: string;
  readonly settings?: JsonObject;
  readonly steps: readonly Step[];
  /** Nothing has to be changed, so no reason or remedy is expected. */
  readonly isFine?: true;
  /** A part of what must be said. */
  readonly says?: string;
  /** What must not be said, because it is wrong or beside the point. */
  readonly saysNot?: string;
};

const CORE = "urn:ietf:params:scim:schemas:core:2.0";

export const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

export const OKTA: More = { headers: { "user-agent": "Okta SCIM Client 1.0.0" } };

/** A user as Entra ID creates it. */
export function user(name: string, more: JsonObject = {}): JsonObject {
  const userName = `${name}@example.com`;
  const displayName = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  return {
    schemas: [`${CORE}:User`, ENTERPRISE],
    externalId: `ext-${name}`,
    userName,
    active: true,
    displayName,
    emails: [{ primary: true, type: "work", value: userName }],
    meta: { resourceType: "User" },
    ...more,
  };
}

export function group(displayName: string, ...members: readonly string[]): JsonObject {
  return { schemas: [`${CORE}:Group`], displayName, members: members.map((value) => ({ value })) };
}

/** Creates users whose IDs are `$alice`, `$bob`. */
export function users(...names: readonly string[]): Step[] {
  return names.map((name) => [`${name} = POST /Users`, user(name)]);
}

export function op(kind: string, path: string | undefined, value?: Json): JsonObject {
  return { op: kind, ...(path !== undefined && { path }), ...(value !== undefined && { value }) };
}
