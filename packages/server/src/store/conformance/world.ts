import {
  GROUP_TYPE,
  type JsonObject,
  newReading,
  parseAttributePath,
  parseFilter,
  type ResolvedFilter,
  type ResourceModel,
  resolveAttributePath,
  resolveFilter,
  resourceModel,
  USER_TYPE,
} from "@scimtool/scim";
import { attributesOf } from "../resource-body.ts";
import type {
  Found,
  FoundResource,
  Key,
  Query,
  QueryOfAll,
  Reference,
  ResourceContent,
  Scope,
  Store,
  StoredResource,
  Transaction,
} from "../store.ts";

/** Opens an empty store. The tests close it; `dispose` then cleans up. */
export type OpenStore = () => Promise<OpenedStore>;

type OpenedStore = {
  readonly store: Store;
  /** The database is another process, which does not block the event loop. */
  readonly isApart?: true;
  readonly dispose: () => Promise<void>;
};

export const USER = resourceModel(USER_TYPE);
export const GROUP = resourceModel(GROUP_TYPE);
export const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

export const LOCATIONS: ReadonlyMap<string, string> = new Map([
  ["User", "https://scim.example.com/scim/v2/Users/"],
  ["Group", "https://scim.example.com/scim/v2/Groups/"],
]);

/** The default time of creation. */
export const START_MS = Date.parse("2026-01-01T00:00:00.000Z");

/** An open store with two endpoints and no resources. */
export type World = Pick<OpenedStore, "store" | "isApart"> & { readonly endpoint: Key; readonly otherEndpoint: Key };

/** Makes the body of a test that gets its own world. */
export function inWorld(openStore: OpenStore, work: (world: World) => Promise<void>): () => Promise<void> {
  return async () => {
    const { dispose, ...opened } = await openStore();
    const { store } = opened;
    try {
      const [endpoint, otherEndpoint] = await store.transaction(async (transaction) => [
        await store.endpoints.insert(transaction, { name: "default", settings: { profile: "tolerant" } }, 0),
        await store.endpoints.insert(transaction, { name: "other", settings: { profile: "strict" } }, 0),
      ]);
      if (endpoint === undefined || otherEndpoint === undefined) throw new Error("the store made no endpoints");
      await work({ ...opened, endpoint: endpoint.key, otherEndpoint: otherEndpoint.key });
    } finally {
      await store.close();
      await dispose();
    }
  };
}

export function contentOf(attributes: JsonObject, id: string, nowMs: number): ResourceContent {
  const resource = { schemas: [], id, ...attributes };
  const label = attributes["displayName"] ?? attributes["userName"] ?? id;
  return { resource, json: JSON.stringify(resource), label: String(label), nowMs };
}

let idsMade = 0;

/** ID and time of a new resource, if they matter. */
export type Place = { readonly id?: string; readonly nowMs?: number; readonly endpoint?: Key };

export async function insert(
  { store, endpoint }: World,
  transaction: Transaction,
  model: ResourceModel,
  attributes: JsonObject,
  place: Place = {},
): Promise<StoredResource> {
  const id = place.id ?? `id-${++idsMade}`;
  const content = contentOf(attributes, id, place.nowMs ?? START_MS);
  return store.resources.insert(transaction, place.endpoint ?? endpoint, model, id, content);
}

export function insertUser(world: World, attributes: JsonObject, place?: Place): Promise<StoredResource> {
  return world.store.transaction((transaction) => insert(world, transaction, USER, attributes, place));
}

export function insertGroup(
  world: World,
  displayName: string,
  members: readonly StoredResource[] = [],
  place: Place = {},
): Promise<StoredResource> {
  return world.store.transaction(async (transaction) => {
    const group = await insert(world, transaction, GROUP, { displayName }, place);
    const ids = members.map(({ id }) => id);
    await world.store.members.add(transaction, place.endpoint ?? world.endpoint, GROUP, group.key, ids, "refuse");
    return group;
  });
}

/** Replaces attributes of a resource. */
export function update(
  { store, endpoint }: World,
  model: ResourceModel,
  before: StoredResource,
  attributes: JsonObject,
  nowMs = START_MS,
): Promise<StoredResource> {
  const resource = attributesOf(before);
  const content = contentOf(attributes, before.id, nowMs);
  return store.transaction((transaction) =>
    store.resources.update(transaction, endpoint, model, { ...before, resource }, content),
  );
}

export function remove(
  { store, endpoint }: World,
  model: ResourceModel,
  { key }: Pick<StoredResource, "key">,
  nowMs = START_MS,
): Promise<void> {
  return store.transaction((transaction) => store.resources.remove(transaction, endpoint, model, key, nowMs));
}

/** The committed state of a resource, with its groups. */
export function get({ store, endpoint }: World, model: ResourceModel, id: string): Promise<FoundResource | undefined> {
  return store.resources.get(store.committed, endpoint, model, id, { groups: true, members: false });
}

export function membersOf({ store, endpoint }: World, { key }: StoredResource): Promise<Reference[]> {
  return store.members.list(store.committed, endpoint, key);
}

/** A query as a client expresses it. */
export type Search = Partial<Pick<Query, "offset" | "limit" | "keyset" | "groups">> & {
  readonly filter?: string;
  readonly sortBy?: string;
  readonly descending?: boolean;
  readonly endpoint?: Key;
  readonly scope?: Scope;
};

export function find({ store, endpoint }: World, model: ResourceModel, search: Search = {}): Promise<Found> {
  const query = queryOf(model, search);
  return store.resources.search(search.scope ?? store.committed, search.endpoint ?? endpoint, model, query);
}

export function queryOf(model: ResourceModel, search: Search): Query {
  const { filter, sortBy, descending = false, offset = 0, limit = 100, keyset, groups = false } = search;
  const attribute =
    sortBy === undefined ? undefined : resolveAttributePath(parseAttributePath(sortBy), model, newReading("tolerant"));
  return {
    filter: filter === undefined ? undefined : readFilter(model, filter),
    sort: attribute === undefined ? undefined : { attribute, descending },
    offset,
    limit,
    ...(keyset === undefined ? {} : { keyset }),
    groups,
    members: false,
    locations: LOCATIONS,
  };
}

/** Resolves a query for each of several types, without the sort attribute for types that lack it. */
export function queryOfAll(models: readonly ResourceModel[], search: Omit<Search, "filter">): QueryOfAll {
  const { sortBy, descending = false, groups = false } = search;
  const { offset, limit, keyset, locations } = queryOf(USER, { ...search, sortBy: "id" });
  return {
    types: models.map((model) => ({
      model,
      filter: undefined,
      sortBy: queryOf(model, sortBy === undefined ? {} : { sortBy }).sort?.attribute,
      groups: groups && model !== GROUP,
      members: groups && model === GROUP,
    })),
    order: sortBy === undefined ? undefined : descending ? "descending" : "ascending",
    offset,
    limit,
    ...(keyset === undefined ? {} : { keyset }),
    locations,
  };
}

export function readFilter(model: ResourceModel, text: string): ResolvedFilter {
  const reading = newReading("tolerant");
  return resolveFilter(parseFilter(text, reading), model, reading);
}

/** The filter in the brackets of `members`. */
export function readMembersFilter(text: string): ResolvedFilter {
  const filter = readFilter(GROUP, `members[${text}]`);
  if (filter.kind !== "valuePath") throw new Error(`${text} is no filter on members`);
  return filter.filter;
}

/** The userNames (of groups, the displayNames) of the results, in order. */
export function namesOf({ resources }: Found): unknown[] {
  return resources.map(({ body }) => {
    const { userName, displayName } = JSON.parse(body) as JsonObject;
    return userName ?? displayName;
  });
}

export function idsOf(references: readonly { readonly id: string }[]): string[] {
  return references.map(({ id }) => id);
}
