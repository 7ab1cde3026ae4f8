import {
  type AttributeNode,
  isObject,
  type Note,
  newReading,
  parseFilter,
  type ResolvedFilter,
  type ResourceModel,
  resolveFilter,
  ScimError,
} from "@scimtool/scim";
import type { Finding } from "../../store/exchange.ts";
import { LIMITS } from "../diagnosis/bad-request.ts";
import { vendorOf } from "../dialect/client.ts";
import type { Bulk, Refused, Searched } from "../exchange-facts.ts";
import { headerIn } from "../redact/headers.ts";
import { attributeName, listedUpTo, typeNounOfMany } from "../words/names.ts";
import { counted, labelText, numberText, plainText } from "../words/values.ts";
import { ENTERPRISE, finding } from "./finding.ts";
import type { Found, Seen } from "./seen.ts";

/** Reads that cost more than they must. */
export function findCosts(seen: Seen, searched: Searched): Found | Promise<Found> {
  const { answered, endpoint, facts } = seen;
  const { happened } = answered;
  if (happened.kind !== "searched" || endpoint === undefined) return undefined;
  const { filter, total, returned, paging } = searched;
  if (filter !== undefined) return happened.model === undefined ? undefined : unindexed(seen, searched, happened.model);
  const isWhole = paging.kind === "index" && paging.count === undefined && paging.startIndex <= 1;
  if (!isWhole || returned >= total) return undefined;
  const { maxPageSize: limit } = endpoint.settings.limits;
  const types = typeNounOfMany(searched.type);
  return finding("cost.unpaged", facts.actor, { types, returned, total, missing: total - returned, limit });
}

/** A filter for which every resource of the type was examined, if these are many. */
async function unindexed(
  seen: Seen,
  { filter = "", total }: Searched,
  model: ResourceModel,
): Promise<Finding | undefined> {
  const { store, endpoint, facts, answered } = seen;
  const condition = conditionWithoutIndex(filter, model, (attribute) => store.isIndexed(model, attribute));
  if (condition === undefined || endpoint === undefined) return undefined;
  const rows = (await store.resources.search(store.committed, endpoint.key, model, { ...ALL, locations: new Map() }))
    .total;
  if (rows < endpoint.settings.findings.searchedResources) return undefined;
  const type = model.type.name;
  const { path, isHelped } = condition;
  const values = {
    rows,
    types: typeNounOfMany(type),
    type,
    ms: Math.max(1, Math.round(answered.timing.databaseMs)),
    path,
    total,
    ...(isHelped ? { index: "" } : { contains: "" }),
  };
  return finding("cost.unindexed", facts.actor, values);
}

/** Counts all resources of a type. */
export const ALL = { filter: undefined, sort: undefined, offset: 0, limit: 0, groups: false, members: false } as const;

type Condition = {
  readonly path: string;
  /** Whether an index would help: it does not for `co`. */
  readonly isHelped: boolean;
};

/** A condition because of which a filter examines every resource; undefined if an index narrows it down. */
function conditionWithoutIndex(
  text: string,
  model: ResourceModel,
  isIndexed: (attribute: AttributeNode) => boolean,
): Condition | undefined {
  const of = (filter: ResolvedFilter): Condition | undefined => {
    switch (filter.kind) {
      case "and": {
        const all = filter.filters.map(of);
        return all.includes(undefined) ? undefined : all[0];
      }
      case "or":
        return filter.filters.map(of).find((each) => each !== undefined);
      case "not":
        return of(filter.filter);
      case "valuePath":
        return of(filter.filter);
      case "compare": {
        const { attribute, operator } = filter;
        const isHelped = HELPED.has(operator);
        return isHelped && isIndexed(attribute) ? undefined : { path: attribute.path, isHelped };
      }
      case "present":
        return { path: filter.attribute.path, isHelped: false };
    }
  };
  try {
    const reading = newReading("tolerant");
    return of(resolveFilter(parseFilter(text, reading), model, reading));
  } catch (error) {
    if (error instanceof ScimError) return undefined;
    throw error;
  }
}

const HELPED: ReadonlySet<string> = new Set(["eq", "sw", "gt", "ge", "lt", "le"]);

/** Many requests in one second, where more would be refused. Told once a minute. */
export function findRate({ memory, endpoint, facts, answered }: Seen): Finding | undefined {
  const limit = endpoint?.settings.limits.requestsPerSecond;
  if (endpoint === undefined || limit === undefined || answered.place.isManual) return undefined;
  // Refused requests are recorded in a queue of their own, and told as such.
  if (facts.status === 429) return undefined;
  const second = Math.floor(facts.atMs / 1_000);
  const known = memory.rates.get(endpoint.key);
  const count = known?.second === second ? known.count + 1 : 1;
  const reportedMs = known?.reportedMs ?? 0;
  const isTold =
    facts.atMs - reportedMs < 60_000 || count < (limit * endpoint.settings.findings.ratePercent) / 100 || count < 2;
  memory.rates.set(endpoint.key, { second, count, reportedMs: isTold ? reportedMs : facts.atMs });
  return isTold ? undefined : finding("cost.rate", facts.actor, { count, limit });
}

/** Limits of what one request may contain: exceeded, or nearly. */
export function findLimits({ facts, answered, endpoint }: Seen): Finding | undefined {
  const { outcome, actor } = facts;
  const reason = outcome.kind === "refused" ? outcome.reason : undefined;
  const exceeded = (actual: number | undefined, unit: string, max: number | undefined, setting?: string) =>
    finding("limit.exceeded", actor, {
      actual: actual === undefined ? "too many" : numberText(actual),
      unit,
      limit: max === undefined ? "fewer" : numberText(max),
      setting,
      ...(reason?.code === "rateLimited" ? { speed: "" } : { size: "" }),
    });
  switch (reason?.code) {
    case "bodyTooLarge":
      return exceeded(reason.bytes, "bytes", reason.maxBytes, "limits.maxBodyBytes");
    case "tooManyOperations":
      return exceeded(reason.operations, "operations", reason.maxOperations, "limits.maxBulkOperations");
    case "limitExceeded":
      return exceeded(reason.actual, LIMITS[reason.limit], reason.max);
    case "rateLimited":
      return exceeded(
        undefined,
        reason.limit === "requestsPerSecond" ? "requests per second" : "requests at once",
        reason.max,
        `limits.${reason.limit}`,
      );
  }
  const bytes = answered.requestBody?.length ?? 0;
  const { limits, findings } = endpoint?.settings ?? {};
  if (limits === undefined || findings === undefined || bytes < (limits.maxBodyBytes * findings.ratePercent) / 100)
    return undefined;
  const values = { actual: numberText(bytes), unit: "bytes", limit: numberText(limits.maxBodyBytes) };
  return finding("limit.near", actor, { ...values, setting: "limits.maxBodyBytes" });
}

/** Operations that a bulk request left out because too many others failed. */
export function findStopped({ facts, answered }: Seen, { operations }: Bulk): Finding | undefined {
  const { happened, requestJson } = answered;
  if (happened.kind !== "bulk" || !isObject(requestJson)) return undefined;
  const [, sent] = Object.entries(requestJson).find(([name]) => name.toLowerCase() === "operations") ?? [];
  const total = Array.isArray(sent) ? sent.length : 0;
  const missing = total - happened.answers.length;
  if (missing <= 0) return undefined;
  const failures = operations.filter(({ outcome }) => outcome.kind === "refused").length;
  return finding("limit.stopped", facts.actor, { total, missing, failures: counted(failures, "failure") });
}

/** Values that the tolerant profile accepted although they have another type. */
const OTHER_TYPES: ReadonlySet<string> = new Set([
  ...["string-boolean", "string-number", "scalar-as-string", "single-value-as-array"],
  ...["array-as-single-value", "complex-as-value", "empty-complex", "several-primary"],
]);

/** Types of values and bodies, secrets, and a missing Content-Type: accepted, but not as the RFCs say. */
export function findTypes({ facts, answered }: Seen): readonly Finding[] {
  const { outcome, actor } = facts;
  const found: Finding[] = [];
  if (headerIn(answered.requestHeaders, "content-type") === undefined && (answered.requestBody?.length ?? 0) > 0) {
    const effect = "It was read as SCIM.";
    found.push(finding("type.content", actor, { received: "without a Content-Type", effect, type: "" }));
  }
  if (outcome.kind !== "written") return found;
  const { notes, notKept, resource } = outcome;
  const label = labelText(resource.label);
  const isEntra = vendorOf(actor.dialect) === "entra";
  const others = notes.filter((note) => OTHER_TYPES.has(note.code) && !(isEntra && isUsualOfEntra(note)));
  if (others.length > 0) {
    const paths = listedUpTo(3, [...new Set(others.map(({ where }) => withoutUrn(where)))]);
    const received = listedUpTo(
      3,
      others.map(({ where, detail }) => `${withoutUrn(where)}: ${withoutUrn(detail)}`),
    );
    found.push(finding("type.value", actor, { paths, received, resource: label }, { resources: [resource] }));
  }
  if (notKept.length > 0) {
    const attributes = listedUpTo(3, notKept.map(attributeName));
    found.push(finding("secret.not-stored", actor, { attributes, resource: label }, { resources: [resource] }));
  }
  return found;
}

/** What Entra ID sends in its default dialect, which no mapping changes. */
function isUsualOfEntra({ code, where }: Note): boolean {
  return code === "string-boolean" || where === `${ENTERPRISE}:manager`;
}

function withoutUrn(text: string): string {
  return plainText(text.replaceAll(`${ENTERPRISE}:`, ""), 200);
}

/** A body that was refused because of its type or encoding. */
export function findUnreadableBody({ facts }: Seen, { reason }: Refused): Finding | undefined {
  if (reason?.code !== "unsupportedMediaType") return undefined;
  const { header, value = "" } = reason;
  const received = `with ${header} "${plainText(value)}"`;
  const what = header === "Content-Encoding" ? "encoding" : notationOf(value);
  return finding("type.content", facts.actor, { received, effect: "It was refused with 415.", [what]: "" });
}

/** The condition of the texts about a media type. */
function notationOf(mediaType: string): "patch" | "form" | "xml" | "charset" | "type" {
  if (/charset/i.test(mediaType)) return "charset";
  if (/(?:json|merge)-patch\+/i.test(mediaType)) return "patch";
  if (/form/i.test(mediaType)) return "form";
  return /xml/i.test(mediaType) ? "xml" : "type";
}
