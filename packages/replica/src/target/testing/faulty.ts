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

export type InjectedFault =
  /** It starts this much later. */
  | { readonly kind: "delay"; readonly ms: number }
  /** It happens at once, and is reported this much later. */
  | { readonly kind: "late-answer"; readonly ms: number }
  /** It is refused and does not happen. */
  | { readonly kind: "refused"; readonly fault: TargetFault }
  /** It happens and is reported as failed. */
  | { readonly kind: "error-after"; readonly fault: TargetFault }
  /** This many bytes are written; then it fails. */
  | { readonly kind: "torn"; readonly bytes: number }
  /** It is reported as failed at once, and happens this much later, like an abandoned request. */
  | { readonly kind: "done-later"; readonly ms: number }
  /** It happens twice, and the second result is reported. */
  | { readonly kind: "duplicate" }
  /** A list returns an earlier result of at least this age; empty if there is none. */
  | { readonly kind: "stale-list"; readonly ms: number }
  /** One bit of the content is flipped, counted from the first, modulo its length. */
  | { readonly kind: "bit-flip"; readonly bit: number };

export type DecideFaults = (operation: FaultyOperation) => InjectedFault | readonly InjectedFault[] | undefined;

type Attempt<T> = {
  readonly once: () => Promise<T>;
  /** Writes only the beginning. */
  readonly tear?: (bytes: number) => Promise<void>;
  /** Makes repeating the operation possible. */
  readonly hold?: () => Promise<void>;
  /** What still happens after it was given up; default: `once`. */
  readonly afterwards?: () => Promise<unknown>;
};

/** A target that behaves like another one, except where `decide`, called once per operation, injects a fault. */
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
            // This process writes to a folder itself, so nothing happens after it gave up.
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

/** Writes the beginning of an empty slot that its writer has claimed. */
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
