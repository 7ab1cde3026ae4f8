import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../../packages/server/src/store/postgres/testing/cluster.ts";

export const SECRET = "chaos-scim-secret";

const MAIN = fileURLToPath(new URL("../../packages/server/src/cli/main.ts", import.meta.url));

/** The longest start, on a busy machine and while the database restarts. */
const READY_MS = 30_000;

/** A server process that starts again whenever it ends, as a container platform does. */
export type Replica = {
  readonly origin: string;
  /** @throws Error if it does not become ready */
  readonly isReady: () => Promise<void>;
  /** How often its process was started. */
  readonly starts: () => number;
  readonly kill: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

export async function startReplica(dataDir: string, databaseUrl: string): Promise<Replica> {
  mkdirSync(dataDir);
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  let isStopped = false;
  let starts = 0;
  let child: ChildProcess;
  let lastError = "";
  const start = () => {
    starts++;
    child = spawn(process.execPath, [MAIN, "--port", String(port), "--data-dir", dataDir], {
      env: {
        ...process.env,
        DATABASE_URL: databaseUrl,
        SCIM_SHARED_SECRET: SECRET,
        ADMIN_SECRET: "chaos-admin-secret",
        UPDATE_CHECK: "off",
      },
      stdio: ["ignore", "ignore", "pipe"],
    });
    child.stderr?.on("data", (bytes) => {
      lastError = String(bytes);
    });
    child.once("exit", () => !isStopped && setTimeout(start, 100));
  };
  const end = async (signal: NodeJS.Signals) => {
    const { exitCode, signalCode } = child;
    if (exitCode !== null || signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  };
  const replica: Replica = {
    origin,
    isReady: async () => {
      for (const endMs = performance.now() + READY_MS; ; await sleep(50)) {
        const answer = await fetch(`${origin}/readyz`).catch(() => undefined);
        if (answer?.ok) return;
        if (performance.now() > endMs) throw new Error(`the server does not start: ${lastError}`);
      }
    },
    starts: () => starts,
    kill: () => end("SIGKILL"),
    stop: async () => {
      isStopped = true;
      await end("SIGTERM");
    },
  };
  start();
  await replica.isReady();
  return replica;
}
