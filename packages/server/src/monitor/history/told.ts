import type { ChangeSet } from "@scimtool/scim";
import type { KeptHistoryEntry } from "../../store/monitor.ts";
import type { Dialect } from "../dialect/client.ts";
import type { Actor } from "../exchange-facts.ts";
import { writtenSentences } from "../sentence/written.ts";
import type { Sentence } from "../words/sentence.ts";

export type EntryToTell = Pick<KeptHistoryEntry, "resource" | "action" | "actor" | "changes">;

/** What is told of an entry needs the one before it: its resource's name before the write, and whether it was there. */
export type Earlier = Pick<KeptHistoryEntry, "resource" | "action">;

/**
 * What a write did, in sentences as they are made of exchanges, with names as they were.
 * @param earlier the entry before it of the same resource; undefined where none is kept
 */
export function entrySentences(entry: EntryToTell, earlier: Earlier | undefined): Sentence[] {
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

/** What a client was is kept as a word, which may be one of another version of this program. */
export function actorOf({ actor: { credential, dialect } }: Pick<KeptHistoryEntry, "actor">): Actor {
  return { label: credential, dialect: dialect as Dialect };
}

/** What people call somebody by, where the write says so. */
function givenNameIn(changes: ChangeSet): string | undefined {
  const change = changes.find(({ path }) => path === "name.givenName");
  return change?.kind === "attribute" && typeof change.after === "string" ? change.after : undefined;
}
