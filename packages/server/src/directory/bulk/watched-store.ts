import { type MemberStore, type ResourceStore, type Store, UniquenessConflict } from "../../store/store.ts";

type Access = "read" | "write";

const RESOURCES: Record<keyof ResourceStore, Access> = {
  get: "read",
  search: "read",
  searchAll: "read",
  holderOf: "read",
  references: "read",
  referrers: "read",
  insert: "write",
  update: "write",
  rewrite: "write",
  touch: "write",
  reindex: "write",
  remove: "write",
};

const MEMBERS: Record<keyof MemberStore, Access> = {
  list: "read",
  add: "write",
  remove: "write",
  removeWhere: "write",
  retain: "write",
};

/** A store that counts what is written to resources and members, so that one can tell whether anything was since. */
export type WatchedStore = { readonly store: Store; readonly writes: () => number };

export function watchWrites(store: Store): WatchedStore {
  let count = 0;
  const counting = (write: Call): Call => {
    return async (...parameters) => {
      try {
        const result = await write(...parameters);
        count++;
        return result;
      } catch (error) {
        // The store looks for it before it writes; of anything else a part may be done.
        if (!(error instanceof UniquenessConflict)) count++;
        throw error;
      }
    };
  };
  const resources = watched(store.resources, RESOURCES, counting);
  const members = watched(store.members, MEMBERS, counting);
  return { store: { ...store, resources, members }, writes: () => count };
}

type Call = (...parameters: never[]) => Promise<unknown>;

function watched<Part extends { readonly [Name in keyof Part]: Call }>(
  part: Part,
  accesses: Record<keyof Part, Access>,
  counting: (write: Call) => Call,
): Part {
  const made = { ...part };
  for (const name of Object.keys(accesses) as (keyof Part)[]) {
    // A call that counts has the parameters and the result of the call.
    if (accesses[name] === "write") made[name] = counting(part[name]) as Part[keyof Part];
  }
  return made;
}
