import type { ChangeSet } from "@scimtool/scim";
import type { TSchema, TUnsafe } from "typebox";
import { SUMMARY } from "../exchanges/exchange-schema.ts";
import {
  ANY_VALUE,
  described,
  ENDPOINT_NAME,
  INTEGER,
  JSON_OBJECT,
  list,
  named,
  nullable,
  object,
  oneOf,
  optional,
  type Static,
  TEXT,
  TIME,
} from "../schema.ts";

export const AT_RESOURCE = object({
  name: ENDPOINT_NAME,
  id: described("ID of the resource, which may be deleted.", TEXT),
});

export const CHANGE = named(
  "Change",
  "The change of one attribute; a missing side was unassigned. For `members` and similar attributes, the values that " +
    "were added and removed.",
  {
    oneOf: [
      object({
        kind: { const: "attribute" } as TSchema,
        path: TEXT,
        before: optional(ANY_VALUE),
        after: optional(ANY_VALUE),
      }),
      object({
        kind: { const: "collection" } as TSchema,
        path: TEXT,
        added: list(JSON_OBJECT),
        removed: list(JSON_OBJECT),
        counts: described(
          "Only in timelines, which list at most 100 values: the total number.",
          optional(object({ added: INTEGER, removed: INTEGER })),
        ),
      }),
    ],
  } as TSchema as TUnsafe<
    ChangeSet[number] & { readonly counts?: { readonly added: number; readonly removed: number } }
  >,
);

const ENTRY_MEMBERS = {
  key: described("Its position in the order of writing.", INTEGER),
  resource: described(
    "The resource with its name at that time.",
    object({ type: described("Name of its resource type.", TEXT), id: TEXT, label: TEXT }),
  ),
  revision: described("Of the version that was created; for a deletion, of the last one.", INTEGER),
  action: oneOf("create", "replace", "modify", "recreate", "delete", "restore"),
  at: TIME,
  exchange: described("ID of the exchange that caused it; null without one.", nullable(INTEGER)),
  actor: object({
    credential: described("Label of the credential that was accepted.", nullable(TEXT)),
    dialect: described("Kind of client.", TEXT),
    dialectName: described("Kind of client, for display.", TEXT),
  }),
  changes: described("All changes: for a creation from nothing, for a deletion to nothing.", list(CHANGE)),
  sentences: list(
    object({
      kind: { ...TEXT, examples: ["user.renamed", "members.added"] },
      text: TEXT,
      attributes: described(
        "The attributes in the sentence, by path and by name for people, with values as people read them.",
        list(object({ path: TEXT, name: TEXT, before: nullable(TEXT), after: nullable(TEXT) })),
      ),
    }),
  ),
};

const ENTRY = named("HistoryEntry", "One version of a resource, or its deletion.", object(ENTRY_MEMBERS));
export type HistoryEntry = Static<typeof ENTRY>;

const TIMELINE_ENTRY = named(
  "TimelineEntry",
  "A write that concerns a resource. A write to another resource contains only the changes that concern this one.",
  object({
    role: described(
      "`own`: a version of the resource itself. Otherwise another resource added it, removed it, or refers to it, for " +
        "example as a manager.",
      oneOf("own", "added", "removed", "concerned"),
    ),
    ...ENTRY_MEMBERS,
  }),
);
export type TimelineEntry = Static<typeof TIMELINE_ENTRY>;

function page<Entry extends TSchema>(entry: Entry) {
  return object({
    total: described("Number of entries on all pages.", INTEGER),
    entries: list(entry),
    next: described("`before` of the next page; null on the last page.", nullable(INTEGER)),
  });
}

export const ENTRY_PAGE = page(ENTRY);
export const TIMELINE_PAGE = object({
  ...page(TIMELINE_ENTRY).properties,
  exchanges: described(
    "Requests that concern the resource and failed or have findings, from the time of this page's entries: the newest " +
      "first, at most 100 of each.",
    list(SUMMARY),
  ),
});
