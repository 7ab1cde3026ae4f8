import { type ChangeSet, isObject, type Json, type JsonObject, own } from "@scimtool/scim";
import { forEachYielding } from "../event-loop.ts";
import { attributesOf } from "../store/resource-body.ts";
import type { Reference, Store, StoredResource, Transaction } from "../store/store.ts";
import type { Subject, Written } from "./directory.ts";
import { referencesOf, valuesIn } from "./references.ts";
import { labelOf } from "./resource.ts";

/** By what a write was asked for. */
export type Origin = {
  /** Which exchange; undefined where it was none. */
  readonly exchange: number | undefined;
  readonly actor: { readonly credential: string | undefined; readonly dialect: string };
};

/** Of what no exchange asked for. */
export const NO_ORIGIN: Origin = { exchange: undefined, actor: { credential: undefined, dialect: "unknown" } };

/** What is kept of a write, in its own transaction: neither is without the other. Without changes there is none. */
export async function appendHistory(
  store: Store,
  transaction: Transaction,
  subject: Subject,
  { action, stored: { id, revision }, after, changes }: Omit<Written, "before">,
  nowMs: number,
  concerned: readonly string[] = [],
): Promise<void> {
  if (changes.length === 0 && action !== "delete" && action !== "create") return;
  const { endpoint, model, origin } = subject;
  await store.monitor.history.append(transaction, endpoint.key, {
    resource: { type: model.type.name, id, label: labelOf(after, id) },
    revision,
    action,
    atMs: nowMs,
    exchange: origin.exchange,
    actor: origin.actor,
    changes,
    concerns: [...new Set([...concerned, ...referredBy(subject, changes)])],
  });
}

/**
 * Of a creation only its members are kept as changes. All else that it began with would be a second copy of the
 * resource: it is had back by taking back the versions since (`monitor/history/creation.ts`).
 */
export function appendCreation(
  store: Store,
  transaction: Transaction,
  subject: Subject,
  stored: StoredResource,
  after: JsonObject,
  members: ChangeSet,
): Promise<void> {
  const creation = { action: "create", stored: { ...stored, groups: [] }, after, changes: members } as const;
  const referred = referencesOf(subject.model).flatMap((reference) => valuesIn(after, reference).flatMap(valuesOf));
  return appendHistory(store, transaction, subject, creation, stored.createdMs, referred);
}

/** Ids of resources that attributes refer to which a write changed, before it or after it: a manager, for one. */
function referredBy({ model }: Subject, changes: Written["changes"]): string[] {
  const ids: string[] = [];
  const references = referencesOf(model);
  if (references.length === 0) return ids;
  for (const change of changes) {
    if (change.kind !== "attribute") continue;
    const isReference = references.some(
      ({ attribute: { path } }) => change.path === path || change.path === `${path}.value`,
    );
    if (isReference) for (const side of [change.before, change.after]) ids.push(...valuesOf(side));
  }
  return ids;
}

function valuesOf(side: Json | undefined): string[] {
  if (typeof side === "string") return [side];
  if (Array.isArray(side)) return side.flatMap(valuesOf);
  return isObject(side) ? valuesOf(own(side, "value")) : [];
}

/** A resource leaves the groups that have it: a change of each of them, which has a new version by now. */
export async function appendLeavings(
  store: Store,
  transaction: Transaction,
  subject: Subject,
  leaver: Reference,
  groups: readonly Reference[],
  nowMs: number,
): Promise<void> {
  const { endpoint } = subject;
  await forEachYielding(groups, async (group) => {
    const model = endpoint.models.find(({ type }) => type.name === group.type);
    if (model?.collection === undefined) return;
    const stored = await store.resources.get(transaction, endpoint.key, model, group.id, NOTHING);
    if (stored === undefined) return;
    const removed = [memberValue(leaver)];
    const changes = [{ kind: "collection", path: model.collection.path, added: [], removed } as const];
    const after = attributesOf(stored);
    await appendHistory(store, transaction, { ...subject, model }, { action: "modify", stored, after, changes }, nowMs);
  });
}

const NOTHING = { groups: false, members: false };

/** A member as a change set has it. */
export function memberValue({ id, type, label }: Reference): JsonObject {
  return { value: id, type, display: label };
}
