import { isObject, type Json, type JsonObject } from "@scimtool/scim";
import { referencesOf, referredIds } from "../../directory/references.ts";
import { labelOf } from "../../directory/resource.ts";
import type { Finding } from "../../store/exchange.ts";
import { attributesOf } from "../../store/resource-body.ts";
import type { Reference } from "../../store/store.ts";
import type { Refused } from "../exchange-facts.ts";
import { labelText, momentText, plainText } from "../words/values.ts";
import { ENTERPRISE, finding } from "./finding.ts";
import { actorText, otherValues } from "./identity.ts";
import { namedBy, nameOfIdentifier } from "./ids.ts";
import { memberOf, versionBefore } from "./loss.ts";
import type { Done, Seen } from "./seen.ts";

/** IDs of one request that are looked up; the first ones tell what is wrong. */
const MAX_LOOKED_UP = 5;

/** Longer circles are not looked for. */
const MAX_MANAGERS = 20;

/** Members and managers that do not exist, and managers that lead in a circle. */
export async function findReferences(seen: Seen, done: Done): Promise<readonly Finding[]> {
  const { fact } = done;
  if (fact.action === "delete") return [];
  const found: (Finding | undefined)[] = [await managers(seen, done), await groupCycle(seen, done)];
  if (fact.notes.some(({ code }) => code === "dangling-reference")) {
    for (const { path, id } of (await dangling(seen, done)).slice(0, MAX_LOOKED_UP)) {
      found.push(
        await unknown(seen, fact.resource, { path, id, effect: "The reference was stored as sent.", accepted: "" }),
      );
    }
  }
  return found.filter((each) => each !== undefined);
}

/** IDs for which a request was refused. */
export async function findRefusedReferences(seen: Seen, { reason, attempted }: Refused): Promise<readonly Finding[]> {
  if (reason?.code !== "unknownReference") return [];
  const { type = "", id = "", name } = attempted;
  const who = { type, id, label: name ?? id };
  const found: (Finding | undefined)[] = [];
  for (const each of reason.ids.slice(0, MAX_LOOKED_UP)) {
    const effect = "The request was refused, because `danglingReferences` is `refuse`.";
    found.push(await unknown(seen, who, { path: reason.path, id: each, effect, refused: "" }));
  }
  return found.filter((each) => each !== undefined);
}

/** Groups to which a user did not belong at the time of a request either. */
async function notJoinedThen({ store, facts, endpoint }: Seen, user: string, groups: readonly string[]) {
  const found: string[] = [];
  for (const id of groups.slice(0, MAX_LOOKED_UP)) {
    const later = await store.monitor.history.versionsAfter(store.committed, endpoint?.key ?? 0, id, facts.atMs - 1);
    const isRemovedLater = later.some(({ changes }) =>
      changes.some((change) => change.kind === "collection" && change.removed.some(({ value }) => value === user)),
    );
    if (!isRemovedLater) found.push(id);
  }
  return found;
}

/** Groups in the body of a user, to which the user does not belong. */
export async function findOwnGroups(seen: Seen, { fact, subject, written }: Done): Promise<Finding | undefined> {
  const { facts, answered, store, endpoint } = seen;
  const { requestJson } = answered;
  const groups = isObject(requestJson) && fact.resource.type === "User" ? requestJson["groups"] : undefined;
  const isWhole = answered.happened.kind === "written" && (fact.action === "create" || fact.action === "replace");
  if (!isWhole || !Array.isArray(groups) || groups.length === 0) return undefined;
  const sent = groups.flatMap((each) => (isObject(each) && typeof each["value"] === "string" ? [each["value"]] : []));
  const include = { groups: true, members: false };
  const { key } = subject.endpoint;
  const stored = await store.resources.get(store.committed, key, subject.model, written.stored.id, include);
  const held = new Set((stored?.groups ?? []).map((each) => each.id));
  const missing = await notJoinedThen(
    seen,
    fact.resource.id,
    sent.filter((id) => !held.has(id)),
  );
  const [id] = missing;
  if (id === undefined || endpoint === undefined) return undefined;
  return finding(
    "reference.own-groups",
    facts.actor,
    {
      resource: labelText(fact.resource.label),
      count: sent.length - missing.length,
      sent: sent.length,
      path: `${endpoint.basePath}/Groups`,
      id: plainText(id),
      user: fact.resource.id,
    },
    { resources: [fact.resource] },
  );
}

/** IDs that a write stored although nothing has them. */
async function dangling({ store }: Seen, { fact, written, subject }: Done): Promise<{ path: string; id: string }[]> {
  const members = written.changes.flatMap((change) =>
    change.kind === "collection"
      ? change.added.map(memberOf).flatMap(({ type, id }) => (type === "" ? [{ path: change.path, id }] : []))
      : [],
  );
  const others: { path: string; id: string }[] = [];
  for (const reference of referencesOf(subject.model)) {
    if (!fact.notes.some(({ where }) => where === reference.attribute.path)) continue;
    const before = new Set(written.before === undefined ? [] : referredIds(written.before, reference));
    const ids = referredIds(written.after, reference).filter((id) => !before.has(id));
    const known = await store.resources.references(store.committed, subject.endpoint.key, ids);
    for (const id of ids) if (!known.has(id)) others.push({ path: reference.attribute.path, id });
  }
  return [...members, ...others];
}

type Sent = {
  readonly path: string;
  readonly id: string;
  readonly effect: string;
  readonly accepted?: "";
  readonly refused?: "";
};

/** An ID that nothing has: of somebody deleted, or of nobody. */
async function unknown(
  seen: Seen,
  resource: Reference,
  { path, id, effect, accepted, refused }: Sent,
): Promise<Finding | undefined> {
  const { store, endpoint, facts } = seen;
  if (endpoint === undefined) return undefined;
  const { entries } = await store.monitor.history.versions(store.committed, endpoint.key, id, { limit: 1 });
  const [last] = entries;
  const role = path === "members" ? "a member" : /manager$/.test(path) ? "the manager" : "a value";
  const name = path.replace(`${ENTERPRISE}:`, "");
  const values = {
    role,
    path: name,
    id: plainText(id),
    effect,
    accepted,
    refused,
    resource: labelText(resource.label) || "a new resource",
  };
  if (last?.action !== "delete") {
    const named = await namedBy(seen, id);
    if (named === undefined) {
      const looks = /^[\w-]+(?:[,;]\s*[\w-]+)+$/.test(id)
        ? { isList: "" }
        : /[@=\s]/.test(id)
          ? { isName: "" }
          : { isOpaque: "" };
      return finding("reference.unknown", facts.actor, { ...values, ...looks }, { resources: [resource] });
    }
    const { attribute, other } = named;
    const all = { ...values, attribute: nameOfIdentifier(attribute), ...otherValues(other) };
    return finding("reference.other-name", facts.actor, all, { resources: [resource, other] });
  }
  const { label, type } = last.resource;
  const former = { other: labelText(label), otherType: type, by: actorText(last), at: momentText(last.atMs) };
  return finding("reference.deleted", facts.actor, { ...values, ...former }, { resources: [resource, last.resource] });
}

/** Follows the managers upwards after a write that set one. */
async function managers(seen: Seen, done: Done): Promise<Finding | undefined> {
  const { fact, written, subject } = done;
  const first = managerIn(written.after);
  if (first === undefined || (written.before !== undefined && managerIn(written.before) === first)) return undefined;
  const { actor } = seen.facts;
  const { resource } = fact;
  const undo = {
    resources: [resource],
    versions: fact.action === "modify" || fact.action === "replace" ? [versionBefore(done)] : [],
  };
  const label = labelText(resource.label);
  if (first === resource.id) {
    return finding("reference.own-manager", actor, { resource: label, id: resource.id }, undo);
  }
  const { store } = seen;
  const circle: Reference[] = [resource];
  for (let id: string | undefined = first; id !== undefined && circle.length <= MAX_MANAGERS; ) {
    if (id === resource.id) {
      const names = [...circle, resource].map((each) => labelText(each.label)).join(" → ");
      return finding(
        "reference.manager-cycle",
        actor,
        { resource: label, circle: names },
        { ...undo, resources: circle },
      );
    }
    if (circle.some((each) => each.id === id)) return undefined;
    const include = { groups: false, members: false };
    const manager = await store.resources.get(store.committed, subject.endpoint.key, subject.model, id, include);
    if (manager === undefined) return undefined;
    circle.push({ type: subject.model.type.name, id, label: labelOf(attributesOf(manager), id) });
    id = managerIn(attributesOf(manager));
  }
  return undefined;
}

/** Looks into the groups that a write added to a group, and into those in them. */
async function groupCycle({ store, facts }: Seen, done: Done): Promise<Finding | undefined> {
  const { fact, written, subject } = done;
  const own = fact.resource;
  const isGroup = ({ type }: Reference) => type === subject.model.type.name;
  const added = written.changes.flatMap((change) => (change.kind === "collection" ? change.added.map(memberOf) : []));
  const paths: Reference[][] = added.filter(isGroup).map((group) => [own, group]);
  const known = new Set<string>();
  for (let path = paths.shift(); path !== undefined && known.size < MAX_GROUPS; path = paths.shift()) {
    const last = path.at(-1) ?? own;
    if (last.id === own.id) {
      const values = {
        resource: labelText(own.label),
        circle: path.map(({ label }) => labelText(label)).join(" → "),
      };
      const versions = fact.action === "create" ? [] : [versionBefore(done)];
      return finding("reference.group-cycle", facts.actor, values, { resources: path.slice(0, -1), versions });
    }
    if (known.has(last.id)) continue;
    known.add(last.id);
    const include = { groups: false, members: false };
    const { key: endpoint } = subject.endpoint;
    const group = await store.resources.get(store.committed, endpoint, subject.model, last.id, include);
    if (group === undefined) continue;
    const query = { text: "", offset: 0, limit: MAX_MEMBERS_SEEN };
    const { members } = await store.members.page(store.committed, endpoint, group.key, query);
    for (const member of members.filter(isGroup)) paths.push([...path, member]);
  }
  return undefined;
}

/** Nested groups, and members of each, that are looked at for a circle. */
const MAX_GROUPS = 20;
const MAX_MEMBERS_SEEN = 500;

function managerIn(resource: JsonObject): string | undefined {
  const extension: Json | undefined = resource[ENTERPRISE];
  const manager = isObject(extension) ? extension["manager"] : undefined;
  const id = isObject(manager) ? manager["value"] : undefined;
  return typeof id === "string" ? id : undefined;
}
