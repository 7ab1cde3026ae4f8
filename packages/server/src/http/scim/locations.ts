import type { ServedEndpoint } from "../../endpoint/served-endpoint.ts";

type LocationsByOrigin = Map<string, ReadonlyMap<string, string>>;

/** The origin comes from the request's Host header, so it is the client's to choose. */
const MAX_KNOWN_ORIGINS = 100;

const known = new WeakMap<ServedEndpoint, LocationsByOrigin>();

/**
 * Base URIs of an endpoint's resources by type, with a slash at their end. Made once for each origin that clients use,
 * which is usually one.
 */
export function locationsOf(endpoint: ServedEndpoint, origin: string): ReadonlyMap<string, string> {
  const byOrigin = known.get(endpoint) ?? new Map<string, ReadonlyMap<string, string>>();
  const found = byOrigin.get(origin);
  if (found !== undefined) return found;
  const { basePath, models } = endpoint;
  const made = new Map(models.map(({ type }) => [type.name, `${origin}${basePath}${type.endpoint}/`]));
  if (byOrigin.size < MAX_KNOWN_ORIGINS) byOrigin.set(origin, made);
  known.set(endpoint, byOrigin);
  return made;
}
