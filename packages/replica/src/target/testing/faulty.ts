import { open } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { TargetError, type TargetFault } from "../../errors.ts";
import { type Content, type SlotWriter, slotKey, type Target } from "../target.ts";

export type FaultyOperation = {
  readonly op: "create" | "replace" | "read" | "remove" | "list" | "slot" | "clock";
  /** The key; a prefix for `list`, "" for `clock`. */
  readonly key: string;
};

/** What goes wrong with one operation. */
export type InjectedFault =
  /** It begins so much later. */
  | { readonly kind: "delay"; readonly ms: number }
  /** It is done at once, and told so much later. */
  | { readonly kind: "late-answer"; readonly ms: number }
  /** It is refused and not done. */
  | { readonly kind: "refused"; readonly fault: TargetFault }
  /** It is done and reported as failed. */
  | { readonly kind: "error-after"; readonly fault: TargetFault }
  /** Of what is to be written, so many bytes get there; then it fails. */
  | { readonly kind: "torn"; readonly bytes: number }
  /** It is reported as failed at once, and done so much later nonetheless, as a request that was given up may be. */
  | { readonly kind: "done-later"; readonly ms: number }
  /** It is done twice, and the second answer is told. */
  | { readonly kind: "duplicate" }
  /** A list is as it was told so long ago or before; empty when none was. */
  | { readonly kind: "stale-list"; readonly ms: number }
  /** One bit of what is read, counted from the first (round and round), is the wrong way round. */
  | { readonly kind: "bit-flip"; readonly bit: number };

export type DecideFaults = (operation: FaultyOperation) => InjectedFault | readonly InjectedFault[] | undefined;

type Attempt<T> = {
  readonly once: () => Promise<T>;
  /** Writes the beginning only. */
  readonly tear?: (bytes: number) => Promise<void>;
  /** Makes `once` possible more than once. */
  readonly hold?: () => Promise<void>;
  /** What of it reaches the storage when it is given up; `once` unless told otherwise. */
  readonly afterwards?: () => Promise<unknown>;
};

/** A target that does what another does, except where `decide`, asked once for each operation, wants something to fail. */
export function faultyTarget(target: Target, decide: DecideFaults): Target {
  const lists: { readonly prefix: string; readonly atMs: number; readonly keys: readonly string[] }[] = [];

  const run = async <T>(operation: FaultyOperation, attempt: Attempt<T>): Promise<T> => {
    const faults = [decide(operation) ?? []].flat();
    const refusal = (fault: TargetFault, what: string) =>
      new TargetError(fault, `${operation.key}: ${what} (injected).`);
    if (faults.some(({ kind }) => ["duplicate", "torn", "done-later"].includes(kind))) await attempt.hold?.();
    for (const fault of faults) {
      if (fault.kind === "delay") await sleep(fault.ms);
      if (fault.kind === "refused") throw refusal(fault.fault, "refused");
      if (fault.kind === "torn" && attempt.tear !== undefined) {
        await attempt.tear(fault.bytes);
        throw refusal("unreachable", "torn");
      }
      if (fault.kind === "done-later") {
        sleep(fault.ms)
          .then(attempt.afterwards ?? attempt.once)
          .catch(() => undefined);
        throw refusal("unreachable", "no answer");
      }
    }
    let result = await attempt.once();
    for (const fault of faults) {
      if (fault.kind === "duplicate") result = await attempt.once();
      if (fault.kind === "error-after") throw refusal(fault.fault, "done, and failed");
      if (fault.kind === "late-answer") await sleep(fault.ms);
      if (fault.kind === "bit-flip" && Buffer.isBuffer(result)) result = flipped(result, fault.bit) as Awaited<T>;
      if (fault.kind === "stale-list") result = listBefore(operation.key, performance.now() - fault.ms) as Awaited<T>;
    }
    return result;
  };

  const listBefore = (prefix: string, atMs: number): string[] => {
    const told = lists.findLast((list) => list.prefix === prefix && list.atMs <= atMs);
    return [...(told?.keys ?? [])];
  };

  const writing = <T>(content: Content, write: (content: Content) => Promise<T>): Attempt<T> => {
    let whole: Buffer | undefined;
    return {
      once: () => write(whole ?? content),
      hold: async () => {
        whole = await wholeOf(content);
      },
      tear: async (length) => {
        await write((whole ?? Buffer.alloc(0)).subarray(0, length));
      },
    };
  };

  const openSlots = (prefix: string): SlotWriter => {
    const slots = target.openSlots(prefix);
    let last: number | undefined;
    return {
      ...slots,
      write: async (slot, bytes) => {
        const key = slotKey(prefix, slot);
        return run(
          { op: "slot", key },
          {
            once: async () => {
              const result = await slots.write(slot, bytes);
              if (result === "written") last = slot;
              return result;
            },
            tear: async (length) => {
              const begin = bytes.subarray(0, length);
              const made = await target.create(key, begin);
              if (made === "exists" && target.kind === "directory" && last === slot - 1)
                await tearClaimed(target, key, begin);
            },
            // A folder is written to by this process itself: what it has given up does not happen later.
            afterwards: async () => (target.kind === "directory" ? undefined : target.create(key, bytes)),
          },
        );
      },
    };
  };

  return {
    name: target.name,
    kind: target.kind,
    writesWholeSlots: target.writesWholeSlots,
    create: (key, content) =>
      run(
        { op: "create", key },
        writing(content, (whole) => target.create(key, whole)),
      ),
    replace: (key, content) =>
      run(
        { op: "replace", key },
        writing(content, (whole) => target.replace(key, whole)),
      ),
    read: (key, range) => run({ op: "read", key }, { once: () => target.read(key, range) }),
    remove: (key) => run({ op: "remove", key }, { once: () => target.remove(key) }),
    list: (prefix) => {
      const once = async () => {
        const keys = await target.list(prefix);
        lists.push({ prefix, atMs: performance.now(), keys });
        return keys;
      };
      return run({ op: "list", key: prefix }, { once });
    },
    openSlots,
    clockMs: () => run({ op: "clock", key: "" }, { once: () => target.clockMs() }),
  };
}

/** Writes the beginning of a slot that its writer has claimed, which is the writer's alone to fill, and is empty. */
async function tearClaimed(target: Target, key: string, begin: Uint8Array): Promise<void> {
  const handle = await open(join(target.name, key), "r+");
  try {
    if ((await handle.stat()).size === 0) await handle.write(begin, 0, begin.byteLength, 0);
  } finally {
    await handle.close();
  }
}

async function wholeOf(content: Content): Promise<Buffer> {
  if (content instanceof Uint8Array) return Buffer.from(content);
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks);
}

function flipped(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  if (copy.length === 0) return copy;
  const at = Math.floor(bit / 8) % copy.length;
  copy.writeUInt8(copy.readUInt8(at) ^ (1 << (bit % 8)), at);
  return copy;
}
