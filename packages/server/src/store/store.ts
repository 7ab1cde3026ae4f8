import type { AttributeNode, JsonObject, ResolvedFilter, ResourceModel } from "@scimtool/scim";
import type { CredentialStore, IssuerTrustStore } from "./credential.ts";
import type { MonitorStore } from "./monitor.ts";

export * from "./credential.ts";

/**
 * What the directory needs of a database. Adapters (`sqlite/`, `postgres/`) have the same file names and pass
 * the same tests. Everything is asynchronous, and every call says in which {@link Scope} it runs.
 *
 * Nothing but calls on the store may be awaited inside a transaction: others wait for it.
 */
export type Store = {
  /**
   * Reads made here see what is committed. One that takes long does not hold up others; it rejects with ReadTooLong or
   * ReadsBusy.
   */
  readonly committed: Scope;
  /**
   * Runs `work` in one serializable transaction; commits when it resolves, rolls back when it throws. It may run more
   * than once, each time on what is committed; only the last run counts.
   * Resolves only after the commit. Transactions may share one commit, each still all or nothing.
   */
  readonly transaction: <T>(work: (transaction: Transaction) => Promise<T>) => Promise<T>;
  /**
   * As `transaction`, for writes that no response waits for, such as records of exchanges: nothing waits until they are
   * backed up. It must not write resources.
   */
  readonly inBackground: Store["transaction"];
  readonly endpoints: EndpointStore;
  readonly credentials: CredentialStore;
  readonly issuerTrusts: IssuerTrustStore;
  readonly resources: ResourceStore;
  readonly members: MemberStore;
  readonly monitor: MonitorStore;
  /** Waits for transactions under way, then closes. */
  readonly close: () => Promise<void>;
};

declare const scope: unique symbol;
declare const transaction: unique symbol;

/** Where a read runs: in a transaction, or on what is committed. Opaque to everybody but the adapter. */
export type Scope = { readonly [scope]: true };

/** A transaction under way; writes need one. */
export type Transaction = Scope & { readonly [transaction]: true };

/** A database's own key of an endpoint, which is never given again, or of a resource; means nothing outside the store. */
export type Key = number;

/** A tenant: a SCIM base URI with its own resources, credentials and settings. */
export type Endpoint = {
  readonly key: Key;
  /** `default`, served at /scim/v2; the others are served at /scim/endpoints/{name}/v2. */
  readonly name: string;
  /** What was set, as `endpoint/settings.ts` reads it; what is not there has its default. */
  readonly settings: JsonObject;
  readonly createdMs: number;
  /** Counts the changes made to its name, its settings, and whether it is served; from 1. */
  readonly revision: number;
  /** Deleted: it is served no more, and what it has is removed step by step. */
  readonly isLeaving: boolean;
};

export type EndpointStore = {
  readonly list: (scope: Scope) => Promise<Endpoint[]>;
  /** @throws Error when another has that name */
  readonly insert: (
    transaction: Transaction,
    endpoint: Pick<Endpoint, "name" | "settings">,
    nowMs: number,
  ) => Promise<Endpoint>;
  /** @returns its new revision */
  readonly update: (transaction: Transaction, endpoint: Omit<Endpoint, "createdMs" | "revision">) => Promise<number>;
  /**
   * Which revision of an endpoint the writes of a transaction are made under: it is not changed by others before that
   * commits. undefined when it is gone. Asked by every write.
   */
  readonly revisionOf: (transaction: Transaction, endpoint: Key) => Promise<number | undefined>;
  /** Resources of each type that has any. */
  readonly population: (scope: Scope, endpoint: Key) => Promise<ReadonlyMap<string, number>>;
  /** Removes an endpoint that has no resources any more, with its credentials. */
  readonly remove: (transaction: Transaction, endpoint: Key) => Promise<void>;
};

/** A resource as kept. */
export type StoredResource = {
  readonly key: Key;
  readonly id: string;
  /** Counts the changes made to the resource, from 1. */
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly createdMs: number;
  readonly modifiedMs: number;
  /**
   * JSON text of everything but the collection and derived attributes: `schemas` and `id` come first, `meta` last
   * (`resource-body.ts`).
   */
  readonly body: string;
};

/** A resource as others refer to it: a value of `members` or of `groups`. */
export type Reference = {
  readonly id: string;
  /** Name of its resource type; empty where no resource has the id. */
  readonly type: string;
  /** Its name for people. */
  readonly label: string;
};

/** A stored resource with what is kept as rows beside it, all of one moment. */
export type FoundResource = StoredResource & {
  /** The groups it is a direct member of; none where they were not asked for. */
  readonly groups: readonly Reference[];
  /** Its name for people; absent where it was not asked for, or could be one of several. */
  readonly label?: string;
  /** Values of its collection attribute; absent where they were not asked for or its type has none. */
  readonly members?: readonly Reference[];
};

/** A resource as a list has it: its id, version and times are in its body. */
export type ListedResource = Pick<FoundResource, "key" | "body" | "groups" | "label" | "members">;

/** Which of the rows beside a resource are looked up, and whether its name is told apart from its body. */
export type Include = { readonly groups: boolean; readonly members: boolean; readonly label?: boolean };

/** A resource on its way into the database. */
export type ResourceContent = {
  /** What is kept: without `meta`, the collection and derived attributes. */
  readonly resource: JsonObject;
  /** `resource` as JSON text. */
  readonly json: string;
  /** Its name for people, where others refer to it. */
  readonly label: string;
  readonly nowMs: number;
};

export type ResourceStore = {
  /** The resource of that type and id. */
  readonly get: (
    scope: Scope,
    endpoint: Key,
    model: ResourceModel,
    id: string,
    include: Include,
  ) => Promise<FoundResource | undefined>;
  /** @throws ReadTooLong, ReadsBusy */
  readonly search: (scope: Scope, endpoint: Key, model: ResourceModel, query: Query) => Promise<Found>;
  /** As `search`, over several types at once: one order and one total for all of them. */
  readonly searchAll: (scope: Scope, endpoint: Key, query: QueryOfAll) => Promise<Found<TypedResource>>;
  /** The resource, of whatever type, that holds a value of a unique attribute. */
  readonly holderOf: (
    scope: Scope,
    endpoint: Key,
    model: ResourceModel,
    attribute: string,
    value: string,
  ) => Promise<Reference | undefined>;
  /** @throws UniquenessConflict */
  readonly insert: (
    transaction: Transaction,
    endpoint: Key,
    model: ResourceModel,
    id: string,
    content: ResourceContent,
  ) => Promise<StoredResource>;
  /** Saves a new revision. @throws UniquenessConflict */
  readonly update: (
    transaction: Transaction,
    endpoint: Key,
    model: ResourceModel,
    before: StoredResource & { readonly resource: JsonObject },
    content: ResourceContent,
  ) => Promise<StoredResource>;
  /** The resources that have these ids, of whatever type. */
  readonly references: (scope: Scope, endpoint: Key, ids: readonly string[]) => Promise<ReadonlyMap<string, Reference>>;
  /**
   * The resources of a type that refer to one.
   * @param attribute the sub-attribute `value` of an attribute that refers to resources, such as `manager.value`
   */
  readonly referrers: (
    scope: Scope,
    endpoint: Key,
    model: ResourceModel,
    attribute: AttributeNode,
    id: string,
  ) => Promise<StoredResource[]>;
  /**
   * Saves other attributes and no new revision: only what follows from other resources has changed in them.
   * @param json the attributes as JSON text
   */
  readonly rewrite: (
    transaction: Transaction,
    endpoint: Key,
    model: ResourceModel,
    before: StoredResource,
    json: string,
  ) => Promise<StoredResource>;
  /** Saves a new revision with the same content: rows beside it (its members) have changed. */
  readonly touch: (
    transaction: Transaction,
    endpoint: Key,
    model: ResourceModel,
    before: StoredResource,
    nowMs: number,
  ) => Promise<StoredResource>;
  /**
   * Brings what is kept beside resources, values that are unique or indexed, from what one set of resource types wants
   * to what another wants.
   * @throws UniquenessConflict when two resources have one value of an attribute that is to be unique
   */
  readonly reindex: (
    transaction: Transaction,
    endpoint: Key,
    before: readonly ResourceModel[],
    after: readonly ResourceModel[],
  ) => Promise<void>;
  /** Removes the resource and every row that refers to it, also where it is a member of groups, which are touched. */
  readonly remove: (
    transaction: Transaction,
    endpoint: Key,
    model: ResourceModel,
    key: Key,
    nowMs: number,
  ) => Promise<void>;
};

/** Which part of a query's matches is returned. */
export type PageQuery = {
  /** Resources to pass over, from 0. */
  readonly offset: number;
  /** Resources to return at most; 0 only counts. */
  readonly limit: number;
  /** Asks for the page behind a place instead, or without one for the first page; `offset` is 0 then. */
  readonly keyset?: { readonly after: Position | undefined };
  /** Where resources of each type are served: `User` → `https://…/scim/v2/Users/`. For filters on URIs. */
  readonly locations: ReadonlyMap<string, string>;
};

/**
 * A place in the order of a query's matches: behind the resource that had this key, and this value of the attribute that
 * is sorted by. It stays where it is when that resource is changed or removed.
 */
export type Position = {
  readonly key: Key;
  /** Ready to compare; null where it had none, and where nothing is sorted by. */
  readonly value: string | number | null;
};

export type Query = Include &
  PageQuery & {
    readonly filter: ResolvedFilter | undefined;
    readonly sort: { readonly attribute: AttributeNode; readonly descending: boolean } | undefined;
  };

/** A query over several resource types, said for each in its own attributes. */
export type QueryOfAll = PageQuery & {
  readonly types: readonly QueryOfType[];
  /** undefined for the order of creation. */
  readonly order: "ascending" | "descending" | undefined;
};

export type QueryOfType = Include & {
  readonly model: ResourceModel;
  readonly filter: ResolvedFilter | undefined;
  /** What is sorted by; undefined where the type has no such attribute, which then counts as unassigned. */
  readonly sortBy: AttributeNode | undefined;
};

export type Found<Resource extends ListedResource = ListedResource> = {
  /** Matches in all, however many are returned. */
  readonly total: number;
  readonly resources: Resource[];
  /** Where the next page begins; absent where there is none, and where pages are asked for by `offset`. */
  readonly next?: Position;
};

/** A resource found among others of other types. */
export type TypedResource = ListedResource & { readonly type: string };

/** The values of a collection attribute (`members`), a row each. */
export type MemberStore = {
  /**
   * Adds the resources with these ids that are not in the group yet.
   * @param model the group's, which says of which types its members may be
   * @param dangling what happens with an id that no such resource of the endpoint has: `keep` keeps the bare id, as a
   * reference without a type
   * @returns those added
   * @throws UnknownMembers for `refuse`, unless the group has that id already
   */
  readonly add: (
    transaction: Transaction,
    endpoint: Key,
    model: ResourceModel,
    group: Key,
    ids: readonly string[],
    dangling: "keep" | "refuse",
  ) => Promise<Reference[]>;
  /** Removes those that are in the group. @returns those removed */
  readonly remove: (
    transaction: Transaction,
    endpoint: Key,
    group: Key,
    ids: readonly string[],
  ) => Promise<Reference[]>;
  /**
   * Removes what a filter over the sub-attributes of `members` matches.
   * @param limits.maxMs how long it may look for them, while nobody else can write
   * @returns those removed
   * @throws ReadTooLong
   */
  readonly removeWhere: (
    transaction: Transaction,
    endpoint: Key,
    group: Key,
    filter: ResolvedFilter,
    limits: { readonly locations: ReadonlyMap<string, string>; readonly maxMs: number },
  ) => Promise<Reference[]>;
  /** Removes all but these. @returns those removed */
  readonly retain: (
    transaction: Transaction,
    endpoint: Key,
    group: Key,
    ids: readonly string[],
  ) => Promise<Reference[]>;
  /** In the order in which the members were created. */
  readonly list: (scope: Scope, endpoint: Key, group: Key) => Promise<Reference[]>;
};

/** A unique attribute already has that value elsewhere (RFC 7644 §3.12, `uniqueness`). */
export class UniquenessConflict extends Error {
  override readonly name = "UniquenessConflict";
  /** Path of the attribute: `userName`. */
  readonly attribute: string;
  readonly value: string;

  constructor(attribute: string, value: string, cause?: unknown) {
    super(`${attribute} is not unique`, { cause });
    this.attribute = attribute;
    this.value = value;
  }
}

/** A read was ended because it took too long. */
export class ReadTooLong extends Error {
  override readonly name = "ReadTooLong";
  readonly maxMs: number;

  constructor(maxMs: number) {
    super(`A read took longer than ${maxMs} ms.`);
    this.maxMs = maxMs;
  }
}

/** Too many long reads are under way. */
export class ReadsBusy extends Error {
  override readonly name = "ReadsBusy";
}

/** Ids to be added to a group that no resource of the endpoint has. */
export class UnknownMembers extends Error {
  override readonly name = "UnknownMembers";
  readonly ids: readonly string[];

  constructor(ids: readonly string[]) {
    super(`${ids.length} ids are unknown`);
    this.ids = ids;
  }
}

/** The store takes no transactions now: it is closed, or paused for too long. Nothing was written. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
}

/** There was no room for what a transaction writes. It changed nothing. */
export class StoreFull extends Error {
  override readonly name = "StoreFull";
}
