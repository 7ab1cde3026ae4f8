import type { Change } from "@scimtool/scim";
import type { Severity } from "../../store/exchange.ts";
import type { Actor, Written } from "../exchange-facts.ts";
import { actor, resource, text } from "../words/parts.ts";
import type { NamedChange, Part, Sentence, SentenceKind, Subject } from "../words/sentence.ts";
import { changedParts } from "./changed.ts";
import { namedChanges } from "./elements.ts";
import { isManagerChange, managerSentence } from "./manager.ts";
import { membersSentences } from "./members.ts";
import { unchangedReason } from "./unchanged.ts";

type AttributeChange = Extract<Change, { kind: "attribute" }>;
type CollectionChange = Extract<Change, { kind: "collection" }>;

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

/** Everything but the members: renamed first, then what becomes of the account, then what it says. */
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

/** A version that is asked for again may be the one that is there. */
function isAsItWas(written: Written): boolean {
  return written.changes.length === 0 && !isBackFromDeletion(written);
}

/** Everything that a resource begins with; the manager by name. */
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

/** What a resource's name for people is made of. */
function isNaming({ path, after }: AttributeChange, { resource: { label } }: Written): boolean {
  return path === "displayName" || path.startsWith("name.") || (path === "userName" && after === label);
}

/** Of the account, and no mere absence of a word about it: without `active` it counts as active. */
function isStatus({ path, before, after }: AttributeChange): boolean {
  return path === "active" && (typeof after === "boolean" || before === false);
}

function isAttribute(change: Change): change is AttributeChange {
  return change.kind === "attribute";
}

function isCollection(change: Change): change is CollectionChange {
  return change.kind === "collection";
}
