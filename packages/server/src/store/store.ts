import type { AttributeNode, JsonObject, ResolvedFilter, ResourceModel } from "@scimtool/scim";
import type { CredentialStore, IssuerTrustStore } from "./credential.ts";
import type { MonitorStore } from "./monitor.ts";
import type { Replicas } from "./replicas.ts";

export * from "./credential.ts";

/**
 * What the directory needs of a database. Adapters (`sqlite/`, `postgres/`) have the same file names and pass
 * the same tests. Everything is asynchronous, and every call says in which {@link Scope} it runs.
 *
 * Nothing but calls on the store may be awaited inside a transaction: others wait for it.
 */
export type Store = {
  /**
   * Reads in this scope see committed data. A long read does not hold up other requests; it may reject with ReadTooLong,
   * or ReadsBusy.
   */
  readonly committed: Scope;
  /**
   * Runs `work` in one serializable transaction; commits when it resolves, rolls back when it throws. `work` may run more
   * than once, each time on committed data; only the last run counts. Resolves after the commit. Transactions may share a
   * commit; each is still all or nothing.
   */
  readonly transaction: <T>(work: (transaction: Transaction) => Promise<T>) => Promise<T>;
  /**
   * Like `transaction`, for writes that no response waits for, such as recorded exchanges: nothing waits for their
   * backup. Must not write resources.
   */
  readonly inBackground: Store["transaction"];
  readonly endpoints: EndpointStore;
  readonly credentials: CredentialStore;
  readonly issuerTrusts: IssuerTrustStore;
  readonly resources: ResourceStore;
  readonly members: MemberStore;
  readonly monitor: MonitorStore;
  readonly replicas: Replicas;
  /** Whether a search for a value of an attribute reads an index instead of every resource. */
  readonly isIndexed: (model: ResourceModel, attribute: AttributeNode) => boolean;
  /** Waits for running transactions, then closes. */
  readonly close: () => Promise<void>;
};

declare const scope: unique symbol;
declare const transaction: unique symbol;

/** Where a read runs: in a transaction, or on committed data. Opaque outside the adapter. */
export type Scope = { readonly [scope]: true };

/** A running transaction; writes need one. */
export type Transaction = Scope & { readonly [transaction]: true };

/** The database's key of an endpoint, which is never reused, or of a resource. Has no meaning outside the store. */
export type Key = number;

/** A tenant: a SCIM base URI with its own resources, credentials and settings. */
export type Endpoint = {
  readonly key: Key;
  /** `default`, served at /scim/v2; the others are served at /scim/endpoints/{name}/v2. */
  readonly name: string;
  /** Settings that differ from the defaults; see `endpoint/settings.ts`. */
  readonly settings: JsonObject;
  readonly createdMs: number;
  /** Counts the changes made to its name, its settings, and whether it is served; from 1. */
  readonly revision: number;
  /** Deleted: it is no longer served, and its data is being removed step by step. */
  readonly isLeaving: boolean;
};

export type EndpointStore = {
  readonly list: (scope: Scope) => Promise<Endpoint[]>;
  /** @throws Error if another endpoint has the name */
  readonly insert: (
    transaction: Transaction,
    endpoint: Pick<Endpoint, "name" | "settings">,
    nowMs: number,
  ) => Promise<Endpoint>;
  /** @returns its new revision */
  readonly update: (transaction: Transaction, endpoint: Omit<Endpoint, "createdMs" | "revision">) => Promise<number>;
  /**
   * The endpoint's revision, which nobody else changes until the transaction commits; undefined if it was removed. Every
   * write checks it.
   */
  readonly revisionOf: (transaction: Transaction, endpoint: Key) => Promise<number | undefined>;
  /** Number of resources by type; types without resources are absent. */
  readonly population: (scope: Scope, endpoint: Key) => Promise<ReadonlyMap<string, number>>;
  /** Removes an endpoint that has no more resources, and its credentials. */
  readonly remove: (transaction: Transaction, endpoint: Key) => Promise<void>;
};

/** A stored resource. */
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

/** A reference to a resource: a value of `members` or of `groups`. */
export type Reference = {
  readonly id: string;
  /** Name of its resource type; empty if no resource has the ID. */
  readonly type: string;
  /** Its display name. */
  readonly label: string;
};

/** A stored resource with its groups and members, all from one snapshot. */
export type FoundResource = StoredResource & {
  /** The groups it is a direct member of; empty if they were not requested. */
  readonly groups: readonly Reference[];
  /** Its display name; absent if it was not requested, or if there may be several resources. */
  readonly label?: string;
  /** Values of its collection attribute; absent if they were not requested or its type has no such attribute. */
  readonly members?: readonly Reference[];
};

/** A resource in a list: its ID, version and times are in its body. */
export type ListedResource = Pick<FoundResource, "key" | "body" | "groups" | "label" | "members">;

/** What to read besides the body of a resource. */
export type Include = { readonly groups: boolean; readonly members: boolean; readonly label?: boolean };

/** A resource to be written. */
export type ResourceContent = {
  /** The stored attributes: without `meta`, the collection and derived attributes. */
  readonly resource: JsonObject;
  /** `resource` as JSON text. */
  readonly json: string;
  /** Its display name in references. */
  readonly label: string;
  readonly nowMs: number;
};

export type ResourceStore = {
  /** The resource with this type and ID. */
  readonly get: (
    scope: Scope,
    endpoint: Key,
    model: ResourceModel,
    id: string,
    include: Include,
  ) => Promise<FoundResource | undefined>;
  /** @throws ReadTooLong, ReadsBusy */
  readonly search: (scope: Scope, endpoint: Key, model: ResourceModel, query: Query) => Promise<Found>;
  /** As `search`, over several types, with one order and one total. */
  readonly searchAll: (scope: Scope, endpoint: Key, query: QueryOfAll) => Promise<Found<TypedResource>>;
  /** The resource, of any type, that has a value of a unique attribute. */
  readonly holderOf: (
    scope: Scope,
    endpoint: Key,
    model: ResourceModel,
    attribute: string,
    value: string,
  ) => Promise<Reference | undefined>;
  /** A resource of a type, other than the one with this ID, that has a value of an indexed attribute. */
  readonly anotherWith: (
    scope: Scope,
    endpoint: Key,
    model: ResourceModel,
    attribute: string,
    value: string,
    id: string,
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
  /** The resources with these IDs, of any type. */
  readonly references: (scope: Scope, endpoint: Key, ids: readonly string[]) => Promise<ReadonlyMap<string, Reference>>;
  /**
   * The resources of a type that refer to a resource.
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
   * Saves changed attributes under the same revision: only values derived from other resources have changed.
   * @param json the attributes as JSON text
   */
  readonly rewrite: (
    transaction: Transaction,
    endpoint: Key,
    model: ResourceModel,
    before: StoredResource,
    json: string,
  ) => Promise<StoredResource>;
  /** Saves a new revision with the same body, because its members have changed. */
  readonly touch: (
    transaction: Transaction,
    endpoint: Key,
    model: ResourceModel,
    before: StoredResource,
    nowMs: number,
  ) => Promise<StoredResource>;
  /**
   * Rebuilds the stored unique and indexed values for other resource types.
   * @throws UniquenessConflict if two resources share a value of an attribute that becomes unique
   */
  readonly reindex: (
    transaction: Transaction,
    endpoint: Key,
    before: readonly ResourceModel[],
    after: readonly ResourceModel[],
  ) => Promise<void>;
  /** Removes the resource and its memberships. Groups that it was a member of get a new revision. */
  readonly remove: (
    transaction: Transaction,
    endpoint: Key,
    model: ResourceModel,
    key: Key,
    nowMs: number,
  ) => Promise<void>;
};

/** Which part of the matches to return. */
export type PageQuery = {
  /** Matches to skip, from 0. */
  readonly offset: number;
  /** The most resources to return; 0 only counts. */
  readonly limit: number;
  /** For pages by cursor: the page after a position, or the first page. `offset` is then 0. */
  readonly keyset?: { readonly after: Position | undefined };
  /** Where resources of each type are served: `User` → `https://…/scim/v2/Users/`. For filters on URIs. */
  readonly locations: ReadonlyMap<string, string>;
};

/**
 * A position in the order of a query's matches: after the resource that had this key and this value of the sort
 * attribute. It stays valid when that resource changes or is removed.
 */
export type Position = {
  readonly key: Key;
  /** Ready to compare; null without a value or without sorting. */
  readonly value: string | number | null;
};

export type Query = Include &
  PageQuery & {
    readonly filter: ResolvedFilter | undefined;
    readonly sort: { readonly attribute: AttributeNode; readonly descending: boolean } | undefined;
  };

/** A query over several resource types, each with its own filter and sort attribute. */
export type QueryOfAll = PageQuery & {
  readonly types: readonly QueryOfType[];
  /** undefined for the order of creation. */
  readonly order: "ascending" | "descending" | undefined;
};

export type QueryOfType = Include & {
  readonly model: ResourceModel;
  readonly filter: ResolvedFilter | undefined;
  /** The sort attribute; undefined if the type does not have it, and then it counts as unassigned. */
  readonly sortBy: AttributeNode | undefined;
};

export type Found<Resource extends ListedResource = ListedResource> = {
  /** All matches, not only those returned. */
  readonly total: number;
  readonly resources: Resource[];
  /** Where the next page begins; absent on the last page and with `offset`. */
  readonly next?: Position;
};

/** A resource found by a query over several types. */
export type TypedResource = ListedResource & { readonly type: string };

/** The values of a collection attribute (`members`), each stored as a row. */
export type MemberStore = {
  /**
   * Adds the resources with these IDs that are not members yet.
   * @param model the group's model, which says which types its members may have
   * @param dangling how to handle unknown IDs: `keep` stores the ID as a reference without a type
   * @returns the added members
   * @throws UnknownMembers for `refuse`, unless the group already has the ID
   */
  readonly add: (
    transaction: Transaction,
    endpoint: Key,
    model: ResourceModel,
    group: Key,
    ids: readonly string[],
    dangling: "keep" | "refuse",
  ) => Promise<Reference[]>;
  /** Removes the given members. @returns the members that were removed */
  readonly remove: (
    transaction: Transaction,
    endpoint: Key,
    group: Key,
    ids: readonly string[],
  ) => Promise<Reference[]>;
  /**
   * Removes the members that match a filter on sub-attributes.
   * @param limits.maxMs how long the search may take: nobody else can write meanwhile
   * @returns the removed members
   * @throws ReadTooLong
   */
  readonly removeWhere: (
    transaction: Transaction,
    endpoint: Key,
    group: Key,
    filter: ResolvedFilter,
    limits: { readonly locations: ReadonlyMap<string, string>; readonly maxMs: number },
  ) => Promise<Reference[]>;
  /** Removes all other members. @returns the members that were removed */
  readonly retain: (
    transaction: Transaction,
    endpoint: Key,
    group: Key,
    ids: readonly string[],
  ) => Promise<Reference[]>;
  /** In the order in which the resources were created. */
  readonly list: (scope: Scope, endpoint: Key, group: Key) => Promise<Reference[]>;
  readonly count: (scope: Scope, endpoint: Key, group: Key) => Promise<number>;
  /** A part of the list, and the number of all matches. @throws ReadTooLong, ReadsBusy */
  readonly page: (
    scope: Scope,
    endpoint: Key,
    group: Key,
    query: MemberQuery,
  ) => Promise<{ readonly total: number; readonly members: Reference[] }>;
};

export type MemberQuery = {
  /** A part of the name or of `userName`, or the whole ID; empty for all members. Letter case does not matter. */
  readonly text: string;
  /** Matches to skip, from 0. */
  readonly offset: number;
  readonly limit: number;
};

/** Another resource has the value of a unique attribute (RFC 7644 §3.12, `uniqueness`). */
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

/** A value of an attribute with an index is too long for the index. */
export class ValueTooLong extends Error {
  override readonly name = "ValueTooLong";
  /** Path of the attribute: `userName`. */
  readonly attribute: string;
  readonly characters: number;
  readonly maxCharacters: number;

  constructor(attribute: string, characters: number, maxCharacters: number) {
    super(`${attribute} has ${characters} characters; at most ${maxCharacters} are accepted`);
    this.attribute = attribute;
    this.characters = characters;
    this.maxCharacters = maxCharacters;
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

/** A read was ended because it held too much memory. */
export class ReadTooLarge extends Error {
  override readonly name = "ReadTooLarge";
  readonly maxBytes: number;

  constructor(maxBytes: number) {
    super(`A read held more than ${maxBytes} bytes of memory.`);
    this.maxBytes = maxBytes;
  }
}

/** Too many long reads are running. */
export class ReadsBusy extends Error {
  override readonly name = "ReadsBusy";
}

/** Member IDs that no resource of the endpoint has. */
export class UnknownMembers extends Error {
  override readonly name = "UnknownMembers";
  readonly ids: readonly string[];

  constructor(ids: readonly string[]) {
    super(`${ids.length} ids are unknown`);
    this.ids = ids;
  }
}

/** The store is closed, or was paused for too long. Nothing was written. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
}

/** The connection to the database was lost during the commit, and nobody knows whether it was made. */
export class OutcomeUnknown extends Error {
  override readonly name = "OutcomeUnknown";
}

/** The disk is full. The transaction changed nothing. */
export class StoreFull extends Error {
  override readonly name = "StoreFull";
}
