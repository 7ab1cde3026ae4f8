/** Path of the default endpoint's base URI. */
export const DEFAULT_BASE_PATH = "/scim/v2";
