import type { ChangeSet, JsonObject } from "@scimtool/scim";
import type {
  DeletedPage,
  FoundHistory,
  HistoryPage,
  KeptHistoryEntry,
  TimelineEntry,
  TimelineRole,
} from "../../store/monitor.ts";
import type { Reference, Store } from "../../store/store.ts";
import type { Sentence } from "../words/sentence.ts";
import { withCreation } from "./creation.ts";
import type { Place } from "./state.ts";
import { entrySentences } from "./told.ts";

/** An entry of a history, with what it says to people. */
export type ToldEntry = Omit<KeptHistoryEntry, "concerns"> & { readonly sentences: readonly Sentence[] };

export type ToldTimelineEntry = ToldEntry & { readonly role: TimelineRole };

/** The versions of a resource and its end, the newest first. */
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

/** The ends of resources that were deleted, the newest first. */
export async function tellDeleted(store: Store, { key }: Place, page: DeletedPage): Promise<FoundHistory<ToldEntry>> {
  const { entries, ...found } = await store.monitor.history.deleted(store.committed, key, page);
  return {
    ...found,
    entries: entries.map(({ role, ...entry }) => ({ ...entry, sentences: entrySentences(entry, undefined) })),
  };
}

/**
 * All that touched a resource, the newest first. Of what happened to others it has the part that the resource had in it.
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
      // Without an own entry before it, the name of the time is not kept.
      const known = earlier?.resource ?? own.at(-1)?.resource ?? (await nowNamed(store, endpoint, id));
      entries.push(tellMembership(endpoint, known, entry));
    }
  }
  return { ...found, entries };
}

async function nowNamed(store: Store, { key }: Place, id: string): Promise<Reference> {
  return (await store.resources.references(store.committed, key, [id])).get(id) ?? { id, type: "", label: id };
}

/** A group took the resource in, or let it go: one of many perhaps, of which the others are left out. */
function tellMembership({ models }: Place, { id, type, label }: Reference, entry: TimelineEntry): ToldTimelineEntry {
  const group = models.find((model) => model.type.name === entry.resource.type);
  const value: JsonObject = { value: id, type, display: label };
  const [added, removed] = entry.role === "added" ? [[value], []] : [[], [value]];
  const changes: ChangeSet = [{ kind: "collection", path: group?.collection?.path ?? "members", added, removed }];
  const sentences = entrySentences({ ...entry, action: "modify", changes }, entry);
  return { ...entry, changes, sentences };
}

/** Another resource was written, to which this one means something: its manager, for one. */
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

/** @param entries one more than the page has, where there are as many */
function pageOf(total: number, entries: ToldEntry[], { limit }: HistoryPage): FoundHistory<ToldEntry> {
  const last = entries[limit - 1];
  return entries.length <= limit || last === undefined
    ? { total, entries }
    : { total, entries: entries.slice(0, limit), next: last.position };
}

function isAbout({ parts }: Sentence, id: string): boolean {
  return parts.some((part) => part.kind === "resource" && part.resource.id === id);
}
