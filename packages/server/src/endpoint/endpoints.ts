import { ScimError } from "@scimtool/scim";
import type { Key, Store, Transaction } from "../store/store.ts";
import { DEFAULT_ENDPOINT, type ServedEndpoint, serveEndpoint } from "./served-endpoint.ts";

/** The endpoints that are served, by name. One look-up for each request, so it is kept ready. */
export class Endpoints {
  #byName: ReadonlyMap<string, ServedEndpoint> = new Map();
  #loadsBegun = 0;
  /** Of the loads, by their beginning, the one that is served. */
  #loadServed = 0;

  constructor(served: readonly ServedEndpoint[]) {
    this.replace(served);
  }

  /** @param name letter case counts */
  get(name: string): ServedEndpoint | undefined {
    return this.#byName.get(name);
  }

  /** The endpoint, by whatever name it is served now. */
  withKey(key: Key): ServedEndpoint | undefined {
    return this.all().find((endpoint) => endpoint.key === key);
  }

  get default(): ServedEndpoint {
    const served = this.#byName.get(DEFAULT_ENDPOINT);
    if (served === undefined) throw new Error("there is no default endpoint");
    return served;
  }

  all(): readonly ServedEndpoint[] {
    return [...this.#byName.values()];
  }

  /** From now on these are served. */
  replace(served: readonly ServedEndpoint[]): void {
    this.#byName = new Map(served.map((endpoint) => [endpoint.name, endpoint]));
  }

  /** From now on what the store has is served; what has not changed stays the same object. */
  async reload(store: Store): Promise<void> {
    const load = ++this.#loadsBegun;
    const known = new Map(this.all().map((endpoint) => [endpoint.key, endpoint]));
    const served = await loadEndpoints(store, known);
    // One that began later has seen what is newer.
    if (load < this.#loadServed) return;
    this.#loadServed = load;
    this.replace(served);
  }
}

/**
 * The endpoints that the store has, ready to serve.
 * @param known those that are ready already; which of them are as the store has them is told by their revision
 */
export async function loadEndpoints(
  store: Store,
  known: ReadonlyMap<Key, ServedEndpoint> = new Map(),
): Promise<ServedEndpoint[]> {
  const stored = await store.endpoints.list(store.committed);
  return stored
    .filter(({ isLeaving }) => !isLeaving)
    .map((endpoint) => {
      const served = known.get(endpoint.key);
      return served?.revision === endpoint.revision ? served : serveEndpoint(endpoint);
    });
}

/** An endpoint was changed or deleted after a write had looked at it. The write changed nothing. */
export class EndpointChanged extends Error {
  override readonly name = "EndpointChanged";
}

/** Settings are changed by hand: a write that meets a change once hardly meets another one. */
const MAX_ATTEMPTS = 5;

/** What writes to an endpoint, and has done nothing when it throws EndpointChanged. */
type Work<T> = (endpoint: ServedEndpoint) => Promise<T>;

type EndpointSource = { readonly store: Store; readonly endpoints: Endpoints };

/**
 * Makes sure that an endpoint is in the transaction what a write takes it for. One with former settings would not keep
 * what is unique or indexed by now, so each write of resources begins with this.
 * @throws EndpointChanged
 */
export async function checkRevision(
  { endpoints }: Pick<Store, "endpoints">,
  transaction: Transaction,
  { key, name, revision }: ServedEndpoint,
): Promise<void> {
  const current = await endpoints.revisionOf(transaction, key);
  if (current !== revision) throw new EndpointChanged(`The endpoint "${name}" is being changed.`);
}

/**
 * Does what writes to an endpoint, and does it anew, with what the endpoint is by then, where that was changed before
 * the writing began.
 * @param endpoint as it is taken for at first
 * @throws ScimError 404 when it was deleted; EndpointChanged when it changes all the time
 */
export function withCurrentEndpoint<T>(source: EndpointSource, endpoint: ServedEndpoint, work: Work<T>): Promise<T> {
  // Almost every write ends with its first attempt, which is to cost nothing more.
  return work(endpoint).catch((error: unknown) => anew(source, endpoint, work, error));
}

async function anew<T>(
  { store, endpoints }: EndpointSource,
  { key, name }: ServedEndpoint,
  work: Work<T>,
  first: unknown,
) {
  let error = first;
  for (let attempt = 2; error instanceof EndpointChanged && attempt <= MAX_ATTEMPTS; attempt++) {
    // Whoever changed it may not have come to serving what it is now.
    await endpoints.reload(store);
    const endpoint = endpoints.withKey(key);
    if (endpoint === undefined) {
      throw new ScimError(404, `The endpoint "${name}" was deleted while this request was carried out.`, {
        reason: { code: "unknownEndpoint", endpoint: name },
      });
    }
    try {
      return await work(endpoint);
    } catch (next) {
      error = next;
    }
  }
  throw error;
}
