import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** A start takes a fraction of a second, or several seconds on a busy machine. */
const START_TIMEOUT_MS = 30_000;

/** Longer than the program's own limit for requests in progress. */
const STOP_TIMEOUT_MS = 30_000;

const MAIN = fileURLToPath(new URL("../cli/main.ts", import.meta.url));

/** Another instance may have the database. */
const STANDS_BY = /^SCIMTool .* standby on .*\n/m;
const STANDS_BY_AT = /^SCIMTool .* standby on (.*)$/m;

/** The relevant lines of its start are complete. */
const SERVES = /^ *SCIM base URL .*\n(?:.*\n)*? *SCIM secret .*\n/m;

export type ProgramOptions = {
  /** The command line; default: the sources. */
  readonly command?: readonly string[];
  /** Further flags of `scimtool`. */
  readonly args?: readonly string[];
  /** Environment besides the search path; no other variables of the shell are passed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** A folder that the caller removes; default: a temporary folder that is removed when the program ends. */
  readonly dataDir?: string;
  /** The SCIM secret, if an earlier start printed it. */
  readonly secret?: string;
  /** Whether to wait only until it stands by. */
  readonly standby?: boolean;
};

/** The program as a user runs it: a separate process on a free port. */
export type Program = {
  readonly pid: number;
  readonly baseUrl: string;
  readonly secret: string;
  readonly dataDir: string;
  /** Its output so far, on both streams. */
  readonly output: () => string;
  /** Sends SIGTERM and waits. @returns the exit code; null if it had to be killed */
  readonly stop: () => Promise<number | null>;
  /** Sends SIGKILL and waits: a crash. */
  readonly kill: () => Promise<void>;
};

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/**
 * Starts the program and waits until it serves.
 * @throws Error with its output if it does not
 */
export async function startProgram(options: ProgramOptions = {}): Promise<Program> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "scimtool-"));
  const { command = [MAIN], args = [] } = options;
  const child = spawn(process.execPath, [...command, "--port", "0", "--data-dir", dataDir, ...args], {
    env: environment(options.env),
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  let output = "";
  const { promise: ended, resolve: end } = Promise.withResolvers<number | null>();
  child.once("error", () => end(null)).once("close", (code) => end(code));
  const cleanedUp = ended.then((code) => {
    running.delete(child);
    if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    return code;
  });

  async function endBy(signal: NodeJS.Signals): Promise<number | null> {
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    const code = await cleanedUp;
    clearTimeout(timer);
    return code;
  }

  const { promise: printed, resolve: print } = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if ((options.standby === true ? STANDS_BY : SERVES).test(output)) print();
    });
  }
  const timer = setTimeout(() => child.kill("SIGKILL"), START_TIMEOUT_MS);
  const failure = cleanedUp.then((code) => {
    throw new Error(`The program ended with exit code ${code} before it served. It printed:\n${output}`);
  });
  // Once it serves, its end is not a failure.
  failure.catch(() => undefined);
  await Promise.race([printed, failure]).finally(() => clearTimeout(timer));
  return {
    pid: child.pid ?? 0,
    baseUrl:
      options.standby === true ? `${find(output, STANDS_BY_AT)}/scim/v2` : find(output, /^ *SCIM base URL +(\S+)$/m),
    secret: options.secret ?? options.env?.["SCIM_SHARED_SECRET"] ?? secretIn(output),
    dataDir,
    output: () => output,
    stop: () => endBy("SIGTERM"),
    kill: async () => {
      await endBy("SIGKILL");
    },
  };
}

/** A test must not use the settings of its shell. */
function environment(more: ProgramOptions["env"]): NodeJS.ProcessEnv {
  const inherited = ["PATH", "HOME", "TMPDIR", "SystemRoot"].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(inherited), ...more };
}

/** Printed when it is new; afterwards, its file is printed. */
function secretIn(output: string): string {
  const file = /^ *SCIM secret +in the file (.+)$/m.exec(output)?.[1];
  return file === undefined
    ? find(output, /^ *SCIM secret +(\S+) +\(shown this once/m)
    : readFileSync(resolve(file), "utf8").trim();
}

function find(output: string, pattern: RegExp): string {
  const found = pattern.exec(output)?.[1];
  if (found === undefined) throw new Error(`The program did not print ${pattern}. It printed:\n${output}`);
  return found;
}
