import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 40_000;

/** Bodies and answers of the attacks must not fit in the heap many times. */
const HEAP_MB = 160;

/** The server under attack: a process of its own, on the loopback. */
export type Target = {
  readonly port: number;
  readonly scimSecret: string;
  readonly adminSecret: string;
  readonly viewerSecret: string;
  /** What it has printed so far. */
  readonly output: () => string;
  readonly isRunning: () => boolean;
  /** Sends SIGTERM. @returns how long it took to end, in milliseconds; undefined if it had to be killed */
  readonly stop: () => Promise<number | undefined>;
};

/**
 * Starts a server with a temporary folder.
 * @param entry the program that Node runs
 * @throws Error with its output if it does not serve
 */
export async function startTarget(entry: string, settings: Readonly<Record<string, string>> = {}): Promise<Target> {
  const folder = mkdtempSync(join(tmpdir(), "scimtool-attack-"));
  const [scimSecret, adminSecret, viewerSecret] = [secret(), secret(), secret()];
  const secrets = { SCIM_SHARED_SECRET: scimSecret, ADMIN_SECRET: adminSecret, VIEWER_SECRET: viewerSecret };
  const child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MB}`, entry], {
    env: environment({ PORT: "0", DATA_DIR: folder, ...secrets, ...settings }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  process.once("exit", () => child.kill("SIGKILL"));
  let output = "";
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => {
      rmSync(folder, { recursive: true, force: true });
      resolve();
    });
  });
  const { promise: served, resolve: serve } = Promise.withResolvers<number>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      const [, number] = /SCIM base URL +http:\/\/127\.0\.0\.1:(\d+)\//.exec(output) ?? [];
      if (number !== undefined) serve(Number(number));
    });
  }
  const port = await Promise.race([served, ended.then(() => 0), sleep(START_TIMEOUT_MS).then(() => 0)]);
  if (port === 0) {
    child.kill("SIGKILL");
    throw new Error(`The server does not serve. It printed:\n${output}`);
  }
  return {
    port,
    scimSecret,
    adminSecret,
    viewerSecret,
    output: () => output,
    isRunning: () => isRunning(child),
    stop: () => stop(child, ended),
  };
}

/** Nothing of the shell's settings may reach the server. */
export function environment(settings: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { PATH = "", HOME = "", TMPDIR = tmpdir(), SystemRoot = "" } = process.env;
  return { PATH, HOME, TMPDIR, SystemRoot, ...settings };
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<number | undefined> {
  if (!isRunning(child)) return undefined;
  const startMs = performance.now();
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
  const tookMs = performance.now() - startMs;
  return tookMs < STOP_TIMEOUT_MS ? tookMs : undefined;
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

function secret(): string {
  return randomBytes(24).toString("base64url");
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What came of an attack. */
export type Seen = {
  readonly text: string;
  /** Whether the server withstood it. */
  readonly isHeld: boolean;
};

export type Attack = {
  readonly name: string;
  readonly expected: string;
  /** Only in the long version: it takes more than a few seconds. */
  readonly isLong?: boolean;
  /** @param entry the program, for an attack on a server of its own */
  readonly play: (target: Target, entry: string) => Promise<Seen>;
};
