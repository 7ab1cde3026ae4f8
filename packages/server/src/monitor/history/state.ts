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

/** The requested state: of a version, or at a time in milliseconds since 1970. */
export type Moment = { readonly revision: number } | { readonly atMs: number };

/** A state of a resource. */
type PastState = {
  readonly model: ResourceModel;
  /**
   * Without `meta`, with its members; undefined if it did not exist. Attributes derived from other resources, such as names
   * and types of members and the name of a manager, may be from a later time.
   */
  readonly resource: JsonObject | undefined;
  /** undefined if it did not exist. */
  readonly revision: number | undefined;
  /** When this state began, in milliseconds since 1970; undefined if unknown, and before the creation. */
  readonly atMs: number | undefined;
  /** Whether it is the current state. */
  readonly isCurrent: boolean;
};

export type Place = Pick<ServedEndpoint, "key" | "models">;

/**
 * An earlier state of a resource, found by undoing every later version from the current state. Yields to other requests
 * in between.
 * @throws ScimError 404 for an unknown ID, a version that never existed, and a state that is no longer stored
 */
export async function readState(store: Store, endpoint: Place, id: string, moment: Moment): Promise<PastState> {
  const model = await modelOf(store, endpoint, id);
  const found = await store.resources.get(store.committed, endpoint.key, model, id, { groups: false, members: true });
  const draft = new Draft(model, found);
  let later: KeptHistoryEntry | undefined;
  for await (const entry of allVersions(store, endpoint.key, id)) {
    // Ignore writes after it was read.
    if (later === undefined && !isMakerOf(found, entry)) continue;
    if (isReached(entry, moment)) return { model, ...stateAfter(entry, draft), isCurrent: later === undefined };
    draft.takeBack(entry.changes);
    later = entry;
  }
  return { model, ...(later === undefined ? onlyState(found, draft, moment) : firstState(later, draft, moment)) };
}

/** The resource type that an ID has or had. */
async function modelOf(store: Store, { key, models }: Place, id: string): Promise<ResourceModel> {
  const found = (await store.resources.references(store.committed, key, [id])).get(id);
  const { entries } = await store.monitor.history.versions(store.committed, key, id, { limit: 1 });
  const name = found?.type ?? entries[0]?.resource.type;
  if (name === undefined) {
    throw new ScimError(404, `No resource has the ID "${id.slice(0, 100)}", and no history of it is stored.`);
  }
  const model = models.find(({ type }) => type.name === name);
  if (model !== undefined) return model;
  throw new ScimError(404, `It was a ${name}, a resource type that this endpoint no longer has.`);
}

/** Whether a write made the current state of a resource. */
function isMakerOf(found: FoundResource | undefined, { action, revision }: KeptHistoryEntry): boolean {
  return found === undefined ? action === "delete" : action !== "delete" && revision === found.revision;
}

/** @throws ScimError 404 if the search has passed the requested version: then it never existed */
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

/** For a resource without history, from before history was recorded. */
function onlyState(found: FoundResource | undefined, draft: Draft, moment: Moment): LastState {
  if (found === undefined) throw new ScimError(404, "The resource is not there any more, and nothing tells its end.");
  const { id, revision, modifiedMs } = found;
  if ("revision" in moment && moment.revision > revision) throw noVersion(moment.revision, revision);
  const isAsked = "atMs" in moment ? moment.atMs >= modifiedMs : moment.revision === revision;
  if (isAsked) return { resource: draft.resource(id), revision, atMs: modifiedMs, isCurrent: true };
  throw notKept(modifiedMs);
}

/** The state before the first stored write. */
function firstState({ action, resource, revision, atMs }: KeptHistoryEntry, draft: Draft, moment: Moment): LastState {
  if (action === "create") {
    if ("revision" in moment) throw noVersion(moment.revision, undefined);
    return { resource: undefined, revision: undefined, atMs: undefined, isCurrent: false };
  }
  const wasThere = action !== "restore" || !draft.isEmpty;
  const earlier = action === "delete" ? revision : revision - 1;
  // The requested time may also be before that version.
  if (wasThere && "revision" in moment && moment.revision === earlier) {
    return { resource: draft.resource(resource.id), revision: earlier, atMs: undefined, isCurrent: false };
  }
  throw notKept(atMs);
}

/** @param nearest the version before it, if any */
function noVersion(revision: number, nearest: number | undefined): ScimError {
  const advice = nearest === undefined ? "The first one is 1" : `The one before is ${nearest}`;
  return new ScimError(404, `The resource never had a version ${revision}. ${advice}; its history lists all.`);
}

function notKept(sinceMs: number): ScimError {
  const since = new Date(sinceMs).toISOString();
  return new ScimError(
    404,
    `The state at that time is not stored: the history begins at ${since}. Choose a later time.`,
  );
}

/**
 * A resource going back through its versions. The values of its collection are stored by ID: a group that grew
 * to 100,000 members one by one has as many versions, and each must take the same time.
 */
export class Draft {
  readonly #model: ResourceModel;
  readonly #values = new Map<string, JsonObject>();
  #attributes: JsonObject;

  /** @param found the current state, with members; undefined if it does not exist */
  constructor(model: ResourceModel, found: FoundResource | undefined) {
    this.#model = model;
    this.#attributes = found === undefined ? {} : attributesOf(found);
    for (const { id, type, label } of found?.members ?? []) this.#values.set(id, { value: id, type, display: label });
  }

  /** Undoes a write. */
  takeBack(changes: ChangeSet): void {
    const others = changes.filter((change) => !this.#isHeld(change));
    this.#attributes = applyChanges(invertChanges(others), this.#attributes, this.#model);
    for (const change of changes) {
      if (change.kind !== "collection" || !this.#isHeld(change)) continue;
      for (const value of change.added) this.#values.delete(idOf(value));
      for (const value of change.removed) this.#values.set(idOf(value), value);
    }
  }

  /** Only the schemas: the state before a resource is created. */
  get isEmpty(): boolean {
    return (
      this.#values.size === 0 && Object.keys(this.#attributes).every((name) => name === "schemas" || name === "id")
    );
  }

  /** The stored resource, and its members. */
  resource(id: string): JsonObject {
    const { schemas = [this.#model.type.schema.id], id: _, ...attributes } = this.#attributes;
    const { collection } = this.#model;
    const values =
      collection === undefined || this.#values.size === 0 ? {} : { [collection.name]: this.#shownValues() };
    return { schemas, id, ...attributes, ...values };
  }

  /** A value that refers to no resource has only its ID. */
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

/** Entries read before yielding to other requests. */
const VERSIONS_AT_ONCE = 200;

/** Every version of a resource, newest first, without those written in the meantime. */
async function* allVersions(store: Store, endpoint: Key, id: string): AsyncGenerator<KeptHistoryEntry> {
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const page = { before, limit: VERSIONS_AT_ONCE };
    const { entries, next } = await store.monitor.history.versions(store.committed, endpoint, id, page);
    yield* entries;
    if (next === undefined) return;
    before = next;
    await yieldToEventLoop();
  }
}
