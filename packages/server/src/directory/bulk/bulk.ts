import {
  type BulkOperation,
  type BulkRequest,
  collectBulkIds,
  dependenciesOf,
  failedDependency,
  ScimError,
} from "@scimtool/scim";
import { checkInForce } from "../../endpoint/endpoints.ts";
import { yieldToEventLoop } from "../../event-loop.ts";
import {
  type MemberStore,
  type ResourceStore,
  type Store,
  StoreFull,
  StoreUnavailable,
  UniquenessConflict,
} from "../../store/store.ts";
import { type Directory, timed } from "../directory.ts";
import {
  type BulkEntry,
  type BulkOutcome,
  type BulkPlace,
  type Context,
  carryOut,
  carryOutCircle,
  entriesOf,
  type Failed,
  failed,
  type InPlace,
  type Step,
  sequenceOf,
} from "./operations.ts";

/** An operation that was tried. */
export type BulkAnswer = {
  readonly entry: BulkEntry;
  readonly outcome: BulkOutcome;
  /** Of the resource that it is for, as far as there is one. */
  readonly id: string | undefined;
};

/**
 * Carries out the operations of a bulk request (RFC 7644 §3.7), each with an outcome of its own, and each as if it were
 * a request of its own: in transactions that have many of them, but between which other requests have their turn and
 * may change things. When the process ends in the middle, some operations are done and others not, and nobody was told
 * which; none is done by half, nor a circle of them.
 * @param inPlace where each batch is carried out
 * @returns the operations that were tried, in the order of the message
 * @throws StoreUnavailable, StoreFull or another failure of the store, when nothing of the request was done
 */
export async function runBulk(
  directory: Directory,
  inPlace: InPlace,
  { entries, failOnErrors = Number.POSITIVE_INFINITY }: BulkRequest,
): Promise<BulkAnswer[]> {
  const steps = sequenceOf(entries);
  const creating = collectBulkIds(entries.filter((entry) => entry.kind === "operation"));
  const outcomes = new Map<number, BulkOutcome>();
  let errors = 0;
  const record = (batch: ReadonlyMap<number, BulkOutcome>): void => {
    for (const [index, outcome] of batch) {
      outcomes.set(index, outcome);
      if (outcome.kind === "failed") errors++;
    }
  };

  let next = 0;
  let end = steps.length;
  while (next < steps.length && errors < failOnErrors) {
    const input = { steps, from: next, end, creating, outcomes, errorsLeft: failOnErrors - errors };
    const result = await tryBatch(directory, inPlace, input);
    if (result.kind === "undone" && result.at > next) {
      // What is before the step that failed is done again without it.
      end = result.at;
      continue;
    }
    record(result.outcomes);
    next = result.kind === "undone" ? result.at + 1 : result.next;
    end = steps.length;
  }

  return entries.flatMap((entry) => {
    const outcome = outcomes.get(entry.index);
    return outcome === undefined ? [] : [{ entry, outcome, id: idOf(entry, outcome, creating, outcomes) }];
  });
}

/** Where the store fails altogether, that is the outcome of all that is left, unless nothing was done before. */
async function tryBatch(directory: Directory, inPlace: InPlace, input: BatchInput): Promise<BatchResult> {
  try {
    return await inTurn(directory.store, () => inPlace((place) => runBatch(directory, place, input)));
  } catch (error) {
    if ([...input.outcomes.values()].every(({ kind }) => kind === "failed")) throw error;
    const outcomes = new Map<number, BulkOutcome>();
    let next = input.from;
    for (const step of input.steps.slice(input.from)) {
      if (outcomes.size >= input.errorsLeft) break;
      for (const [index, outcome] of refusedStep(step, undefined, error)) outcomes.set(index, outcome);
      next++;
    }
    return { kind: "committed", outcomes, next };
  }
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

/** How long one transaction goes on with further steps: others wait for it. */
const MAX_BATCH_MS = 10;

/** What is known when a batch begins. */
export type BatchInput = {
  readonly steps: readonly Step[];
  /** The first of its steps, and the one behind the last that it may have. */
  readonly from: number;
  readonly end: number;
  /** By bulkId, the operations that create something. */
  readonly creating: ReadonlyMap<string, BulkOperation>;
  /** By place in the message. */
  readonly outcomes: ReadonlyMap<number, BulkOutcome>;
  /** Errors after which nothing further is tried. */
  readonly errorsLeft: number;
};

export type BatchResult =
  | { readonly kind: "committed"; readonly outcomes: ReadonlyMap<number, BulkOutcome>; readonly next: number }
  /** A step failed when a part of it was written. Nothing of the batch remains. */
  | { readonly kind: "undone"; readonly at: number; readonly outcomes: ReadonlyMap<number, BulkOutcome> };

/**
 * Carries out steps in one transaction. One that is refused before anything of it is written is done with that; almost
 * all are. After a write, only the whole transaction can be undone.
 * @throws EndpointChanged, StoreUnavailable, StoreFull, and what a commit throws; nothing of the batch remains
 */
export async function runBatch(directory: Directory, place: BulkPlace, input: BatchInput): Promise<BatchResult> {
  const { steps, from, end, errorsLeft } = input;
  const { store, writes } = watchWrites(directory.store);
  let underWay: Step | undefined;
  let begun: BulkOperation | undefined;
  let at = from;
  try {
    return await timed(place.timing, () =>
      directory.store.transaction(async (transaction): Promise<BatchResult> => {
        underWay = undefined;
        await checkInForce(directory.store, transaction, place.endpoint);
        const deadlineMs = performance.now() + MAX_BATCH_MS;
        const outcomes = new Map<number, BulkOutcome>();
        const outcomeOf = (bulkId: string): BulkOutcome | undefined => {
          const index = input.creating.get(bulkId)?.index ?? -1;
          return outcomes.get(index) ?? input.outcomes.get(index);
        };
        const context: Context = {
          directory: { ...directory, store },
          transaction,
          place,
          idOf: (bulkId) => {
            const outcome = outcomeOf(bulkId);
            return outcome?.kind === "done" ? outcome.id : undefined;
          },
          hasFailed: (bulkId) => outcomeOf(bulkId)?.kind === "failed",
          begin: (operation) => {
            begun = operation;
          },
        };
        let errors = 0;
        for (at = from; at < end && errors < errorsLeft; at++) {
          if (at > from && performance.now() >= deadlineMs) break;
          const step = steps[at];
          if (step === undefined) break;
          underWay = step;
          begun = undefined;
          const writesBefore = writes();
          try {
            for (const [index, outcome] of await carryOutStep(step, context)) outcomes.set(index, outcome);
          } catch (error) {
            if (!(error instanceof ScimError) || writes() !== writesBefore) throw error;
            for (const [index, outcome] of refusedStep(step, begun, error)) outcomes.set(index, outcome);
          }
          for (const { index } of entriesOf(step)) if (outcomes.get(index)?.kind === "failed") errors++;
        }
        underWay = undefined;
        return { kind: "committed", outcomes, next: at };
      }),
    );
  } catch (error) {
    if (underWay === undefined || error instanceof StoreUnavailable || error instanceof StoreFull) throw error;
    return { kind: "undone", at, outcomes: refusedStep(underWay, begun, error) };
  }
}

async function carryOutStep(step: Step, context: Context): Promise<ReadonlyMap<number, BulkOutcome>> {
  if (step.kind === "fault") return new Map([[step.fault.index, failed(step.fault.error)]]);
  if (step.kind === "operation") return new Map([[step.operation.index, await carryOut(step.operation, context)]]);
  const done = await carryOutCircle(step.operations, context);
  return new Map(step.operations.flatMap(({ index }, at) => (done[at] === undefined ? [] : [[index, done[at]]])));
}

/**
 * The outcomes of a step that failed as a whole.
 * @param begun the operation that failed; undefined when all of them did
 */
export function refusedStep(step: Step, begun: BulkOperation | undefined, error: unknown): Map<number, Failed> {
  const entries = entriesOf(step);
  const inStep = new Set(entries.map(({ bulkId }) => bulkId));
  return new Map(
    entries.map((entry): [number, Failed] => {
      if (begun === undefined || entry === begun || entry.kind === "fault") return [entry.index, failed(error)];
      // In a circle each refers to another one of it.
      const bulkId = [...dependenciesOf(entry)].find((each) => inStep.has(each)) ?? "";
      return [entry.index, failed(failedDependency(bulkId))];
    }),
  );
}

const last = new WeakMap<Store, Promise<unknown>>();

/**
 * Runs parts of bulk requests one after the other, in the order in which they ask. Between two of them the event loop
 * comes round once, so that other requests wait for one part at most, however many bulk requests are under way.
 */
export function inTurn<T>(store: Store, work: () => Promise<T>): Promise<T> {
  const result = (last.get(store) ?? Promise.resolve()).then(work);
  last.set(store, result.then(yieldToEventLoop, yieldToEventLoop));
  return result;
}

type Access = "read" | "write";

const RESOURCES: Record<keyof ResourceStore, Access> = {
  get: "read",
  search: "read",
  searchAll: "read",
  holderOf: "read",
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
  add: "write",
  remove: "write",
  removeWhere: "write",
  retain: "write",
};

/** A store that counts what is written to resources and members, so that one can tell whether anything was since. */
export type WatchedStore = { readonly store: Store; readonly writes: () => number };

export function watchWrites(store: Store): WatchedStore {
  let count = 0;
  const counting = (write: Call): Call => {
    return async (...parameters) => {
      try {
        const result = await write(...parameters);
        count++;
        return result;
      } catch (error) {
        // The store looks for it before it writes; of anything else a part may be done.
        if (!(error instanceof UniquenessConflict)) count++;
        throw error;
      }
    };
  };
  const resources = watched(store.resources, RESOURCES, counting);
  const members = watched(store.members, MEMBERS, counting);
  return { store: { ...store, resources, members }, writes: () => count };
}

type Call = (...parameters: never[]) => Promise<unknown>;

function watched<Part extends { readonly [Name in keyof Part]: Call }>(
  part: Part,
  accesses: Record<keyof Part, Access>,
  counting: (write: Call) => Call,
): Part {
  const made = { ...part };
  for (const name of Object.keys(accesses) as (keyof Part)[]) {
    // A call that counts has the parameters and the result of the call.
    if (accesses[name] === "write") made[name] = counting(part[name]) as Part[keyof Part];
  }
  return made;
}
