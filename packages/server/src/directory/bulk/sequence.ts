import { type BulkFault, type BulkOperation, dependenciesOf, planBulk } from "@scimtool/scim";
import type { BulkEntry } from "./outcome.ts";

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
