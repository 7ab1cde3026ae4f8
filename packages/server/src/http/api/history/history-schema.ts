import {
  BOOLEAN,
  described,
  ENDPOINT_NAME,
  INTEGER,
  JSON_OBJECT,
  list,
  named,
  nullable,
  object,
  oneOf,
  type RouteSchema,
  type Schema,
  TEXT,
  TIME,
} from "../route-schema.ts";
import { PAGE_PARAMETERS } from "./page-in.ts";

const AT_ENDPOINT = object({ name: ENDPOINT_NAME });

const AT_RESOURCE = object({ name: ENDPOINT_NAME, id: described("Id of the resource, which may be deleted.", TEXT) });

const ANY_VALUE: Schema = {};

const CHANGE = named(
  "Change",
  "What became of one attribute; a side that is absent was unassigned. Or, for `members` and the like, which values came " +
    "and went.",
  {
    oneOf: [
      object({ kind: { const: "attribute" }, path: TEXT, before: ANY_VALUE, after: ANY_VALUE }, ["before", "after"]),
      object({ kind: { const: "collection" }, path: TEXT, added: list(JSON_OBJECT), removed: list(JSON_OBJECT) }),
    ],
  },
);

const SENTENCE = object({
  kind: { ...TEXT, examples: ["user.renamed", "members.added"] },
  text: TEXT,
  attributes: described(
    "Each attribute that it is about, by its path and as people call it, with values as people read them.",
    list(object({ path: TEXT, name: TEXT, before: nullable(TEXT), after: nullable(TEXT) })),
  ),
});

const ENTRY_MEMBERS: Readonly<Record<string, Schema>> = {
  key: described("Its place in the order of writing.", INTEGER),
  resource: described(
    "What was written, with the name that it then had.",
    object({ type: described("Name of its resource type.", TEXT), id: TEXT, label: TEXT }),
  ),
  revision: described("Of the version that was made; of a deletion, of the last one.", INTEGER),
  action: oneOf("create", "replace", "modify", "recreate", "delete", "restore"),
  at: TIME,
  exchange: described("Id of the exchange that did it; null where none did.", nullable(INTEGER)),
  actor: object({
    credential: described("Label of the credential that was let in.", nullable(TEXT)),
    dialect: described("What kind of client it was.", TEXT),
    dialectName: described("The same for people.", TEXT),
  }),
  changes: described("All that changed: of a creation from nothing, of a deletion to nothing.", list(CHANGE)),
  sentences: list(SENTENCE),
};

const ENTRY = named("HistoryEntry", "One version of a resource, or its end.", object(ENTRY_MEMBERS));

const TIMELINE_ENTRY = named(
  "TimelineEntry",
  "A write that had to do with a resource. Of one to another resource it has the changes that this one has part in.",
  object({
    role: described(
      "What it is to the resource: its own version, or another's that took it in, let it go, or means it otherwise, as " +
        "somebody whose manager it is.",
      oneOf("own", "added", "removed", "concerned"),
    ),
    ...ENTRY_MEMBERS,
  }),
);

function page(entry: Schema): Schema {
  return object({
    total: described("How many there are, on whichever page.", INTEGER),
    entries: list(entry),
    next: described("`before` of the next page; null where there is none.", nullable(INTEGER)),
  });
}

const PAGE = object(PAGE_PARAMETERS, Object.keys(PAGE_PARAMETERS));

export const LIST_VERSIONS: RouteSchema = {
  summary: "List the versions of a resource",
  description: "The newest first. Names in them are as they were.",
  tags: ["History"],
  params: AT_RESOURCE,
  querystring: PAGE,
  response: { 200: page(ENTRY) },
};

export const LIST_TIMELINE: RouteSchema = {
  summary: "List all that touched a resource",
  description: "Its versions, and others' that had to do with it, such as groups that took it in. The newest first.",
  tags: ["History"],
  params: AT_RESOURCE,
  querystring: PAGE,
  response: { 200: page(TIMELINE_ENTRY) },
};

/** Which deleted resources are wanted. */
export const DELETED_PARAMETERS = {
  ...PAGE_PARAMETERS,
  type: described("Only those of the resource type of this name.", { ...TEXT, examples: ["User"] }),
};

export const LIST_DELETED: RouteSchema = {
  summary: "List the resources that were deleted",
  description: "By the entry of their end, the newest first.",
  tags: ["History"],
  params: AT_ENDPOINT,
  querystring: object(DELETED_PARAMETERS, Object.keys(DELETED_PARAMETERS)),
  response: { 200: page(ENTRY) },
};

/** Which state of a resource is meant: one of the two. */
export const STATE_PARAMETERS = {
  revision: described("That of this version.", INTEGER),
  at: described("That of a time: `2026-08-01T12:00:00Z`, a day (its beginning), or how long ago: `24h`.", TEXT),
};

const STATE_OF = object(STATE_PARAMETERS, Object.keys(STATE_PARAMETERS));

const RESOURCE = described(
  "With its members and without `meta`. What follows from other resources, such as their names, may be of a later time.",
  JSON_OBJECT,
);

export const READ_STATE: RouteSchema = {
  summary: "Read what a resource was",
  description: "Send one of `revision` and `at`.",
  tags: ["History"],
  params: AT_RESOURCE,
  querystring: STATE_OF,
  response: {
    200: object({
      resource: described("Null where it did not exist.", nullable(RESOURCE)),
      revision: described("Null where it did not exist.", nullable(INTEGER)),
      at: described("Since when it was so; null where that is not kept, and before its creation.", nullable(TIME)),
      isCurrent: described("Whether it is so now.", BOOLEAN),
    }),
  },
};

export const RESTORE: RouteSchema = {
  summary: "Make what a resource was its newest version",
  description:
    "Send one of `revision` and `at`. A deleted resource comes back under its id, and into the groups that it was in and " +
    "that are still there. References to what is not there any more are left out, unless the endpoint accepts such.",
  tags: ["History"],
  params: AT_RESOURCE,
  body: STATE_OF,
  response: {
    200: object({
      resource: RESOURCE,
      revision: INTEGER,
      changes: described("None where it was so already.", list(CHANGE)),
    }),
  },
  problems: {
    409: "Another resource has a value that must be unique; the resource did not exist then; or the version does not fit the schemas of the endpoint any more.",
  },
};
