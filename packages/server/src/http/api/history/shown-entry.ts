import { describeDialect } from "../../../monitor/dialect/client.ts";
import type { ToldEntry, ToldTimelineEntry } from "../../../monitor/history/tell.ts";
import { actorOf } from "../../../monitor/history/told.ts";
import { english } from "../../../monitor/words/sentence.ts";
import type { FoundHistory, TimelineRole } from "../../../store/monitor.ts";

const ROLES: Readonly<Record<TimelineRole, string>> = {
  self: "own",
  added: "added",
  removed: "removed",
  concerned: "concerned",
};

/** A page of entries as it is shown: what is absent is null. */
export function shownPage<Entry>({ total, entries, next }: FoundHistory<Entry>, shown: (entry: Entry) => object) {
  return { total, entries: entries.map(shown), next: next ?? null };
}

export function shownEntry(entry: ToldEntry) {
  const { position, resource, revision, action, atMs, exchange, actor, changes, sentences } = entry;
  return {
    key: position,
    resource,
    revision,
    action,
    at: new Date(atMs).toISOString(),
    exchange: exchange ?? null,
    actor: {
      credential: actor.credential ?? null,
      dialect: actor.dialect,
      dialectName: describeDialect(actorOf(entry).dialect),
    },
    changes,
    sentences: sentences.map((sentence) => ({
      kind: sentence.kind,
      text: english(sentence),
      attributes: sentence.attributes.map(({ path, name, before, after }) => ({
        path,
        name,
        before: before ?? null,
        after: after ?? null,
      })),
    })),
  };
}

export function shownTimelineEntry(entry: ToldTimelineEntry) {
  return { role: ROLES[entry.role], ...shownEntry(entry) };
}
