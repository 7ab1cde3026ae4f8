import type { Reference } from "../../store/store.ts";
import type { Actor } from "../happening.ts";
import { agent, owner, text, value } from "../words/parts.ts";
import type { Part, ShownChange } from "../words/sentence.ts";
import type { Entry } from "./elements.ts";

/** Attributes that a sentence names; further ones are counted. */
const MAX_NAMED = 3;

/** Whose attributes changed, and by whom. */
export type Owner = { readonly resource: Reference; readonly givenName: string | undefined; readonly actor: Actor };

/** "Alice's department changed from Sales to Marketing"; of several, which ones they are. */
export function changedParts(whose: Owner, changes: readonly Entry[]): Part[] {
  const [only, ...more] = changes;
  if (only !== undefined && more.length === 0) return oneChanged(whose, only);
  const begin = [...owner(whose.resource, whose.givenName), text(" ")];
  if (!changes.every(({ isEntry }) => isEntry)) {
    return [...begin, ...names(changes), text(" changed", " were changed"), ...agent(whose.actor)];
  }
  const went = entries(changes, "before", "removed");
  const came = entries(changes, "after", "added");
  const both = went.length > 0 && came.length > 0 ? [text(" and ")] : [];
  return [...begin, ...went, ...both, ...came, ...agent(whose.actor)];
}

/** "role A and role B were removed"; nothing where there are none. */
function entries(changes: readonly Entry[], side: "before" | "after", what: string): Part[] {
  const own = changes.filter((change) => change[side] !== undefined);
  return own.length === 0 ? [] : [...names(own), text(` ${own.length === 1 ? "was" : "were"} ${what}`)];
}

function oneChanged(whose: Owner, change: Entry): Part[] {
  const { before, after, isEntry } = change;
  const by = agent(whose.actor);
  const beginning = [...owner(whose.resource, whose.givenName), text(" "), attribute(change)];
  if (isEntry) return [...beginning, text(after === undefined ? " was removed" : " was added"), ...by];
  if (before === undefined) return [...beginning, text(" was set to "), value(after ?? ""), ...by];
  if (after === undefined)
    return [...beginning, text(" was removed"), ...by, text(" (it was "), value(before), text(")")];
  return [...beginning, text(" changed from ", " was changed from "), value(before), text(" to "), value(after), ...by];
}

function names(changes: readonly Entry[]): Part[] {
  const byName = Map.groupBy(changes, ({ name }) => name);
  const isAll = byName.size <= MAX_NAMED;
  const shown = [...byName.values()].slice(0, isAll ? MAX_NAMED : MAX_NAMED - 1);
  const parts = shown.flatMap(([first, ...more], index) => {
    if (first === undefined) return [];
    const isLast = isAll && index === shown.length - 1;
    const part = more.length === 0 ? attribute(first) : several(first);
    return [...(index === 0 ? [] : [text(isLast ? " and " : ", ")]), part];
  });
  if (isAll) return parts;
  const count = byName.size - shown.length;
  return [...parts, text(" and "), value(String(count), count), text(" other attributes")];
}

/** Several values that are called alike: "work phones". */
function several({ path, name }: Entry): Part {
  return { kind: "attribute", text: name.endsWith("s") ? `${name}es` : `${name}s`, path };
}

function attribute({ path, name, before, after }: Entry): Part {
  const sides: Omit<ShownChange, "path"> = {
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
  };
  return { kind: "attribute", text: name, path, ...sides };
}
