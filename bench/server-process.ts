/** A server under test: a child process on its own core, which reports its exact CPU time over IPC. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Cores, onServerCore } from "./affinity.ts";
import { ask, createRequestBuilder } from "./client.ts";
import type { ProbeAnswer, ProbeQuestion } from "./cpu-probe.ts";

/** The flags of `npm start`. */
const nodeFlags = readFlags(new URL("../package.json", import.meta.url));

const startTimeoutMs = 60_000;
const stopTimeoutMs = 30_000;
const pollIntervalMs = 5;
const logTailCharacters = 3000;
const probeUrl = new URL("./cpu-probe.ts", import.meta.url).href;

export const floorEntry = fileURLToPath(new URL("./floor.ts", import.meta.url));
export const benchSecret = randomBytes(24).toString("base64url");

export type Recording = "on" | "off";

type Backup = { target: string; intervalSeconds: number };

export type ServerOptions = {
  /** The program that Node runs. */
  entry: string;
  /** Contains the server's data folder and its log. */
  folder: string;
  cores: Cores | undefined;
  /** Preloads the CPU probe; without it, the start is the same as a user's. */
  withProbe: boolean;
  /** Whether exchanges are recorded; default: on. */
  recording?: Recording | undefined;
  /** The PostgreSQL database; default: a SQLite file in the data folder. */
  databaseUrl?: string | undefined;
  /** Where the database is replicated to, and how often a plain copy is made; default: nowhere. */
  backup?: Backup | undefined;
  /** SCIM path whose first 200 ends the start. */
  firstPath: string;
};

export type ServerProcess = {
  port: number;
  /** From spawning to the first authenticated 200. */
  startMs: number;
  cpuMicroseconds(): Promise<number>;
  residentBytes(): Promise<number>;
  /** Peak resident memory; undefined without /proc. */
  peakResidentBytes(): number | undefined;
  /** Stops the server; kills it if it does not end in time, which is an error. */
  stop(): Promise<void>;
};

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts a server on a free port of the loopback interface. Throws with the end of its log if it does not start. */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const port = await freePort();
  const logFile = join(options.folder, "server.log");
  const dataFolder = join(options.folder, "data");
  mkdirSync(dataFolder, { recursive: true });
  const nodeCommand = [
    process.execPath,
    ...nodeFlags,
    ...(options.withProbe ? ["--import", probeUrl] : []),
    options.entry,
  ];
  const [command = process.execPath, ...parameters] = onServerCore(options.cores, nodeCommand);

  const log = openSync(logFile, "w");
  const startedMs = performance.now();
  const child = spawn(command, parameters, {
    cwd: options.folder,
    env: environment(port, dataFolder, options),
    stdio: options.withProbe ? ["ignore", log, log, "ipc"] : ["ignore", log, log],
  });
  closeSync(log);
  running.add(child);
  const { promise: exited, resolve: onExit } = Promise.withResolvers<NodeJS.Signals | null>();
  child.once("error", () => onExit(null)).once("exit", (_, signal) => onExit(signal));
  exited.then(() => running.delete(child));
  const failure = (what: string): Error =>
    new Error(`${options.entry} ${what}. Its log ends:\n${readFileSync(logFile, "utf8").slice(-logTailCharacters)}`);

  const startMs = await firstAnswer(port, options.firstPath, startedMs, child).catch((error: Error) => {
    child.kill("SIGKILL");
    throw failure(`did not start: ${error.message}`);
  });

  async function usage(): Promise<ProbeAnswer> {
    const question: ProbeQuestion = "usage";
    const answered = once(child, "message", { signal: AbortSignal.timeout(startTimeoutMs) });
    child.send(question);
    const [answer] = await answered;
    return answer as ProbeAnswer;
  }

  async function stop(): Promise<void> {
    if (!running.has(child)) throw failure("had already ended");
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
    const signal = await exited;
    clearTimeout(timer);
    if (signal === "SIGKILL") throw failure(`did not end within ${stopTimeoutMs} ms of SIGTERM`);
  }

  return {
    port,
    startMs,
    cpuMicroseconds: async () => (await usage()).cpuMicroseconds,
    residentBytes: async () => (await usage()).residentBytes,
    peakResidentBytes: () => peakResidentBytes(child.pid),
    stop,
  };
}

function readFlags(packageFile: URL): string[] {
  const { scripts } = JSON.parse(readFileSync(packageFile, "utf8")) as { scripts: { start: string } };
  return scripts.start.split(" ").filter((word) => word.startsWith("--"));
}

/** Only what the server needs: a benchmark must not use databases or backup targets of its shell. */
function environment(
  port: number,
  dataFolder: string,
  { recording = "on", databaseUrl, backup }: ServerOptions,
): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env;
  return {
    ...(PATH !== undefined && { PATH }),
    ...(HOME !== undefined && { HOME }),
    ...(TMPDIR !== undefined && { TMPDIR }),
    HOST: "127.0.0.1",
    PORT: String(port),
    DATA_DIR: dataFolder,
    RECORDING: recording,
    ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
    ...(backup !== undefined && { BACKUP_TARGET: backup.target, BACKUP_INTERVAL: `${backup.intervalSeconds}s` }),
    SCIM_SHARED_SECRET: benchSecret,
    ADMIN_SECRET: randomBytes(24).toString("base64url"),
  };
}

async function firstAnswer(port: number, path: string, startedMs: number, child: ChildProcess): Promise<number> {
  const request = createRequestBuilder(benchSecret)("GET", path);
  let last = "nothing listens";
  while (performance.now() - startedMs < startTimeoutMs) {
    if (!running.has(child)) throw new Error("it ended");
    try {
      const { status, body } = await ask(port, request);
      if (status === 200) return performance.now() - startedMs;
      last = `${status} ${body.toString("utf8").slice(0, 500)}`;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
  }
  throw new Error(`no 200 within ${startTimeoutMs} ms, last: ${last}`);
}

function peakResidentBytes(pid: number | undefined): number | undefined {
  try {
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
  } catch {
    return undefined;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("The loopback gave no port.");
  return address.port;
}
