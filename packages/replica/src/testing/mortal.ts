import type { SlotWriter, Target } from "../target/target.ts";
import type { FaultyOperation } from "../target/testing/faulty.ts";

/** For tests: a target, as seen by a process that may die. */
export type MortalTarget = Target & {
  /** Its operations, in order. */
  readonly operations: FaultyOperation[];
  /** From now on, nothing happens and nothing is reported, as in a killed or frozen process. */
  readonly die: () => void;
  /** Closes everything that is open. */
  readonly bury: () => Promise<void>;
};

const WRITES = new Set<FaultyOperation["op"]>(["create", "replace", "remove", "slot"]);

export const isWrite = ({ op }: FaultyOperation) => WRITES.has(op);

/** Operations that never finish. They are kept, because otherwise Node would find an unused open file. */
const unanswered: Promise<never>[] = [];

function never(): Promise<never> {
  const answer = new Promise<never>(() => {});
  unanswered.push(answer);
  return answer;
}

export function mortal(target: Target): MortalTarget {
  const operations: FaultyOperation[] = [];
  const writers: SlotWriter[] = [];
  let isDead = false;
  const alive = async <Result>(
    op: FaultyOperation["op"],
    key: string,
    work: () => Promise<Result>,
  ): Promise<Result> => {
    if (isDead) return never();
    operations.push({ op, key });
    const settled = work();
    const result = await settled.catch(() => undefined);
    return isDead ? never() : (settled ?? result);
  };
  return {
    name: target.name,
    kind: target.kind,
    writesWholeSlots: target.writesWholeSlots,
    create: (key, content) => alive("create", key, () => target.create(key, content)),
    replace: (key, content) => alive("replace", key, () => target.replace(key, content)),
    read: (key, range) => alive("read", key, () => target.read(key, range)),
    remove: (key) => alive("remove", key, () => target.remove(key)),
    list: (prefix) => alive("list", prefix, () => target.list(prefix)),
    clockMs: () => alive("clock", "", () => target.clockMs()),
    openSlots: (prefix) => {
      const slots = target.openSlots(prefix);
      writers.push(slots);
      return { ...slots, write: (slot, bytes) => alive("slot", `${prefix}${slot}`, () => slots.write(slot, bytes)) };
    },
    operations,
    die: () => {
      isDead = true;
    },
    bury: async () => {
      for (const slots of writers) await slots.close();
    },
  };
}
