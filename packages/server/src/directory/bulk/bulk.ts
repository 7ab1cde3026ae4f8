import {
  type BulkOperation,
  type BulkRequest,
  collectBulkIds,
  dependenciesOf,
  failedDependency,
  ScimError,
} from "@scimtool/scim";
import { checkRevision } from "../../endpoint/endpoints.ts";
import { yieldToEventLoop } from "../../event-loop.ts";
import {
  type MemberStore,
  type ResourceStore,
  type Store,
  StoreFull,
  StoreUnavailable,
  type Transaction,
  UniquenessConflict,
  ValueTooLong,
} from "../../store/store.ts";
import { type Directory, timed } from "../context.ts";
import {
  type BulkContext,
  type BulkEntry,
  type BulkOutcome,
  type BulkSubject,
  entriesOf,
  type FailedOperation,
  failed,
  runCircle,
  runOperation,
  type Step,
  stepsOf,
} from "./operations.ts";

export type BulkAnswer = {
  readonly entry: BulkEntry;
  readonly outcome: BulkOutcome;
  /** ID of its resource, if there is one. */
  readonly id: string | undefined;
};

/**
 * Runs a part of a bulk request against the endpoint's current settings, again if they change meanwhile.
 * @throws ScimError if the endpoint was deleted
 */
export type RunAtEndpoint = <T>(work: (shared: BulkSubject) => Promise<T>) => Promise<T>;

/**
 * Carries out a bulk request (RFC 7644 §3.7). Every operation has an outcome of its own, like a single request. A
 * transaction contains many operations; between transactions other requests may write. If the process ends, some
 * operations are done and others are not, but none is done partially, and neither is a circle of them.
 * @returns the operations that were tried, in the order of the message
 * @throws StoreUnavailable, StoreFull or another failure of the store if nothing of the request was done
 */
export async function runBulk(
  directory: Directory,
  runAtEndpoint: RunAtEndpoint,
  { entries, failOnErrors = Number.POSITIVE_INFINITY }: BulkRequest,
): Promise<BulkAnswer[]> {
  const steps = stepsOf(entries);
  const creating = collectBulkIds(entries.filter((entry) => entry.kind === "operation"));
  const outcomes = new Map<number, BulkOutcome>();
  let errors = 0;
  let next = 0;
  let end = steps.length;
  while (next < steps.length && errors < failOnErrors) {
    const input = { steps, from: next, end, creating, outcomes, errorsLeft: failOnErrors - errors };
    const result = await tryBatch(directory, runAtEndpoint, input);
    if (result.kind === "undone" && result.at > next) {
      // Repeat the steps before the failed one without it.
      end = result.at;
      continue;
    }
    for (const [index, outcome] of result.outcomes) {
      outcomes.set(index, outcome);
      if (outcome.kind === "failed") errors++;
    }
    next = result.kind === "undone" ? result.at + 1 : result.next;
    end = steps.length;
  }
  return entries.flatMap((entry) => {
    const outcome = outcomes.get(entry.index);
    return outcome === undefined ? [] : [{ entry, outcome, id: idOf(entry, outcome, creating, outcomes) }];
  });
}

function idOf(
  { path }: BulkEntry,
  outcome: BulkOutcome,
  creating: BatchInput["creating"],
  outcomes: BatchInput["outcomes"],
): string | undefined {
  if (outcome.kind === "done") return outcome.id;
  if (path?.bulkId === undefined) return path?.id;
  const created = outcomes.get(creating.get(path.bulkId)?.index ?? -1);
  return created?.kind === "done" ? created.id : undefined;
}

/** If the store fails, so do all remaining operations. It throws if nothing was done before. */
async function tryBatch(directory: Directory, runAtEndpoint: RunAtEndpoint, input: BatchInput): Promise<BatchResult> {
  try {
    return await oneAtATime(directory.store, () => runAtEndpoint((shared) => runBatch(directory, shared, input)));
  } catch (error) {
    if ([...input.outcomes.values()].every(({ kind }) => kind === "failed")) throw error;
    const outcomes = new Map<number, BulkOutcome>();
    let next = input.from;
    for (const step of input.steps.slice(input.from)) {
      if (outcomes.size >= input.errorsLeft) break;
      for (const [index, outcome] of failedStep(step, undefined, error)) outcomes.set(index, outcome);
      next++;
    }
    return { kind: "committed", outcomes, next };
  }
}

const lastBatch = new WeakMap<Store, Promise<unknown>>();

/**
 * Runs batches of all bulk requests one after the other, in the order in which they ask. It yields to the event loop
 * between two batches, so that other requests wait for one batch at most.
 */
export function oneAtATime<T>(store: Store, work: () => Promise<T>): Promise<T> {
  const result = (lastBatch.get(store) ?? Promise.resolve()).then(work);
  lastBatch.set(store, result.then(yieldToEventLoop, yieldToEventLoop));
  return result;
}

/** A transaction accepts no further step after this time, because other writers wait. */
const MAX_BATCH_MS = 10;

type BatchInput = {
  readonly steps: readonly Step[];
  /** Index of the first step, and of the one after the last that the batch may contain. */
  readonly from: number;
  readonly end: number;
  /** The operations that create something, by bulkId. */
  readonly creating: ReadonlyMap<string, BulkOperation>;
  /** Earlier outcomes, by index in the message. */
  readonly outcomes: ReadonlyMap<number, BulkOutcome>;
  /** Errors after which the bulk request stops. */
  readonly errorsLeft: number;
};

type BatchResult =
  | { readonly kind: "committed"; readonly outcomes: ReadonlyMap<number, BulkOutcome>; readonly next: number }
  /** The step at this index failed after it had written something, and the whole batch was rolled back. */
  | { readonly kind: "undone"; readonly at: number; readonly outcomes: ReadonlyMap<number, BulkOutcome> };

/**
 * Carries out steps in one transaction. Almost all failing steps fail before they write, and the batch continues. After
 * a write, only the whole transaction can be rolled back.
 * @throws EndpointChanged, StoreUnavailable, StoreFull, or errors of the commit; the batch is rolled back
 */
async function runBatch(directory: Directory, shared: BulkSubject, input: BatchInput): Promise<BatchResult> {
  const { steps, from, end, errorsLeft } = input;
  const { store, writes } = countWrites(directory.store);
  let running: Step | undefined;
  let begun: BulkOperation | undefined;
  let at = from;
  const run = async (transaction: Transaction): Promise<BatchResult> => {
    running = undefined;
    await checkRevision(directory.store, transaction, shared.endpoint);
    const deadlineMs = performance.now() + MAX_BATCH_MS;
    const outcomes = new Map<number, BulkOutcome>();
    const begin = (operation: BulkOperation): void => {
      begun = operation;
    };
    const references = referencesWithin(input, outcomes);
    const context: BulkContext = { ...references, store, now: directory.now, transaction, shared, begin };
    let errors = 0;
    for (at = from; at < end && errors < errorsLeft; at++) {
      if (at > from && performance.now() >= deadlineMs) break;
      const step = steps[at];
      if (step === undefined) break;
      running = step;
      begun = undefined;
      const writesBefore = writes();
      try {
        for (const [index, outcome] of await runStep(step, context)) outcomes.set(index, outcome);
      } catch (error) {
        if (!(error instanceof ScimError) || writes() !== writesBefore) throw error;
        for (const [index, outcome] of failedStep(step, begun, error)) outcomes.set(index, outcome);
      }
      for (const { index } of entriesOf(step)) if (outcomes.get(index)?.kind === "failed") errors++;
    }
    running = undefined;
    return { kind: "committed", outcomes, next: at };
  };
  try {
    return await timed(shared.timing, () => directory.store.transaction(run));
  } catch (error) {
    if (running === undefined || error instanceof StoreUnavailable || error instanceof StoreFull) throw error;
    return { kind: "undone", at, outcomes: failedStep(running, begun, error) };
  }
}

/** Resolves bulkIds of this batch and of earlier ones. */
function referencesWithin(
  { creating, outcomes: earlier }: BatchInput,
  outcomes: ReadonlyMap<number, BulkOutcome>,
): Pick<BulkContext, "idOf" | "hasFailed"> {
  const outcomeOf = (bulkId: string): BulkOutcome | undefined => {
    const index = creating.get(bulkId)?.index ?? -1;
    return outcomes.get(index) ?? earlier.get(index);
  };
  return {
    idOf: (bulkId) => {
      const outcome = outcomeOf(bulkId);
      return outcome?.kind === "done" ? outcome.id : undefined;
    },
    hasFailed: (bulkId) => outcomeOf(bulkId)?.kind === "failed",
  };
}

async function runStep(step: Step, context: BulkContext): Promise<ReadonlyMap<number, BulkOutcome>> {
  if (step.kind === "fault") return new Map([[step.fault.index, failed(step.fault.error)]]);
  if (step.kind === "operation") return new Map([[step.operation.index, await runOperation(step.operation, context)]]);
  const done = await runCircle(step.operations, context);
  return new Map(step.operations.flatMap(({ index }, at) => (done[at] === undefined ? [] : [[index, done[at]]])));
}

/**
 * The outcomes of a step that failed as a whole.
 * @param begun the operation that failed; undefined if all did
 */
function failedStep(step: Step, begun: BulkOperation | undefined, error: unknown): Map<number, FailedOperation> {
  const entries = entriesOf(step);
  const inStep = new Set(entries.map(({ bulkId }) => bulkId));
  return new Map(
    entries.map((entry): [number, FailedOperation] => {
      if (begun === undefined || entry === begun || entry.kind === "fault") return [entry.index, failed(error)];
      // In a circle, each operation refers to another one.
      const bulkId = [...dependenciesOf(entry)].find((each) => inStep.has(each)) ?? "";
      return [entry.index, failed(failedDependency(bulkId))];
    }),
  );
}

type Access = "read" | "write";

const RESOURCES: Record<keyof ResourceStore, Access> = {
  get: "read",
  search: "read",
  searchAll: "read",
  holderOf: "read",
  anotherWith: "read",
  references: "read",
  referrers: "read",
  insert: "write",
  update: "write",
  rewrite: "write",
  touch: "write",
  reindex: "write",
  remove: "write",
};

const MEMBERS: Record<keyof MemberStore, Access> = {
  list: "read",
  count: "read",
  page: "read",
  add: "write",
  remove: "write",
  removeWhere: "write",
  retain: "write",
};

type Call = (...parameters: never[]) => Promise<unknown>;

/** A store that counts writes to resources and members. */
function countWrites(store: Store): { readonly store: Store; readonly writes: () => number } {
  let count = 0;
  const counting = (write: Call): Call => {
    return async (...parameters) => {
      try {
        const result = await write(...parameters);
        count++;
        return result;
      } catch (error) {
        // The store detects it before it writes. Another error may follow a partial write.
        if (!(error instanceof UniquenessConflict || error instanceof ValueTooLong)) count++;
        throw error;
      }
    };
  };
  const resources = countingCalls(store.resources, RESOURCES, counting);
  const members = countingCalls(store.members, MEMBERS, counting);
  return { store: { ...store, resources, members }, writes: () => count };
}

function countingCalls<Calls extends { readonly [Name in keyof Calls]: Call }>(
  calls: Calls,
  accesses: Record<keyof Calls, Access>,
  counting: (write: Call) => Call,
): Calls {
  const counted = { ...calls };
  for (const name of Object.keys(accesses) as (keyof Calls)[]) {
    // The wrapper keeps the parameters and the result.
    if (accesses[name] === "write") counted[name] = counting(calls[name]) as Calls[keyof Calls];
  }
  return counted;
}
