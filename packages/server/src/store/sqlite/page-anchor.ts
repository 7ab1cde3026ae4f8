import type { Connection } from "./connection.ts";
import type { FilterContext } from "./filter.ts";
import { countMatches } from "./matching.ts";
import { isOfType } from "./rows.ts";

/** What a list of all resources of a type, in the order of their creation, had at some moment. */
export type Anchor = { readonly count: number; readonly lastKey: number; readonly lastId: string };

/** Tells whether marks outlive a commit. */
export type Anchoring = {
  /** Undefined where there is nothing to go by. */
  readonly take: () => Anchor | undefined;
  readonly holds: (anchor: Anchor) => boolean;
};

/**
 * Whether a plain list is, up to its last resource of then, what it was: commits that only add or change leave it so.
 *
 * SQLite gives a new row the key after the highest one. As long as the resource is there that was the last, whose id
 * nobody else ever gets, every row that came since has a key behind it. So no row came before it, and if there are as many
 * as there were, none has gone.
 */
export function anchoringOf(connection: Connection, context: FilterContext): Anchoring {
  const { endpoint, model } = context;
  const ofType = `FROM resource r WHERE r.endpoint = ? AND ${isOfType("r", model)}`;
  return {
    take: () => {
      const last = connection.get(`SELECT r.key, r.id ${ofType} ORDER BY r.key DESC LIMIT 1`, endpoint);
      if (last === undefined) return undefined;
      return {
        count: countMatches(connection, context, undefined),
        lastKey: last[0] as number,
        lastId: last[1] as string,
      };
    },
    holds: ({ count, lastKey, lastId }) => {
      const last = connection.get(`SELECT r.id ${ofType} AND r.key = ?`, endpoint, lastKey);
      if (last?.[0] !== lastId) return false;
      const added = connection.get(`SELECT count(*) ${ofType} AND r.key > ?`, endpoint, lastKey)?.[0] as number;
      return countMatches(connection, context, undefined) === count + added;
    },
  };
}
