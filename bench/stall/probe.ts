import { Agent, get } from "node:http";

const intervalMs = 20;

/** Recording and similar work may run after the response. */
const afterwardsMs = 400;

/**
 * Requests /healthz on a separate connection during some work and shortly after.
 * @returns the longest response time in milliseconds
 */
export async function probe(port: number, work: () => Promise<void>): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let longestMs = 0;
  let isOver = false;
  const probing = (async () => {
    while (!isOver) {
      const sentMs = performance.now();
      await health(port, agent);
      const tookMs = performance.now() - sentMs;
      longestMs = Math.max(longestMs, tookMs);
      await sleep(Math.max(0, intervalMs - tookMs));
    }
  })();
  try {
    // The first probe opens the connection.
    await sleep(5 * intervalMs);
    longestMs = 0;
    await work();
    await sleep(afterwardsMs);
    return longestMs;
  } finally {
    isOver = true;
    await probing;
    agent.destroy();
  }
}

function health(port: number, agent: Agent): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  get({ host: "127.0.0.1", port, path: "/healthz", agent }, (response) => {
    response.resume().once("end", resolve).once("error", reject);
  }).once("error", reject);
  return promise;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
