import { type Change, isObject, type Json, jsonEqual } from "@scimtool/scim";
import type { Finding } from "../../store/exchange.ts";
import { attributeName, listedUpTo, singularName } from "../words/names.ts";
import { labelText, plainText, valueText } from "../words/values.ts";
import { finding } from "./finding.ts";
import { versionBefore } from "./loss.ts";
import type { Done, Seen } from "./seen.ts";

/** Values in one sentence. */
const MAX_LISTED = 10;

/** Lists that a PATCH made longer, although the client probably meant to replace a value. */
export function findGrowingLists(seen: Seen, done: Done): readonly Finding[] {
  if (done.fact.action !== "modify") return [];
  return done.written.changes.flatMap(
    (change) => secondOfType(seen, done, change) ?? growing(seen, done, change) ?? [],
  );
}

/** Attributes of which people have one value of a type. */
const ONE_OF_TYPE: ReadonlySet<string> = new Set(["emails", "phoneNumbers", "addresses"]);

function secondOfType({ facts }: Seen, done: Done, change: Change): Finding | undefined {
  if (change.kind !== "attribute" || !ONE_OF_TYPE.has(change.path)) return undefined;
  const { path } = change;
  const [before, after] = [objectsIn(change.before), objectsIn(change.after)];
  if (after.length <= before.length) return undefined;
  const had = new Set(before.map(({ type }) => type));
  const second = after.find(
    ({ type }) =>
      had.has(type) && countOf(after, type) > Math.max(1, countOf(before, type)) && typeof type === "string",
  );
  if (second === undefined) return undefined;
  const same = after.filter(({ type }) => type === second["type"]);
  const primary = after.find((each) => each["primary"] === true);
  const former = before.find((each) => each["primary"] === true);
  const isMoved = primary !== undefined && former !== undefined && primary["value"] !== former["value"];
  const values = {
    resource: labelText(done.fact.resource.label),
    type: plainText(String(second["type"])),
    thing: singularName(path),
    path,
    values: listedUpTo(
      MAX_LISTED,
      same.map((each) => valueText(each, path)),
    ),
    ...(isMoved && { primary: valueText(primary, path), former: valueText(former, path) }),
  };
  const affected = { resources: [done.fact.resource], versions: [versionBefore(done)] };
  return finding("list.second", facts.actor, values, affected);
}

function countOf(list: readonly { readonly [name: string]: Json }[], type: Json | undefined): number {
  return list.filter((each) => each["type"] === type).length;
}

/** Rights that a client should also take back. */
const RIGHTS: ReadonlySet<string> = new Set(["roles", "entitlements"]);

/** Additions in a row without a removal. */
const MANY_ADDITIONS = 3;

function growing({ facts, memory }: Seen, done: Done, change: Change): Finding | undefined {
  if (change.kind !== "attribute" || !RIGHTS.has(change.path)) return undefined;
  const { path } = change;
  const { fact, subject, written } = done;
  const [before, after] = [objectsIn(change.before), objectsIn(change.after)];
  const key = `${subject.endpoint.key} ${written.stored.id} ${path}`;
  const isLonger = before.every((held) => after.some((each) => jsonEqual(each, held))) && after.length > before.length;
  const additions = isLonger ? (memory.additions.get(key) ?? 0) + 1 : 0;
  memory.additions.set(key, additions);
  if (!isLonger || before.length === 0) return undefined;
  const names = after.map(rightIn);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice === undefined && additions < MANY_ADDITIONS) return undefined;
  const values = {
    resource: labelText(fact.resource.label),
    things: attributeName(path),
    thing: singularName(path),
    path,
    count: after.length,
    values: listedUpTo(
      MAX_LISTED,
      names.map((name) => plainText(name)),
    ),
    twice: twice === undefined ? undefined : plainText(twice),
    ...(twice === undefined && { additions }),
  };
  return finding("list.growing", facts.actor, values, { resources: [fact.resource], versions: [versionBefore(done)] });
}

/** Entra ID sends a role as JSON in the value: `{"id":"…","value":"Admin","displayName":"Admin"}`. */
function rightIn({ value, display }: { readonly [name: string]: Json }): string {
  const text = typeof value === "string" ? value : String(display ?? "");
  const [, inner = text] = /"value"\s*:\s*"([^"]+)"/.exec(text) ?? [];
  return inner;
}

function objectsIn(json: Json | undefined): { readonly [name: string]: Json }[] {
  return Array.isArray(json) ? (json.filter(isObject) as { readonly [name: string]: Json }[]) : [];
}
