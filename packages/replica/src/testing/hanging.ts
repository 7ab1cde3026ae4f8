import type { Content, Target } from "../target/target.ts";

/** For tests: a target that can be made to hang, like a mounted share whose server is gone. */
export type HangingTarget = {
  readonly target: Target;
  /** From now on, no operation finishes, not even a running one. */
  readonly hang: () => void;
  readonly goOn: () => void;
};

/** @param taken called for each piece of content that the target has taken */
export function hanging(plain: Target, taken: (key: string) => void = () => {}): HangingTarget {
  let hung = Promise.withResolvers<void>();
  hung.resolve();
  const pass = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    await hung.promise;
    return work();
  };
  async function* pieces(key: string, content: Content): AsyncGenerator<Uint8Array> {
    for await (const piece of content instanceof Uint8Array ? [content] : content) {
      yield piece;
      taken(key);
      await hung.promise;
    }
  }
  return {
    target: {
      ...plain,
      create: (key, content) => pass(() => plain.create(key, pieces(key, content))),
      replace: (key, content) => pass(() => plain.replace(key, pieces(key, content))),
      read: (key, range) => pass(() => plain.read(key, range)),
      remove: (key) => pass(() => plain.remove(key)),
      list: (prefix) => pass(() => plain.list(prefix)),
      openSlots: (prefix) => {
        const slots = plain.openSlots(prefix);
        return { ...slots, write: (slot, bytes) => pass(() => slots.write(slot, bytes)) };
      },
    },
    hang: () => {
      hung = Promise.withResolvers<void>();
    },
    goOn: () => hung.resolve(),
  };
}
