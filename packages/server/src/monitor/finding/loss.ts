import {
  type AttributeChange,
  type Change,
  isObject,
  type Json,
  type JsonObject,
  type PatchOperation,
} from "@scimtool/scim";
import type { Sent } from "../../directory/context.ts";
import type { Finding } from "../../store/exchange.ts";
import type { Reference } from "../../store/store.ts";
import { wordsOf } from "../diagnosis/provider-words.ts";
import { allOf, attributeName, listedUpTo } from "../words/names.ts";
import { labelText, plainText, valueText } from "../words/values.ts";
import { finding } from "./finding.ts";
import type { Values } from "./finding-text.ts";
import type { Done, Seen } from "./seen.ts";

/** Names and values in one sentence. */
const MAX_LISTED = 10;

/** Values that a write lost without saying so: PUT left them out, or a list was replaced by a shorter one. */
export function findLosses(seen: Seen, done: Done): readonly Finding[] {
  if (done.fact.action !== "replace" && done.fact.action !== "modify") return [];
  const changes = done.written.changes.filter((change) => change.kind === "attribute");
  const found = changes.map((change) => lossInList(seen, done, change) ?? lossOfActive(seen, done, change));
  const isCleared = (change: AttributeChange, at: number) =>
    found[at] === undefined && change.after === undefined && change.path !== "active" && !isDerived(change.path);
  const cleared = done.fact.action === "replace" ? changes.filter(isCleared) : [];
  return [...found, lossOfAttributes(seen, done, cleared)].filter((each) => each !== undefined);
}

/** Members that a group lost because a request replaced the list. */
export async function findLostMembers(seen: Seen, done: Done): Promise<Finding | undefined> {
  const { fact, written } = done;
  const change = written.changes.find(({ kind }) => kind === "collection");
  const isWrite = fact.action === "replace" || fact.action === "modify";
  if (!isWrite || change?.kind !== "collection" || !isReplaced(change.path, done)) return undefined;
  const { added, removed } = change;
  if (removed.length === 0 || added.length >= removed.length) return undefined;
  // Clients without PATCH remove a member like this.
  const { requestJson } = seen.answered;
  const isSent = isObject(requestJson) && "members" in requestJson;
  if (fact.action === "replace" && removed.length === 1 && isSent) return undefined;
  const resources = removed.map(memberOf);
  const after = await membersOf(seen, done);
  const before = after - added.length + removed.length;
  const lost = resources.map(({ label }) => labelText(label));
  return lossFromList(seen, done, change, { lost, before, after, resources });
}

type Lost = {
  readonly lost: readonly string[];
  readonly before: number;
  readonly after: number;
  readonly resources: readonly Reference[];
};

function lossFromList(seen: Seen, done: Done, change: Change, { lost, before, after, resources }: Lost): Finding {
  const { resource } = done.fact;
  const values = {
    resource: labelText(resource.label),
    before,
    all: allOf(before),
    after,
    count: lost.length,
    things: change.kind === "collection" ? "members" : attributeName(change.path),
    lost: listedUpTo(MAX_LISTED, lost),
    ...bareValueIn(done, change),
  };
  const kind = after === 0 ? "loss.emptied" : "received" in values ? "loss.bare-value" : "loss.shortened";
  const affected = { versions: [versionBefore(done)], resources: [resource, ...resources] };
  return finding(kind, seen.facts.actor, values, affected);
}

/** A list of values that was replaced by a shorter one, or by a single value. */
function lossInList(seen: Seen, done: Done, change: AttributeChange): Finding | undefined {
  if (!isReplaced(change.path, done)) return undefined;
  const list = lostFromList(change);
  if (list !== undefined) return lossFromList(seen, done, change, list);
  const lost = hasBareValue(done, change) ? lostParts(change) : "";
  if (lost === "") return undefined;
  const { resource } = done.fact;
  const values = {
    resource: labelText(resource.label),
    things: attributeName(change.path),
    lost,
    ...bareValueIn(done, change),
  };
  return finding("loss.bare-value", seen.facts.actor, values, {
    versions: [versionBefore(done)],
    resources: [resource],
  });
}

function lossOfActive({ facts }: Seen, done: Done, { path, before, after }: AttributeChange): Finding | undefined {
  if (path !== "active" || after !== undefined) return undefined;
  const { resource } = done.fact;
  const values = {
    resource: labelText(resource.label),
    state: before === false ? "deactivated" : "active",
    ...(wordsOf(facts.actor.dialect).trueOrFalse === undefined && { general: "" }),
  };
  return finding("loss.active", facts.actor, values, { versions: [versionBefore(done)], resources: [resource] });
}

function lossOfAttributes({ facts }: Seen, done: Done, cleared: readonly AttributeChange[]): Finding | undefined {
  if (cleared.length === 0) return undefined;
  const { resource } = done.fact;
  const names = cleared.map(({ path }) => attributeName(path));
  const lost = cleared.map(({ path, before = null }) => `${attributeName(path)} (it was ${valueText(before, path)})`);
  const values = {
    resource: labelText(resource.label),
    attributes: `the ${listedUpTo(3, names)}`,
    lost: listedUpTo(MAX_LISTED, lost),
  };
  return finding("loss.cleared", facts.actor, values, { versions: [versionBefore(done)], resources: [resource] });
}

/** The version before a write, which a restore brings back. */
export function versionBefore({ fact, written }: Done): { id: string; revision: number } {
  const { id, revision } = written.stored;
  return { id, revision: fact.action === "delete" ? revision : revision - 1 };
}

/** Of a reference, only its ID is the client's. */
export function isDerived(path: string): boolean {
  return /manager\.(?:\$ref|displayName)$/.test(path);
}

/** undefined unless the values became fewer. */
function lostFromList({ before, after, path }: AttributeChange): Lost | undefined {
  if (!Array.isArray(before) || (after !== undefined && !Array.isArray(after))) return undefined;
  const kept = after ?? [];
  if (kept.length >= before.length || (after === undefined && before.length < 2)) return undefined;
  const texts = new Set(kept.map((value) => identityOf(value)));
  const lost = before.filter((value) => !texts.has(identityOf(value)));
  return {
    lost: lost.map((value) => valueText(value, path)),
    before: before.length,
    after: before.length - lost.length,
    resources: [],
  };
}

/** How many members a group has now. */
export function membersOf({ store }: Seen, { subject, written }: Done): Promise<number> {
  return store.members.count(store.committed, subject.endpoint.key, written.stored.key);
}

export function identityOf(value: Json): string {
  const { value: own = value } = (typeof value === "object" && value !== null ? value : {}) as JsonObject;
  return JSON.stringify(own);
}

export function memberOf({ value, type, display }: JsonObject): Reference {
  const text = (json: Json | undefined) => (typeof json === "string" ? json : "");
  return { type: text(type), id: text(value), label: text(display) || text(value) };
}

/** Whether the request set the whole list, rather than removing values from it. */
function isReplaced(path: string, { fact, sent }: Done): boolean {
  if (fact.action === "replace") return true;
  return operationsOf(sent).some(
    ({ op, target }) =>
      op !== "remove" &&
      target.kind === "attribute" &&
      target.attribute.path === path &&
      target.filter === undefined &&
      target.subAttribute === undefined,
  );
}

/** How a request lost members, for the texts: it set the list, emptied it, or removed it without naming anybody. */
export function lossOfMembers(done: Done, left: number): Values {
  if (isReplaced("members", done)) return left === 0 ? { emptied: "" } : { replaced: "" };
  const isUnnamed = operationsOf(done.sent).some(
    ({ op, target, value }) =>
      op === "remove" &&
      value === undefined &&
      target.kind === "attribute" &&
      target.attribute.path === "members" &&
      target.filter === undefined,
  );
  return isUnnamed ? { unnamed: "" } : {};
}

function bareValueIn(done: Done, change: Change): { where?: string; received?: string } {
  const { path } = change;
  if (!hasBareValue(done, change) || change.kind !== "attribute" || change.after === undefined) return {};
  return { where: path, received: valueText(change.after, path) };
}

function hasBareValue({ fact }: Done, { path }: Change): boolean {
  return fact.notes.some(({ code, where }) => isBareValue(code) && where.split(/[[.]/)[0] === path);
}

/** "type (it was work) and primary (it was true)": what values had besides themselves. */
function lostParts({ before, after }: AttributeChange): string {
  const kept = new Map((Array.isArray(after) ? after : []).map((value) => [identityOf(value), value]));
  const lost = (Array.isArray(before) ? before : []).flatMap((value) => {
    const now = kept.get(identityOf(value));
    if (!isObject(value) || !isObject(now)) return [];
    const names = Object.keys(value).filter((name) => !(name in now));
    return names.map((name) => `${name} (it was ${plainText(String(value[name]))})`);
  });
  return listedUpTo(MAX_LISTED, lost);
}

function isBareValue(code: string): boolean {
  return code === "array-as-single-value" || code === "complex-as-value";
}

/** The operations of a PATCH; none for other writes. */
function operationsOf(sent: Sent): readonly PatchOperation[] {
  return Array.isArray(sent) ? (sent as readonly PatchOperation[]) : [];
}
