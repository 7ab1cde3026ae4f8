import type { Reference } from "../../store/store.ts";
import type { Actor } from "../exchange-facts.ts";
import { actor, owner, text, value } from "../words/parts.ts";
import type { Part, ShownChange } from "../words/sentence.ts";
import type { Entry } from "./elements.ts";

/** Attributes that a sentence names; the others are counted. */
const MAX_NAMED = 3;

/** Whose attributes changed, and who changed them. */
export type Owner = { readonly resource: Reference; readonly givenName: string | undefined; readonly actor: Actor };

/** "Entra ID changed Alice's department from Sales to Marketing"; of several attributes, their names. */
export function changedParts({ resource, givenName, actor: by }: Owner, changes: readonly Entry[]): Part[] {
  const [only, ...more] = changes;
  const whose = [...owner(resource, givenName), text(" ")];
  if (only !== undefined && more.length === 0) return [actor(by), ...oneChanged(whose, only)];
  if (!changes.every(({ isEntry }) => isEntry)) return [actor(by), text(" changed "), ...whose, ...names(changes)];
  const removed = changes.filter(({ before }) => before !== undefined);
  const added = changes.filter(({ after }) => after !== undefined);
  if (added.length === 0) return [actor(by), text(" removed "), ...whose, ...names(removed)];
  if (removed.length === 0) return [actor(by), text(" added "), ...whose, ...names(added)];
  return [actor(by), text(" removed "), ...whose, ...names(removed), text(" and added "), ...names(added)];
}

function oneChanged(whose: readonly Part[], change: Entry): Part[] {
  const { before, after, isEntry } = change;
  const what = [...whose, attribute(change)];
  if (after === undefined) {
    return [text(" removed "), ...what, ...(isEntry ? [] : [text(" (it was "), value(before ?? ""), text(")")])];
  }
  if (isEntry) return [text(" added "), ...what];
  if (before === undefined) return [text(" set "), ...what, text(" to "), value(after)];
  return [text(" changed "), ...what, text(" from "), value(before), text(" to "), value(after)];
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

/** Several values with the same name: "work phones". */
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
