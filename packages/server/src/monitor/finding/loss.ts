import { type Change, isObject, type Json, type JsonObject, type PatchOperation } from "@scimtool/scim";
import type { Sent } from "../../directory/context.ts";
import type { Finding } from "../../store/exchange.ts";
import type { Reference } from "../../store/store.ts";
import { wordsOf } from "../diagnosis/provider-words.ts";
import { attributeName } from "../words/names.ts";
import { labelText, plainText, valueText } from "../words/values.ts";
import type { Done, Seen } from "./find.ts";
import { finding, listedUpTo } from "./finding.ts";

/** Names and values in one sentence. */
const MAX_LISTED = 10;

/** Values that a write lost without saying so: PUT left them out, or a list was replaced by a shorter one. */
export async function findLosses(seen: Seen, done: Done): Promise<readonly Finding[]> {
  const { fact, written } = done;
  if (fact.action !== "replace" && fact.action !== "modify") return [];
  const versions = [versionBefore(done)];
  const resource = labelText(fact.resource.label);
  const by = seen.facts.actor;
  const cleared: Extract<Change, { kind: "attribute" }>[] = [];
  const found: Finding[] = [];
  for (const change of written.changes) {
    const list = await lostFromList(seen, done, change);
    if (list !== undefined && isReplaced(change.path, done)) {
      const { lost, before, after, resources } = list;
      const values = {
        resource,
        before,
        after,
        count: lost.length,
        things: change.path === "members" ? "members" : attributeName(change.path),
        lost: listedUpTo(MAX_LISTED, lost),
        ...bareValueIn(done, change),
      };
      const kind = after === 0 ? "loss.emptied" : "received" in values ? "loss.bare-value" : "loss.shortened";
      found.push(finding(kind, by, values, { versions, resources: [fact.resource, ...resources] }));
    } else if (change.kind === "attribute" && hasBareValue(done, change) && isReplaced(change.path, done)) {
      const lost = lostParts(change);
      const values = { resource, things: attributeName(change.path), lost, ...bareValueIn(done, change) };
      if (lost !== "") found.push(finding("loss.bare-value", by, values, { versions, resources: [fact.resource] }));
    } else if (change.kind === "attribute" && change.path === "active" && change.after === undefined) {
      const general = wordsOf(by.dialect).trueOrFalse === undefined ? { general: "" } : {};
      const state = change.before === false ? "deactivated" : "active";
      found.push(finding("loss.active", by, { resource, state, ...general }, { versions, resources: [fact.resource] }));
    } else if (change.kind === "attribute" && change.after === undefined && fact.action === "replace") {
      if (!isDerived(change.path)) cleared.push(change);
    }
  }
  if (cleared.length > 0) {
    const names = cleared.map(({ path }) => attributeName(path));
    const lost = cleared.map(({ path, before = null }) => `${attributeName(path)} (it was ${valueText(before, path)})`);
    const values = { resource, attributes: `the ${listedUpTo(3, names)}`, lost: listedUpTo(MAX_LISTED, lost) };
    found.push(finding("loss.cleared", by, values, { versions, resources: [fact.resource] }));
  }
  return found;
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

type Lost = {
  readonly lost: string[];
  readonly before: number;
  readonly after: number;
  readonly resources: readonly Reference[];
};

/** undefined unless the values became fewer. */
async function lostFromList(seen: Seen, done: Done, change: Change): Promise<Lost | undefined> {
  if (change.kind === "collection") {
    const { added, removed } = change;
    if (removed.length === 0 || added.length >= removed.length) return undefined;
    // Clients without PATCH remove a member like this.
    const { requestJson } = seen.answered;
    const isSent = isObject(requestJson) && "members" in requestJson;
    if (done.fact.action === "replace" && removed.length === 1 && isSent) return undefined;
    const resources = removed.map(memberOf);
    const after = await membersOf(seen, done);
    const before = after - added.length + removed.length;
    return { lost: resources.map(({ label }) => labelText(label)), before, after, resources };
  }
  const { before, after, path } = change;
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

/** How a request lost a whole list of members, for the texts: it set the list, or removed it without naming anybody. */
export function lossOfMembers(done: Done): { readonly replaced?: ""; readonly unnamed?: "" } {
  if (isReplaced("members", done)) return { replaced: "" };
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
function lostParts({ before, after }: Extract<Change, { kind: "attribute" }>): string {
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
