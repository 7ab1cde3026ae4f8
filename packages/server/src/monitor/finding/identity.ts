import { type AttributeChange, fold, isObject, type Json } from "@scimtool/scim";
import type { Finding } from "../../store/exchange.ts";
import type { HistoryEntry } from "../../store/monitor.ts";
import type { Reference } from "../../store/store.ts";
import type { Dialect } from "../dialect/client.ts";
import { actor } from "../words/sentence.ts";
import { labelText, momentText, plainText } from "../words/values.ts";
import { finding } from "./finding.ts";
import { versionBefore } from "./loss.ts";
import { isMassChanged } from "./mass.ts";
import type { Done, Seen } from "./seen.ts";

/** Attributes that identify people, and are indexed. */
const IDENTIFYING = ["externalId", "emails"] as const;

/** Versions or deletions to look through for the one that counts. */
const MAX_LOOKED_THROUGH = 20;

/** People who come back, change their name, or get what belongs to others. */
export async function findIdentities(seen: Seen, done: Done): Promise<readonly Finding[]> {
  const { fact, subject, written } = done;
  if (fact.resource.type === "Group" && fact.action === "create") {
    const again = await recreated(seen, done, "displayName");
    return again === undefined ? [] : [again];
  }
  if (fact.resource.type !== "User") return [];
  const found: (Finding | undefined)[] = [];
  const again = fact.action === "create" ? await recreated(seen, done, "userName") : undefined;
  found.push(again);
  if (fact.action === "recreate")
    found.push(await returned(seen, fact.resource, { accepted: "" }, written.after["userName"]));
  for (const change of changesIn(done)) {
    if (change.path === "userName" && !isMassChanged(seen, "userName")) found.push(renamed(seen, done, change));
    if (change.path === "externalId" && fact.action !== "delete") found.push(renumbered(seen, done, change));
    if (change.path === "userName") continue;
    if (subject.model.attributes.has(change.path.toLowerCase())) {
      for (const value of valuesIn(change.after)) {
        const shared = await taken(seen, done, change, value);
        // Somebody who is created again gets back what was theirs.
        if (again === undefined || shared?.kind !== "identity.moved") found.push(shared);
      }
    }
    leaveBehind(seen, done, change);
  }
  return found.filter((each) => each !== undefined);
}

function changesIn({ fact, written }: Done): AttributeChange[] {
  if (fact.action === "create") {
    return IDENTIFYING.flatMap((path): AttributeChange[] => {
      const after = written.after[path];
      return after === undefined ? [] : [{ kind: "attribute", path, after }];
    });
  }
  const paths: readonly string[] = [...IDENTIFYING, "userName"];
  return written.changes.filter(
    (change): change is AttributeChange => change.kind === "attribute" && paths.includes(change.path),
  );
}

/** The texts of a value: its own, or those of a list. */
function valuesIn(json: Json | undefined): string[] {
  const all = (Array.isArray(json) ? json : [json]).map((each) => (isObject(each) ? each["value"] : each));
  return all.filter((each) => typeof each === "string" && each !== "") as string[];
}

function renamed(seen: Seen, done: Done, { before, after }: AttributeChange): Finding | undefined {
  if (typeof before !== "string" || typeof after !== "string" || fold(before) === fold(after)) return undefined;
  const { resource, labelBefore } = done.fact;
  const externalId = changesIn(done).find(({ path }) => path === "externalId");
  const isAnother = externalId?.before !== undefined && externalId.after !== undefined;
  const values = {
    resource: labelText(resource.label),
    held: plainText(before),
    value: plainText(after),
    former: labelText(labelBefore ?? before),
    ...(isAnother && { heldId: plainText(String(externalId.before)), valueId: plainText(String(externalId.after)) }),
  };
  return finding(isAnother ? "identity.replaced" : "identity.renamed", seen.facts.actor, values, {
    resources: [resource],
    versions: [versionBefore(done)],
  });
}

/** Another number of the same person; with another userName, see {@link renamed}. */
function renumbered({ facts }: Seen, done: Done, { before, after }: AttributeChange): Finding | undefined {
  const isRenamed = changesIn(done).some(({ path }) => path === "userName");
  if (done.fact.action !== "modify" && done.fact.action !== "replace") return undefined;
  if (typeof before !== "string" || (after !== undefined && isRenamed)) return undefined;
  const values = {
    resource: labelText(done.fact.resource.label),
    ...(after === undefined
      ? { what: "removed", values: `(it was ${plainText(before)})` }
      : { what: "changed", values: `from ${plainText(before)} to ${plainText(String(after))}` }),
  };
  const affected = { resources: [done.fact.resource], versions: [versionBefore(done)] };
  return finding("identity.renumbered", facts.actor, values, affected);
}

/** Values that somebody no longer has may turn up at somebody else. */
function leaveBehind({ memory, facts }: Seen, { fact, subject, written }: Done, change: AttributeChange): void {
  const before = written.before === undefined ? undefined : change.before;
  const kept = new Set(valuesIn(fact.action === "delete" ? undefined : change.after).map(fold));
  for (const value of valuesIn(before)) {
    if (kept.has(fold(value))) continue;
    const key = `${subject.endpoint.key} ${change.path} ${fold(value)}`;
    memory.formerOwners.set(key, { who: fact.resource, untilMs: facts.atMs });
  }
}

/** Whether somebody else has a value, or had it until recently. */
async function taken(
  seen: Seen,
  done: Done,
  { path, before }: AttributeChange,
  value: string,
): Promise<Finding | undefined> {
  const { fact, subject } = done;
  if (fact.action === "delete" || valuesIn(before).some((each) => fold(each) === fold(value))) return undefined;
  const { facts, memory, store } = seen;
  const full = path === "emails" ? "emails.value" : path;
  const values = (other: Reference) => ({
    resource: labelText(fact.resource.label),
    name: path === "emails" ? "e-mail address" : "external ID",
    path: full,
    type: fact.resource.type,
    value: plainText(value),
    ...otherValues(other),
  });
  const { endpoint, model } = subject;
  const owner = await store.resources.anotherWith(store.committed, endpoint.key, model, full, value, fact.resource.id);
  if (owner !== undefined) {
    return finding("identity.shared", facts.actor, values(owner), { resources: [fact.resource, owner] });
  }
  const former = memory.formerOwners.get(`${subject.endpoint.key} ${path} ${fold(value)}`);
  if (former === undefined || former.who.id === fact.resource.id) return undefined;
  const at = momentText(former.untilMs);
  return finding(
    "identity.moved",
    facts.actor,
    { ...values(former.who), at },
    { resources: [fact.resource, former.who] },
  );
}

/** Somebody with the same userName, or a group with the same displayName, was deleted before. */
async function recreated(
  seen: Seen,
  { fact, written, subject }: Done,
  attribute: "userName" | "displayName",
): Promise<Finding | undefined> {
  const { store, facts } = seen;
  const name = written.after[attribute];
  if (typeof name !== "string") return undefined;
  const page = { label: fact.resource.label, limit: MAX_LOOKED_THROUGH };
  const entries = await store.monitor.history.deletedNamed(store.committed, subject.endpoint.key, page);
  const former = entries.find(({ changes, resource }) => {
    const change = changes.find(({ path }) => path === attribute);
    const before = change?.kind === "attribute" ? change.before : undefined;
    return resource.id !== fact.resource.id && typeof before === "string" && fold(before) === fold(name);
  });
  if (former === undefined) return undefined;
  const values = {
    resource: labelText(fact.resource.label),
    by: actorText(former),
    at: momentText(former.atMs),
    value: plainText(name),
    attribute,
    formerType: fact.resource.type,
    formerId: former.resource.id,
    ...(attribute === "userName" ? { person: "" } : { group: "" }),
  };
  return finding("identity.recreated", facts.actor, values, { resources: [fact.resource, former.resource] });
}

/**
 * A create found a deactivated person.
 * @param outcome `refused` or `accepted`, as the texts name it
 */
export async function returned(
  seen: Seen,
  who: Reference,
  outcome: { readonly refused: "" } | { readonly accepted: "" },
  userName: Json | undefined,
): Promise<Finding | undefined> {
  const { store, endpoint, facts } = seen;
  if (endpoint === undefined) return undefined;
  const page = { limit: MAX_LOOKED_THROUGH };
  const { entries } = await store.monitor.history.versions(store.committed, endpoint.key, who.id, page);
  const end = entries.find(({ changes }) =>
    changes.some((change) => change.kind === "attribute" && change.path === "active" && change.after === false),
  );
  if (end === undefined) return undefined;
  const tried = "refused" in outcome ? "tried to create" : "sent a create request for";
  const values = {
    ...outcome,
    ...otherValues(who),
    tried,
    by: actorText(end),
    at: momentText(end.atMs),
    value: plainText(String(userName)),
  };
  return finding("identity.returned", facts.actor, values, { resources: [who] });
}

export function otherValues({ label, type, id }: Reference) {
  return { other: labelText(label), otherType: type, otherId: id };
}

/** Who wrote an entry of the history, in the middle of a sentence. */
export function actorText({ actor: { credential, dialect } }: Pick<HistoryEntry, "actor">): string {
  const { text } = actor({ label: credential, dialect: dialect as Dialect }) as { text: string };
  return text.replace(/^A(?=n? )/, "a");
}
