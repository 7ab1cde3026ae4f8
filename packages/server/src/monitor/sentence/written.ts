import type { Change } from "@scimtool/scim";
import type { Severity } from "../../store/exchange.ts";
import type { Actor, Written } from "../happening.ts";
import { agent, resource, text } from "../words/parts.ts";
import type { NamedChange, Part, Sentence, SentenceKind, Subject } from "../words/sentence.ts";
import { changedParts } from "./changed.ts";
import { namedChanges } from "./elements.ts";
import { isManagerChange, managerSentence } from "./manager.ts";
import { membersSentences } from "./members.ts";
import { unchangedReason } from "./unchanged.ts";

type AttributeChange = Extract<Change, { kind: "attribute" }>;
type CollectionChange = Extract<Change, { kind: "collection" }>;

/**
 * What a write did, a sentence for each thing that people tell apart.
 * @param isDetailed whether a new resource's has all that it begins with as its attributes
 */
export function writtenSentences(written: Written, actor: Actor, isDetailed = true): Sentence[] {
  const { action, resource: subject, changes } = written;
  const members = changes.filter(isCollection).flatMap((change) => membersSentences(subject, change, actor));
  const attributes = changes.filter(isAttribute);
  const begun = () => (isDetailed ? details(written, attributes, actor) : []);
  if (action === "create") return [{ ...created(written, attributes, actor), attributes: begun() }, ...members];
  if (action === "delete") return [plain(written, "deleted", "notice", " was deleted", actor)];
  if (action === "restore" && !isAsItWas(written)) {
    return [{ ...restored(written, actor), attributes: begun() }, ...members];
  }
  if (action === "recreate") return [{ ...recreated(written, actor), attributes: begun() }, ...members];
  const told = modified(written, attributes, actor);
  return told.length + members.length === 0 ? [unchanged(written, actor)] : [...told, ...members];
}

/** Everything but the members: renamed first, then what becomes of the account, then what it says. */
function modified(written: Written, changes: readonly AttributeChange[], actor: Actor): Sentence[] {
  const { resource: subject, givenName } = written;
  const naming = isRenamed(written) ? changes.filter((change) => isNaming(change, written)) : [];
  const status = changes.find(isStatus);
  const manager = changes.filter(isManagerChange);
  const rest = changes.filter((change) => !naming.includes(change) && change !== status && !isManagerChange(change));
  const named = rest.flatMap(namedChanges);
  const changed: Sentence = {
    kind: kindOf(written, "changed"),
    severity: "info",
    parts: changedParts({ resource: subject, givenName, actor }, named),
    attributes: named,
  };
  return [
    ...(naming.length === 0 ? [] : [renamed(written, naming, actor)]),
    ...(status === undefined ? [] : [switched(written, status, actor)]),
    ...(named.length === 0 ? [] : [changed]),
    ...[managerSentence(subject, manager, actor)].filter((each) => each !== undefined),
  ];
}

function created(written: Written, changes: readonly AttributeChange[], actor: Actor): Sentence {
  const isInactive = changes.some((change) => isStatus(change) && change.after === false);
  return plain(written, "created", "info", " was created", actor, isInactive ? " (not active)" : "");
}

function recreated(written: Written, actor: Actor): Sentence {
  const instead = " instead of being created a second time";
  return plain(written, "recreated", "notice", " was reactivated", actor, instead);
}

function restored(written: Written, actor: Actor): Sentence {
  const what = isBackFromDeletion(written)
    ? " was brought back after its deletion"
    : " was brought back to an earlier version";
  return plain(written, "restored", "notice", what, actor);
}

function isBackFromDeletion({ labelBefore }: Written): boolean {
  return labelBefore === undefined;
}

/** A version that is asked for again may be the one that is there. */
function isAsItWas(written: Written): boolean {
  return written.changes.length === 0 && !isBackFromDeletion(written);
}

/** Everything that a resource begins with; the manager by name. */
function details({ resource: subject }: Written, changes: readonly AttributeChange[], actor: Actor): NamedChange[] {
  const manager = managerSentence(subject, changes.filter(isManagerChange), actor);
  const others = changes.filter((change) => !isManagerChange(change));
  return [...others.flatMap(namedChanges), ...(manager?.attributes ?? [])];
}

function renamed(written: Written, changes: readonly AttributeChange[], actor: Actor): Sentence {
  const { resource: subject, labelBefore = "" } = written;
  const before = resource({ ...subject, label: labelBefore });
  // The second mention is the name alone.
  const [after] = resource({ ...subject, type: "" }).map((part) => ({ ...part, resource: subject }) as Part);
  const parts = [...before, text(" was renamed to "), ...(after === undefined ? [] : [after]), ...agent(actor)];
  return { kind: kindOf(written, "renamed"), severity: "info", parts, attributes: changes.flatMap(namedChanges) };
}

/** The account was switched on or off. */
function switched(written: Written, change: AttributeChange, actor: Actor): Sentence {
  const attributes = namedChanges(change);
  if (change.after === false) {
    return { ...plain(written, "deactivated", "notice", " was deactivated", actor), attributes };
  }
  const again = change.before === false;
  const sentence = again
    ? plain(written, "reactivated", "notice", " was reactivated", actor)
    : plain(written, "activated", "info", " was activated", actor);
  return { ...sentence, attributes };
}

function unchanged(written: Written, actor: Actor): Sentence {
  const [before, after] = unchangedReason(written);
  const parts = [
    text("Nothing changed for "),
    ...resource(written.resource),
    text(` (${before}`),
    ...agent(actor, " of "),
    text(`${after})`),
  ];
  return { kind: kindOf(written, "unchanged"), severity: "info", parts, attributes: [] };
}

function plain(written: Written, event: KindEnd, severity: Severity, what: string, actor: Actor, more = ""): Sentence {
  const end = more === "" ? [] : [text(more)];
  const parts = [...resource(written.resource), text(what), ...agent(actor), ...end];
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
