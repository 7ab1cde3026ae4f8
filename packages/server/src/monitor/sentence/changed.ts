import { type AttributeChange, isObject, type Json, type JsonObject, jsonEqual, own } from "@scimtool/scim";
import type { Reference } from "../../store/store.ts";
import type { Actor } from "../exchange-facts.ts";
import { attributeName, singularName } from "../words/names.ts";
import { actor, type NamedChange, owner, type Part, type ShownChange, text, value } from "../words/sentence.ts";
import { valueText } from "../words/values.ts";

/** Attributes that a sentence names; the others are counted. */
const MAX_NAMED = 3;

/** Whose attributes changed, and who changed them. */
type Owner = { readonly resource: Reference; readonly givenName: string | undefined; readonly actor: Actor };

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

/** A value added to or removed from a multi-valued attribute that has no type to name it by. */
export type Entry = NamedChange & { readonly isEntry?: true };

/** Changes that one change of an attribute is told as. */
const MAX_CHANGES = 100;

/** Values of an attribute, before and after together, that are matched; of more, only the first ones are told. */
const MAX_ELEMENTS = 1_000;

/**
 * The change of an attribute as people see it. An empty text is no value (RFC 7643 §2.5), so it may be none. Of a
 * multi-valued attribute, it is the change of each value, matched by type and then by value; of an attribute that no
 * schema defines, that of each part.
 */
export function namedChanges(change: AttributeChange): readonly Entry[] {
  return allChanges(change).filter(({ before, after }) => before !== undefined || after !== undefined);
}

function allChanges({ path, before, after }: AttributeChange): readonly Entry[] {
  const [held, next] = [before ?? [], after ?? []];
  if (Array.isArray(held) && Array.isArray(next) && held.length + next.length <= MAX_ELEMENTS) {
    return elementChanges(path, held, next).slice(0, MAX_CHANGES);
  }
  if (isObject(before ?? {}) && isObject(after ?? {})) {
    return partChanges(path, (before ?? {}) as JsonObject, (after ?? {}) as JsonObject).slice(0, MAX_CHANGES);
  }
  return [named(path, before, after)];
}

function named(path: string, before: Json | undefined, after: Json | undefined): NamedChange {
  return {
    path,
    name: attributeName(path),
    ...(isAssigned(before) && { before: valueText(before, path) }),
    ...(isAssigned(after) && { after: valueText(after, path) }),
  };
}

function isAssigned(value: Json | undefined): value is Json {
  return value !== undefined && value !== "" && value !== null;
}

function partChanges(path: string, before: JsonObject, after: JsonObject): Entry[] {
  // An extension that no schema describes is named by its URN, which ends in the name of a resource type, or as those of
  // SCIM 1 in a version.
  const separator = /^urn:.*:(?:[A-Z]\w*|\d[^:]*)$/.test(path) ? ":" : ".";
  return namesOf(before, after).map((name) => named(path + separator + name, own(before, name), own(after, name)));
}

function namesOf(before: JsonObject, after: JsonObject): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => !jsonEqual(own(before, name), own(after, name)));
}

function elementChanges(path: string, before: readonly Json[], after: readonly Json[]): Entry[] {
  const gone = without(before, after);
  const come = without(after, before);
  const changes: Entry[] = [];
  for (const element of gone) {
    const twin = twinOf(element, gone, come);
    if (twin === undefined) {
      changes.push(entry(path, element, undefined));
      continue;
    }
    come.splice(come.indexOf(twin), 1);
    changes.push(...twinChanges(path, element as JsonObject, twin));
  }
  return [...changes, ...come.map((element) => entry(path, undefined, element))];
}

/** The values that others do not contain; of equal ones, as many as are missing there. */
function without(values: readonly Json[], others: readonly Json[]): Json[] {
  const texts = new Map<string, number>();
  for (const text of others.map(keyOf)) texts.set(text, (texts.get(text) ?? 0) + 1);
  return values.filter((value) => {
    const count = texts.get(keyOf(value)) ?? 0;
    texts.set(keyOf(value), count - 1);
    return count <= 0;
  });
}

/** Equal values have equal texts, whatever the order of their members. */
function keyOf(value: Json): string {
  if (!isObject(value)) return JSON.stringify(value);
  return JSON.stringify(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** What became of a value: the only one of its type, or the one of its value. */
function twinOf(element: Json, gone: readonly Json[], come: readonly Json[]): JsonObject | undefined {
  const type = memberOf(element, "type");
  const isOfType = (other: Json) => memberOf(other, "type") === type;
  if (typeof type === "string" && gone.filter(isOfType).length === 1) {
    const [only, ...more] = come.filter(isOfType);
    if (isObject(only) && more.length === 0) return only;
  }
  const value = memberOf(element, "value");
  return value === undefined ? undefined : come.filter(isObject).find((other) => own(other, "value") === value);
}

function memberOf(element: Json, name: string): Json | undefined {
  return isObject(element) ? own(element, name) : undefined;
}

function twinChanges(path: string, before: JsonObject, after: JsonObject): NamedChange[] {
  const selected = path + selectorOf(before);
  // `display` and `$ref` follow from the value.
  const names = namesOf(before, after).filter((name) => name !== "$ref" && name !== "display");
  return names.map((name) => named(`${selected}.${name}`, own(before, name), own(after, name)));
}

/** A value that was added or removed as a whole. */
function entry(path: string, before: Json | undefined, after: Json | undefined): Entry {
  const element = before ?? after ?? null;
  const type = memberOf(element, "type");
  if (typeof type === "string") {
    const selected = path + selectorOf(element);
    const isValue = memberOf(element, "value") !== undefined;
    return isValue
      ? named(`${selected}.value`, memberOf(before ?? null, "value"), memberOf(after ?? null, "value"))
      : named(selected, before, after);
  }
  const text = valueText(element, path);
  const sides = before === undefined ? { after: text } : { before: text };
  return { path: path + selectorOf(element), name: `${singularName(path)} ${text}`, ...sides, isEntry: true };
}

function selectorOf(element: Json): string {
  for (const name of ["type", "value"]) {
    const member = memberOf(element, name);
    if (typeof member === "string" && member.length <= 100) return `[${name} eq ${JSON.stringify(member)}]`;
  }
  return isObject(element) ? "" : `[value eq ${JSON.stringify(element).slice(0, 100)}]`;
}
