import { setTimeout as sleep } from "node:timers/promises";
import { isObject, type JsonObject, type ResourceModel, ScimError } from "@scimtool/scim";
import {
  type Endpoint,
  type Key,
  type ListedResource,
  type Store,
  type Transaction,
  UniquenessConflict,
  ValueTooLong,
} from "../store/store.ts";
import { checkRevision, type Endpoints, withCurrentEndpoint } from "./endpoints.ts";
import { DEFAULT_ENDPOINT, type ServedEndpoint, serveEndpoint } from "./served-endpoint.ts";
import { settingsCheck } from "./settings.ts";

/** What the administration of endpoints works with. */
export type EndpointAdmin = {
  readonly store: Store;
  readonly endpoints: Endpoints;
  /** Milliseconds since 1970. */
  readonly now: () => number;
};

/** Valid names: they appear in URLs, and people say them. */
const ENDPOINT_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Resources deleted in one transaction: few enough that no request waits noticeably. */
const REMOVED_AT_ONCE = 200;

/** The same if each deletion is recorded in the history, which takes longer. */
const TOLD_AT_ONCE = 40;

/** Pause between two steps of deleting records: there may be millions, and it is not urgent. */
const FORGETTING_PAUSE_MS = 20;

/** Every served endpoint, as stored. */
export async function listEndpoints({ store }: EndpointAdmin): Promise<Endpoint[]> {
  return (await store.endpoints.list(store.committed)).filter(({ isLeaving }) => !isLeaving);
}

/** @throws ScimError 404 */
export async function findEndpoint(admin: EndpointAdmin, name: string): Promise<Endpoint> {
  return named(await listEndpoints(admin), name);
}

/**
 * @param settings that differ from the defaults
 * @throws ScimError 400 for an invalid name or settings, 409 for a name that is taken
 */
export async function createEndpoint(admin: EndpointAdmin, name: string, settings: JsonObject): Promise<Endpoint> {
  const { store, endpoints, now } = admin;
  checkName(name);
  (await settingsCheck())(settings);
  serveEndpoint({ key: 0, revision: 0, name, settings });
  const made = await store.transaction(async (transaction) => {
    await checkFree(store, transaction, name);
    return store.endpoints.insert(transaction, { name, settings }, now());
  });
  await endpoints.reload(store);
  return made;
}

export type EndpointChange = {
  readonly name?: string | undefined;
  /** A JSON Merge Patch (RFC 7396) of the settings: null restores a default. */
  readonly settings?: JsonObject | undefined;
};

export type ChangedEndpoint = { readonly known: Endpoint; readonly changed: Endpoint };

/**
 * Renames or configures an endpoint. Updates the unique and indexed values of existing resources.
 * @returns the endpoint before and after
 * @throws ScimError 400 for invalid settings, 404, 409 for a name that is taken, a removed type that still has resources,
 * or values that two resources share
 */
export async function changeEndpoint(
  admin: EndpointAdmin,
  name: string,
  change: EndpointChange,
): Promise<ChangedEndpoint> {
  const { store, endpoints } = admin;
  const apply = await changeOf(store, name, change);
  const result = await store.transaction(apply);
  await endpoints.reload(store);
  return result;
}

/** Does everything that {@link changeEndpoint} does, then undoes it. @throws ScimError as that */
export async function tryChange(
  { store }: EndpointAdmin,
  name: string,
  change: EndpointChange,
): Promise<ChangedEndpoint> {
  const apply = await changeOf(store, name, change);
  let result: ChangedEndpoint | undefined;
  const undo = new Error("a trial");
  await store
    .transaction(async (transaction) => {
      result = await apply(transaction);
      throw undo;
    })
    .catch((error: unknown) => {
      if (error !== undo) throw error;
    });
  return result as ChangedEndpoint;
}

/** @returns what changes an endpoint in a transaction */
async function changeOf(
  store: Store,
  name: string,
  change: EndpointChange,
): Promise<(transaction: Transaction) => Promise<ChangedEndpoint>> {
  const newName = change.name ?? name;
  if (newName !== name) {
    if (name === DEFAULT_ENDPOINT) throw new ScimError(409, "The default endpoint keeps its name.");
    checkName(newName);
  }
  const check = await settingsCheck();
  return async (transaction) => {
    const known = named(await store.endpoints.list(transaction), name);
    if (newName !== name) await checkFree(store, transaction, newName);
    const settings = change.settings === undefined ? known.settings : mergePatch(known.settings, change.settings);
    check(settings);
    const next = { ...known, name: newName, settings };
    const [before, after] = [serveEndpoint(known).models, serveEndpoint(next).models];
    await checkPopulation(store, transaction, known.key, after);
    await reindex(store, transaction, known.key, before, after);
    const revision = await store.endpoints.update(transaction, next);
    return { known, changed: { ...next, revision } };
  };
}

export type RemoveOne = (
  transaction: Transaction,
  endpoint: ServedEndpoint,
  model: ResourceModel,
  resource: ListedResource,
) => Promise<unknown>;

/**
 * Deletes every resource of an endpoint in steps. Requests in between find some of them deleted.
 * @param remove deletes one, with its history
 * @param count is called after each step with the number deleted, which stay deleted if a later step fails
 * @throws ScimError 404
 */
export async function emptyEndpoint(
  admin: EndpointAdmin,
  name: string,
  remove: RemoveOne,
  count: Removal["count"],
): Promise<void> {
  const found = serveEndpoint(await findEndpoint(admin, name));
  await withCurrentEndpoint(admin, found, (endpoint) =>
    removeResources(admin, endpoint, { remove, atOnce: TOLD_AT_ONCE, count }),
  );
}

/**
 * Deletes an endpoint. It is no longer served at once; its resources and records are deleted in steps, after the
 * response.
 * @returns `removed` resolves when nothing of it is left
 * @throws ScimError 404, 409 for the default endpoint
 */
export async function deleteEndpoint(admin: EndpointAdmin, name: string): Promise<{ readonly removed: Promise<void> }> {
  const { store, endpoints } = admin;
  if (name === DEFAULT_ENDPOINT) {
    throw new ScimError(409, "The default endpoint cannot be deleted, only emptied.");
  }
  const leaving = await store.transaction(async (transaction) => {
    const known = named(await store.endpoints.list(transaction), name);
    // This frees its name at once. No other endpoint can have this one.
    const next = { ...known, name: `${name}~${known.key}`, isLeaving: true };
    const revision = await store.endpoints.update(transaction, next);
    return { ...next, revision };
  });
  await endpoints.reload(store);
  return { removed: finish(admin, leaving) };
}

/** Continues deletions that an earlier process did not finish. */
export async function finishDeletions(admin: EndpointAdmin): Promise<void> {
  const { store } = admin;
  const stored = await store.endpoints.list(store.committed);
  for (const endpoint of stored) if (endpoint.isLeaving) await finish(admin, endpoint);
}

async function finish(admin: EndpointAdmin, endpoint: Endpoint): Promise<void> {
  const { store, now } = admin;
  const leaving = serveEndpoint(endpoint);
  // Its history is deleted as well.
  const remove: RemoveOne = (transaction, _endpoint, model, { key }) =>
    store.resources.remove(transaction, leaving.key, model, key, now());
  do {
    await removeResources(admin, leaving, { remove, atOnce: REMOVED_AT_ONCE, count: () => undefined });
    await forget(store, leaving.key);
  } while (!(await store.transaction((transaction) => removeEmpty(store, transaction, leaving.key))));
}

/** Deletes the records of an endpoint: exchanges and history. */
async function forget(store: Store, endpoint: Key): Promise<void> {
  for (;;) {
    const { isDone } = await store.inBackground((transaction) => store.monitor.forget(transaction, endpoint));
    if (isDone) return;
    await sleep(FORGETTING_PAUSE_MS, undefined, { ref: false });
  }
}

/** @returns false if a request in progress has written something in the meantime */
async function removeEmpty(store: Store, transaction: Transaction, endpoint: Key): Promise<boolean> {
  const population = await store.endpoints.population(transaction, endpoint);
  const { isDone } = await store.monitor.forget(transaction, endpoint);
  if (population.size > 0 || !isDone) return false;
  await store.endpoints.remove(transaction, endpoint);
  return true;
}

type Removal = {
  readonly remove: RemoveOne;
  readonly atOnce: number;
  /** Is called after each step with the number deleted. */
  readonly count: (removed: number) => void;
};

/** @throws EndpointChanged if it changes in between; the resources counted so far are deleted */
async function removeResources({ store }: EndpointAdmin, endpoint: ServedEndpoint, removal: Removal): Promise<void> {
  // Groups first: deleting a member would write to each of its groups.
  const ordered = endpoint.models.toSorted((left, right) => Number(isGroup(right)) - Number(isGroup(left)));
  for (const model of ordered) {
    for (let removed = -1; removed !== 0; removal.count(removed)) {
      removed = await store.transaction((transaction) => removeSome(store, transaction, endpoint, model, removal));
    }
  }
}

function isGroup({ collection }: ResourceModel): boolean {
  return collection !== undefined;
}

async function removeSome(
  store: Store,
  transaction: Transaction,
  endpoint: ServedEndpoint,
  model: ResourceModel,
  { remove, atOnce }: Removal,
): Promise<number> {
  await checkRevision(store, transaction, endpoint);
  const { resources } = await store.resources.search(transaction, endpoint.key, model, {
    filter: undefined,
    sort: undefined,
    offset: 0,
    limit: atOnce,
    groups: false,
    members: false,
    locations: new Map(),
  });
  for (const resource of resources) await remove(transaction, endpoint, model, resource);
  return resources.length;
}

function named(endpoints: readonly Endpoint[], name: string): Endpoint {
  const served = endpoints.filter(({ isLeaving }) => !isLeaving);
  const found = served.find((endpoint) => endpoint.name === name);
  if (found !== undefined) return found;
  const names = served.map((endpoint) => endpoint.name).join(", ");
  throw new ScimError(404, `There is no endpoint "${name.slice(0, 100)}". There are: ${names}.`);
}

function checkName(name: string): void {
  if (ENDPOINT_NAME.test(name)) return;
  throw new ScimError(
    400,
    `"${name.slice(0, 100)}" cannot name an endpoint. A name has 1 to 63 lower-case letters, digits and hyphens, and neither begins nor ends with a hyphen.`,
  );
}

async function checkFree(store: Store, transaction: Transaction, name: string): Promise<void> {
  const known = await store.endpoints.list(transaction);
  if (known.some((endpoint) => endpoint.name === name)) {
    throw new ScimError(409, `An endpoint named "${name}" already exists.`);
  }
}

async function checkPopulation(
  store: Store,
  transaction: Transaction,
  endpoint: Key,
  after: readonly ResourceModel[],
): Promise<void> {
  for (const [type, count] of await store.endpoints.population(transaction, endpoint)) {
    if (after.some((model) => model.type.name === type)) continue;
    throw new ScimError(409, `resourceTypes: there are ${count} resources of the type ${type}. Delete them first.`);
  }
}

async function reindex(
  store: Store,
  transaction: Transaction,
  endpoint: Key,
  before: readonly ResourceModel[],
  after: readonly ResourceModel[],
): Promise<void> {
  try {
    await store.resources.reindex(transaction, endpoint, before, after);
  } catch (error) {
    if (error instanceof ValueTooLong) {
      throw new ScimError(
        409,
        `${error.attribute}: a resource has a value of ${error.characters} characters; an index accepts at most ${error.maxCharacters}. Shorten the value first.`,
      );
    }
    if (!(error instanceof UniquenessConflict)) throw error;
    throw new ScimError(
      409,
      `unique: two resources have the ${error.attribute} "${error.value}". Change one of them first.`,
    );
  }
}

/**
 * Applies a JSON Merge Patch (RFC 7396 §2) to an object: null removes a member, an object is merged, anything else
 * replaces the old value.
 */
export function mergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const merged = new Map(Object.entries(target));
  for (const [name, value] of Object.entries(patch)) {
    const current = merged.get(name);
    if (value === null) merged.delete(name);
    else if (isObject(value)) merged.set(name, mergePatch(isObject(current) ? current : {}, value));
    else merged.set(name, value);
  }
  return Object.fromEntries(merged);
}
