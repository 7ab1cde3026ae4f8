import { BoundedMap } from "../../bounded-map.ts";
import type { Reference } from "../../store/store.ts";
import type { Dialect } from "../dialect/client.ts";

/** A write as it is recognised when it comes again. */
export type EarlierWrite = {
  readonly digest: string;
  readonly atMs: number;
  readonly status: number;
  /** How often it came again and was refused because the first one had created the resource; undefined: not known. */
  readonly repeats: number | undefined;
};

/** Somebody who was removed from a group, deactivated, deleted or changed. */
export type Removal = {
  readonly atMs: number;
  readonly who: Reference;
  /** The version to restore: of the person, or of the group. */
  readonly version: { readonly id: string; readonly revision: number };
  readonly isGone: boolean;
  /** The value of the attribute that was changed, as JSON. */
  readonly after?: string;
};

/** Recent removals of one client, from one group or of users, or its changes of one attribute. */
export type Removals = {
  /** All of them, or those since the last report with a full list. */
  list: readonly Removal[];
  readonly first: Removal | undefined;
  /** How many there were in each minute, also of those that the list has no room for. */
  readonly counts: ReadonlyMap<number, number>;
  /** How many there were at the last report. */
  reported: number;
};

/** A page of a list, by index. */
type ServedPage = {
  readonly startIndex: number;
  readonly count: number | undefined;
  readonly returned: number;
  readonly atMs: number;
  /** Whether a finding already says that pages of this run leave out resources. */
  readonly isReported: boolean;
};

/**
 * What recent requests did, as far as findings compare with it. Bounded, and empty after a start. Removals and writes
 * are then recalled from the history and the exchange log (`recall.ts`); the rest is learned anew.
 */
export class Memory {
  /** By client, method and path. */
  readonly writes = new BoundedMap<string, EarlierWrite>(20_000);
  /** By client, and group, "users" or path. All lists together have so many removals, of up to 1 KB each. */
  readonly removals = new BoundedMap<string, Removals>(50_000, ({ list }) => 1 + list.length);
  /** How often values were added in a row to a list of rights, by resource and path. */
  readonly additions = new BoundedMap<string, number>(5_000);
  /** The last page of each list that takes more than one, by client, path and filter. */
  readonly pages = new BoundedMap<string, ServedPage>(2_000);
  /** Who had a value of an attribute that identifies people, by endpoint, path and value. */
  readonly formerOwners = new BoundedMap<string, { readonly who: Reference; readonly untilMs: number }>(20_000);
  /** Who uses a credential. */
  readonly users = new BoundedMap<string, { dialect: Dialect; atMs: number; reportedMs: number }>(1_000);
  /** Requests of each endpoint in the current second. */
  readonly rates = new BoundedMap<number, { second: number; count: number; reportedMs: number }>(1_000);
}
