import { ScimError } from "@scimtool/scim";
import { SEVERITIES } from "../../../store/exchange.ts";
import type { ExchangeFilter } from "../../../store/monitor.ts";
import type { Key } from "../../../store/store.ts";
import { momentIn, type Query, textIn, textsIn, wordIn } from "../query-of.ts";
import { described, oneOf, type Schema, TEXT } from "../route-schema.ts";

/** Several values may be given. */
function several(what: string): Schema {
  return described(`${what} Several with commas between them, or the parameter repeated: any of them.`, TEXT);
}

/** Each further word is looked for in all that was recorded. */
const MAX_WORDS = 32;

/** What chooses exchanges, in every route that does. What is left out allows everything. */
export const FILTER_PARAMETERS = {
  endpoint: described("Those of the endpoint of this name.", TEXT),
  from: described(
    "Those that came at this time or later: `2026-08-01T12:00:00Z`, a day, or how long ago: `24h`.",
    TEXT,
  ),
  to: described("Those that came before this time, given as `from`.", TEXT),
  kind: several("Those of which this is told: `user.created`, or `user.*` for all kinds that begin so."),
  severity: { ...several("Those that matter so much."), examples: [...SEVERITIES] },
  status: several("Those answered with this HTTP status: `404`, `4xx`, `400-499`."),
  method: several("Those of this HTTP method."),
  dialect: several("Those of this kind of client: `entra`, `okta-wizard`."),
  credential: several("Those that were let in by the credential of this label."),
  resource: described("Those that read or wrote the resource of this id.", TEXT),
  requestId: described("The one of this request id.", TEXT),
  probes: described("Whether tests of the connection are among them.", oneOf("include", "exclude", "only")),
  q: described(
    "Those that have all of these words, each whole or by two of its first letters or more, in what is told of them, " +
      "in path, query and bodies (of each the first 32 KiB), and in the names and ids of resources; of a UUID the whole, " +
      `or its first group as a word. ${MAX_WORDS} different words at most.`,
    TEXT,
  ),
};

const PROBES = ["include", "exclude", "only"] as const;

/**
 * Which exchanges a request asks for, by {@link FILTER_PARAMETERS}.
 * @param endpoints those that there are, by name
 * @throws ScimError 400, saying what a parameter may be
 */
export function filterOf(
  query: Query,
  endpoints: { readonly get: (name: string) => { readonly key: Key } | undefined },
  nowMs: number,
): ExchangeFilter {
  const endpoint = endpointIn(query, endpoints);
  const fromMs = momentIn(query, "from", nowMs);
  const toMs = momentIn(query, "to", nowMs);
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) {
    throw new ScimError(400, '"from" must be before "to".');
  }
  const probes = wordIn(query, "probes", PROBES);
  const resource = textIn(query, "resource");
  const requestId = textIn(query, "requestId");
  const text = soughtIn(query);
  return {
    ...(endpoint !== undefined && { endpoint }),
    ...(fromMs !== undefined && { fromMs }),
    ...(toMs !== undefined && { toMs }),
    ...some("kinds", textsIn(query, "kind").map(kindOf)),
    ...some("severities", textsIn(query, "severity").map(severityOf)),
    ...some("statuses", textsIn(query, "status").map(statusesOf)),
    ...some("methods", textsIn(query, "method").map(methodOf)),
    ...some("dialects", textsIn(query, "dialect")),
    ...some("credentials", labelsIn(query)),
    ...(resource !== undefined && { resource }),
    ...(requestId !== undefined && { requestId }),
    ...(probes !== undefined && probes !== "include" && { probes }),
    ...(text !== undefined && { text }),
  };
}

/** What was not given is no condition, rather than one that nothing meets. */
function some<Name extends string, Value>(name: Name, values: Value[]): { [name in Name]?: Value[] } {
  return values.length === 0 ? {} : ({ [name]: values } as { [name in Name]?: Value[] });
}

function endpointIn(
  query: Query,
  endpoints: { readonly get: (name: string) => { readonly key: Key } | undefined },
): Key | undefined {
  const name = textIn(query, "endpoint");
  if (name === undefined) return undefined;
  const found = endpoints.get(name);
  if (found !== undefined) return found.key;
  throw new ScimError(400, `"endpoint" must be the name of one; there is none named "${name.slice(0, 100)}".`);
}

/** A label may have commas itself. */
function labelsIn(query: Query): string[] {
  return [...new Set([...(query.get("credential") ?? []), ...textsIn(query, "credential")])];
}

function soughtIn(query: Query): string | undefined {
  const text = query.get("q")?.join(" ");
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
  throw refused("kind", text, "user.created, or user.* for all that begin so");
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
