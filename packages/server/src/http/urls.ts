import type { FastifyRequest } from "fastify";
import type { ServedEndpoint } from "../endpoint/served-endpoint.ts";
import { originIn, withoutOrigin } from "../monitor/recorder/path.ts";

/**
 * The origin that the client uses for this server, without a trailing slash: the configured one, or the one in the
 * request. Use it only for URIs in the answer to that client, never for a decision.
 */
export function originOf({ headers }: FastifyRequest, publicUrl: string | undefined): string {
  const forwarded = headers["x-forwarded-proto"];
  return publicUrl ?? originIn(headers.host, forwarded === undefined ? undefined : String(forwarded));
}

/** The origin comes from the request's Host header, which the client chooses. */
const MAX_CACHED_ORIGINS = 100;

const locationCache = new WeakMap<ServedEndpoint, Map<string, ReadonlyMap<string, string>>>();

/** Base URIs of an endpoint's resources by type, each with a trailing slash. Cached by origin. */
export function locationsOf(endpoint: ServedEndpoint, origin: string): ReadonlyMap<string, string> {
  const byOrigin = locationCache.get(endpoint) ?? new Map<string, ReadonlyMap<string, string>>();
  const cached = byOrigin.get(origin);
  if (cached !== undefined) return cached;
  const { basePath, models } = endpoint;
  const locations = new Map(models.map(({ type }) => [type.name, `${origin}${basePath}${type.endpoint}/`]));
  if (byOrigin.size < MAX_CACHED_ORIGINS) byOrigin.set(origin, locations);
  locationCache.set(endpoint, byOrigin);
  return locations;
}
const MAX_SHOWN_PATH = 200;

/** The path of a request without its query, as error details and log lines may repeat it. */
export function shownPath(url: string): string {
  return withoutOrigin(url).replace(/\?.*$/s, "").slice(0, MAX_SHOWN_PATH);
}
