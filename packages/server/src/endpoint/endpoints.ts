import type { Key, Store } from "../store/store.ts";
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
