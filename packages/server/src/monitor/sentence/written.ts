import {
  type AttributeChange,
  type Change,
  type CollectionChange,
  type Json,
  type JsonObject,
  own,
} from "@scimtool/scim";
import type { Severity } from "../../store/exchange.ts";
import type { Reference } from "../../store/store.ts";
import type { Actor, Written } from "../exchange-facts.ts";
import { attributeName, listed } from "../words/names.ts";
import {
  actor,
  type NamedChange,
  owner,
  type Part,
  resource,
  type Sentence,
  type SentenceKind,
  type Subject,
  text,
  value,
} from "../words/sentence.ts";
import { labelText, numberText } from "../words/values.ts";
import { changedParts, namedChanges } from "./changed.ts";

/**
 * What a write did, one sentence for each kind of change.
 * @param isDetailed whether the sentence of a new resource lists all its attributes
 */
export function writtenSentences(written: Written, by: Actor, isDetailed = true): Sentence[] {
  const { action, resource: subject, changes } = written;
  const members = changes.filter(isCollection).flatMap((change) => membersSentences(subject, change, by));
  const attributes = changes.filter(isAttribute);
  const begun = () => (isDetailed ? details(written, attributes, by) : []);
  if (action === "create") return [{ ...created(written, attributes, by), attributes: begun() }, ...members];
  if (action === "delete") return [plain(written, "deleted", "notice", " deleted ", by)];
  if (action === "restore" && !isAsItWas(written)) {
    return [{ ...restored(written, by), attributes: begun() }, ...members];
  }
  if (action === "recreate") return [{ ...recreated(written, by), attributes: begun() }, ...members];
  const told = modified(written, attributes, by);
  return told.length + members.length === 0 ? [unchanged(written, by)] : [...told, ...members];
}

/** Everything but the members: the name first, then the status of the account, then its other attributes. */
function modified(written: Written, changes: readonly AttributeChange[], by: Actor): Sentence[] {
  const { resource: subject, givenName } = written;
  const naming = isRenamed(written) ? changes.filter((change) => isNaming(change, written)) : [];
  const status = changes.find(isStatus);
  const manager = changes.filter(isManagerChange);
  const rest = changes.filter((change) => !naming.includes(change) && change !== status && !isManagerChange(change));
  const named = rest.flatMap(namedChanges);
  const changed: Sentence = {
    kind: kindOf(written, "changed"),
    severity: "info",
    parts: changedParts({ resource: subject, givenName, actor: by }, named),
    attributes: named,
  };
  return [
    ...(naming.length === 0 ? [] : [renamed(written, naming, by)]),
    ...(status === undefined ? [] : [switched(written, status, by)]),
    ...(named.length === 0 ? [] : [changed]),
    ...[managerSentence(written, manager, by)].filter((each) => each !== undefined),
  ];
}

function created(written: Written, changes: readonly AttributeChange[], by: Actor): Sentence {
  const isInactive = changes.some((change) => isStatus(change) && change.after === false);
  return plain(written, "created", "info", " created ", by, isInactive ? " (inactive)" : "");
}

function recreated(written: Written, by: Actor): Sentence {
  return plain(written, "recreated", "notice", " reactivated ", by, " instead of creating a duplicate");
}

function restored(written: Written, by: Actor): Sentence {
  const what = isBackFromDeletion(written) ? " after its deletion" : " to an earlier version";
  return plain(written, "restored", "notice", " restored ", by, what);
}

function isBackFromDeletion({ labelBefore }: Written): boolean {
  return labelBefore === undefined;
}

/** The version to restore may be the current one. */
function isAsItWas(written: Written): boolean {
  return written.changes.length === 0 && !isBackFromDeletion(written);
}

/** All attributes of a new resource; the manager by name. */
function details(written: Written, changes: readonly AttributeChange[], by: Actor): NamedChange[] {
  const manager = managerSentence(written, changes.filter(isManagerChange), by);
  const others = changes.filter((change) => !isManagerChange(change));
  return [...others.flatMap(namedChanges), ...(manager?.attributes ?? [])];
}

function renamed(written: Written, changes: readonly AttributeChange[], by: Actor): Sentence {
  const { resource: subject, labelBefore = "" } = written;
  const before = resource({ ...subject, label: labelBefore });
  // The second mention is the name alone.
  const [after] = resource({ ...subject, type: "" }).map((part) => ({ ...part, resource: subject }) as Part);
  const parts = [actor(by), text(" renamed "), ...before, text(" to "), ...(after === undefined ? [] : [after])];
  return { kind: kindOf(written, "renamed"), severity: "info", parts, attributes: changes.flatMap(namedChanges) };
}

/** The account was switched on or off. */
function switched(written: Written, change: AttributeChange, by: Actor): Sentence {
  const attributes = namedChanges(change);
  if (change.after === false) {
    return { ...plain(written, "deactivated", "notice", " deactivated ", by), attributes };
  }
  const again = change.before === false;
  const sentence = again
    ? plain(written, "reactivated", "notice", " reactivated ", by)
    : plain(written, "activated", "info", " activated ", by);
  return { ...sentence, attributes };
}

function unchanged(written: Written, by: Actor): Sentence {
  return plain(written, "unchanged", "info", " changed nothing for ", by, ` (${unchangedReason(written)})`);
}

function plain(written: Written, event: KindEnd, severity: Severity, verb: string, by: Actor, more = ""): Sentence {
  const end = more === "" ? [] : [text(more)];
  const parts = [actor(by), text(verb), ...resource(written.resource), ...end];
  return { kind: kindOf(written, event), severity, parts, attributes: [] };
}

type KindEnd = SentenceKind extends infer Kind ? (Kind extends `user.${infer End}` ? End : never) : never;

function kindOf({ resource: { type } }: Written, event: KindEnd): SentenceKind {
  const subject: Subject = type === "User" ? "user" : type === "Group" ? "group" : "resource";
  return `${subject}.${event}`;
}

function isRenamed({ labelBefore, resource: { label } }: Written): boolean {
  return labelBefore !== undefined && labelBefore !== label;
}

/** What a resource's name for people is made of, unless it was removed. */
function isNaming({ path, after }: AttributeChange, { resource: { label } }: Written): boolean {
  if (after === undefined || after === "") return false;
  return path === "displayName" || path.startsWith("name.") || (path === "userName" && after === label);
}

/** Whether an account changed its status. One without `active` counts as active. */
function isStatus({ path, before, after }: AttributeChange): boolean {
  return path === "active" && (typeof after === "boolean" || before === false);
}

function isAttribute(change: Change): change is AttributeChange {
  return change.kind === "attribute";
}

function isCollection(change: Change): change is CollectionChange {
  return change.kind === "collection";
}

/** Why a write changed nothing. */
function unchangedReason({ action, notKept, notes, changes }: Written): string {
  if (action === "restore") return "that version is the current one";
  if (notKept.length > 0) return `the request sets the ${listed(notKept.map(attributeName))}, which is never stored`;
  if (changes.length > 0) return "the request cleared what had no value";
  const codes = new Set(notes.map(({ code }) => code));
  if (codes.has("target-absent")) return "the request removed what was not there";
  if (codes.has("read-only-ignored")) return "clients cannot change these attributes";
  return "the request repeated the current values";
}

/** Of the enterprise extension (RFC 7643 §4.3). */
const MANAGER_PATH = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";
const PARTS = new Set(["value", "displayName", "$ref"].map((part) => `${MANAGER_PATH}.${part}`));

function isManagerChange({ path }: Change): boolean {
  return PARTS.has(path);
}

/**
 * "Entra ID changed Alice's manager from Bob to Carol".
 * @param changes those of the manager
 * @returns undefined if they do not say who it was or is
 */
function managerSentence(
  { resource: user, givenName }: Pick<Written, "resource" | "givenName">,
  changes: readonly AttributeChange[],
  by: Actor,
): Sentence | undefined {
  const id = changes.find(({ path }) => path.endsWith(".value"));
  const name = changes.find(({ path }) => path.endsWith(".displayName"));
  const [before, after] = [reference(id?.before, name?.before), reference(id?.after, name?.after)];
  if (before === undefined && after === undefined) return undefined;
  const manager: NamedChange = {
    path: MANAGER_PATH,
    name: "manager",
    ...(before !== undefined && { before: labelText(before.label) }),
    ...(after !== undefined && { after: labelText(after.label) }),
  };
  const sentence = (kind: SentenceKind, verb: string, parts: readonly Part[]): Sentence => {
    const whose = [...owner(user, givenName), text(" manager")];
    return { kind, severity: "info", parts: [actor(by), text(verb), ...whose, ...parts], attributes: [manager] };
  };
  const was = before === undefined ? [] : resource(before);
  if (after === undefined) return sentence("manager.removed", " removed ", [text(" (it was "), ...was, text(")")]);
  const now = [text(" to "), ...resource(after)];
  if (id === undefined) return sentence("manager.renamed", " changed the name of ", now);
  if (before === undefined) return sentence("manager.changed", " set ", now);
  return sentence("manager.changed", " changed ", [text(" from "), ...was, ...now]);
}

function reference(id: Json | undefined, name: Json | undefined): Reference | undefined {
  const label = [name, id].find((each) => typeof each === "string" && each !== "");
  if (typeof label !== "string") return undefined;
  return { type: "User", id: typeof id === "string" ? id : "", label };
}

/** "Entra ID added Alice and 3 others to Finance". */
function membersSentences(group: Reference, { path, added, removed }: CollectionChange, by: Actor): Sentence[] {
  // Custom types may have other collections than members.
  const to = [...resource(group), ...(path === "members" ? [] : [text(` (${path})`)])];
  const sentences: Sentence[] = [];
  if (added.length > 0) {
    const parts = [actor(by), text(" added "), ...people(added), text(" to "), ...to];
    sentences.push({ kind: "members.added", severity: "info", parts, attributes: [] });
  }
  if (removed.length > 0) {
    const parts = [actor(by), text(" removed "), ...people(removed), text(" from "), ...to];
    sentences.push({ kind: "members.removed", severity: "notice", parts, attributes: [] });
  }
  return sentences;
}

/** The first by name; the second too if there is no third. */
function people(values: readonly JsonObject[]): Part[] {
  const [first, second, ...more] = values;
  if (first === undefined) return [];
  if (second === undefined) return member(first);
  if (more.length === 0) return [...member(first), text(" and "), ...member(second)];
  const count = values.length - 1;
  return [...member(first), text(" and "), value(numberText(count), count), text(" others")];
}

/** A value of a collection: `value` is an ID, `display` a name; `type` is empty for an unknown ID. */
function member(json: JsonObject): Part[] {
  const [id, type, label] = ["value", "type", "display"].map((name) => {
    const member = own(json, name);
    return typeof member === "string" ? member : undefined;
  });
  const reference = { id: id ?? "", type: type ?? "", label: label ?? id ?? "" };
  return type === "" ? [text("the unknown ID "), ...resource(reference)] : resource(reference);
}
