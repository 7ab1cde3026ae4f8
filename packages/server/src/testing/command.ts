import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../cli/main.ts", import.meta.url));

/** A program that does not end is killed. */
const TIMEOUT_MS = 60_000;

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** Runs `scimtool` to its end, without this shell's settings. */
export function runCommand(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return runNode([MAIN, ...args], env);
}

/** Runs Node to its end. */
export function runNode(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return run(process.execPath, args, env);
}

/** Runs a line as if pasted into bash. */
export function runInBash(line: string, env: Readonly<Record<string, string>> = {}, cwd?: string): Promise<Ended> {
  return run("bash", ["-c", line], env, cwd);
}

function run(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd?: string,
): Promise<Ended> {
  const { PATH = "" } = process.env;
  const options = { env: { PATH, ...env }, timeout: TIMEOUT_MS, ...(cwd !== undefined && { cwd }) };
  return new Promise((resolve) => {
    execFile(file, args, options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : null, stdout, stderr });
    });
  });
}
