import type { ResourceType } from "./attribute.ts";
import { ENTERPRISE_USER_SCHEMA } from "./enterprise-user.ts";
import { GROUP_SCHEMA } from "./group.ts";
import { USER_SCHEMA } from "./user.ts";

export const USER_TYPE: ResourceType = {
  name: "User",
  description: "User Account",
  endpoint: "/Users",
  schema: USER_SCHEMA,
  schemaExtensions: [{ schema: ENTERPRISE_USER_SCHEMA, required: false }],
};

export const GROUP_TYPE: ResourceType = {
  name: "Group",
  description: "Group",
  endpoint: "/Groups",
  schema: GROUP_SCHEMA,
  schemaExtensions: [],
  collection: "members",
};
