/**
 * Where one is, as the part of the address behind `#`.
 * @typedef {{ readonly segments: readonly string[], readonly query: URLSearchParams }} Route
 */

/**
 * @param {string} hash with its `#`
 * @returns {Route}
 */
export function parseRoute(hash) {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  return { segments: path.split("/").filter(Boolean).map(decoded), query: new URLSearchParams(query) };
}

/** What somebody typed need not be encoded rightly. @param {string} segment */
function decoded(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/**
 * @param {readonly (string | number)[]} segments
 * @param {URLSearchParams} [query]
 */
export function hashOf(segments, query) {
  const path = segments.map((segment) => encodeURIComponent(segment)).join("/");
  const search = query?.toString() ?? "";
  return `#/${path}${search === "" ? "" : `?${search}`}`;
}

/** Where the page of a resource is, for the types that have one. @type {Readonly<Record<string, string>>} */
const PLACES = { User: "Users", Group: "Groups" };

/**
 * @param {string | null} endpoint
 * @param {{ readonly type: string, readonly id: string }} resource
 * @returns {string | undefined} undefined where there is no such page
 */
export function hashOfResource(endpoint, { type, id }) {
  const place = PLACES[type];
  return endpoint === null || place === undefined || id === "" ? undefined : hashOf(["endpoints", endpoint, place, id]);
}

/** Changes what the address says without a step in the browser's history. @param {string} hash */
export function replaceHash(hash) {
  if (location.hash === hash) return;
  history.replaceState(history.state, "", hash);
  dispatchEvent(new HashChangeEvent("hashchange"));
}
