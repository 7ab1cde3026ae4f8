import { type BulkRequest, collectBulkIds } from "@scimtool/scim";
import type { Directory } from "../directory.ts";
import { type BatchInput, type BatchResult, refusedStep, runBatch } from "./batch.ts";
import type { InPlace } from "./context.ts";
import type { BulkEntry, BulkOutcome } from "./outcome.ts";
import { sequenceOf } from "./sequence.ts";
import { inTurn } from "./turns.ts";

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
