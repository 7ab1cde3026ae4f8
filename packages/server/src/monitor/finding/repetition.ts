import { createHash } from "node:crypto";
import { type AttributeChange, type Change, fold, type Json } from "@scimtool/scim";
import type { Finding } from "../../store/exchange.ts";
import type { KeptHistoryEntry } from "../../store/monitor.ts";
import { clientName, type Dialect, vendorOf } from "../dialect/client.ts";
import type { Refused } from "../exchange-facts.ts";
import { attributeName, listedUpTo } from "../words/names.ts";
import { actor } from "../words/sentence.ts";
import { labelText, momentText, numberText, plainText, valueText } from "../words/values.ts";
import { finding } from "./finding.ts";
import { otherValues, returned } from "./identity.ts";
import { isDerived, versionBefore } from "./loss.ts";
import type { EarlierWrite } from "./memory.ts";
import { recalledCreation, recalledWrite, versionsOf } from "./recall.ts";
import type { Done, Seen } from "./seen.ts";

const HOUR_MS = 3_600_000;

/** A write that was sent before, and attributes that change back and forth. */
export async function findRepetitions(seen: Seen, done: Done): Promise<readonly Finding[]> {
  const { fact } = done;
  const found: Finding[] = [];
  const isSame = fact.changes.length === 0 && (fact.action === "modify" || fact.action === "replace");
  const isAlone = seen.answered.happened.kind === "written";
  const earlier = await rememberWrite(
    seen,
    isSame && isAlone ? () => recalledWrite(seen, fact.resource.id) : undefined,
  );
  if (isSame && isAlone && earlier !== undefined) {
    const values = { resource: labelText(fact.resource.label), status: earlier.status, at: momentText(earlier.atMs) };
    found.push(finding("repetition.write", seen.facts.actor, values, { resources: [fact.resource] }));
  }
  if (fact.action === "modify" || fact.action === "replace") {
    found.push(...(await findReversals(seen, done)));
  }
  return found;
}

/**
 * @param recall finds it if the memory has no write to the path
 * @returns the same write before this one
 */
async function rememberWrite(
  { memory, client, answered, facts }: Seen,
  recall: (() => Promise<EarlierWrite | undefined>) | undefined,
): Promise<EarlierWrite | undefined> {
  const { requestBody } = answered;
  if (requestBody === undefined || requestBody.length === 0) return undefined;
  const digest = createHash("sha1").update(requestBody).digest("base64");
  const key = `${client} ${facts.method} ${facts.path} ${facts.method === "POST" ? digest : ""}`;
  const known = memory.writes.get(key);
  const earlier = known === undefined ? await recall?.() : known.digest === digest ? known : undefined;
  const repeats = earlier?.repeats === undefined ? undefined : earlier.repeats + 1;
  const again = earlier && { ...earlier, digest, repeats };
  const isRefusedAgain = again?.status === 201 && facts.status === 409;
  memory.writes.set(key, isRefusedAgain ? again : { digest, atMs: facts.atMs, status: facts.status, repeats: 0 });
  return again;
}

/** One change of an attribute, by whom. Values as JSON. */
type Turn = {
  readonly atMs: number;
  readonly before: string;
  readonly after: string;
  readonly by: string;
  readonly credential: string;
};

async function findReversals(seen: Seen, done: Done): Promise<Finding[]> {
  const { written } = done;
  const comparable = written.changes.filter(isComparable);
  const { id, revision } = written.stored;
  const isChangedBefore = revision > 2;
  if (comparable.length === 0 || !isChangedBefore) return [];
  const versions = (await versionsOf(seen, id)).filter((each) => each.revision <= revision && each.action !== "create");
  return comparable.flatMap(({ path }) => {
    const turns = versions.flatMap((version) =>
      version.changes.filter(isComparable).flatMap((change) => (change.path === path ? [turnOf(version, change)] : [])),
    );
    return backAndForth(seen, done, path, turns);
  });
}

function turnOf({ atMs, actor: { credential, dialect } }: KeptHistoryEntry, { before, after }: AttributeChange): Turn {
  return {
    atMs,
    before: JSON.stringify(before ?? null),
    after: JSON.stringify(after ?? null),
    by: actor({ label: credential, dialect: dialect as Dialect }).text,
    credential: labelText(credential ?? ""),
  };
}

function isComparable(change: Change): change is AttributeChange {
  if (change.kind !== "attribute" || isDerived(change.path)) return false;
  return isShort(change.before) && isShort(change.after);
}

/** @param turns the changes of an attribute, the newest first */
function backAndForth(seen: Seen, done: Done, path: string, [own, other, first]: readonly Turn[]): Finding[] {
  if (own === undefined || other === undefined || !isReversal(own, other)) return [];
  const isThird = first !== undefined && isReversal(other, first);
  return isThird ? [flipFlop(seen, done, path, [first, other, own])] : undone(seen, done, path, own, other);
}

function isReversal(later: Turn, earlier: Turn): boolean {
  return later.before === earlier.after && later.after === earlier.before;
}

function flipFlop({ facts }: Seen, { fact }: Done, path: string, turns: readonly [Turn, Turn, Turn]): Finding {
  const { before, after, by, credential } = turns[2];
  const isOneKind = turns.every((each) => each.by === by);
  const isOneCredential = turns.every((each) => each.credential === credential);
  const nameOf = (turn: Turn) => (isOneKind && !isOneCredential ? withToken(turn) : turn.by);
  const clients = [...new Set(turns.map(nameOf))];
  const values = {
    name: attributeName(path),
    path,
    resource: labelText(fact.resource.label),
    held: told(before, path),
    value: told(after, path),
    changes: turns.map((each) => `${nameOf(each)} to ${told(each.after, path)}`).join(", "),
    clients: listedUpTo(5, clients),
    ...(clients.length > 1 ? { several: "" } : { single: "" }),
  };
  return finding("repetition.flip-flop", facts.actor, values, { resources: [fact.resource] });
}

/** The last change took back the one before, which another client made. Administrators do so on purpose. */
function undone({ facts, answered }: Seen, done: Done, path: string, own: Turn, other: Turn): Finding[] {
  const isOneClient = other.by === own.by && other.credential === own.credential;
  if (isOneClient || answered.place.isManual) return [];
  const { resource, action } = done.fact;
  const values = {
    name: attributeName(path),
    resource: labelText(resource.label),
    other: other.by === own.by ? withToken(other) : other.by,
    value: told(own.after, path),
    held: told(own.before, path),
    at: momentText(other.atMs),
    ...(action === "replace" ? { copy: "" } : { both: "" }),
  };
  return [
    finding("repetition.undone", facts.actor, values, { resources: [resource], versions: [versionBefore(done)] }),
  ];
}

function withToken({ by, credential }: Turn): string {
  return `${by} with the token "${credential}"`;
}

function told(json: string, path: string): string {
  return valueText(JSON.parse(json) as Json, path);
}

/** Longer values are not compared. */
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
  const isCreate = attempted.action === "create";
  const earlier = isCreate ? await rememberWrite(seen, () => recalledCreation(seen, other.id)) : undefined;
  if (earlier !== undefined && earlier.status === 201) {
    const { repeats } = earlier;
    const times = repeats === undefined ? undefined : repeats === 1 ? "once" : `${numberText(repeats)} times`;
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
    const isCase = held.toLowerCase() === conflict.value.toLowerCase();
    const differs = isCase
      ? { difference: "letter case", isCase: "" }
      : { difference: "how characters are encoded", isEncoding: "" };
    const values = { ...otherValues(other), value: conflict.value, held, ...differs };
    found.push(finding("identity.letter-case", facts.actor, values, { resources: [other] }));
  }
  if (isCreate && holder.isReactivatable) {
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
    first: clientName(known.dialect),
    second: isTool ? `a client with the User-Agent "${plainText(userAgent ?? "")}"` : clientName(dialect),
    ...(isTool ? { tool: "" } : { vendor: "" }),
    label: `"${labelText(label ?? "")}"`,
    at: momentText(known.atMs),
  };
  return finding("repetition.shared-token", facts.actor, values);
}
