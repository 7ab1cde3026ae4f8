import {
  applyChanges,
  type Change,
  type ChangeSet,
  invertChanges,
  type JsonObject,
  own,
  type ResourceModel,
  ScimError,
} from "@scimtool/scim";
import type { ServedEndpoint } from "../../endpoint/served-endpoint.ts";
import { yieldToEventLoop } from "../../event-loop.ts";
import type { KeptHistoryEntry } from "../../store/monitor.ts";
import { attributesOf } from "../../store/resource-body.ts";
import type { FoundResource, Key, Store } from "../../store/store.ts";

/** Which state is asked for: that of a version, or that of a moment in milliseconds since 1970. */
export type Moment = { readonly revision: number } | { readonly atMs: number };

/** What a resource was. */
export type PastState = {
  readonly model: ResourceModel;
  /**
   * Without `meta`, with its members; undefined where it did not exist. What follows from other resources, such as names
   * and types of members and the name of a manager, may be of a later time.
   */
  readonly resource: JsonObject | undefined;
  /** undefined where it did not exist. */
  readonly revision: number | undefined;
  /** When it became so; undefined where that is not kept, and before its creation. Milliseconds since 1970. */
  readonly atMs: number | undefined;
  /** Whether it is so now. */
  readonly isCurrent: boolean;
};

export type Place = Pick<ServedEndpoint, "key" | "models">;

/**
 * What a resource was, found by taking back every version after that from what it is now. Others have their turn while
 * it looks through many.
 * @throws ScimError 404 for an id that was never seen, a version that it has not had, and what is not kept any more
 */
export async function readState(store: Store, endpoint: Place, id: string, moment: Moment): Promise<PastState> {
  const model = await modelOf(store, endpoint, id);
  const found = await store.resources.get(store.committed, endpoint.key, model, id, { groups: false, members: true });
  const draft = new Draft(model, found);
  let later: KeptHistoryEntry | undefined;
  for await (const entry of allVersions(store, endpoint.key, id)) {
    // What was written after it was read is none of it.
    if (later === undefined && !isMakerOf(found, entry)) continue;
    if (isReached(entry, moment)) return { model, ...stateAfter(entry, draft), isCurrent: later === undefined };
    draft.takeBack(entry.changes);
    later = entry;
  }
  return { model, ...(later === undefined ? onlyState(found, draft, moment) : firstState(later, draft, moment)) };
}

/** The resource type that an id has or had. */
async function modelOf(store: Store, { key, models }: Place, id: string): Promise<ResourceModel> {
  const found = (await store.resources.references(store.committed, key, [id])).get(id);
  const { entries } = await store.monitor.history.versions(store.committed, key, id, { limit: 1 });
  const name = found?.type ?? entries[0]?.resource.type;
  if (name === undefined) {
    throw new ScimError(404, `Nothing has the id "${id.slice(0, 100)}", and no history of such a resource is kept.`);
  }
  const model = models.find(({ type }) => type.name === name);
  if (model !== undefined) return model;
  throw new ScimError(404, `It was a ${name}, a resource type that this endpoint does not have any more.`);
}

/** Whether a resource became what it is by that write. */
function isMakerOf(found: FoundResource | undefined, { action, revision }: KeptHistoryEntry): boolean {
  return found === undefined ? action === "delete" : action !== "delete" && revision === found.revision;
}

/** @throws ScimError 404 when the version asked for was left behind, so that there is none */
function isReached({ action, revision, atMs }: KeptHistoryEntry, moment: Moment): boolean {
  if ("atMs" in moment) return atMs <= moment.atMs;
  if (revision < moment.revision) throw noVersion(moment.revision, revision);
  return revision === moment.revision && action !== "delete";
}

type Reached = Pick<PastState, "resource" | "revision" | "atMs">;

function stateAfter({ action, resource, revision, atMs }: KeptHistoryEntry, draft: Draft): Reached {
  return action === "delete"
    ? { resource: undefined, revision: undefined, atMs }
    : { resource: draft.resource(resource.id), revision, atMs };
}

type LastState = Reached & Pick<PastState, "isCurrent">;

/** Of a resource without history, as those are that were there before any was kept. */
function onlyState(found: FoundResource | undefined, draft: Draft, moment: Moment): LastState {
  if (found === undefined) throw new ScimError(404, "The resource is not there any more, and nothing tells its end.");
  const { id, revision, modifiedMs } = found;
  if ("revision" in moment && moment.revision > revision) throw noVersion(moment.revision, revision);
  const isAsked = "atMs" in moment ? moment.atMs >= modifiedMs : moment.revision === revision;
  if (isAsked) return { resource: draft.resource(id), revision, atMs: modifiedMs, isCurrent: true };
  throw notKept(modifiedMs);
}

/** What was before the first write that is kept. */
function firstState({ action, resource, revision, atMs }: KeptHistoryEntry, draft: Draft, moment: Moment): LastState {
  if (action === "create") {
    if ("revision" in moment) throw noVersion(moment.revision, undefined);
    return { resource: undefined, revision: undefined, atMs: undefined, isCurrent: false };
  }
  const wasThere = action !== "restore" || !draft.isEmpty;
  const earlier = action === "delete" ? revision : revision - 1;
  // Whatever moment is asked for may lie before that version, too.
  if (wasThere && "revision" in moment && moment.revision === earlier) {
    return { resource: draft.resource(resource.id), revision: earlier, atMs: undefined, isCurrent: false };
  }
  throw notKept(atMs);
}

/** @param nearest the version before it, where there is one */
function noVersion(revision: number, nearest: number | undefined): ScimError {
  const advice = nearest === undefined ? "The first one is 1" : `The one before is ${nearest}`;
  return new ScimError(404, `The resource never had a version ${revision}. ${advice}; its history lists all.`);
}

function notKept(sinceMs: number): ScimError {
  const since = new Date(sinceMs).toISOString();
  return new ScimError(404, `What the resource was then is not kept: its history begins at ${since}. Ask for later.`);
}

/**
 * A resource on its way back through its versions. The values of its collection are held by their id: a group that grew
 * to 100,000 members one by one has as many versions, and each must cost the same.
 */
export class Draft {
  readonly #model: ResourceModel;
  readonly #values = new Map<string, JsonObject>();
  #attributes: JsonObject;

  /** @param found as it is now, with its members; undefined for one that is not there */
  constructor(model: ResourceModel, found: FoundResource | undefined) {
    this.#model = model;
    this.#attributes = found === undefined ? {} : attributesOf(found);
    for (const { id, type, label } of found?.members ?? []) this.#values.set(id, { value: id, type, display: label });
  }

  /** Goes back behind the write that did this. */
  takeBack(changes: ChangeSet): void {
    const others = changes.filter((change) => !this.#isHeld(change));
    this.#attributes = applyChanges(invertChanges(others), this.#attributes, this.#model);
    for (const change of changes) {
      if (change.kind !== "collection" || !this.#isHeld(change)) continue;
      for (const value of change.added) this.#values.delete(idOf(value));
      for (const value of change.removed) this.#values.set(idOf(value), value);
    }
  }

  /** Nothing but its names: what there is before a resource is created. */
  get isEmpty(): boolean {
    return (
      this.#values.size === 0 && Object.keys(this.#attributes).every((name) => name === "schemas" || name === "id")
    );
  }

  /** As it is kept, and its members. */
  resource(id: string): JsonObject {
    const { schemas = [this.#model.type.schema.id], id: _, ...attributes } = this.#attributes;
    const { collection } = this.#model;
    const values =
      collection === undefined || this.#values.size === 0 ? {} : { [collection.name]: this.#shownValues() };
    return { schemas, id, ...attributes, ...values };
  }

  /** What no resource had the id of is its id alone. */
  #shownValues(): JsonObject[] {
    return [...this.#values.values()].map((value) => (own(value, "type") === "" ? { value: idOf(value) } : value));
  }

  #isHeld({ kind, path }: Change): boolean {
    return kind === "collection" && path === this.#model.collection?.path;
  }
}

function idOf(value: JsonObject): string {
  return String(own(value, "value"));
}

/** Read before others have their turn. */
const VERSIONS_AT_ONCE = 200;

/** Every version of a resource, the newest first. What is written meanwhile is not among them. */
export async function* allVersions(store: Store, endpoint: Key, id: string): AsyncGenerator<KeptHistoryEntry> {
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const page = { before, limit: VERSIONS_AT_ONCE };
    const { entries, next } = await store.monitor.history.versions(store.committed, endpoint, id, page);
    yield* entries;
    if (next === undefined) return;
    before = next;
    await yieldToEventLoop();
  }
}
