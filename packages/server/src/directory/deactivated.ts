import type { JsonObject } from "@scimtool/scim";
import { attributesOf } from "../store/resource-body.ts";
import type { FoundResource, Store, Transaction } from "../store/store.ts";
import type { Subject } from "./directory.ts";

/**
 * The deactivated user whose userName a new one would have, where the endpoint takes such users up again. Identity
 * providers that deactivate people who leave send a POST when one of them comes back.
 * @param groups whether its groups are looked up
 */
export async function findDeactivated(
  store: Store,
  transaction: Transaction,
  { endpoint, model }: Subject,
  { userName }: JsonObject,
  groups: boolean,
): Promise<FoundResource | undefined> {
  const isUser = model.attributes.get("username")?.uniqueness === "server" && model.attributes.has("active");
  if (endpoint.settings.recreate !== "reactivate" || !isUser || typeof userName !== "string") return undefined;
  const holder = await store.resources.holderOf(transaction, endpoint.key, model, "userName", userName);
  if (holder === undefined) return undefined;
  const wanted = { groups, members: false };
  const stored = await store.resources.get(transaction, endpoint.key, model, holder.id, wanted);
  if (stored === undefined) return undefined;
  return attributesOf(stored)["active"] === false ? stored : undefined;
}
