export const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
export const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
export const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
export const LIST_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
export const SEARCH_REQUEST = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

export function user(userName: string, attributes: object = {}): object {
  return { schemas: [USER], userName, ...attributes };
}

export function group(displayName: string, attributes: object = {}): object {
  return { schemas: [GROUP], displayName, ...attributes };
}

export function searchRequest(parameters: object): object {
  return { schemas: [SEARCH_REQUEST], ...parameters };
}
