import { type BulkOperation, dependenciesOf, failedDependency, ScimError } from "@scimtool/scim";
import { checkInForce } from "../../endpoint/in-force.ts";
import { StoreFull, StoreUnavailable } from "../../store/store.ts";
import { type Directory, timed } from "../directory.ts";
import { carryOutCircle } from "./circle.ts";
import type { BulkPlace, Context } from "./context.ts";
import { carryOut } from "./operation.ts";
import { type BulkOutcome, type Failed, failed } from "./outcome.ts";
import { entriesOf, type Step } from "./sequence.ts";
import { watchWrites } from "./watched-store.ts";

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
