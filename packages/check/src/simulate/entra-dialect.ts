import type { Json, JsonObject } from "@scimtool/scim";
import { type AttributeChange, ENTERPRISE_URN, printTarget } from "./entra-user.ts";

/** A change of the manager: ids of users on the server. */
type ManagerChange = { readonly before: string | undefined; readonly after: string | undefined };

/** How Entra ID puts changes into PATCH operations (RFC 7644 §3.5.2). */
export type EntraDialect = {
  readonly name: "default" | "aadOptscim062020";
  /** The `schemas` of a new group. */
  readonly groupSchemas: readonly string[];
  readonly userOperations: (changes: readonly AttributeChange[]) => Json[];
  /** @param usersUri URI of the server's users, without a slash at its end */
  readonly managerOperation: (change: ManagerChange, usersUri: string) => JsonObject;
  readonly addRoles: (values: readonly JsonObject[]) => Json[];
  readonly addMembers: (ids: readonly string[]) => Json[];
  readonly removeMembers: (ids: readonly string[]) => Json[];
  readonly renameGroup: (displayName: string) => Json[];
};

const GROUP_URN = "urn:ietf:params:scim:schemas:core:2.0:Group";

/** Of no schema that a server could have (RFC 7643 §3 wants a URN that names one). */
const MICROSOFT_GROUP_URN = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";

const MANAGER_PATH = `${ENTERPRISE_URN}:manager`;

/** What Entra ID sends by default: `Add`, `Replace` and `Remove`, one per attribute, booleans as strings. */
export const DEFAULT_DIALECT: EntraDialect = {
  name: "default",
  groupSchemas: [GROUP_URN, MICROSOFT_GROUP_URN],
  userOperations: (changes) =>
    changes.map(({ target, before, after }) => {
      const path = printTarget(target);
      if (after === undefined) return { op: "Remove", path };
      return { op: before === undefined ? "Add" : "Replace", path, value: booleanAsText(after) };
    }),
  managerOperation: ({ before, after }, usersUri) => {
    if (after === undefined) return { op: "Replace", path: MANAGER_PATH, value: "" };
    if (before !== undefined) return { op: "Replace", path: MANAGER_PATH, value: after };
    return { op: "Add", path: "manager", value: [{ $ref: `${usersUri}/${after}`, value: after }] };
  },
  addRoles: (values) => [{ op: "Add", path: "roles", value: [...values] }],
  addMembers: (ids) => [{ op: "Add", path: "members", value: ids.map((value) => ({ $ref: null, value })) }],
  removeMembers: (ids) => [{ op: "Remove", path: "members", value: ids.map((value) => ({ $ref: null, value })) }],
  renameGroup: (displayName) => [{ op: "Replace", path: "displayName", value: displayName }],
};

/** What Entra ID sends to a tenant URL with the flag `aadOptscim062020`. */
export const FLAGGED_DIALECT: EntraDialect = {
  name: "aadOptscim062020",
  groupSchemas: [GROUP_URN],
  userOperations: (changes) => {
    const together = changes.filter(isPartOfReplace);
    const alone = changes.filter((change) => !isPartOfReplace(change));
    const value = Object.fromEntries(together.map(({ target, after }) => [printTarget(target), after ?? ""]));
    return [...(together.length === 0 ? [] : [{ op: "replace", value }]), ...alone.map(flaggedOperation)];
  },
  managerOperation: ({ before, after }) => {
    if (after === undefined) return { op: "remove", path: MANAGER_PATH };
    return { op: before === undefined ? "add" : "replace", path: MANAGER_PATH, value: after };
  },
  addRoles: (values) => [{ op: "add", path: "roles", value: [...values] }],
  addMembers: (ids) => [{ op: "add", path: "members", value: ids.map((value) => ({ value })) }],
  removeMembers: (ids) => ids.map((id) => ({ op: "remove", path: `members[value eq "${id}"]` })),
  renameGroup: (displayName) => [{ op: "replace", value: { displayName } }],
};

/** Attributes with a value filter, `active`, and removals each have their own operation. */
function isPartOfReplace({ target, after }: AttributeChange): boolean {
  return target.select === undefined && target.attribute !== "active" && after !== undefined;
}

function flaggedOperation({ target, before, after }: AttributeChange): JsonObject {
  const path = printTarget(target);
  if (after === undefined) return { op: "remove", path };
  return { op: before === undefined && target.select !== undefined ? "add" : "replace", path, value: after };
}

function booleanAsText(value: Json): Json {
  if (typeof value !== "boolean") return value;
  return value ? "True" : "False";
}
