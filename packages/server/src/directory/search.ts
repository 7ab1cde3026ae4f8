import {
  type AttributeNode,
  badRequest,
  type Cursors,
  inParameter,
  invalidCount,
  parseAttributePath,
  type QueryParameters,
  type Reading,
  type ResolvedFilter,
  type ResourceModel,
  readFilter,
  resolveAttributePath,
  resolveFilter,
  resolveFilterAcross,
} from "@scimtool/scim";
import type { EndpointFeatures, EndpointLimits } from "../endpoint/settings.ts";
import type { Found, Include, ListedResource, PageQuery, TypedResource } from "../store/store.ts";
import { type Directory, type Subject, timed } from "./context.ts";
import { type Cursor, type CursorQuery, decodeCursor, encodeCursor, identityOf } from "./cursor.ts";
import { featureOff, filterOff } from "./refusals.ts";

/** Resources per page, unless the client sends a count or the endpoint allows fewer. */
const DEFAULT_PAGE_SIZE = 100;

export type Page<Resource extends ListedResource = ListedResource> = PagePosition & {
  readonly totalResults: number;
  readonly resources: readonly Resource[];
};

/** By index (RFC 7644 §3.4.2.4) or by cursor (RFC 9865 §2). */
type PagePosition = { readonly startIndex: number } | { readonly cursors: Cursors };

/** Resources per page if the client sends no count. */
export function defaultPageSize({ maxPageSize }: EndpointLimits): number {
  return Math.min(DEFAULT_PAGE_SIZE, maxPageSize);
}

/**
 * Runs a query on one resource type (RFC 7644 §3.4.2, §3.4.3).
 * @throws ScimError 400 invalidFilter, invalidValue, invalidCursor, expiredCursor, invalidCount
 */
export async function searchResources(
  { store, now }: Directory,
  subject: Subject,
  parameters: QueryParameters,
  include: Include,
): Promise<Page> {
  const { endpoint, model, locations, reading, timing } = subject;
  const parsed = parseQuery(parameters, model, reading);
  checkFeatures(endpoint.settings.features, parameters, [parsed]);
  const paging = readPaging(parameters, subject, [parsed], now());
  const order = { filter: parsed.filter, sort: sortOf(parsed, parameters) };
  const query = { ...paging.query, ...order, ...include, locations };
  const found = await timed(timing, () => store.resources.search(store.committed, endpoint.key, model, query));
  return pageOf(found, paging);
}

/**
 * Runs a query on all resource types of an endpoint (RFC 7644 §3.4.2.1).
 * @param includeOf the rows to include with resources of a type
 * @throws ScimError as {@link searchResources}
 */
export async function searchAllResources(
  { store, now }: Directory,
  subject: Omit<Subject, "model">,
  parameters: QueryParameters,
  includeOf: (model: ResourceModel) => Include,
): Promise<Page<TypedResource>> {
  const { endpoint, locations, reading, timing } = subject;
  const queries = parseQueries(parameters, endpoint.models, reading);
  checkFeatures(endpoint.settings.features, parameters, queries);
  const paging = readPaging(parameters, subject, queries, now());
  const [only] = queries;
  if (only !== undefined && queries.length === 1) {
    // The search of one type is faster. A filter such as `userName eq "…"` can match one type only.
    const { model, filter } = only;
    const query = { ...paging.query, filter, sort: sortOf(only, parameters), ...includeOf(model), locations };
    const search = () => store.resources.search(store.committed, endpoint.key, model, query);
    const { resources, ...found } = await timed(timing, search);
    const type = model.type.name;
    return pageOf({ ...found, resources: resources.map((resource) => ({ ...resource, type })) }, paging);
  }
  const query = {
    ...paging.query,
    types: queries.map((parsed) => ({ ...parsed, ...includeOf(parsed.model) })),
    order: orderOf(parameters),
    locations,
  };
  return pageOf(await timed(timing, () => store.resources.searchAll(store.committed, endpoint.key, query)), paging);
}

/** @throws ScimError 501 and 400 invalidFilter for unsupported features */
function checkFeatures(features: EndpointFeatures, { sortBy }: QueryParameters, queries: readonly ParsedQuery[]): void {
  if (!features.sort && sortBy !== undefined) throw featureOff("sort", "sorting");
  if (features.filter === "all") return;
  for (const { filter } of queries) if (filter !== undefined) checkOnlyEq(filter);
}

function checkOnlyEq(filter: ResolvedFilter): void {
  if (filter.kind === "and") filter.filters.forEach(checkOnlyEq);
  else if (filter.kind !== "compare") throw filterOff(OPERATOR_OF_KIND[filter.kind]);
  else if (filter.operator !== "eq") throw filterOff(filter.operator);
}

const OPERATOR_OF_KIND = { or: "or", not: "not", present: "pr", valuePath: "brackets" } as const;

function orderOf({ sortBy, sortOrder }: QueryParameters): "ascending" | "descending" | undefined {
  return sortBy === undefined ? undefined : sortOrder;
}

function sortOf({ sortBy }: ParsedQuery, { sortOrder }: QueryParameters) {
  return sortBy === undefined ? undefined : { attribute: sortBy, descending: sortOrder === "descending" };
}

/** The page to read, and how to describe its position. */
type Paging = {
  readonly query: Pick<PageQuery, "offset" | "limit" | "keyset">;
  readonly positionOf: (found: Pick<Found, "next">) => PagePosition;
};

function readPaging(
  parameters: QueryParameters,
  { endpoint, locations }: Pick<Subject, "endpoint" | "locations">,
  types: readonly ParsedQuery[],
  nowMs: number,
): Paging {
  const { limits } = endpoint.settings;
  const sizeOf = (count: number | undefined) => Math.min(count ?? defaultPageSize(limits), limits.maxPageSize);
  const { cursor: text, count, startIndex } = parameters;
  if (text === undefined) {
    return { query: { offset: startIndex - 1, limit: sizeOf(count) }, positionOf: () => ({ startIndex }) };
  }
  const cursorQuery: CursorQuery = { endpoint: endpoint.key, types, order: orderOf(parameters), locations };
  const identity = identityOf(cursorQuery);
  const validity = { nowMs, timeoutSeconds: limits.cursorTimeoutSeconds };
  const cursor = text === "" ? undefined : decodeCursor(text, identity, validity);
  if (cursor !== undefined) checkCount(count, cursor);
  const shared = cursor === undefined ? count : cursor.count;
  return {
    query: { offset: 0, limit: sizeOf(shared), keyset: { after: cursor?.position } },
    positionOf: ({ next }) => ({
      cursors:
        next === undefined ? {} : { nextCursor: encodeCursor({ position: next, count: shared }, identity, nowMs) },
    }),
  };
}

/** The count "must be equal to the count value of the initial query" (RFC 9865 §2.1). It may be left out. */
function checkCount(count: number | undefined, { count: first }: Cursor): void {
  if (count === undefined || count === first) return;
  const began = first === undefined ? "without a count" : `with count=${first}`;
  throw invalidCount(`count is ${count}, but this query began ${began}. All its pages have the same count.`);
}

function pageOf<Resource extends ListedResource>(found: Found<Resource>, { positionOf }: Paging): Page<Resource> {
  return { ...positionOf(found), totalResults: found.total, resources: found.resources };
}

export type ParsedQuery = {
  readonly model: ResourceModel;
  readonly filter: ResolvedFilter | undefined;
  readonly sortBy: AttributeNode | undefined;
};

/**
 * Parses a query on one type.
 * @throws ScimError 400 invalidFilter, invalidValue
 */
function parseQuery(parameters: QueryParameters, model: ResourceModel, reading: Reading): ParsedQuery {
  const { sortBy } = parameters;
  const filter = readFilter(parameters.filter, reading);
  return {
    model,
    filter: filter && resolveFilter(filter, model, reading),
    sortBy: sortBy === undefined ? undefined : readSortBy(sortBy, [model], reading)[0],
  };
}

/**
 * Parses a query on several types (RFC 7644 §3.4.2.1), and omits those that cannot match.
 * @throws ScimError 400 invalidFilter, invalidValue
 */
export function parseQueries(
  parameters: QueryParameters,
  models: readonly ResourceModel[],
  reading: Reading,
): ParsedQuery[] {
  const { sortBy } = parameters;
  const filter = readFilter(parameters.filter, reading);
  const filters = filter && resolveFilterAcross(filter, models, reading);
  const attributes = sortBy === undefined ? [] : readSortBy(sortBy, models, reading);
  return models.flatMap((model, at) => {
    const resolved = filters?.[at] ?? true;
    if (resolved === false) return [];
    return [{ model, filter: resolved === true ? undefined : resolved, sortBy: attributes[at] }];
  });
}

/** @throws ScimError 400 invalidValue if none of the models has the attribute */
function readSortBy(sortBy: string, models: readonly ResourceModel[], reading: Reading): (AttributeNode | undefined)[] {
  const path = parseAttributePath(sortBy, "sortBy");
  const named = models.map((model) => inParameter("sortBy", () => resolveAttributePath(path, model, reading)));
  if (named.every((attribute) => attribute === undefined)) {
    const types = models.map(({ type }) => type.name);
    const subject = types.length === 1 ? `${types[0]} has no` : `none of ${types.join(", ")} has an`;
    throw badRequest(
      "invalidValue",
      { code: "unknownAttribute", path: sortBy.slice(0, 120), schema: types.join(", ") },
      `sortBy: ${subject} attribute "${sortBy.slice(0, 120)}".`,
    );
  }
  return named.map((attribute) => (attribute === undefined ? undefined : sortable(attribute)));
}

/** Complex attributes are sorted by `value`. Without one, sortBy must name a sub-attribute (RFC 7644 §3.4.2.3). */
function sortable(named: AttributeNode): AttributeNode {
  const attribute = named.type === "complex" ? named.children.get("value") : named;
  if (attribute !== undefined) return attribute;
  const [example] = named.children.values();
  throw badRequest(
    "invalidValue",
    { code: "notSortable", path: named.path },
    `sortBy: ${named.path} is complex; name a sub-attribute, such as ${example?.path}.`,
  );
}
