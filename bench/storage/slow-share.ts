/**
 * Makes one folder as slow as a network share for this process: every call of `node:fs` and `node:fs/promises` below it
 * first waits a random time. It only delays; a real SMB client also has caches, leases, and locks that outlive their
 * owner.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { resolve, sep } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { createRandom } from "./random.ts";

/** Maximum bytes per round trip: the read and write size that Azure Files negotiates. */
const bytesPerRoundTrip = 1024 * 1024;

export type ShareOptions = {
  readonly folder: string;
  /** Limits of the uniformly distributed delay of a round trip. */
  readonly leastMs: number;
  readonly mostMs: number;
  readonly seed: number;
  /** Reads and writes cost nothing, as if the client had cached every byte: the least that a share can cost. */
  readonly cachesData: boolean;
};

export type SlowShare = {
  /** Round trips so far. */
  readonly roundTrips: () => number;
};

/** The original functions, without a delay. */
const originalOpen = fs.promises.open;

type Call = (...parameters: unknown[]) => unknown;
type Calls = Record<string, Call>;

// Without close and (f)stat: a client may defer the first and answer the second from its cache.
const pathCalls = ["access", "mkdir", "open", "readdir", "rename", "rm", "rmdir", "unlink"];
const wholeFileCalls = ["appendFile", "readFile", "writeFile"];
const dataCalls = ["read", "readv", "write", "writev", "readFile", "writeFile", "appendFile"];
const otherHandleCalls = ["datasync", "sync", "truncate"];
/** Calls on descriptors in the blocking module. */
const dataSyncCalls = ["readSync", "writeSync"];
const otherSyncCalls = ["fdatasyncSync", "fsyncSync", "ftruncateSync"];

/** Slows the folder down until the process ends. Call it once, before anything is opened there. */
export function slowDown(options: ShareOptions): SlowShare {
  const root = resolve(options.folder);
  const random = createRandom(options.seed);
  const blocking = fs as unknown as Calls;
  const promised = fs.promises as unknown as Calls;
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const slowDescriptors = new Set<unknown>();
  let roundTrips = 0;

  const delayMs = (trips: number): number => {
    roundTrips += trips;
    let total = 0;
    for (let trip = 0; trip < trips; trip++) total += options.leastMs + random() * (options.mostMs - options.leastMs);
    return total;
  };
  const block = (trips: number): void => {
    if (trips > 0) Atomics.wait(cell, 0, 0, delayMs(trips));
  };
  const dataTrips = (parameters: readonly unknown[]): number =>
    options.cachesData ? 0 : Math.max(1, Math.ceil(bytesOf(parameters) / bytesPerRoundTrip));
  const isBelow = (path: unknown): boolean => {
    if (typeof path !== "string") return false;
    const full = resolve(path);
    return full === root || full.startsWith(root + sep);
  };

  const replace = (calls: Calls, name: string, make: (original: Call) => Call): void => {
    const original = calls[name];
    if (original !== undefined) calls[name] = make(original.bind(calls));
  };
  for (const name of pathCalls) {
    replace(blocking, `${name}Sync`, (original) => (...parameters) => {
      const isSlow = parameters.some(isBelow);
      if (isSlow) block(1);
      const result = original(...parameters);
      if (isSlow && name === "open") slowDescriptors.add(result);
      return result;
    });
    replace(promised, name, (original) => async (...parameters) => {
      const isSlow = parameters.some(isBelow);
      if (isSlow) await wait(delayMs(1));
      const result = await original(...parameters);
      if (isSlow && name === "open") slowHandle(result as Calls);
      return result;
    });
  }
  replace(promised, "copyFile", (original) => async (from, to, ...rest) => {
    if (isBelow(from) || isBelow(to)) await copyInPieces(String(from), String(to), () => wait(delayMs(1)));
    else await original(from, to, ...rest);
  });
  for (const name of wholeFileCalls) {
    replace(promised, name, (original) => async (...parameters) => {
      // Opening it is another round trip.
      if (isBelow(parameters[0])) await wait(delayMs(1 + dataTrips(parameters)));
      return original(...parameters);
    });
  }
  for (const [names, tripsOf] of [
    [dataSyncCalls, dataTrips],
    [otherSyncCalls, () => 1],
  ] as const) {
    for (const name of names) {
      replace(blocking, name, (original) => (...parameters) => {
        if (slowDescriptors.has(parameters[0])) block(tripsOf(parameters));
        return original(...parameters);
      });
    }
  }
  replace(blocking, "closeSync", (original) => (descriptor) => {
    slowDescriptors.delete(descriptor);
    return original(descriptor);
  });

  function slowHandle(handle: Calls): void {
    for (const name of [...dataCalls, ...otherHandleCalls]) {
      replace(handle, name, (original) => async (...parameters) => {
        const trips = dataCalls.includes(name) ? dataTrips(parameters) : 1;
        if (trips > 0) await wait(delayMs(trips));
        return original(...parameters);
      });
    }
  }

  syncBuiltinESMExports();
  return { roundTrips: () => roundTrips };
}

/** One round trip after another: at 25 ms, that is 42 MB/s. A client that pipelines is faster. */
async function copyInPieces(from: string, to: string, roundTrip: () => Promise<void>): Promise<void> {
  const [source, target] = await Promise.all([originalOpen(from, "r"), originalOpen(to, "w")]);
  try {
    const piece = Buffer.alloc(bytesPerRoundTrip);
    for (let bytes = -1; bytes !== 0; ) {
      await roundTrip();
      bytes = (await source.read(piece)).bytesRead;
      await target.write(piece, 0, bytes);
    }
  } finally {
    await Promise.all([source.close(), target.close()]);
  }
}

/** The size of the buffers among the parameters. */
function bytesOf(parameters: readonly unknown[]): number {
  let bytes = 0;
  for (const parameter of parameters.flat()) if (ArrayBuffer.isView(parameter)) bytes += parameter.byteLength;
  return bytes;
}
