import { createHash } from "node:crypto";
import { type Change, fold, type Json } from "@scimtool/scim";
import type { Finding } from "../../store/exchange.ts";
import { namesOf, vendorOf } from "../dialect/client.ts";
import type { Refused } from "../exchange-facts.ts";
import { attributeName } from "../words/names.ts";
import { actor } from "../words/sentence.ts";
import { labelText, momentText, numberText, plainText, valueText } from "../words/values.ts";
import type { Done, Seen } from "./find.ts";
import { finding, listedUpTo } from "./finding.ts";
import { otherValues, returned } from "./identity.ts";
import { versionBefore } from "./loss.ts";
import type { AttributeChange } from "./memory.ts";

const HOUR_MS = 3_600_000;

/** Changes of an attribute that are compared: to one value, to another, and back. */
const FLIPS = 3;

/** A write that was sent before, and attributes that change back and forth. */
export function findRepetitions(seen: Seen, done: Done): readonly Finding[] {
  const { fact } = done;
  const earlier = rememberWrite(seen);
  const found: Finding[] = [];
  const isSame = fact.changes.length === 0 && (fact.action === "modify" || fact.action === "replace");
  if (isSame && earlier !== undefined && seen.answered.happened.kind === "written") {
    const values = { resource: labelText(fact.resource.label), status: earlier.status, at: momentText(earlier.atMs) };
    found.push(finding("repetition.write", seen.facts.actor, values, { resources: [fact.resource] }));
  }
  if (fact.action === "modify" || fact.action === "replace") {
    for (const change of done.written.changes) found.push(...flipFlop(seen, done, change));
  }
  return found;
}

/** @returns the same write before this one */
function rememberWrite({ memory, client, answered, facts }: Seen) {
  const { requestBody } = answered;
  if (requestBody === undefined || requestBody.length === 0) return undefined;
  const digest = createHash("sha1").update(requestBody).digest("base64");
  const key = `${client} ${facts.method} ${facts.path} ${facts.method === "POST" ? digest : ""}`;
  const earlier = memory.writes.get(key);
  const isSame = earlier?.digest === digest;
  const isRefusedAgain = isSame && earlier.status === 201 && facts.status === 409;
  const first = isRefusedAgain ? earlier : { digest, atMs: facts.atMs, status: facts.status };
  memory.writes.set(key, { ...first, repeats: isRefusedAgain ? earlier.repeats + 1 : 0 });
  return isSame ? { ...earlier, repeats: earlier.repeats + 1 } : undefined;
}

function flipFlop(seen: Seen, done: Done, change: Change): Finding[] {
  const { memory, facts } = seen;
  const { fact, subject, written } = done;
  const { path } = change;
  const isComparable = change.kind === "attribute" && isShort(change.before) && isShort(change.after);
  if (!isComparable || /manager\.(?:\$ref|displayName)$/.test(path)) return [];
  const [before, after] = [JSON.stringify(change.before ?? null), JSON.stringify(change.after ?? null)];
  const key = `${subject.endpoint.key} ${written.stored.id} ${path}`;
  const by = actor(facts.actor).text;
  const credential = labelText(facts.actor.label ?? "");
  const changes = [...(memory.attributes.get(key) ?? []), { atMs: facts.atMs, before, after, by, credential }].slice(
    -FLIPS,
  );
  memory.attributes.set(key, changes);
  const [first, second, third] = changes;
  const isBackAndForth =
    first?.after === third?.after && first?.before === third?.before && second?.after === first?.before;
  if (third === undefined || !isBackAndForth) return undone(seen, done, path, changes);
  memory.attributes.delete(key);
  const isOneKind = changes.every((each) => each.by === by);
  const isOneCredential = changes.every((each) => each.credential === credential);
  const nameOf = (each: AttributeChange) =>
    isOneKind && !isOneCredential ? `${each.by} with the token "${each.credential}"` : each.by;
  const clients = [...new Set(changes.map(nameOf))];
  const told = (json: string) => valueText(JSON.parse(json) as Json, path);
  const values = {
    name: attributeName(path),
    path,
    resource: labelText(fact.resource.label),
    held: told(before),
    value: told(after),
    changes: changes.map((each) => `${nameOf(each)} to ${told(each.after)}`).join(", "),
    clients: listedUpTo(5, clients),
    ...(clients.length > 1 ? { several: "" } : { single: "" }),
  };
  return [finding("repetition.flip-flop", facts.actor, values, { resources: [fact.resource] })];
}

/** The last change took back the one before, which another client made. Administrators do so on purpose. */
function undone(seen: Seen, done: Done, path: string, changes: readonly AttributeChange[]): Finding[] {
  const [other, own] = changes.slice(-2);
  const isUndone = other !== undefined && own?.after === other.before && own.before === other.after;
  if (!isUndone || seen.answered.place.isManual) return [];
  if (other.by === own.by && other.credential === own.credential) return [];
  const told = (json: string) => valueText(JSON.parse(json) as Json, path);
  const { resource } = done.fact;
  const values = {
    name: attributeName(path),
    resource: labelText(resource.label),
    other: other.by === own.by ? `${other.by} with the token "${other.credential}"` : other.by,
    value: told(own.after),
    held: told(own.before),
    at: momentText(other.atMs),
    ...(done.fact.action === "replace" ? { copy: "" } : { both: "" }),
  };
  const versions = [versionBefore(done)];
  return [finding("repetition.undone", seen.facts.actor, values, { resources: [resource], versions })];
}

/** What is remembered of many resources. */
function isShort(json: Json | undefined): boolean {
  return (
    json === undefined ||
    typeof json === "boolean" ||
    typeof json === "number" ||
    (typeof json === "string" && json.length <= 200)
  );
}

/** A create that was refused because the person is here: created by the same request before, or deactivated. */
export async function findRepeatedCreate(seen: Seen, { conflict, attempted }: Refused): Promise<readonly Finding[]> {
  const holder = conflict?.holder;
  if (conflict === undefined || holder === undefined || attempted.type === undefined) return [];
  const other = { type: holder.type, id: holder.id, label: holder.label };
  const { facts } = seen;
  const found: (Finding | undefined)[] = [];
  const earlier = attempted.action === "create" ? rememberWrite(seen) : undefined;
  if (earlier !== undefined && earlier.status === 201) {
    const times = earlier.repeats === 1 ? "once" : `${numberText(earlier.repeats)} times`;
    const values = { ...otherValues(other), path: conflict.attribute, at: momentText(earlier.atMs), times };
    found.push(finding("repetition.create", facts.actor, values, { resources: [other] }));
  }
  const { held } = holder;
  if (
    conflict.attribute === "userName" &&
    held !== undefined &&
    held !== conflict.value &&
    fold(held) === fold(conflict.value)
  ) {
    const values = { ...otherValues(other), value: conflict.value, held };
    found.push(finding("identity.letter-case", facts.actor, values, { resources: [other] }));
  }
  if (attempted.action === "create" && holder.isReactivatable) {
    found.push(await returned(seen, other, { refused: "" }, conflict.value));
  }
  return found.filter((each) => each !== undefined);
}

/** Two products, or a product and a tool, with the same credential. Told once an hour. */
export function findSharedToken({ memory, facts, answered, endpoint }: Seen): Finding | undefined {
  const { credential, isManual } = answered.place;
  const { dialect, label } = facts.actor;
  const vendor = vendorOf(dialect);
  if (credential === undefined || isManual) return undefined;
  const key = `${endpoint?.key} ${credential.identity}`;
  const known = memory.users.get(key);
  const { atMs, userAgent, outcome } = facts;
  // A program without a vendor counts only if it has a name and writes.
  const isTool = vendor === undefined && Boolean(userAgent) && outcome.kind === "written";
  if (vendor === undefined && (!isTool || known === undefined)) return undefined;
  if (known === undefined || vendorOf(known.dialect) === vendor) {
    memory.users.set(key, { dialect, atMs, reportedMs: known?.reportedMs ?? 0 });
    return undefined;
  }
  const isReported = atMs - known.reportedMs < HOUR_MS;
  const reportedMs = isReported ? known.reportedMs : atMs;
  memory.users.set(key, isTool ? { ...known, reportedMs } : { dialect, atMs, reportedMs });
  if (isReported) return undefined;
  const values = {
    first: namesOf(known.dialect)?.name,
    second: isTool ? `a client with the User-Agent "${plainText(userAgent ?? "")}"` : namesOf(dialect)?.name,
    ...(isTool ? { tool: "" } : { vendor: "" }),
    label: `"${labelText(label ?? "")}"`,
    at: momentText(known.atMs),
  };
  return finding("repetition.shared-token", facts.actor, values);
}
