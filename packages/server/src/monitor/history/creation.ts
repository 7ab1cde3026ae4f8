import { diffResources, ScimError } from "@scimtool/scim";
import type { HistoryEntry } from "../../store/monitor.ts";
import type { Store } from "../../store/store.ts";
import { type Place, readState } from "./state.ts";

/**
 * An entry with all that it changed. Of a creation only the members are kept with it, as they were; the rest is what the
 * resource was after it. Nothing is added where the endpoint does not have the resource type any more.
 */
export async function withCreation<Entry extends Pick<HistoryEntry, "resource" | "action" | "revision" | "changes">>(
  store: Store,
  endpoint: Place,
  entry: Entry,
): Promise<Entry> {
  const { resource, action, revision, changes } = entry;
  // Older versions of this program kept them.
  const isTold = action !== "create" || changes.some(({ kind }) => kind === "attribute");
  if (isTold) return entry;
  try {
    const { model, resource: begun = {} } = await readState(store, endpoint, resource.id, { revision });
    const attributes = diffResources({}, begun, model).filter(({ path }) => path !== model.collection?.path);
    return { ...entry, changes: [...attributes, ...changes] };
  } catch (error) {
    if (error instanceof ScimError && error.status === 404) return entry;
    throw error;
  }
}
