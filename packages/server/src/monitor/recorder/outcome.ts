import { type ChangeSet, isObject, type Json, type JsonObject, type ResourceModel } from "@scimtool/scim";
import type { BulkAnswer } from "../../directory/bulk/bulk.ts";
import type { Written as DirectoryWritten, Sent, Subject } from "../../directory/context.ts";
import type { ValueTaken } from "../../directory/refusals.ts";
import { labelOf } from "../../directory/resource.ts";
import { Creation } from "../../directory/writes.ts";
import type { ServedEndpoint } from "../../endpoint/served-endpoint.ts";
import { attributesOf, idOf } from "../../store/resource-body.ts";
import type { Reference, Store } from "../../store/store.ts";
import type {
  Attempt,
  BulkPart,
  Conflict,
  Former,
  Holder,
  Outcome,
  Paging,
  Refused,
  Searched,
  Written,
} from "../exchange-facts.ts";
import { notKeptByPatch, notKeptByResource } from "../not-kept.ts";
import type { Answered, AnsweredPlace, Refusal, SearchedPage } from "./answered.ts";

/** The outcomes of so many operations of a bulk request are determined; all are counted. */
const MAX_BULK_OPERATIONS = 1_000;

/**
 * Determines the outcome of a request, from what was handed over and what can be looked up now. Synchronous if nothing
 * must be looked up, as for most.
 * @param path below the base URI
 */
export function outcomeOf(answered: Answered, path: string, store: Store): Outcome | Promise<Outcome> {
  const { happened } = answered;
  switch (happened.kind) {
    case "written":
      return writtenOutcome(happened.subject, happened.written, happened.sent);
    case "read": {
      const { id, label } = happened.stored;
      return { kind: "read", type: happened.model.type.name, id, label, found: true, former: undefined };
    }
    case "searched":
      return searchedOutcome(happened);
    case "discovered":
    case "token":
    case "administered":
      return happened;
    case "bulk":
      return bulkOutcome(happened.answers, answered, store);
    case "refused":
      return refusal(happened.error, answered, path, store);
  }
}

async function bulkOutcome(answers: readonly BulkAnswer[], answered: Answered, store: Store): Promise<Outcome> {
  const told = answers.slice(0, MAX_BULK_OPERATIONS);
  return { kind: "bulk", operations: await Promise.all(told.map((answer) => bulkPart(answer, answered, store))) };
}

async function refusal(error: Refusal, answered: Answered, path: string, store: Store): Promise<Outcome> {
  const { place, method, requestJson } = answered;
  const attempted = attemptOf(method, path, requestJson, place.endpoint?.modelAt ?? NO_MODELS);
  const refused = await refusedOutcome(error, attempted, place, store);
  const { action, type, id } = refused.attempted;
  // That something does not exist is an answer like any other.
  if (refused.status === 404 && action === "read" && type !== undefined && id !== undefined) {
    return {
      kind: "read",
      type,
      id,
      label: undefined,
      found: false,
      former: refused.former,
      elsewhere: refused.elsewhere,
    };
  }
  return refused;
}

const NO_MODELS: ReadonlyMap<string, ResourceModel> = new Map();

function writtenOutcome({ model, reading }: Subject, written: DirectoryWritten, sent: Sent): Written {
  const { action, stored, before, after } = written;
  const { name } = after;
  const givenName = isObject(name) ? name["givenName"] : undefined;
  return {
    kind: "written",
    action,
    resource: { type: model.type.name, id: stored.id, label: labelOf(after, stored.id) },
    labelBefore: before === undefined ? undefined : labelOf(before, stored.id),
    givenName: typeof givenName === "string" ? givenName : undefined,
    changes: toldChanges(written),
    notKept: notKeptBy(sent, model),
    notes: reading.notes,
  };
}

/** The state before a deletion or after a creation is read from the history. */
function toldChanges(written: DirectoryWritten): ChangeSet {
  if (written instanceof Creation) return written.told;
  return written.action === "delete" ? [] : written.changes;
}

function notKeptBy(sent: Sent, model: ResourceModel): string[] {
  if (sent === undefined || model.neverReturned.length === 0) return [];
  return isOperations(sent) ? notKeptByPatch(sent, model) : notKeptByResource(sent, model);
}

function isOperations(sent: NonNullable<Sent>): sent is Exclude<NonNullable<Sent>, JsonObject> {
  return Array.isArray(sent);
}

function searchedOutcome({ model, parameters, total, returned, only }: SearchedPage): Searched {
  const { cursor, startIndex, count, filter } = parameters;
  const paging: Paging =
    cursor === undefined ? { kind: "index", startIndex, count } : { kind: "cursor", isFirst: cursor === "", count };
  return {
    kind: "searched",
    type: model?.type.name,
    filter,
    total,
    returned,
    paging,
    only: only && {
      type: only.type,
      id: idOf(only.stored),
      label: only.stored.label ?? labelOf(attributesOf(only.stored), idOf(only.stored)),
    },
  };
}

async function bulkPart({ entry, outcome }: BulkAnswer, answered: Answered, store: Store): Promise<BulkPart> {
  const { method = "", path } = entry;
  const written = path === undefined ? "" : path.endpoint + (path.id === undefined ? "" : `/${path.id}`);
  if (outcome.kind === "done") {
    const { status, subject, written: done, sent } = outcome;
    return { method, path: written, status, outcome: writtenOutcome(subject, done, sent) };
  }
  const data = entry.kind === "operation" ? entry.data : undefined;
  const attempted = attemptOf(method, written, data, answered.place.endpoint?.modelAt ?? NO_MODELS);
  const refused = await refusedOutcome(refusalOf(outcome.error), attempted, answered.place, store);
  return { method, path: written, status: refused.status, outcome: refused };
}

/** Errors other than refusals are answered 500. */
function refusalOf(error: unknown): Refusal {
  const { status = 500, message = "" } = error as Partial<Refusal>;
  return typeof status === "number" ? { ...(error as Refusal), status, message } : { status: 500, message };
}

async function refusedOutcome(
  error: Refusal,
  attempted: Attempt,
  place: AnsweredPlace,
  store: Store,
): Promise<Refused> {
  const { status, message, scimType, reason } = error;
  const { endpoint } = place;
  const failed = error.failed ?? place.failed;
  const { type, id } = attempted;
  const refused = { kind: "refused", status, scimType, detail: message, reason, failed, attempted } as const;
  // Without a valid credential, nothing is looked up.
  if (endpoint === undefined || failed !== undefined) return { ...refused, conflict: undefined, former: undefined };
  const scope = store.committed;
  const known = id === undefined ? undefined : (await store.resources.references(scope, endpoint.key, [id])).get(id);
  const former =
    id === undefined || known !== undefined || type === undefined ? undefined : await formerOf(endpoint.key, id, store);
  const isElsewhere = known !== undefined && type !== undefined && known.type !== type;
  const label = isElsewhere ? undefined : known?.label;
  return {
    ...refused,
    attempted: { ...attempted, name: label ?? attempted.name ?? former?.label },
    conflict: reason?.code === "valueTaken" ? await conflictOf(reason, endpoint, store) : undefined,
    former: status === 404 ? former : undefined,
    elsewhere: status === 404 && isElsewhere ? known : undefined,
  };
}

/** The deleted resource that had this ID. */
async function formerOf(endpoint: number, id: string, store: Store): Promise<Former | undefined> {
  const { entries } = await store.monitor.history.versions(store.committed, endpoint, id, { limit: 1 });
  const [last] = entries;
  return last?.action === "delete"
    ? { type: last.resource.type, label: last.resource.label, deletedMs: last.atMs }
    : undefined;
}

async function conflictOf(
  { attribute, value, holder }: ValueTaken,
  endpoint: ServedEndpoint,
  store: Store,
): Promise<Conflict> {
  return { attribute, value, holder: holder && (await holderOf(holder, endpoint, attribute, store)) };
}

async function holderOf(
  holder: Reference,
  { key, models, settings }: ServedEndpoint,
  attribute: string,
  store: Store,
): Promise<Holder | undefined> {
  const model = models.find(({ type }) => type.name === holder.type);
  const wanted = { groups: false, members: false };
  const stored = model && (await store.resources.get(store.committed, key, model, holder.id, wanted));
  if (stored === undefined) return undefined;
  const { active, userName } = attributesOf(stored);
  const isDeactivated = active === false;
  const isReactivatable =
    isDeactivated && holder.type === "User" && attribute === "userName" && settings.recreate === "refuse";
  const held = typeof userName === "string" ? userName : undefined;
  return { ...holder, createdMs: stored.createdMs, isDeactivated, isReactivatable, held };
}

/** Below the path of an endpoint, or below no existing one. */
const TOKEN = /^(?:\/scim\/endpoints\/[^/]+)?\/oauth\/token$/;

const SIGN_IN = "/api/session";

const DISCOVERY = /^\/(?:ServiceProviderConfig|ResourceTypes|Schemas)(?:\/|$)/;

/** What a request was meant to do, according to its method, path and body. */
function attemptOf(
  method: string,
  path: string,
  json: Json | undefined,
  modelAt: ReadonlyMap<string, ResourceModel>,
): Attempt {
  const [, segment = "", id, more] = path.split("/");
  const model = modelAt.get(segment) ?? (segment === "Me" ? modelAt.get("Users") : undefined);
  const type = model?.type.name;
  const isSearch = method === "POST" && (segment === ".search" || id === ".search");
  const { action, hasId } = actionOf(method, path, segment, id, isSearch, type !== undefined);
  return {
    action,
    type,
    id: hasId && !more && id !== undefined ? decoded(id) : undefined,
    name: action === "create" ? nameIn(json) : undefined,
  };
}

function actionOf(
  method: string,
  path: string,
  segment: string,
  id: string | undefined,
  isSearch: boolean,
  isResource: boolean,
): { action: Attempt["action"]; hasId: boolean } {
  const isRead = method === "GET" || method === "HEAD";
  if (isSearch) return { action: "search", hasId: false };
  if (method === "POST" && segment === "Bulk") return { action: "bulk", hasId: false };
  if (method === "POST" && TOKEN.test(path)) return { action: "token", hasId: false };
  if (method === "POST" && path === SIGN_IN) return { action: "sign-in", hasId: false };
  if (isRead && DISCOVERY.test(path)) return { action: "discover", hasId: false };
  if (!isResource) return { action: "other", hasId: false };
  const hasId = id !== undefined && id !== "";
  if (isRead) return { action: hasId || segment === "Me" ? "read" : "search", hasId };
  if (method === "POST" && !hasId) return { action: "create", hasId };
  const action = ({ PUT: "replace", PATCH: "modify", DELETE: "delete" } as const)[method];
  return { action: action ?? "other", hasId };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function nameIn(json: Json | undefined): string | undefined {
  if (!isObject(json)) return undefined;
  const { userName, displayName } = json;
  return [userName, displayName].find((name) => typeof name === "string" && name.trim() !== "") as string | undefined;
}
