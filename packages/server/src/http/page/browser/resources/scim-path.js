/** @typedef {"Users" | "Groups"} Place */

/**
 * Where the resources of a type are, for whoever administers them.
 * @param {string} endpoint
 * @param {string} place
 * @param {string} [id]
 */
export function scimPath(endpoint, place, id) {
  const path = `/endpoints/${encodeURIComponent(endpoint)}/scim/v2/${place}`;
  return id === undefined ? path : `${path}/${encodeURIComponent(id)}`;
}

/** @param {string} endpoint @param {string} rest */
export function historyPath(endpoint, rest) {
  return `/endpoints/${encodeURIComponent(endpoint)}/${rest}`;
}

/** A text in a filter (RFC 7644 §3.4.2.2): JSON's rules. @param {string} text */
export function quoted(text) {
  return JSON.stringify(text);
}
