import {
  type BulkFault,
  type BulkOperation,
  type BulkPath,
  dependenciesOf,
  failedDependency,
  type IdOf,
  type Json,
  newReading,
  planBulk,
  readPatch,
  ScimError,
  substituteBulkIds,
  targetId,
} from "@scimtool/scim";
import { forEachYielding } from "../../event-loop.ts";
import type { FoundResource, Transaction } from "../../store/store.ts";
import { type Directory, NO_ROWS, type Sent, type Subject, type Written } from "../directory.ts";
import { nothingServedAt, valueTaken, valueTakenIn, versionRequired } from "../refusals.ts";
import { newResourceId } from "../resource.ts";
import {
  createIn,
  findDeactivated,
  insertIn,
  modifyIn,
  reactivateIn,
  readGiven,
  removeIn,
  replaceIn,
} from "../writes.ts";

/** What all operations of a bulk request share. */
export type BulkPlace = Omit<Subject, "model" | "reading">;

/**
 * Has a part of a bulk request done at the endpoint as it is by now, which others may change: then it is done anew.
 * @throws ScimError when the endpoint is gone
 */
export type InPlace = <T>(work: (place: BulkPlace) => Promise<T>) => Promise<T>;

/** What operations work with inside a transaction. */
export type Context = {
  readonly directory: Directory;
  readonly transaction: Transaction;
  readonly place: BulkPlace;
  /** Of what an earlier operation created. */
  readonly idOf: IdOf;
  /** Whether the operation that was to create something was tried, and failed. */
  readonly hasFailed: (bulkId: string) => boolean;
  /** Is told of each operation before anything of it is done. */
  readonly begin: (operation: BulkOperation) => void;
};

/**
 * Begins an operation.
 * @returns what it is about, with notes of its own
 * @throws ScimError 400 when what it refers to was not created, 404 when there is no such resource type, 428
 */
export function beginOperation(operation: BulkOperation, { place, begin, hasFailed }: Context): Subject {
  begin(operation);
  for (const bulkId of dependenciesOf(operation)) if (hasFailed(bulkId)) throw failedDependency(bulkId);
  const { endpoint } = place;
  const model = endpoint.modelAt.get(segmentOf(operation.path));
  if (model === undefined) throw nothingServedAt(operation.path.endpoint, endpoint.models);
  if (operation.method !== "POST" && operation.version === undefined && endpoint.settings.requireEtag) {
    throw versionRequired("send its version with the operation");
  }
  return { ...place, model, reading: newReading(endpoint.settings.profile) };
}

function segmentOf({ endpoint }: BulkPath): string {
  return endpoint.slice(1);
}

export type BulkEntry = BulkOperation | BulkFault;

/** What became of one operation. */
export type BulkOutcome = Done | Failed;

export type Done = {
  readonly kind: "done";
  /** The HTTP status that it would have had as a request of its own. */
  readonly status: 200 | 201 | 204;
  /** Of the resource. */
  readonly id: string;
  readonly subject: Subject;
  readonly written: Written;
  readonly sent: Sent;
};

/** It changed nothing. */
export type Failed = {
  readonly kind: "failed";
  /** A refusal, or whatever else was thrown. */
  readonly error: unknown;
};

export function failed(error: unknown): Failed {
  return { kind: "failed", error };
}

/** What is carried out by itself: wholly or not at all. */
export type Step =
  | { readonly kind: "fault"; readonly fault: BulkFault }
  | { readonly kind: "operation"; readonly operation: BulkOperation }
  /** Operations that create resources which refer to each other (RFC 7644 §3.7.1), or one that refers to its own. */
  | { readonly kind: "circle"; readonly operations: readonly BulkOperation[] };

/** The steps in the order in which they are carried out; what is wrong by itself has its turn where it stands. */
export function sequenceOf(entries: readonly BulkEntry[]): Step[] {
  const faults = entries.filter((entry) => entry.kind === "fault");
  const steps: Step[] = [];
  let passed = 0;
  const passFaults = (before: number): void => {
    for (let fault = faults[passed]; fault !== undefined && fault.index < before; fault = faults[passed]) {
      steps.push({ kind: "fault", fault });
      passed++;
    }
  };
  for (const group of planBulk(entries.filter((entry) => entry.kind === "operation"))) {
    passFaults(group.at(-1)?.index ?? 0);
    const [operation] = group;
    if (operation === undefined) continue;
    steps.push(isCircle(group) ? { kind: "circle", operations: group } : { kind: "operation", operation });
  }
  passFaults(entries.length);
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

/**
 * Carries out one operation as the request that it stands for (RFC 7644 §3.7).
 * @throws ScimError what that would be answered
 */
export async function carryOut(operation: BulkOperation, context: Context): Promise<Done> {
  const subject = beginOperation(operation, context);
  const { directory, transaction, idOf } = context;
  const write = { directory, transaction, subject, wanted: NO_ROWS };
  const data = substituteBulkIds(operation.data ?? null, idOf);
  if (operation.method === "POST") {
    const given = readGiven(data, subject);
    const written = await createIn(write, newResourceId(directory.now()), given);
    return { kind: "done", status: 201, id: written.stored.id, subject, written, sent: given.resource };
  }
  const id = targetId(operation.path, idOf) ?? "";
  const { version: ifMatch } = operation;
  const preconditions = ifMatch === undefined ? undefined : { ifMatch, ifNoneMatch: undefined };
  if (operation.method === "DELETE") {
    const written = await removeIn(write, id, preconditions);
    return { kind: "done", status: 204, id, subject, written, sent: undefined };
  }
  if (operation.method === "PUT") {
    const given = readGiven(data, subject);
    const written = await replaceIn(write, id, given, preconditions);
    return { kind: "done", status: 200, id, subject, written, sent: given.resource };
  }
  const operations = readPatch(data, subject.model, subject.reading);
  const written = await modifyIn(write, id, operations, preconditions);
  return { kind: "done", status: 200, id, subject, written, sent: operations };
}

/** A circle is one transaction, and who writes waits for it: this many take some tenths of a second. */
const MAX_CIRCLE_OPERATIONS = 1_000;

/** A resource of the circle on its way. */
type Part = {
  readonly operation: BulkOperation;
  readonly subject: Subject;
  readonly deactivated: FoundResource | undefined;
  readonly id: string;
};

/**
 * Creates resources that refer to each other (RFC 7644 §3.7.1): gives them ids, inserts all, and only then has each
 * find what it refers to.
 * @throws ScimError what the operation begun last would be answered; 409 for a circle that is too large, which a server
 *   need not resolve
 */
export async function carryOutCircle(operations: readonly BulkOperation[], context: Context): Promise<Done[]> {
  if (operations.length > MAX_CIRCLE_OPERATIONS) throw tooLarge(operations.length);
  const { directory, transaction, begin } = context;
  const ids = new Map(operations.map(({ bulkId = "" }) => [bulkId, newResourceId(directory.now())]));
  const idOf = (bulkId: string): string | undefined => ids.get(bulkId) ?? context.idOf(bulkId);
  const dataOf = ({ data = null }: BulkOperation) => substituteBulkIds(data, idOf);

  const parts: Part[] = [];
  const taken = new Set<string>();
  for (const operation of operations) {
    const { bulkId = "" } = operation;
    const subject = beginOperation(operation, context);
    const deactivated = await findHolder(subject, dataOf(operation), context);
    const isFirst = deactivated !== undefined && !taken.has(deactivated.id);
    if (isFirst) {
      taken.add(deactivated.id);
      ids.set(bulkId, deactivated.id);
    }
    parts.push({ operation, subject, deactivated: isFirst ? deactivated : undefined, id: ids.get(bulkId) ?? "" });
  }

  const seconds: { readonly finish: () => Promise<Written>; readonly sent: Sent }[] = [];
  await forEachYielding(parts, async ({ operation, subject, deactivated, id }) => {
    begin(operation);
    const given = readGiven(dataOf(operation), subject);
    const write = { directory, transaction, subject, wanted: NO_ROWS };
    const finish =
      deactivated === undefined
        ? await withinCircle(parts, subject, () => insertIn(write, id, given))
        : () => reactivateIn(write, deactivated, given);
    seconds.push({ finish, sent: given.resource });
  });

  const done: Done[] = [];
  await forEachYielding(seconds.entries(), async ([at, { finish, sent }]) => {
    const { operation, subject, id } = parts[at] as Part;
    begin(operation);
    done.push({ kind: "done", status: 201, id, subject, written: await withinCircle(parts, subject, finish), sent });
  });
  return done;
}

/** The deactivated user that is taken up again instead of creating one; it has its id already. */
async function findHolder(
  subject: Subject,
  data: Json,
  { directory, transaction }: Context,
): Promise<FoundResource | undefined> {
  if (subject.endpoint.settings.recreate !== "reactivate") return undefined;
  // Read with other ids than in the end: its notes do not count.
  const { resource } = readGiven(data, { ...subject, reading: { ...subject.reading, notes: [] } });
  return findDeactivated(directory.store, transaction, subject, resource, false);
}

/**
 * Does a part of the circle. Where it would have a value of another resource of the circle, that is named by its bulkId:
 * its id goes with the whole circle.
 */
async function withinCircle<T>(parts: readonly Part[], { model }: Subject, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const taken = valueTakenIn(error);
    if (taken === undefined) throw error;
    const { holder } = taken;
    const other = parts.find(({ id, deactivated }) => deactivated === undefined && id === holder?.id);
    if (other === undefined) throw error;
    const by = `${JSON.stringify(`bulkId:${other.operation.bulkId}`)}, which this request creates together with it`;
    throw valueTaken(model, { ...taken, holder: undefined }, by);
  }
}

function tooLarge(count: number): ScimError {
  return new ScimError(
    409,
    `${count} operations refer to each other in a circle; up to ${MAX_CIRCLE_OPERATIONS} are resolved (RFC 7644 §3.7.1). ` +
      "Create the resources first, and add what refers to others by a PATCH of each.",
    { reason: { code: "circleTooLarge", operations: count, max: MAX_CIRCLE_OPERATIONS } },
  );
}
