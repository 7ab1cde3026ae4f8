import { ScimError } from "@scimtool/scim";
import type { Store, Transaction } from "../store/store.ts";
import type { Endpoints } from "./endpoints.ts";
import type { ServedEndpoint } from "./served-endpoint.ts";

/** An endpoint was changed or deleted after a write had looked at it. The write changed nothing. */
export class EndpointChanged extends Error {
  override readonly name = "EndpointChanged";
}

/** Settings are changed by hand: a write that meets a change once hardly meets another one. */
const MAX_ATTEMPTS = 5;

/**
 * Makes sure that an endpoint is in the transaction what a write takes it for. One with former settings would not keep
 * what is unique or indexed by now, so each write of resources begins with this.
 * @throws EndpointChanged
 */
export async function checkInForce(
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
export async function withEndpointInForce<T>(
  { store, endpoints }: { readonly store: Store; readonly endpoints: Endpoints },
  endpoint: ServedEndpoint,
  work: (endpoint: ServedEndpoint) => Promise<T>,
): Promise<T> {
  let current = endpoint;
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(current);
    } catch (error) {
      if (!(error instanceof EndpointChanged) || attempt === MAX_ATTEMPTS) throw error;
      // Whoever changed it may not have come to serving what it is now.
      await endpoints.reload(store);
      current = endpoints.withKey(endpoint.key) ?? gone(endpoint);
    }
  }
}

function gone({ name }: ServedEndpoint): never {
  throw new ScimError(404, `The endpoint "${name}" was deleted while this request was carried out.`);
}
