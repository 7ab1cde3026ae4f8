import {
  type BulkFault,
  type BulkOperation,
  dependenciesOf,
  failedDependency,
  type IdOf,
  type Json,
  planBulk,
  readPatch,
  ScimError,
  substituteBulkIds,
  targetId,
} from "@scimtool/scim";
import { readingFor } from "../../endpoint/served-endpoint.ts";
import { forEachYielding } from "../../event-loop.ts";
import type { FoundResource, Store, Transaction } from "../../store/store.ts";
import { NO_ROWS, type Sent, type Subject, type WriteContext, type Written } from "../context.ts";
import { nothingServedAt, valueTaken, valueTakenIn, versionRequired } from "../refusals.ts";
import { newResourceId } from "../resource.ts";
import {
  createIn,
  findDeactivated,
  insertIn,
  modifyIn,
  parseResource,
  reactivateIn,
  removeIn,
  replaceIn,
} from "../writes.ts";

export type BulkSubject = Omit<Subject, "model" | "reading">;

export type BulkEntry = BulkOperation | BulkFault;

/** The result of one operation. A failed one changed nothing. */
export type BulkOutcome = CompletedOperation | FailedOperation;

export type CompletedOperation = {
  readonly kind: "done";
  /** The HTTP status of the same operation as a single request. */
  readonly status: 200 | 201 | 204;
  /** ID of the resource. */
  readonly id: string;
  readonly subject: Subject;
  readonly written: Written;
  readonly sent: Sent;
};

export type FailedOperation = {
  readonly kind: "failed";
  /** A ScimError or an unexpected error. */
  readonly error: unknown;
};

export function failed(error: unknown): FailedOperation {
  return { kind: "failed", error };
}

/** Part of a bulk request that is carried out completely or not at all. */
export type Step =
  | { readonly kind: "fault"; readonly fault: BulkFault }
  | { readonly kind: "operation"; readonly operation: BulkOperation }
  /** Operations whose new resources refer to each other (RFC 7644 §3.7.1), or one that refers to its own. */
  | { readonly kind: "circle"; readonly operations: readonly BulkOperation[] };

/** The steps of a bulk request in the order of execution. Faults keep their place in the message. */
export function stepsOf(entries: readonly BulkEntry[]): Step[] {
  const faults = entries.filter((entry) => entry.kind === "fault");
  const steps: Step[] = [];
  const addFaultsBefore = (index: number): void => {
    while (faults[0] !== undefined && faults[0].index < index) {
      steps.push({ kind: "fault", fault: faults.shift() as BulkFault });
    }
  };
  for (const group of planBulk(entries.filter((entry) => entry.kind === "operation"))) {
    addFaultsBefore(group.at(-1)?.index ?? 0);
    const [operation] = group;
    if (operation === undefined) continue;
    steps.push(isCircle(group) ? { kind: "circle", operations: group } : { kind: "operation", operation });
  }
  addFaultsBefore(entries.length);
  return steps;
}

function isCircle([first, ...more]: readonly BulkOperation[]): boolean {
  if (more.length > 0) return true;
  return first?.method === "POST" && first.bulkId !== undefined && dependenciesOf(first).has(first.bulkId);
}

/** The entries of a step, in the order of the message. */
export function entriesOf(step: Step): readonly BulkEntry[] {
  if (step.kind === "fault") return [step.fault];
  return step.kind === "operation" ? [step.operation] : step.operations;
}

export type BulkContext = {
  readonly store: Store;
  readonly now: () => number;
  readonly transaction: Transaction;
  readonly shared: BulkSubject;
  /** The ID of the resource that an earlier operation created. */
  readonly idOf: IdOf;
  /** Whether the operation with this bulkId was tried and failed. */
  readonly hasFailed: (bulkId: string) => boolean;
  /** Called before each operation does anything. */
  readonly begin: (operation: BulkOperation) => void;
};

/**
 * Begins an operation.
 * @throws ScimError 400 if an operation it refers to failed, 404 for an unknown resource type, 428
 */
function beginOperation(
  operation: BulkOperation,
  { store, now, transaction, shared, begin, hasFailed }: BulkContext,
): WriteContext {
  begin(operation);
  for (const bulkId of dependenciesOf(operation)) if (hasFailed(bulkId)) throw failedDependency(bulkId);
  const { endpoint } = shared;
  const model = endpoint.modelAt.get(operation.path.endpoint.slice(1));
  if (model === undefined) throw nothingServedAt(operation.path.endpoint, endpoint.models);
  if (operation.method !== "POST" && operation.version === undefined && endpoint.settings.requireEtag) {
    throw versionRequired("send its version with the operation");
  }
  const subject = { ...shared, model, reading: readingFor(endpoint) };
  return { store, transaction, subject, nowMs: now(), include: NO_ROWS };
}

/**
 * Carries out one operation like a single request (RFC 7644 §3.7).
 * @throws ScimError as the single request does
 */
export async function runOperation(operation: BulkOperation, context: BulkContext): Promise<CompletedOperation> {
  const write = beginOperation(operation, context);
  const { subject } = write;
  const { idOf } = context;
  const data = substituteBulkIds(operation.data ?? null, idOf);
  if (operation.method === "POST") {
    const parsed = parseResource(data, subject);
    const written = await createIn(write, newResourceId(write.nowMs), parsed);
    return { kind: "done", status: 201, id: written.stored.id, subject, written, sent: parsed.resource };
  }
  const id = targetId(operation.path, idOf) ?? "";
  const ifMatch = subject.endpoint.settings.features.etag ? operation.version : undefined;
  const preconditions = ifMatch === undefined ? undefined : { ifMatch, ifNoneMatch: undefined };
  if (operation.method === "DELETE") {
    const written = await removeIn(write, id, preconditions);
    return { kind: "done", status: 204, id, subject, written, sent: undefined };
  }
  if (operation.method === "PUT") {
    const parsed = parseResource(data, subject);
    const written = await replaceIn(write, id, parsed, preconditions);
    return { kind: "done", status: 200, id, subject, written, sent: parsed.resource };
  }
  const operations = readPatch(data, subject.model, subject.reading);
  const written = await modifyIn(write, id, operations, preconditions);
  return { kind: "done", status: 200, id, subject, written, sent: operations };
}

/** A circle is one transaction, and other writers wait for it: this many operations take some tenths of a second. */
const MAX_CIRCLE_OPERATIONS = 1_000;

/** A resource of the circle while it is created. */
type CircleMember = {
  readonly operation: BulkOperation;
  readonly write: WriteContext;
  /** The deactivated user to reactivate instead; it has an ID already. */
  readonly deactivated: FoundResource | undefined;
  readonly id: string;
};

/**
 * Creates resources that refer to each other (RFC 7644 §3.7.1): assigns their IDs, inserts all, and then resolves the
 * references of each.
 * @throws ScimError the error of the operation that began last; 409 for a circle that is too large, which a server need
 *   not resolve
 */
export async function runCircle(
  operations: readonly BulkOperation[],
  context: BulkContext,
): Promise<CompletedOperation[]> {
  if (operations.length > MAX_CIRCLE_OPERATIONS) throw circleTooLarge(operations.length);
  const { now, begin } = context;
  const ids = new Map(operations.map(({ bulkId = "" }) => [bulkId, newResourceId(now())]));
  const idOf = (bulkId: string): string | undefined => ids.get(bulkId) ?? context.idOf(bulkId);
  const dataOf = ({ data = null }: BulkOperation) => substituteBulkIds(data, idOf);

  const members: CircleMember[] = [];
  for (const operation of operations) {
    const { bulkId = "" } = operation;
    const write = beginOperation(operation, context);
    const found = await findDeactivatedFor(write, dataOf(operation));
    const isTaken = members.some(({ deactivated }) => deactivated !== undefined && deactivated.id === found?.id);
    const deactivated = isTaken ? undefined : found;
    if (deactivated !== undefined) ids.set(bulkId, deactivated.id);
    members.push({ operation, write, deactivated, id: ids.get(bulkId) ?? "" });
  }

  const inserted: { readonly finish: () => Promise<Written>; readonly sent: Sent }[] = [];
  await forEachYielding(members, async ({ operation, write, deactivated, id }) => {
    begin(operation);
    const parsed = parseResource(dataOf(operation), write.subject);
    const finish =
      deactivated === undefined
        ? await namingBulkId(members, write, () => insertIn(write, id, parsed))
        : () => reactivateIn(write, deactivated, parsed);
    inserted.push({ finish, sent: parsed.resource });
  });

  const done: CompletedOperation[] = [];
  await forEachYielding(inserted.entries(), async ([at, { finish, sent }]) => {
    const { operation, write, id } = members[at] as CircleMember;
    begin(operation);
    const written = await namingBulkId(members, write, finish);
    done.push({ kind: "done", status: 201, id, subject: write.subject, written, sent });
  });
  return done;
}

async function findDeactivatedFor(write: WriteContext, data: Json): Promise<FoundResource | undefined> {
  const { subject } = write;
  if (subject.endpoint.settings.recreate !== "reactivate") return undefined;
  // The resource is parsed again with the final IDs, so these notes are discarded.
  const { resource } = parseResource(data, { ...subject, reading: { ...subject.reading, notes: [] } });
  return findDeactivated(write, resource);
}

/** If another resource of the circle has the same unique value, the error names its bulkId: its ID will not exist. */
async function namingBulkId<T>(
  members: readonly CircleMember[],
  { subject: { model } }: WriteContext,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const taken = valueTakenIn(error);
    if (taken === undefined) throw error;
    const { holder } = taken;
    const other = members.find(({ id, deactivated }) => deactivated === undefined && id === holder?.id);
    if (other === undefined) throw error;
    const by = `${JSON.stringify(`bulkId:${other.operation.bulkId}`)}, which this request creates together with it`;
    throw valueTaken(model, { ...taken, holder: undefined }, by);
  }
}

function circleTooLarge(count: number): ScimError {
  return new ScimError(
    409,
    `${count} operations refer to each other in a circle; at most ${MAX_CIRCLE_OPERATIONS} are resolved (RFC 7644 §3.7.1). ` +
      "Create the resources first, then add the references with a PATCH of each.",
    { reason: { code: "circleTooLarge", operations: count, max: MAX_CIRCLE_OPERATIONS } },
  );
}
