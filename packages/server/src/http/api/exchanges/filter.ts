import { ScimError } from "@scimtool/scim";
import { dialectsOf } from "../../../monitor/dialect/client.ts";
import { SEVERITIES } from "../../../store/exchange.ts";
import type { ExchangeFilter } from "../../../store/monitor.ts";
import type { Key } from "../../../store/store.ts";
import { momentOf, splitAtCommas } from "../request.ts";
import { described, list, oneOf, type partial, type Static, TEXT, wholeNumber } from "../schema.ts";

function several(what: string) {
  return described(`${what} Repeat the parameter, or separate values by commas: any of them matches.`, list(TEXT));
}

/** Each word needs its own search. */
const MAX_WORDS = 32;

/** Parameters that select exchanges. Missing ones select everything. */
export const FILTER_PARAMETERS = {
  endpoint: described("Name of the endpoint.", TEXT),
  from: described("Requests at or after this time: `2026-08-01T12:00:00Z`, a day, or how long ago: `24h`.", TEXT),
  to: described("Requests before this time, written like `from`.", TEXT),
  kind: several("Kind of a sentence: `user.created`, or `user.*` for all kinds that begin with it."),
  finding: several("Kind of a finding: `loss.cleared`, `loss.*` for all kinds that begin with it, `*` for any."),
  severity: { ...several("Severity."), examples: [[...SEVERITIES]] },
  status: several("HTTP status: `404`, `4xx`, `400-499`."),
  method: several("HTTP method."),
  dialect: several("Kind of client: `entra`, `okta-wizard`; or a vendor for all of its kinds: `Entra ID`."),
  credential: several("Label of the credential."),
  resource: described("ID of a resource that was read or written, or a part of its name.", TEXT),
  path: described("Path below the base URL: `/Users`, or `/Users/*` for all paths that begin with `/Users/`.", TEXT),
  requestId: described("Request ID.", TEXT),
  sameAs: described("Only exchanges with the outcome, client and resource of the one with this ID.", wholeNumber(1)),
  probes: described("Whether connection tests are included.", oneOf("include", "exclude", "only")),
  q: described(
    "Exchanges that contain all of these words. A word matches as a whole or by a prefix of two or more letters. The " +
      "search covers sentences, path, query, the first 32 KiB of each body, and names and IDs of resources. A UUID " +
      `matches as a whole, or by its first group. At most ${MAX_WORDS} different words.`,
    list(TEXT),
  ),
};

export type FilterQuery = Static<ReturnType<typeof partial<typeof FILTER_PARAMETERS>>>;

type EndpointsByName = { readonly get: (name: string) => { readonly key: Key } | undefined };

/**
 * The filter of a request, without `sameAs`.
 * @throws ScimError 400 that says what a parameter must be
 */
export function filterOf(query: FilterQuery, endpoints: EndpointsByName, nowMs: number): ExchangeFilter {
  const endpoint = endpointKey(query.endpoint, endpoints);
  const fromMs = momentOf("from", query.from, nowMs);
  const toMs = momentOf("to", query.to, nowMs);
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) {
    throw new ScimError(400, '"from" must be before "to".');
  }
  const { probes, resource, path, requestId, credential = [] } = query;
  const text = searchText(query.q);
  return {
    ...(endpoint !== undefined && { endpoint }),
    ...(fromMs !== undefined && { fromMs }),
    ...(toMs !== undefined && { toMs }),
    ...some("kinds", splitAtCommas(query.kind).map(kindOf)),
    ...some("findings", splitAtCommas(query.finding).map(findingOf)),
    ...some("severities", splitAtCommas(query.severity).map(severityOf)),
    ...some("statuses", splitAtCommas(query.status).map(statusesOf)),
    ...some("methods", splitAtCommas(query.method).map(methodOf)),
    ...some("dialects", splitAtCommas(query.dialect).flatMap(dialectsOf)),
    // A label may contain commas.
    ...some("credentials", [...new Set([...credential, ...splitAtCommas(credential)])]),
    ...(resource !== undefined && { resource }),
    ...(path !== undefined && { path }),
    ...(requestId !== undefined && { requestId }),
    ...(probes !== undefined && probes !== "include" && { probes }),
    ...(text !== undefined && { text }),
  };
}

/** An empty list would match nothing. */
function some<Name extends string, Value>(name: Name, values: Value[]): { [name in Name]?: Value[] } {
  return values.length === 0 ? {} : ({ [name]: values } as { [name in Name]?: Value[] });
}

function endpointKey(name: string | undefined, endpoints: EndpointsByName): Key | undefined {
  if (name === undefined) return undefined;
  const found = endpoints.get(name);
  if (found !== undefined) return found.key;
  throw new ScimError(400, `There is no endpoint "${name.slice(0, 100)}".`);
}

function searchText(texts: readonly string[] | undefined): string | undefined {
  const text = texts?.join(" ");
  const words = text
    ?.normalize("NFKD")
    .toLowerCase()
    .match(/[\p{L}\p{N}\p{M}]+/gu);
  const count = new Set(words).size;
  if (count <= MAX_WORDS) return text;
  throw new ScimError(400, `"q" has ${count} different words. Send ${MAX_WORDS} at most.`);
}

function kindOf(text: string): string {
  if (/^[a-z]+(?:[-.][a-z]+)*(?:\.\*)?$/.test(text)) return text;
  throw refused("kind", text, "user.created, or user.* for all kinds that begin with it");
}

function findingOf(text: string): string {
  if (text === "*" || /^[a-z-]+\.(?:[a-z-]+|\*)$/.test(text)) return text;
  throw refused("finding", text, "loss.cleared, loss.* for all kinds that begin with it, or * for any");
}

function severityOf(text: string): (typeof SEVERITIES)[number] {
  const severity = SEVERITIES.find((each) => each === text);
  if (severity !== undefined) return severity;
  throw refused("severity", text, SEVERITIES.join(", "));
}

function statusesOf(text: string): readonly [least: number, most: number] {
  const [, hundreds] = /^([1-5])xx$/i.exec(text) ?? [];
  if (hundreds !== undefined) return [100 * Number(hundreds), 100 * Number(hundreds) + 99];
  const [, least, most = least] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(text) ?? [];
  if (least !== undefined && Number(least) <= Number(most)) return [Number(least), Number(most)];
  throw refused("status", text, "404, 4xx or 400-499");
}

function methodOf(text: string): string {
  if (/^[a-z]{1,20}$/i.test(text)) return text.toUpperCase();
  throw refused("method", text, "GET, POST, PUT, PATCH or DELETE");
}

function refused(name: string, value: string, expected: string): ScimError {
  return new ScimError(400, `"${name}" cannot be "${value.slice(0, 100)}". Send ${expected}.`);
}
