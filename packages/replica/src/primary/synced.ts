import { fsyncSync } from "node:fs";

/** A disk that needs longer for a file is in trouble itself. */
const PATIENCE_MS = 10_000;

/** What has been waited for in vain, and is still on its way: no thread has been free since. */
const stuck = new Set<Promise<void>>();

/**
 * Node has four threads for all files, and a target that hangs, as a mounted share does, may hold every one of them: the
 * log here would grow as long as that lasts. So what nobody is free to do for long is done here and now.
 * @param sync brings a file to the disk by one of the threads
 * @param descriptor of the same file; undefined once it has been closed
 * @throws Error when the disk refuses
 */
export async function syncedInTime(sync: () => Promise<void>, descriptor: () => number | undefined): Promise<void> {
  if (stuck.size > 0 || (await isLate(sync()))) {
    const open = descriptor();
    if (open !== undefined) fsyncSync(open);
  }
}

async function isLate(sync: Promise<void>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<true>();
  const timer = setTimeout(() => {
    stuck.add(sync);
    const settled = () => stuck.delete(sync);
    sync.then(settled, settled);
    resolve(true);
  }, PATIENCE_MS);
  try {
    return await Promise.race([sync.then(() => false), late]);
  } finally {
    clearTimeout(timer);
  }
}
