import { type ChangeSet, diffResources, type JsonObject, ScimError } from "@scimtool/scim";
import type {
  DeletedPage,
  FoundHistory,
  HistoryEntry,
  HistoryPage,
  KeptHistoryEntry,
  TimelineEntry,
  TimelineRole,
} from "../../store/monitor.ts";
import type { Reference, Store } from "../../store/store.ts";
import type { Dialect } from "../dialect/client.ts";
import type { Actor } from "../exchange-facts.ts";
import { writtenSentences } from "../sentence/written.ts";
import type { Sentence } from "../words/sentence.ts";
import { type Place, readState } from "./state.ts";

/** An entry of a history, with its sentences. */
export type ToldEntry = Omit<KeptHistoryEntry, "concerns"> & { readonly sentences: readonly Sentence[] };

export type ToldTimelineEntry = ToldEntry & { readonly role: TimelineRole };

/** The versions of a resource and its deletion, newest first. */
export async function tellVersions(
  store: Store,
  endpoint: Place,
  id: string,
  page: HistoryPage,
): Promise<FoundHistory<ToldEntry>> {
  const { history } = store.monitor;
  const { total, entries } = await history.versions(store.committed, endpoint.key, id, oneMore(page));
  const told: ToldEntry[] = [];
  for (const [at, { concerns, ...kept }] of entries.entries()) {
    const entry = at < page.limit ? await withCreation(store, endpoint, kept) : kept;
    told.push({ ...entry, sentences: entrySentences(entry, entries[at + 1]) });
  }
  return pageOf(total, told, page);
}

/** The deletions of resources, newest first. */
export async function tellDeleted(store: Store, { key }: Place, page: DeletedPage): Promise<FoundHistory<ToldEntry>> {
  const { entries, ...found } = await store.monitor.history.deleted(store.committed, key, page);
  return {
    ...found,
    entries: entries.map(({ role, ...entry }) => ({ ...entry, sentences: entrySentences(entry, undefined) })),
  };
}

/**
 * Everything that affected a resource, newest first. Of changes to other resources, it has the part about this one.
 */
export async function tellTimeline(
  store: Store,
  endpoint: Place,
  id: string,
  page: HistoryPage,
): Promise<FoundHistory<ToldTimelineEntry>> {
  const found = await store.monitor.history.timeline(store.committed, endpoint.key, id, page);
  const last = found.entries.at(-1);
  if (last === undefined) return { ...found, entries: [] };
  const before = { before: last.position, limit: 1 };
  const older = await store.monitor.history.versions(store.committed, endpoint.key, id, before);
  const own = [...found.entries.filter(({ role }) => role === "self"), ...older.entries];
  const entries: ToldTimelineEntry[] = [];
  for (const entry of found.entries) {
    const earlier = own.find(({ position }) => position < entry.position);
    if (entry.role === "self") {
      const whole = await withCreation(store, endpoint, entry);
      entries.push({ ...whole, sentences: entrySentences(whole, earlier) });
    } else if (entry.role === "concerned") entries.push(await tellConcern(store, endpoint, id, entry));
    else {
      // Without an earlier entry of its own, the name at that time is unknown.
      const known = earlier?.resource ?? own.at(-1)?.resource ?? (await nowNamed(store, endpoint, id));
      entries.push(tellMembership(endpoint, known, entry));
    }
  }
  return { ...found, entries };
}

async function nowNamed(store: Store, { key }: Place, id: string): Promise<Reference> {
  return (await store.resources.references(store.committed, key, [id])).get(id) ?? { id, type: "", label: id };
}

/** A group added or removed the resource, perhaps with others, which are omitted. */
function tellMembership({ models }: Place, { id, type, label }: Reference, entry: TimelineEntry): ToldTimelineEntry {
  const group = models.find((model) => model.type.name === entry.resource.type);
  const value: JsonObject = { value: id, type, display: label };
  const [added, removed] = entry.role === "added" ? [[value], []] : [[], [value]];
  const changes: ChangeSet = [{ kind: "collection", path: group?.collection?.path ?? "members", added, removed }];
  const sentences = entrySentences({ ...entry, action: "modify", changes }, entry);
  return { ...entry, changes, sentences };
}

/** A write of another resource that refers to this one, such as to its manager. */
async function tellConcern(
  store: Store,
  endpoint: Place,
  id: string,
  { changes: _, ...entry }: TimelineEntry,
): Promise<ToldTimelineEntry> {
  const page = { before: entry.position + 1, limit: 2 };
  const { entries } = await store.monitor.history.versions(store.committed, endpoint.key, entry.resource.id, page);
  const [kept, earlier] = entries;
  const whole = kept && (await withCreation(store, endpoint, kept));
  const changes = (whole?.changes ?? []).filter(({ kind }) => kind === "attribute");
  const sentences = entrySentences({ ...entry, changes }, earlier);
  const about = sentences.filter((sentence) => isAbout(sentence, id));
  return { ...entry, changes, sentences: about.length === 0 ? sentences : about };
}

function oneMore({ limit, ...page }: HistoryPage): HistoryPage {
  return { ...page, limit: limit + 1 };
}

/** @param entries of the page, and one more if there is one */
function pageOf(total: number, entries: ToldEntry[], { limit }: HistoryPage): FoundHistory<ToldEntry> {
  const last = entries[limit - 1];
  return entries.length <= limit || last === undefined
    ? { total, entries }
    : { total, entries: entries.slice(0, limit), next: last.position };
}

function isAbout({ parts }: Sentence, id: string): boolean {
  return parts.some((part) => part.kind === "resource" && part.resource.id === id);
}

type EntryToTell = Pick<KeptHistoryEntry, "resource" | "action" | "actor" | "changes">;

/** Describing an entry needs the one before it: the resource's name before the write, and whether it existed. */
type Earlier = Pick<KeptHistoryEntry, "resource" | "action">;

/**
 * A write in sentences like those of exchanges, with the names at that time.
 * @param earlier the entry before it of the same resource; undefined if none is stored
 */
function entrySentences(entry: EntryToTell, earlier: Earlier | undefined): Sentence[] {
  const { resource: subject, action, changes } = entry;
  const actor = actorOf(entry);
  const isBack = action === "restore" && earlier?.action === "delete";
  return writtenSentences(
    {
      kind: "written",
      action,
      resource: subject,
      labelBefore: isBack ? undefined : (earlier?.resource.label ?? subject.label),
      givenName: givenNameIn(changes),
      changes,
      notKept: [],
      notes: [],
    },
    actor,
  );
}

/** The client's dialect is stored as a word, perhaps one of another version of this program. */
export function actorOf({ actor: { credential, dialect } }: Pick<KeptHistoryEntry, "actor">): Actor {
  return { label: credential, dialect: dialect as Dialect };
}

/** The name of a resource, if the write has it. */
function givenNameIn(changes: ChangeSet): string | undefined {
  const change = changes.find(({ path }) => path === "name.givenName");
  return change?.kind === "attribute" && typeof change.after === "string" ? change.after : undefined;
}

/**
 * An entry with all its changes. A creation stores only its members; the rest is the state of the
 * resource after it. Nothing is added if the endpoint no longer has the resource type.
 */
async function withCreation<Entry extends Pick<HistoryEntry, "resource" | "action" | "revision" | "changes">>(
  store: Store,
  endpoint: Place,
  entry: Entry,
): Promise<Entry> {
  const { resource, action, revision, changes } = entry;
  // Older versions of this program stored them.
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
