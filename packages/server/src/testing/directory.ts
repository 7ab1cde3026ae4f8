import {
  GROUP_TYPE,
  type Json,
  type JsonObject,
  PATCH_SCHEMA,
  type ResourceModel,
  resourceModel,
  USER_TYPE,
} from "@scimtool/scim";
import { type Directory, NO_ORIGIN, newTiming, type Subject } from "../directory/context.ts";
import { readingFor, serveEndpoint } from "../endpoint/served-endpoint.ts";
import { openSqliteStore } from "../store/sqlite/store.ts";
import { type DatabasePlace, databasePlace } from "./database.ts";

/** Of an endpoint without settings. */
export const USER = resourceModel(USER_TYPE);
export const GROUP = resourceModel(GROUP_TYPE);

export const LOCATIONS: ReadonlyMap<string, string> = new Map([
  ["User", "https://scim.example.com/scim/v2/Users/"],
  ["Group", "https://scim.example.com/scim/v2/Groups/"],
]);

/** An empty directory with one endpoint, in its own database file. */
export type TestDirectory = Directory & {
  readonly place: DatabasePlace;
  /** A request about a type, with its own notes. */
  readonly about: (model: ResourceModel) => Subject;
  readonly close: () => Promise<void>;
};

/**
 * Its clock starts in 2026 and advances by a second at each look.
 * @param settings of its endpoint
 */
async function openTestDirectory(settings: JsonObject = {}): Promise<TestDirectory> {
  const place = databasePlace();
  const store = openSqliteStore(place.file);
  const stored = await store.transaction((transaction) =>
    store.endpoints.insert(transaction, { name: "default", settings }, 0),
  );
  const endpoint = serveEndpoint(stored);
  let nowMs = Date.parse("2026-01-01T00:00:00Z");
  return {
    store,
    now: () => {
      nowMs += 1_000;
      return nowMs;
    },
    place,
    about: (model) => ({
      endpoint,
      model,
      locations: LOCATIONS,
      reading: readingFor(endpoint),
      origin: NO_ORIGIN,
      timing: newTiming(),
    }),
    close: async () => {
      await store.close();
      place.remove();
    },
  };
}

/** Makes the body of a test that gets its own directory. */
export function inDirectory(
  work: (directory: TestDirectory) => Promise<void>,
  settings: JsonObject = {},
): () => Promise<void> {
  return async () => {
    const directory = await openTestDirectory(settings);
    try {
      await work(directory);
    } finally {
      await directory.close();
    }
  };
}

export function patchOf(...operations: Json[]): Json {
  return { schemas: [PATCH_SCHEMA], Operations: operations };
}
