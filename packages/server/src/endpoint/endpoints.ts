import type { Store } from "../store/store.ts";
import { DEFAULT_ENDPOINT, type ServedEndpoint, serveEndpoint } from "./served-endpoint.ts";

/** The endpoints that are served, by name. One look-up for each request, so it is kept ready. */
export class Endpoints {
  #byName: ReadonlyMap<string, ServedEndpoint> = new Map();

  constructor(served: readonly ServedEndpoint[]) {
    this.replace(served);
  }

  /** @param name letter case counts */
  get(name: string): ServedEndpoint | undefined {
    return this.#byName.get(name);
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
}

/** The endpoints that the store has, ready to serve. */
export async function loadEndpoints(store: Store): Promise<ServedEndpoint[]> {
  const stored = await store.endpoints.list(store.committed);
  return stored.filter(({ isLeaving }) => !isLeaving).map(serveEndpoint);
}
