/**
 * A load generator: a fixed number of keep-alive connections over `node:net`, with one request at a time on each.
 * Why not autocannon: against the floor, it uses 21 µs of CPU per request, more than the floor itself, and leaves the
 * floor idle for 9 % of the time; this one uses 12 to 15 µs and keeps it busy. A generator that cannot keep the server
 * busy measures itself, and makes requests more expensive, because fewer of them share a wake-up.
 */
import { connect, type Socket } from "node:net";
import { createResponseReader } from "./response-reader.ts";

const readBufferBytes = 256 * 1024;

/** Makes the request with this index, head and body. Indexes start at 0 and are used once. */
export type MakeRequest = (index: number) => Buffer;

export type Load = {
  port: number;
  connections: number;
  makeRequest: MakeRequest;
  /** Any other status ends the run with an error that shows the body. */
  expectedStatuses: readonly number[];
  /** No request starts later than this. */
  maxSeconds: number;
  maxRequests?: number;
  /** Index of the first request; later loads continue where earlier ones ended. */
  firstIndex?: number;
  /** Called with each response and its whole body. Without it, bodies are counted and dropped. */
  onAnswer?: (index: number, status: number, body: Buffer) => void;
};

export type LoadResult = {
  requests: number;
  seconds: number;
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Number of responses by status. */
  statuses: Record<number, number>;
  nextIndex: number;
};

/** Runs the load. Rejects on a lost connection or an unexpected status. */
export async function generateLoad(load: Load): Promise<LoadResult> {
  // Reads are synchronous and each socket has one request in flight, so all sockets can share a buffer.
  const sharedBuffer = Buffer.allocUnsafeSlow(readBufferBytes);
  const firstIndex = load.firstIndex ?? 0;
  const endIndex = firstIndex + (load.maxRequests ?? Number.POSITIVE_INFINITY);
  const statuses = new Map<number, number>();
  const latencies = createLatencyLog();
  let nextIndex = firstIndex;

  const startedMs = performance.now();
  const deadlineMs = startedMs + load.maxSeconds * 1000;
  const sockets: Socket[] = [];
  const mayStart = (nowMs: number): boolean => nextIndex < endIndex && nowMs < deadlineMs;

  function runConnection(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const reader = createResponseReader(load.onAnswer !== undefined);
    let index = -1;
    let sentMs = 0;
    let isDone = false;
    let socket: Socket;

    function sendNext(nowMs: number): void {
      if (!mayStart(nowMs)) {
        isDone = true;
        socket.destroy();
        resolve();
        return;
      }
      index = nextIndex++;
      sentMs = nowMs;
      socket.write(load.makeRequest(index));
    }

    function onBytes(bytesRead: number): void {
      if (!reader.push(sharedBuffer.subarray(0, bytesRead))) return;
      const nowMs = performance.now();
      latencies.add(nowMs - sentMs);
      const status = reader.status();
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (!load.expectedStatuses.includes(status)) throw unexpectedAnswer(load, index, status, reader.body());
      load.onAnswer?.(index, status, reader.body());
      if (reader.closes()) open();
      else sendNext(nowMs);
    }

    function fail(error: Error): void {
      isDone = true;
      socket.destroy();
      reject(error);
    }

    function open(): void {
      const opened = connect({
        host: "127.0.0.1",
        port: load.port,
        noDelay: true,
        onread: {
          buffer: sharedBuffer,
          callback: (bytesRead) => {
            try {
              onBytes(bytesRead);
            } catch (error) {
              fail(error instanceof Error ? error : new Error(String(error)));
            }
            return true;
          },
        },
      });
      socket?.destroy();
      socket = opened;
      sockets.push(opened);
      opened.once("connect", () => sendNext(performance.now()));
      opened.once("error", fail);
      opened.once("close", () => {
        if (!isDone && socket === opened) fail(new Error(`The server closed the connection at request ${index}.`));
      });
    }

    open();
    return promise;
  }

  const mayRest = stayAwake();
  try {
    await Promise.all(Array.from({ length: load.connections }, runConnection));
  } finally {
    mayRest();
    for (const socket of sockets) socket.destroy();
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const requests = latencies.count();
  const [p50Ms, p99Ms] = latencies.percentiles(0.5, 0.99);
  return {
    requests,
    seconds,
    requestsPerSecond: requests / seconds,
    p50Ms,
    p99Ms,
    statuses: Object.fromEntries(statuses),
    nextIndex,
  };
}

/**
 * Keeps this process from sleeping while it waits for responses. Waking a sleeping process is counted as work of the
 * server that writes to its socket.
 * @returns a function that ends it
 */
function stayAwake(): () => void {
  let isAwake = true;
  const turn = (): void => {
    if (isAwake) setImmediate(turn);
  };
  turn();
  return () => {
    isAwake = false;
  };
}

function unexpectedAnswer(load: Load, index: number, status: number, body: Buffer): Error {
  const request = load
    .makeRequest(index)
    .toString("utf8")
    .replace(/^(authorization: Bearer) .*$/im, "$1 …");
  return new Error(
    `Answered ${status}, expected ${load.expectedStatuses.join(" or ")}.\n` +
      `Request ${index}:\n${request.slice(0, 2000)}\nAnswer:\n${body.toString("utf8").slice(0, 2000)}`,
  );
}

type LatencyLog = {
  add(milliseconds: number): void;
  count(): number;
  percentiles(first: number, second: number): [number, number];
};

function createLatencyLog(): LatencyLog {
  let values = new Float32Array(1 << 16);
  let count = 0;
  return {
    add(milliseconds) {
      if (count === values.length) {
        const larger = new Float32Array(values.length * 2);
        larger.set(values);
        values = larger;
      }
      values[count++] = milliseconds;
    },
    count: () => count,
    percentiles(first, second) {
      const sorted = values.subarray(0, count).sort();
      const at = (fraction: number): number => sorted[Math.min(count - 1, Math.floor(count * fraction))] ?? 0;
      return [at(first), at(second)];
    },
  };
}
