import type { Target } from "../target/target.ts";
import { type DecideFaults, faultyTarget } from "../target/testing/faulty.ts";

/** For tests: a target that can be switched off. */
export type FlappingTarget = {
  readonly target: Target;
  isAway: boolean;
};

/** @param faults faults while it is not away */
export function flapping(plain: Target, faults: DecideFaults = () => undefined): FlappingTarget {
  let isAway = false;
  const target = faultyTarget(plain, (operation) =>
    isAway ? { kind: "refused", fault: "unreachable" } : faults(operation),
  );
  return {
    target,
    get isAway() {
      return isAway;
    },
    set isAway(value) {
      isAway = value;
    },
  };
}
