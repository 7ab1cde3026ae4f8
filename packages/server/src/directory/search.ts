import {
  type AttributeNode,
  badRequest,
  type Cursors,
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
import type { EndpointLimits } from "../endpoint/settings.ts";
import {
  FilterTooCostly,
  type Found,
  type ListedResource,
  type PageQuery,
  type TypedResource,
  type Wanted,
} from "../store/store.ts";
import { type Cursor, decodeCursor, encodeCursor, identityOf, type Sought } from "./cursor.ts";
import { type Directory, type Subject, type Timing, timed } from "./directory.ts";
import { filterRefusal } from "./refusals.ts";

/** Resources of a page unless the client asks for another number, or the endpoint allows fewer. */
const DEFAULT_PAGE_SIZE = 100;

export type Page<Resource extends ListedResource = ListedResource> = Place & {
  readonly totalResults: number;
  readonly resources: readonly Resource[];
};

/** Where a page is: by index (RFC 7644 §3.4.2.4), or what is beside it (RFC 9865 §2). */
export type Place = { readonly startIndex: number } | { readonly cursors: Cursors };

/** How many resources a page has unless the client says so. */
export function defaultPageSize({ maxPageSize }: EndpointLimits): number {
  return Math.min(DEFAULT_PAGE_SIZE, maxPageSize);
}

/**
 * Answers a query on one resource type (RFC 7644 §3.4.2, §3.4.3).
 * @throws ScimError 400 invalidFilter, invalidPath, invalidCursor, expiredCursor, invalidCount
 */
export async function searchResources(
  { store, now }: Directory,
  subject: Subject,
  parameters: QueryParameters,
  wanted: Wanted,
): Promise<Page> {
  const { endpoint, model, locations, reading, timing } = subject;
  const wish = readWish(parameters, model, reading);
  const paging = readPaging(parameters, subject, [wish], now());
  const order = { filter: wish.filter, sort: sortOf(wish, parameters) };
  const query = { ...paging.query, ...order, ...wanted, locations };
  const found = await queried(timing, () => store.resources.search(store.committed, endpoint.key, model, query));
  return pageOf(found, paging);
}

/**
 * Answers a query on all resource types of an endpoint (RFC 7644 §3.4.2.1).
 * @param wantedOf which rows beside the resources of a type are looked up
 * @throws ScimError as {@link searchResources}
 */
export async function searchAllResources(
  { store, now }: Directory,
  subject: Omit<Subject, "model">,
  parameters: QueryParameters,
  wantedOf: (model: ResourceModel) => Wanted,
): Promise<Page<TypedResource>> {
  const { endpoint, locations, reading, timing } = subject;
  const wishes = readWishes(parameters, endpoint.models, reading);
  const paging = readPaging(parameters, subject, wishes, now());
  const [only] = wishes;
  if (only !== undefined && wishes.length === 1) {
    // A filter such as `userName eq "…"` is about one type: its own query is the faster one.
    const { model, filter } = only;
    const query = { ...paging.query, filter, sort: sortOf(only, parameters), ...wantedOf(model), locations };
    const search = () => store.resources.search(store.committed, endpoint.key, model, query);
    const { resources, ...found } = await queried(timing, search);
    const type = model.type.name;
    return pageOf({ ...found, resources: resources.map((resource) => ({ ...resource, type })) }, paging);
  }
  const query = {
    ...paging.query,
    types: wishes.map((wish) => ({ ...wish, ...wantedOf(wish.model) })),
    order: orderOf(parameters),
    locations,
  };
  return pageOf(await queried(timing, () => store.resources.searchAll(store.committed, endpoint.key, query)), paging);
}

/** Asks the store. @throws ScimError 400 invalidFilter */
async function queried<T>(timing: Timing, query: () => Promise<T>): Promise<T> {
  try {
    return await timed(timing, query);
  } catch (error) {
    throw error instanceof FilterTooCostly ? filterRefusal(error) : error;
  }
}

function orderOf({ sortBy, sortOrder }: QueryParameters): "ascending" | "descending" | undefined {
  return sortBy === undefined ? undefined : sortOrder;
}

function sortOf({ sortBy }: Wish, { sortOrder }: QueryParameters) {
  return sortBy === undefined ? undefined : { attribute: sortBy, descending: sortOrder === "descending" };
}

/** Which page is asked for, and how to say where it is. */
type Paging = {
  readonly query: Pick<PageQuery, "offset" | "limit" | "keyset">;
  readonly placeOf: (found: Pick<Found, "next">) => Place;
};

function readPaging(
  parameters: QueryParameters,
  { endpoint, locations }: Pick<Subject, "endpoint" | "locations">,
  types: readonly Wish[],
  nowMs: number,
): Paging {
  const { limits } = endpoint.settings;
  const sizeOf = (count: number | undefined) => Math.min(count ?? defaultPageSize(limits), limits.maxPageSize);
  const { cursor: text, count, startIndex } = parameters;
  if (text === undefined) {
    return { query: { offset: startIndex - 1, limit: sizeOf(count) }, placeOf: () => ({ startIndex }) };
  }
  const sought: Sought = { endpoint: endpoint.key, types, order: orderOf(parameters), locations };
  const identity = identityOf(sought);
  const validity = { nowMs, timeoutSeconds: limits.cursorTimeoutSeconds };
  const cursor = text === "" ? undefined : decodeCursor(text, identity, validity);
  if (cursor !== undefined) checkCount(count, cursor);
  const shared = cursor === undefined ? count : cursor.count;
  return {
    query: { offset: 0, limit: sizeOf(shared), keyset: { after: cursor?.position } },
    placeOf: ({ next }) => ({
      cursors:
        next === undefined ? {} : { nextCursor: encodeCursor({ position: next, count: shared }, identity, nowMs) },
    }),
  };
}

/** The count "must be equal to the count value of the initial query" (RFC 9865 §2.1); one left out is the same. */
function checkCount(count: number | undefined, { count: first }: Cursor): void {
  if (count === undefined || count === first) return;
  const began = first === undefined ? "without a count" : `with count=${first}`;
  throw invalidCount(`count is ${count}, but this query began ${began}, which holds for all its pages.`);
}

function pageOf<Resource extends ListedResource>(found: Found<Resource>, { placeOf }: Paging): Page<Resource> {
  return { ...placeOf(found), totalResults: found.total, resources: found.resources };
}

/** What a query says of one type. */
export type Wish = {
  readonly model: ResourceModel;
  readonly filter: ResolvedFilter | undefined;
  readonly sortBy: AttributeNode | undefined;
};

/**
 * Reads what a query says of the one type that it is about.
 * @throws ScimError 400 invalidFilter, invalidPath
 */
export function readWish(parameters: QueryParameters, model: ResourceModel, reading: Reading): Wish {
  const { sortBy } = parameters;
  const filter = readFilter(parameters.filter, reading);
  return {
    model,
    filter: filter && resolveFilter(filter, model, reading),
    sortBy: sortBy === undefined ? undefined : readSortBy(sortBy, [model], reading)[0],
  };
}

/**
 * Reads what a query says of each of several types (RFC 7644 §3.4.2.1).
 * @returns nothing of a type of which no resource can match
 * @throws ScimError 400 invalidFilter, invalidPath
 */
export function readWishes(parameters: QueryParameters, models: readonly ResourceModel[], reading: Reading): Wish[] {
  const { sortBy } = parameters;
  const filter = readFilter(parameters.filter, reading);
  const filters = filter && resolveFilterAcross(filter, models, reading);
  const attributes = sortBy === undefined ? [] : readSortBy(sortBy, models, reading);
  return models.flatMap((model, at) => {
    const meant = filters?.[at] ?? true;
    if (meant === false) return [];
    return [{ model, filter: meant === true ? undefined : meant, sortBy: attributes[at] }];
  });
}

/** @throws ScimError 400 invalidPath for an attribute that none of the models has */
function readSortBy(sortBy: string, models: readonly ResourceModel[], reading: Reading): (AttributeNode | undefined)[] {
  const path = parseAttributePath(sortBy);
  const named = models.map((model) => resolveAttributePath(path, model, reading));
  if (named.every((attribute) => attribute === undefined)) {
    const types = models.map(({ type }) => type.name);
    const subject = types.length === 1 ? `${types[0]} has no` : `none of ${types.join(", ")} has an`;
    throw badRequest(
      "invalidPath",
      { code: "unknownAttribute", path: sortBy.slice(0, 120), schema: types.join(", ") },
      `sortBy: ${subject} attribute "${sortBy.slice(0, 120)}".`,
    );
  }
  return named.map((attribute) => (attribute === undefined ? undefined : sortable(attribute)));
}

/** A complex attribute is sorted by its `value`; without one, a sub-attribute must be named (RFC 7644 §3.4.2.3). */
function sortable(named: AttributeNode): AttributeNode {
  const attribute = named.type === "complex" ? named.children.get("value") : named;
  if (attribute !== undefined) return attribute;
  const [example] = named.children.values();
  throw badRequest(
    "invalidPath",
    { code: "notSortable", path: named.path },
    `sortBy: ${named.path} is complex; name a sub-attribute, such as ${example?.path}.`,
  );
}
