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
  const changed = [text(" changed", " were changed"), ...agent(whose.actor)];
  return [...owner(whose.resource, whose.givenName), text(" "), ...names(changes), ...changed];
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
  const isAll = changes.length <= MAX_NAMED;
  const shown = isAll ? changes : changes.slice(0, MAX_NAMED - 1);
  const parts = shown.flatMap((change, index) => {
    const isLast = isAll && index === shown.length - 1;
    return [...(index === 0 ? [] : [text(isLast ? " and " : ", ")]), attribute(change)];
  });
  if (isAll) return parts;
  const count = changes.length - shown.length;
  return [...parts, text(" and "), value(String(count), count), text(" other attributes")];
}

function attribute({ path, name, before, after }: Entry): Part {
  const sides: Omit<ShownChange, "path"> = {
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
  };
  return { kind: "attribute", text: name, path, ...sides };
}
