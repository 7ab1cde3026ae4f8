import { type ChangeSet, isObject, type Json, type JsonObject, own } from "@scimtool/scim";
import { forEachYielding } from "../event-loop.ts";
import { attributesOf } from "../store/resource-body.ts";
import type { Reference, StoredResource } from "../store/store.ts";
import { forModel, NO_ROWS, type WriteContext, type Written } from "./context.ts";
import { referencesOf, valuesIn } from "./references.ts";
import { labelOf } from "./resource.ts";

/**
 * Records a write in the same transaction, unless it changed nothing.
 * @param related IDs of resources in whose timeline the write also appears, besides those in its changes
 */
export async function recordHistory(
  { store, transaction, subject: { endpoint, model, origin }, nowMs }: WriteContext,
  { action, stored: { id, revision }, after, changes }: Omit<Written, "before">,
  related: readonly string[] = [],
): Promise<void> {
  if (changes.length === 0 && action !== "delete" && action !== "create") return;
  const references = referencesOf(model).map(({ attribute }) => attribute.path);
  const referred = changes.flatMap((change) =>
    change.kind === "attribute" && references.some((path) => change.path === path || change.path === `${path}.value`)
      ? [...idsIn(change.before), ...idsIn(change.after)]
      : [],
  );
  await store.monitor.history.append(transaction, endpoint.key, {
    resource: { type: model.type.name, id, label: labelOf(after, id) },
    revision,
    action,
    atMs: nowMs,
    exchange: origin.exchange,
    actor: origin.actor,
    changes,
    concerns: [...new Set([...related, ...referred])],
  });
}

/**
 * Records a creation with its members as the only changes. Its attributes would be a second copy of the resource;
 * undoing the later versions restores them (`monitor/history/creation.ts`).
 */
export function recordCreation(
  context: WriteContext,
  stored: StoredResource,
  after: JsonObject,
  members: ChangeSet,
): Promise<void> {
  const creation = { action: "create", stored: { ...stored, groups: [] }, after, changes: members } as const;
  const referred = referencesOf(context.subject.model).flatMap((reference) =>
    valuesIn(after, reference).flatMap(idsIn),
  );
  return recordHistory({ ...context, nowMs: stored.createdMs }, creation, referred);
}

function idsIn(value: Json | undefined): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(idsIn);
  return isObject(value) ? idsIn(own(value, "value")) : [];
}

/** Records the removal of a deleted resource from its groups, which have a new version already. */
export async function recordMembershipRemovals(
  context: WriteContext,
  member: Reference,
  groups: readonly Reference[],
): Promise<void> {
  const { store, transaction } = context;
  const { endpoint } = context.subject;
  await forEachYielding(groups, async (group) => {
    const model = endpoint.models.find(({ type }) => type.name === group.type);
    if (model?.collection === undefined) return;
    const stored = await store.resources.get(transaction, endpoint.key, model, group.id, NO_ROWS);
    if (stored === undefined) return;
    const { path } = model.collection;
    const changes = [{ kind: "collection", path, added: [], removed: [memberValue(member)] } as const];
    await recordHistory(forModel(context, model), { action: "modify", stored, after: attributesOf(stored), changes });
  });
}

/** A member as it appears in a change set. */
export function memberValue({ id, type, label }: Reference): JsonObject {
  return { value: id, type, display: label };
}
