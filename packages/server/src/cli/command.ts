import { readFileSync } from "node:fs";
import type { Json } from "@scimtool/scim";
import type { Command } from "commander";
import type { OptionSources } from "../config.ts";

/** A reason why a command cannot continue. The message says what to do. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** Exit codes as a shell reports a process that a signal ended. */
export const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

export type EndingSignal = keyof typeof SIGNAL_EXIT_CODES;

/** After an interruption, work that does not stop, such as a target that hangs, gets this long. */
const GRACE_MS = 5_000;

/** npm repeats a Ctrl-C to a process that the terminal has already signalled. */
const ECHO_MS = 500;

/** Commands that continue, or end in their own way, when nobody reads their output any more, as with `| head`. */
const READER_MAY_LEAVE: ReadonlySet<string | undefined> = new Set(["serve", "demo", "export"]);

/**
 * Runs a command. If it fails, prints one line on standard error and sets the exit code.
 * @param name the command as typed: `scimtool restore`
 * @param work gets a signal that SIGINT and SIGTERM raise, so that it can clean up
 */
export async function runCommand(name: string, work: (interruption: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  let interruptedBy: EndingSignal | undefined;
  const removeHandlers = onSignals(["SIGINT", "SIGTERM"], (signal) => {
    if (interruptedBy !== undefined) process.exit(SIGNAL_EXIT_CODES[signal]);
    interruptedBy = signal;
    controller.abort();
    setTimeout(() => {
      console.error(`${name}: interrupted.`);
      process.exit(SIGNAL_EXIT_CODES[signal]);
    }, GRACE_MS).unref();
  });
  try {
    await work(controller.signal);
  } catch (error) {
    process.exitCode = interruptedBy === undefined ? 1 : SIGNAL_EXIT_CODES[interruptedBy];
    console.error(`${name}: ${interruptedBy === undefined ? oneLine((error as Error).message) : "interrupted."}`);
  } finally {
    removeHandlers();
  }
}

/** Ends this process. `process.exit` would wait for SQL statements that run on other threads. */
export function endAtOnce(): void {
  process.kill(process.pid, "SIGKILL");
}

/**
 * Calls once for each signal that asks the process to end.
 * @returns removes the handlers
 */
export function onSignals(names: readonly EndingSignal[], call: (name: EndingSignal) => void): () => void {
  let lastMs = Number.NEGATIVE_INFINITY;
  const receive = (name: NodeJS.Signals) => {
    const nowMs = performance.now();
    if (nowMs - lastMs < ECHO_MS) return;
    lastMs = nowMs;
    call(name as EndingSignal);
  };
  for (const name of names) process.on(name, receive);
  return () => {
    for (const name of names) process.off(name, receive);
  };
}

/**
 * Reports a failed write to standard output with exit code 1: the lost output may be the only copy of a secret.
 * Without a listener Node would end the process with a stack trace.
 * @param command the command that runs
 */
export function reportLostOutput(command: string | undefined): void {
  process.stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
    if (code === "EPIPE" && READER_MAY_LEAVE.has(command)) return;
    if (process.exitCode === undefined || process.exitCode === 0) {
      console.error(`scimtool: cannot write to standard output (${code ?? message}): the output is lost.`);
    }
    process.exitCode = 1;
  });
  // Errors of standard error itself have nowhere to go.
  process.stderr.on("error", () => undefined);
}

/** The options of a command, including those before its name that it also has: `scimtool --port 9000 serve`. */
export function optionsOf<T>(command: Command): T {
  const options = command.opts();
  for (const option of command.options) {
    const name = option.attributeName();
    for (let { parent } = command; parent !== null; { parent } = parent) {
      if (parent.getOptionValueSource(name) !== "cli" || command.getOptionValueSource(name) === "cli") continue;
      options[name] = parent.getOptionValue(name);
      break;
    }
  }
  return options as T;
}

/** Where the value of each option comes from; see {@link optionsOf}. */
export function sourcesOf(command: Command): OptionSources {
  const sources = command.options.map((option) => {
    const name = option.attributeName();
    const isOfParent = command.parent?.getOptionValueSource(name) === "cli";
    return [name, isOfParent ? "cli" : command.getOptionValueSource(name)] as const;
  });
  return Object.fromEntries(sources);
}

/** The command as typed: `scimtool token list`. */
export function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}

/** Adds a command that only holds other commands. */
export function addCommandGroup(program: Command, name: string, description: string, examples: string): Command {
  return program
    .command(name)
    .description(description)
    .helpOption("--help", "print this help")
    .helpCommand(false)
    .addHelpText("after", `\n${examples}`);
}

/** External text on one line, without control characters that a terminal would obey. */
export function oneLine(message: string): string {
  return message.replace(/\s*\n\s*/g, " ").replace(/\p{Cc}/gu, "");
}

/** @throws CommandError if the file cannot be read or is not JSON */
export function readJsonFile(file: string): Json {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new CommandError(`cannot read ${file} (${(error as NodeJS.ErrnoException).code}).`);
  }
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new CommandError(`${file} is not JSON: ${(error as Error).message}`);
  }
}
