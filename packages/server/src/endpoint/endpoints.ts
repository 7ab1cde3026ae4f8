import { ScimError } from "@scimtool/scim";
import type { Key, Store, Transaction } from "../store/store.ts";
import { DEFAULT_ENDPOINT, type ServedEndpoint, serveEndpoint } from "./served-endpoint.ts";

/** The served endpoints, by name. Each request looks one up. */
export class Endpoints {
  #byName: ReadonlyMap<string, ServedEndpoint> = new Map();
  #loadsBegun = 0;
  /** The newest load that is served, by the order of their starts. */
  #loadServed = 0;

  constructor(served: readonly ServedEndpoint[]) {
    this.replace(served);
  }

  /** @param name case-sensitive */
  get(name: string): ServedEndpoint | undefined {
    return this.#byName.get(name);
  }

  /** The endpoint with a key, whatever its name is now. */
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

  /** Serves these from now on. */
  replace(served: readonly ServedEndpoint[]): void {
    this.#byName = new Map(served.map((endpoint) => [endpoint.name, endpoint]));
  }

  /** Serves the stored endpoints from now on. Unchanged ones stay the same object. */
  async reload(store: Store): Promise<void> {
    const load = ++this.#loadsBegun;
    const known = new Map(this.all().map((endpoint) => [endpoint.key, endpoint]));
    const served = await loadEndpoints(store, known);
    // A load that began later has newer data.
    if (load < this.#loadServed) return;
    this.#loadServed = load;
    this.replace(served);
  }
}

/**
 * The stored endpoints, prepared for serving.
 * @param known prepared endpoints; their revision shows which are still current
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

/** An endpoint was changed or deleted after a write read it. The write changed nothing. */
export class EndpointChanged extends Error {
  override readonly name = "EndpointChanged";
}

/** Attempts of a write. People change settings, so a write rarely meets a second change. */
const MAX_ATTEMPTS = 5;

/** A write to an endpoint. It has changed nothing when it throws EndpointChanged. */
type Work<T> = (endpoint: ServedEndpoint) => Promise<T>;

type EndpointSource = { readonly store: Store; readonly endpoints: Endpoints };

/**
 * Checks in the transaction that a write uses the endpoint's current settings. With earlier ones, it would miss values
 * that are unique or indexed now. Each write of resources begins with this.
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
 * Runs a write, and repeats it with the current settings if they changed before it
 * began.
 * @param endpoint for the first attempt
 * @throws ScimError 404 if it was deleted; EndpointChanged if it keeps changing
 */
export function withCurrentEndpoint<T>(source: EndpointSource, endpoint: ServedEndpoint, work: Work<T>): Promise<T> {
  // Almost every write succeeds at once, and must cost nothing more.
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
    // The change may not be served yet.
    await endpoints.reload(store);
    const endpoint = endpoints.withKey(key);
    if (endpoint === undefined) {
      throw new ScimError(404, `The endpoint "${name}" was deleted during this request.`, {
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
